"""One sentence, read back: what stands there, or where it leaves the grammar."""

import re
from bisect import bisect

from pipeline_lib.tales.forms import LANGUAGE, Tongue
from pipeline_lib.tales.patterns import Entry, Event, Grammar
from pipeline_lib.tales.reading import Break

SENTENCE = re.compile(r"(\n\n|[ \n]?)([^.。?]*(?:\?\"[^.。?]*)*(?:[.。]|\?|\Z))")
"""What stands before a sentence, and the sentence up to its full stop; a question in quotes goes on."""


def first_event(grammar: Grammar, tongue: Tongue, text: str) -> Event | None:
    """What the first sentence of a text tells, if it is one of the grammar's."""
    match = SENTENCE.match(text)
    entry = read_sentence(grammar, tongue, match[2])[0] if match else None
    return entry.event if entry else None


def read_sentence(
    grammar: Grammar, tongue: Tongue, sentence: str
) -> tuple[Entry | None, tuple[str, ...]]:
    """What a sentence says, if it is one of the grammar's, and the forms in it."""
    shape, found = grammar.vocabulary[LANGUAGE[tongue]].blanked(sentence)
    entry = grammar.shapes[tongue].get(shape)
    if entry is None or entry.forms != len(found):
        return None, found
    if entry.literals and any(found[place] != text for place, text in entry.literals):
        return None, found
    return entry, found


def explain(grammar: Grammar, tongue: Tongue, sentence: str, start: int) -> Break:
    """Where a sentence leaves the pattern that it follows longest."""
    words = grammar.vocabulary[LANGUAGE[tongue]]
    shape, found = words.blanked(sentence)
    strange = next((i for i, c in enumerate(sentence) if c in words.form_of), None)
    if strange is not None:
        return Break(start + strange, "a letter", "a character of private use", "grammar")
    shapes = grammar.sorted_shapes[tongue]
    place = bisect(shapes, shape)
    near = max(shapes[max(place - 1, 0) : place + 1], key=lambda known: _common(known, shape))
    same = _common(near, shape)
    offset, seen = 0, 0
    for character in shape[:same]:
        is_mark = character in words.form_of
        offset += len(found[seen]) if is_mark else 1
        seen += is_mark
    expected = "".join(f"<{words.form_of[c]}>" if c in words.form_of else c for c in near[same:])
    return Break(
        start + offset, expected[:40] or "nothing more", "no sentence goes on like this", "grammar"
    )


def _common(one: str, other: str) -> int:
    """Length of the prefix that two texts share."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))
