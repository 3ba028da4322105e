"""Passages, a story's first sentences, and the task to correct one.

It comes with one mistake: one of all that the minimal pairs of its language can make in it.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from pipeline_lib.tales.draw import LOG2, Draw
from pipeline_lib.tales.forms import LANGUAGE, Tongue
from pipeline_lib.tales.instruction_events import EVENTS, MENUS
from pipeline_lib.tales.instruction_world import LINE, TURN, Conversation
from pipeline_lib.tales.lexicon import Language
from pipeline_lib.tales.pair_changes import Phenomenon
from pipeline_lib.tales.pairs import CATALOGUE
from pipeline_lib.tales.patterns import Grammar
from pipeline_lib.tales.reading import Break, Report, Verdict
from pipeline_lib.tales.telling import Reader, Writer, tell

GRAMMAR = Grammar(EVENTS)
SENTENCES = 3
"""Of a passage."""

REQUESTS: Mapping[Tongue, tuple[str, ...]] = {
    "en": (
        "Correct the mistake in this text.",
        "There is one mistake in this text. Please write it all again without it.",
    ),
    "polite": (
        "次の文の間違いを直してください。",
        "次の文には間違いが一つあります。正しく書き直してください。",
    ),
    "plain": (
        "次の文の間違いを直してほしい。",
        "次の文には間違いが一つある。正しく書き直してほしい。",
    ),
}
NEEDS_CONTEXT = frozenset(("possessive_gender", "relative_pronoun", "negative_polarity"))
"""What a reader of one sentence might not call a mistake."""
MISTAKES: Mapping[Language, tuple[Phenomenon, ...]] = {
    language: tuple(
        phenomenon
        for phenomenon in known
        if phenomenon.fault == "grammar" and phenomenon.name not in NEEDS_CONTEXT
    )
    for language, known in CATALOGUE.items()
}


def passage() -> Conversation:
    """The world of one, before it."""
    return Conversation(MENUS, stop=SENTENCES)


def mistaken(text: str, language: Language) -> list[str]:
    """Every text that is this one with one mistake."""
    ways = (way for phenomenon in MISTAKES[language] for way in phenomenon.spoilt(text))
    return list(dict.fromkeys(ways))


def write(tongue: Tongue, events: Draw, words: Draw) -> str:
    """A request, a passage with a mistake, and the passage."""
    writer = Writer(GRAMMAR, tongue, events, words)
    tell(writer, passage())
    request = words.one_of(REQUESTS[tongue])
    bad = words.one_of(mistaken(writer.text, LANGUAGE[tongue]))
    return f"{request}{LINE}{bad}{TURN}{writer.text}"


def opens(text: str, tongue: Tongue) -> bool:
    """Whether it begins with a request to correct."""
    return text.startswith(tuple(request + LINE for request in REQUESTS[tongue]))


def read(text: str, tongue: Tongue) -> Report:
    """What there is to say of a text that opens so."""
    request = next(known for known in REQUESTS[tongue] if text.startswith(known + LINE))
    head, _, good = text.partition(TURN)
    bad = head[len(request) + len(LINE) :]
    told = Reader(GRAMMAR, tongue, good).read(passage())
    ways = mistaken(good, LANGUAGE[tongue])
    fault = None
    if bad not in ways:
        fault = Break(
            len(head) - len(bad), "the answer with a mistake", "the answer is to another", "world"
        )
    asked = (Verdict(0, len(request)), Verdict(len(head) - len(bad), len(head), fault))
    choices = LOG2[len(REQUESTS[tongue])] + (-math.inf if fault else math.log2(len(ways)))
    return behind(told, asked, len(head) + len(TURN), -choices)


def behind(told: Report, before: tuple[Verdict, ...], place: int, bits: float) -> Report:
    """A report on what stands at `place`, with what was said of what stands before it."""
    ill = any(verdict.fault for verdict in before)
    return told._replace(
        verdicts=(*before, *(moved(verdict, place) for verdict in told.verdicts)),
        ending=None if told.ending is None else moved_break(told.ending, place),
        log2_probability=-math.inf if ill else told.log2_probability + bits,
    )


def moved(verdict: Verdict, by: int) -> Verdict:
    """The same, `by` characters on."""
    fault = None if verdict.fault is None else moved_break(verdict.fault, by)
    return Verdict(verdict.start + by, verdict.end + by, fault)


def moved_break(fault: Break, by: int) -> Break:
    """The same, `by` characters on."""
    return replace(fault, position=fault.position + by)
