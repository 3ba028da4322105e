"""Gopher's repetition rules: does it say one thing again and again? Each rule's name is its reason.

Rae et al. 2021, appendix A.1.1, table A1 (https://arxiv.org/abs/2112.11446); read as datatrove does: of the most
frequent n-gram all occurrences count, of longer ones those that repeat an earlier one and do not overlap.

Most texts repeat next to nothing, and that is quickly seen. An n-gram comes no more often than the shorter ones in
it, and the repeats of a 10-gram lie within repeats of 5-grams: these bounds settle nearly all texts.
"""

import re
from collections.abc import Iterator

import numpy as np

from pipeline_lib.params import GopherRepetitionParams
from pipeline_lib.text.quality.grams import counted, first_of, repeats, repeats_at
from pipeline_lib.text.quality.passage import Passage, repeated
from pipeline_lib.text.quality.words import Ints

PARAGRAPHS = re.compile(r"\n{2,}")
TOP = (2, 3, 4)
LONG = (5, 6, 7, 8, 9, 10)


def gopher_duplicate_paragraphs(passage: Passage, rules: GopherRepetitionParams) -> bool:
    """Too many paragraphs repeat an earlier one, or too much of the text stands in such."""
    if "\n\n" not in passage.text:
        return False
    parts = PARAGRAPHS.split(passage.text.strip())
    times, characters = repeated(parts)
    most_characters = rules.max_duplicate_paragraph_chars * len(passage.text)
    return times > rules.max_duplicate_paragraphs * len(parts) or characters > most_characters


def gopher_duplicate_lines(passage: Passage, rules: GopherRepetitionParams) -> bool:
    """Too many lines repeat an earlier one, or too much of the text stands in such: menus, forms."""
    parts = [line for line in passage.text.split("\n") if line]
    times, characters = repeated(parts)
    most_characters = rules.max_duplicate_line_chars * len(passage.text)
    return times > rules.max_duplicate_lines * len(parts) or characters > most_characters


def gopher_top_ngram(passage: Passage, rules: GopherRepetitionParams) -> bool:
    """One phrase of two to four words comes again and again."""
    most = len(passage.words)
    for n, share in zip(TOP, rules.max_top_ngrams, strict=True):
        widths = _widths(passage, n) + (n - 1)
        limit = share * len(passage.text)
        if most * widths.max(initial=0) <= limit:
            continue
        keys = passage.grams.keys(n)
        different, counts = counted(keys)
        most = int(counts.max())
        if most * widths.max() > limit:
            first = first_of(keys, different[counts == most])
            if most * widths[first] > limit:
                return True
    return False


def gopher_duplicate_ngrams(passage: Passage, rules: GopherRepetitionParams) -> bool:
    """Too much stands in phrases of five to ten words that were said before."""
    shares = rules.max_duplicate_ngrams
    most = repeats(passage.grams.keys(LONG[0])) * _widths(passage, LONG[0]).max(initial=0)
    if most <= min(shares) * len(passage.text):
        return False
    most = _covered(passage)
    return any(
        most > share * len(passage.text) and _said_again(passage, n) > share * len(passage.text)
        for n, share in zip(LONG, shares, strict=True)
    )


LINE_RULES = (gopher_duplicate_paragraphs, gopher_duplicate_lines)
"""For all languages."""
WORD_RULES = (gopher_top_ngram, gopher_duplicate_ngrams)
"""For languages with spaces."""


def _widths(passage: Passage, n: int) -> Ints:
    """Characters of each n-gram, without the spaces in it."""
    starts = passage.words.starts
    return starts[n:] - starts[:-n]


def _covered(passage: Passage) -> int:
    """Characters of all words in a 5-gram that repeats an earlier one."""
    n = LONG[0]
    found = np.zeros(len(passage.words), np.int64)
    again = repeats_at(passage.grams.keys(n))
    for place in range(n):
        found[place : place + len(again)] |= again
    return int(passage.words.lengths[found > 0].sum())


def _said_again(passage: Passage, n: int) -> int:
    """Characters of n-grams that repeat an earlier one, read from the left, none overlapping."""
    keys: list[int] = passage.grams.keys(n).tolist()
    widths: list[int] = _widths(passage, n).tolist()
    return sum(widths[place] for place in _places_again(keys, n))


def _places_again(keys: list[int], n: int) -> Iterator[int]:
    met: set[int] = set()
    place = 0
    while place < len(keys):
        if keys[place] in met:
            yield place
            place += n
        else:
            met.add(keys[place])
            place += 1
