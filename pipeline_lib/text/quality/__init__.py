"""Is a text worth learning from? The rules that published corpora were made with, each with its name as reason.

The families are Gopher's quality and repetition, C4's and FineWeb's for languages with spaces, and Swallow's for
Japanese. Each can be off, and each threshold is a parameter. A text is dropped by the first rule it breaks, and
cheap rules come first: which texts are dropped does not depend on the order, but which reason is given does. C4's
rules also remove lines, and FineWeb's judge what is left; all others judge the text as it came.

Languages that set no spaces and are not Japanese are judged by their lines alone (repeated, bullets, ellipses):
all else counts words.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from pipeline_lib.params import QualityParams
from pipeline_lib.spacing import is_spaced
from pipeline_lib.text.quality import c4, fineweb, gopher, repetition, swallow
from pipeline_lib.text.quality.passage import Passage
from pipeline_lib.text.quality.swallow import Japanese

REASONS: tuple[str, ...] = (
    *(rule.__name__ for rule in (*repetition.LINE_RULES, *gopher.LINE_RULES, *gopher.WORD_RULES)),
    *(rule.__name__ for rule in repetition.WORD_RULES),
    *c4.REASONS,
    *(rule.__name__ for rule in fineweb.RULES),
    *(rule.__name__ for rule in swallow.RULES),
)
"""All that a verdict can give."""
Text = TypeVar("Text")
Rules = TypeVar("Rules")


@dataclass(frozen=True)
class Verdict:
    """What is left of a text, and the rule it breaks (None: it is kept)."""

    text: str
    reason: str | None


def judge(text: str, language: str, rules: QualityParams) -> Verdict:
    """The verdict on a text in a language (ISO 639-1; "" where unknown); a dropped text is unchanged."""
    if language == "ja":
        return Verdict(text, _by_characters(Japanese(text), rules))
    passage = Passage(text, language)
    reason = _by_lines(passage, rules)
    if reason or _has_no_spaces(passage):
        return Verdict(text, reason)
    return _of_spaced(passage, rules)


def _by_characters(text: Japanese, rules: QualityParams) -> str | None:
    return _first(swallow.RULES, text, rules.swallow)


def _of_spaced(passage: Passage, rules: QualityParams) -> Verdict:
    left, reason = c4.cleaned(passage, rules.c4) if rules.c4 else (passage.text, None)
    judged = c4.without_blank_lines(left) if rules.c4 else left
    rest = passage if judged == passage.text else Passage(judged, passage.language)
    reason = reason or _first(fineweb.RULES, rest, rules.fineweb) or _by_words(passage, rules)
    return Verdict(passage.text if reason else left, reason)


def _by_lines(passage: Passage, rules: QualityParams) -> str | None:
    reason = _first(repetition.LINE_RULES, passage, rules.gopher_repetition)
    return reason or _first(gopher.LINE_RULES, passage, rules.gopher_quality)


def _by_words(passage: Passage, rules: QualityParams) -> str | None:
    reason = _first(gopher.WORD_RULES, passage, rules.gopher_quality)
    return reason or _first(repetition.WORD_RULES, passage, rules.gopher_repetition)


def _has_no_spaces(passage: Passage) -> bool:
    return not is_spaced(passage.language, len(passage.text), len(passage.runs))


def _first(
    family: Iterable[Callable[[Text, Rules], bool]], text: Text, rules: Rules | None
) -> str | None:
    """The first rule of a family that the text breaks; none where the family is off."""
    if rules is None:
        return None
    return next((rule.__name__ for rule in family if rule(text, rules)), None)
