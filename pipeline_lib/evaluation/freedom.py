"""What a model tells when nothing is asked, read back sentence by sentence by the tales' recogniser.

Drawn at temperature 1 from begin alone, nothing truncated, so that the shares are those of the model's own distribution. The
base model only: those that learnt to converse begin with a turn, and what they say from nothing means little. The sentence
that the context's end cuts off is not counted; its text counts as one that is not whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline_lib import progress, tales
from pipeline_lib.evaluation import samples
from pipeline_lib.evaluation.samples import Fault, Sample
from pipeline_lib.evaluation.statistics import Interval, clustered, wilson
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.tales import Language

Number = float | int

ROWS = 512
"""Texts written at once."""
BOUND = 4
"""Texts drawn at the most, times those wanted in all: a language may be rare."""
MARGIN = 16
"""Texts drawn beyond those that should be enough."""


@dataclass(frozen=True, slots=True)
class Read:
    """A free text, and how many of its sentences are what."""

    sample: Sample
    language: Language
    """Going by its script, where nothing in it can be read."""
    sentences: int
    grammatical: int
    consistent: int
    """Grammatical, and contradicts nothing that was told."""
    derivable: int
    """Told as the grammar itself could have told them: consistent, and nothing odd."""
    is_whole: bool
    """The world could have told all of it."""


def draw(
    subject: Subject, languages: Sequence[Language], wanted: int, seed: int
) -> dict[Language, list[Read]]:
    """The first `wanted` texts in each language; fewer where too rare."""
    found: dict[Language, list[Read]] = {language: [] for language in languages}
    most = BOUND * wanted * len(languages)
    drawn = 0
    while drawn < most and (missing := wanted - min(map(len, found.values()))) > 0:
        rows = min(ROWS, most - drawn, missing * len(languages) + MARGIN)
        for sample in samples.free(subject, rows, seed + drawn):
            one = read(sample, languages)
            found[one.language].append(one)
        drawn += rows
        progress.show(min(map(len, found.values())), wanted, "free texts")
    return {language: texts[:wanted] for language, texts in found.items()}


def read(sample: Sample, languages: Sequence[Language]) -> Read:
    """What the recogniser says of a free text."""
    report = tales.inspect(sample.text)
    whole_sentences = report.verdicts if sample.stopped else report.verdicts[:-1]
    faults = tuple(
        Fault(v.start, v.end, v.fault.fault, v.reason) for v in whole_sentences if v.fault
    )
    return Read(
        sample=replace(sample, faults=faults),
        language=report.language if report.language in languages else languages[0],
        sentences=len(whole_sentences),
        grammatical=sum(verdict.grammatical for verdict in whole_sentences),
        consistent=sum(verdict.consistent for verdict in whole_sentences),
        derivable=sum(verdict.derivable for verdict in whole_sentences),
        is_whole=report.whole and sample.stopped,
    )


def metrics(found: Mapping[Language, Sequence[Read]]) -> dict[str, Number]:
    """Of all languages; of one in which nothing was told there is nothing to say."""
    told = {language: texts for language, texts in found.items() if texts}
    return {k: v for language, texts in told.items() for k, v in _of(language, texts).items()}


def in_words(found: Mapping[Language, Sequence[Read]]) -> str:
    """`en 97.1% of 2,107 sentences grammatical, 86.0% free of contradiction`, and so on."""
    said = []
    for language, texts in found.items():
        sentences = sum(text.sentences for text in texts)
        good, true = sum(t.grammatical for t in texts), sum(t.consistent for t in texts)
        most = max(1, sentences)
        said.append(
            f"{language} {good / most:.1%} of {sentences:,} sentences grammatical, "
            f"{true / most:.1%} free of contradiction"
        )
    return "; ".join(said)


def _of(language: Language, texts: Sequence[Read]) -> dict[str, Number]:
    """Shares of sentences and of texts, with intervals that know which sentences are of one text."""
    sentences = [text.sentences for text in texts]
    whole = sum(text.is_whole for text in texts)
    found: dict[str, Number] = {}
    for name, good in (
        ("grammatical", clustered([text.grammatical for text in texts], sentences)),
        ("consistent", clustered([text.consistent for text in texts], sentences)),
        ("derivable", clustered([text.derivable for text in texts], sentences)),
        ("documents_consistent", (whole / len(texts), wilson(whole, len(texts)))),
    ):
        found |= _with_interval(f"{name}.{language}", *good)
    return found | {
        f"samples.{language}.texts": len(texts),
        f"samples.{language}.sentences": sum(sentences),
        f"samples.{language}.bytes_per_text": _mean([len(t.sample.text.encode()) for t in texts]),
        f"samples.{language}.unfinished": _mean([not text.sample.stopped for text in texts]),
    }


def _with_interval(name: str, share: float, interval: Interval) -> dict[str, Number]:
    return {name: share, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)
