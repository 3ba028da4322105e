"""Gopher's quality rules: is it prose at all? Each rule's name is the reason it gives.

Rae et al. 2021, appendix A.1.1 (https://arxiv.org/abs/2112.11446). What the paper leaves open is read as
datatrove does: words of punctuation alone count in shares of words, but not in their number or mean length.
"""

from itertools import islice

import numpy as np

from pipeline_lib.params import GopherQualityParams
from pipeline_lib.text.quality.passage import Passage
from pipeline_lib.text.quality.stop_words import STOP_CODES

BULLETS = ("•", "-")
ELLIPSES = ("...", "…")


def gopher_bullet_lines(passage: Passage, rules: GopherQualityParams) -> bool:
    """Nearly all lines are points of a list."""
    most = rules.max_bullet_lines * len(passage.lines)
    if sum(map(passage.text.count, BULLETS)) <= most:
        return False
    return sum(line.lstrip().startswith(BULLETS) for line in passage.lines) > most


def gopher_ellipsis_lines(passage: Passage, rules: GopherQualityParams) -> bool:
    """Many lines break off: teasers of other pages."""
    most = rules.max_ellipsis_lines * len(passage.lines)
    if _ellipses(passage.text) <= most:
        return False
    return sum(line.rstrip().endswith(ELLIPSES) for line in passage.lines) > most


def gopher_too_few_words(passage: Passage, rules: GopherQualityParams) -> bool:
    return _words(passage) < rules.min_words


def gopher_too_many_words(passage: Passage, rules: GopherQualityParams) -> bool:
    return _words(passage) > rules.max_words


def gopher_mean_word_length(passage: Passage, rules: GopherQualityParams) -> bool:
    """Letters set apart, or strings that are no words."""
    words = passage.words
    characters = int((words.lengths * words.are_words).sum())
    mean = characters / max(_words(passage), 1)
    return not rules.min_mean_word_length <= mean <= rules.max_mean_word_length


def gopher_symbols(passage: Passage, rules: GopherQualityParams) -> bool:
    """Hash tags, or ellipses: neither sentence nor word."""
    most = max(passage.text.count("#"), _ellipses(passage.text))
    return most > rules.max_symbols_per_word * len(passage.words)


def gopher_alphabetic_words(passage: Passage, rules: GopherQualityParams) -> bool:
    """Tables, code, numbers, punctuation."""
    have_letters = int(np.count_nonzero(passage.words.have_letters))
    return have_letters < rules.min_alphabetic_words * len(passage.words)


def gopher_stop_words(passage: Passage, rules: GopherQualityParams) -> bool:
    """No sentence does without the language's most frequent words."""
    expected = STOP_CODES.get(passage.language)
    if expected is None:
        return False
    found = filter(passage.words.hold, expected)
    return sum(1 for _ in islice(found, rules.min_stop_words)) < rules.min_stop_words


LINE_RULES = (gopher_bullet_lines, gopher_ellipsis_lines)
"""For all languages."""
WORD_RULES = (
    gopher_too_few_words,
    gopher_too_many_words,
    gopher_mean_word_length,
    gopher_symbols,
    gopher_alphabetic_words,
    gopher_stop_words,
)
"""For languages with spaces."""


def _ellipses(text: str) -> int:
    return sum(map(text.count, ELLIPSES))


def _words(passage: Passage) -> int:
    """Words that hold more than punctuation."""
    return int(np.count_nonzero(passage.words.are_words))
