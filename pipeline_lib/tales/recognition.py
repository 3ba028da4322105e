"""Reading any text: the grammar's own, a model's, or noise.

The script says which language, and the kind is the one whose reader finds the fewest faults.
Linear in the text: each reader walks it once.
"""

import math
import re
from collections.abc import Iterator, Sequence

from pipeline_lib.tales.forms import LANGUAGE, Tongue
from pipeline_lib.tales.genres import GENRES, Texts
from pipeline_lib.tales.lexicon import Language
from pipeline_lib.tales.reading import Break, Reading, Report

GLANCE = 1000
"""Characters by which a text that begins like none is told."""
NOTHING = Break(0, "a tale", "there is nothing to read", "grammar")
JAPANESE = re.compile("[\u3000-\U0010ffff]")
"""Kana, kanji and their punctuation stand there, and nothing of English."""


def language_of(text: str) -> Language:
    """Japanese where any character is; else English."""
    return "ja" if JAPANESE.search(text) else "en"


def inspect(text: str) -> Report:
    """Every sentence of `text`, read as the kind of text that it is or comes nearest to."""
    language = language_of(text)
    best = Report(None, language, (), -math.inf, NOTHING)
    for kind, tongue in _ways(text, language):
        report = _read(text, kind, tongue)
        if report.whole:
            return report
        best = max(best, report, key=_merit)
    return best


def _ways(text: str, language: Language) -> Iterator[tuple[Texts, Tongue]]:
    """As what to read it: as what it begins like, or else as what knows most of it. Who finds a reading may stop."""
    ways = [(k, t) for k, genre in GENRES.items() for t in genre.tongues[language]]
    begun = []
    for kind, tongue in ways:
        if GENRES[kind].opens(text, tongue):
            begun.append((kind, tongue))
            yield kind, tongue
    # the first sentence itself may be the one in the wrong tongue
    kinds = {kind for kind, _ in begun}
    yield from (way for way in ways if way[0] in kinds and way not in begun)
    if not begun:
        yield _nearest(text[:GLANCE], ways)


def _nearest(text: str, ways: Sequence[tuple[Texts, Tongue]]) -> tuple[Texts, Tongue]:
    """The kind and tongue that know most of a text that begins like none."""
    return max(ways, key=lambda way: _merit(_read(text, *way)))


def _read(text: str, kind: Texts, tongue: Tongue) -> Report:
    genre = GENRES[kind]
    report = genre.read(text, tongue)
    choices = len(genre.tongues[LANGUAGE[tongue]])
    known = any(verdict.grammatical for verdict in report.verdicts)
    return report._replace(
        kind=kind if known else None,
        log2_probability=report.log2_probability - math.log2(choices),
    )


def _merit(report: Report) -> tuple[int, int, int]:
    """The better reading of a faulty text: more of its sentences are well, fewer are not."""
    verdicts = report.verdicts
    return (
        sum(verdict.derivable for verdict in verdicts),
        sum(verdict.grammatical for verdict in verdicts),
        -len(verdicts),
    )


def recognise(text: str) -> Reading | Break:
    """What `text` is and how likely, or where it first breaks the grammar or its world."""
    report = inspect(text)
    fault = report.first_fault
    if fault is not None or report.kind is None:
        return fault or NOTHING
    return Reading(
        kind=report.kind,
        language=report.language,
        log2_probability=report.log2_probability,
        sentences=len(report.verdicts),
        level=report.level,
    )
