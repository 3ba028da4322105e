"""Which texts are worth learning from: small rules, each with a name, which is the reason it gives.

Repetition is measured as in Gopher (Rae et al. 2021, appendix A.1.1,
https://arxiv.org/abs/2112.11446), with one change: the first occurrence of a line or n-gram is not
counted, only what repeats it. A short text would else be dropped for saying anything at all.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable

from pipeline_lib.params import CleanParams
from pipeline_lib.spacing import is_spaced

WORDS = 4
"""Length of an n-gram where words are spaced."""
CHARACTERS = 12
"""Length of an n-gram where they are not: about four Japanese words."""
SENTENCE_END = re.compile("[。！？]")
"""No n-gram goes beyond it: how one sentence ends and who acts in the next is no phrase."""
FEWEST_WORDS = 50
"""Gopher's own least document: below it an n-gram that comes twice is chance."""
FEWEST_CHARACTERS = 200
"""Likewise: in less, four sentences that end alike are no spam."""


def empty(text: str, params: CleanParams) -> bool:
    return not text.strip()


def too_short(text: str, params: CleanParams) -> bool:
    return len(text) < params.min_chars


def too_long(text: str, params: CleanParams) -> bool:
    return len(text) > params.max_chars


def duplicate_lines(text: str, params: CleanParams) -> bool:
    """Too many lines repeat an earlier one: menus, headers, forms."""
    lines = _lines(text)
    return len(lines) - len(set(lines)) > params.max_duplicate_lines * len(lines)


def duplicate_line_characters(text: str, params: CleanParams) -> bool:
    """Too much of the text stands in lines that repeat an earlier one."""
    lines = _lines(text)
    said = sum(map(len, lines))
    repeated = said - sum(map(len, set(lines)))
    return repeated > params.max_duplicate_line_chars * said


def top_ngram(text: str, params: CleanParams) -> bool:
    """One phrase comes again and again."""
    words = text.split()
    if not is_spaced("", len(text), len(words)):
        joined = "".join(words)
        grams: Iterable[Hashable] = (
            sentence[i : i + CHARACTERS]
            for sentence in SENTENCE_END.split(joined)
            for i in range(len(sentence) - CHARACTERS + 1)
        )
        return len(joined) >= FEWEST_CHARACTERS and (
            _repeats(grams) * CHARACTERS > params.max_top_ngram * len(joined)
        )
    if len(words) < FEWEST_WORDS:
        return False
    counts = Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    phrase, times = max(counts.items(), key=lambda item: item[1])
    said = sum(map(len, words))
    return (times - 1) * sum(map(len, phrase)) > params.max_top_ngram * said


RULES: tuple[Callable[[str, CleanParams], bool], ...] = (
    empty,
    too_short,
    too_long,
    duplicate_lines,
    duplicate_line_characters,
    top_ngram,
)
"""In this order: a text is dropped by the first rule it breaks."""


def reason(text: str, params: CleanParams) -> str | None:
    """The name of the first rule that `text` breaks; None: it is kept."""
    return next((rule.__name__ for rule in RULES if rule(text, params)), None)


def _lines(text: str) -> list[str]:
    return [line for line in map(str.strip, text.split("\n")) if line]


def _repeats(grams: Iterable[Hashable]) -> int:
    return max(Counter(grams).values(), default=1) - 1
