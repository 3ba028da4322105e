"""FineWeb's rules: lists and menus that the older rules let through. Each rule's name is its reason.

Penedo et al. 2024 (https://arxiv.org/abs/2406.17557). They judge what C4's rules have left of a text.
"""

from pipeline_lib.params import FineWebParams
from pipeline_lib.text.quality.passage import Passage, repeated

SENTENCE_MARKS = frozenset(".!?‼‽⁇⁈⁉⸮。！？．｡؟۔܀।॥။។៕։።፧᠃᠉")
"""Of all scripts that have one."""
CLOSING = "\"'”’»)」』"


def fineweb_punctuated_lines(passage: Passage, rules: FineWebParams) -> bool:
    """Hardly a line ends as a sentence does."""
    lines = passage.filled_lines
    if rules.quotes_end_lines:
        lines = [line.rstrip(CLOSING) or line for line in lines]
    ended = sum(line[-1] in SENTENCE_MARKS for line in lines)
    return ended < rules.min_punctuated_lines * len(passage.filled_lines)


def fineweb_short_lines(passage: Passage, rules: FineWebParams) -> bool:
    """Most lines are short: a menu, a list, a table."""
    short = sum(len(line) <= rules.short_line for line in passage.filled_lines)
    return short > rules.max_short_lines * len(passage.filled_lines)


def fineweb_duplicate_lines(passage: Passage, rules: FineWebParams) -> bool:
    """Some of the text stands in lines that repeat an earlier one."""
    _, characters = repeated(passage.filled_lines)
    if not characters:
        return False
    said = len(passage.text) - passage.text.count("\n")
    return characters > rules.max_duplicate_line_chars * said


def fineweb_newlines(passage: Passage, rules: FineWebParams) -> bool:
    """A line every few words: a list."""
    newlines = passage.text.count("\n")
    # There are at least as many words as runs between spaces, and those are quickly counted.
    if newlines <= rules.max_newlines_per_word * len(passage.runs):
        return False
    return newlines > rules.max_newlines_per_word * len(passage.words)


RULES = (
    fineweb_punctuated_lines,
    fineweb_short_lines,
    fineweb_duplicate_lines,
    fineweb_newlines,
)
"""For languages with spaces."""
