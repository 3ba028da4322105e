"""The floor: what the held-out tales cost a model that knows the world's grammar, and so the least that any honest one pays.

log2 P(document) = log2 of the sum over pretraining sources of share(source) P(language | source) P(text | kind, language),
the last read off the text by the tales' recogniser, the shares those of the documents that training reads. Knowing one
source of natural text nothing is known, since nobody knows its entropy: there is then no floor.

What a model pays is compared document by document with what the floor pays for the same one, so most of the spread between
documents cancels out. A model may stay below the floor by chance, but not by more than ALARM standard errors.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline_lib import tales
from pipeline_lib.errors import LeakError
from pipeline_lib.evaluation import statistics
from pipeline_lib.evaluation.statistics import Interval, Mean
from pipeline_lib.formats.mixtures import Component
from pipeline_lib.tales import Language

Number = float | int
Shares = Mapping[tuple[str, Language], float]
"""How likely it is that a document is of a kind and language."""

LANGUAGES: tuple[Language, ...] = ("en", "ja")
ALARM = 4.0
"""Standard errors: an honest model that knew all there is to know would pass them once in 30,000 times."""
FEWEST = 10
"""Documents from which a standard error says anything."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a held-out document."""

    kind: str
    language: str
    bits: float
    """What it costs at the least."""


@dataclass(frozen=True, slots=True)
class Excess:
    """What a model pays beyond the floor for some documents."""

    bits_per_byte: float
    floor: float
    """Bits per byte."""
    excess: float
    """Relative: 0.027 is 2.7 %."""
    interval: Interval
    """Of `excess`."""
    per_document: Mean
    """Bits above the floor."""
    documents: int

    def metrics(self) -> dict[str, Number]:
        """Under the names of metrics/evaluate.json."""
        extra = self.per_document.interval
        return {
            "floor_bits_per_byte": self.floor,
            "excess": self.excess,
            "excess_low": self.interval.low,
            "excess_high": self.interval.high,
            "excess_bits_per_document": self.per_document.value,
            "excess_bits_per_document_low": extra.low,
            "excess_bits_per_document_high": extra.high,
        }


def shares(components: Sequence[Component]) -> Shares:
    """P(kind, language) of a document that training reads; empty where not every source is tales."""
    read = sum(component.documents for component in components)
    if not read or no_tales(components):
        return {}
    found: dict[tuple[str, Language], float] = {}
    for component in components:
        languages = [one for one in LANGUAGES if component.language in ("", one)]
        for language in languages:
            key = component.texts, language
            part = component.documents / read / len(languages)
            found[key] = found.get(key, 0.0) + part
    return {key: share for key, share in found.items() if share}


def no_tales(components: Sequence[Component]) -> list[str]:
    """Names of the sources whose entropy nobody knows."""
    return [component.source for component in components if component.kind != "tales"]


def of_splits(
    texts: Mapping[str, Sequence[str]], components: Sequence[Component]
) -> tuple[dict[str, list[Known]], str]:
    """What is known of the texts of each split; else nothing, and a sentence that says why."""
    if others := no_tales(components):
        many = "are no tales" if len(others) > 1 else "is no tale"
        return {}, f"{', '.join(others)} {many}, and nobody knows the entropy of other text"
    likely = shares(components)
    found = {split: known(held, likely) for split, held in texts.items()}
    for said in found.values():
        if isinstance(said, str):
            return {}, said
    return {split: held for split, held in found.items() if not isinstance(held, str)}, ""


def known(texts: Sequence[str], likely: Shares) -> list[Known] | str:
    """What is known of each text; a sentence that says why there is no floor, where one is not of this world."""
    found = []
    for text in texts:
        read = tales.recognise(text)
        if isinstance(read, tales.Break):
            return f"the text {_start(text)} is no tale: at character {read.position} {read.reason}"
        share = likely.get((read.kind, read.language))
        if share is None:
            return f"the text {_start(text)} is one of {read.kind} ({read.language}), which no source tells"
        bits = -math.log2(share) - read.log2_probability
        found.append(Known(read.kind, read.language, bits))
    return found


def _start(text: str) -> str:
    return repr(text if len(text) < 40 else text[:39] + "…")


def compare(paid: Sequence[float], sizes: Sequence[int], least: Sequence[Known]) -> Excess:
    """`paid` bits and `sizes` in bytes, document by document, against the floor."""
    floor = [one.bits for one in least]
    above = [spent - bits for spent, bits in zip(paid, floor, strict=True)]
    times, interval = statistics.ratio(paid, floor)
    return Excess(
        bits_per_byte=sum(paid) / sum(sizes),
        floor=sum(floor) / sum(sizes),
        excess=times - 1,
        interval=Interval(interval.low - 1, interval.high - 1),
        per_document=statistics.mean(above),
        documents=len(paid),
    )


def metrics(
    paid: Sequence[float], sizes: Sequence[int], least: Sequence[Known], prefix: str
) -> dict[str, Number]:
    """Of all documents, and where these are validation's (no prefix) of each kind and language."""
    found = {
        f"{prefix}{key}": value for key, value in compare(paid, sizes, least).metrics().items()
    }
    if prefix:
        return found
    for name, excess in by_kind(paid, sizes, least).items():
        counted = {"bits_per_byte": excess.bits_per_byte, "documents": excess.documents}
        found |= {f"{name}.{key}": value for key, value in (counted | excess.metrics()).items()}
    return found


def by_kind(
    paid: Sequence[float], sizes: Sequence[int], least: Sequence[Known]
) -> dict[str, Excess]:
    """`compare` for each kind and language: `stories.en`."""
    groups: dict[str, list[int]] = {}
    for place, one in enumerate(least):
        groups.setdefault(f"{one.kind}.{one.language}", []).append(place)
    return {
        name: compare(
            [paid[i] for i in places], [sizes[i] for i in places], [least[i] for i in places]
        )
        for name, places in sorted(groups.items())
    }


def expect_above(
    paid: Sequence[float], sizes: Sequence[int], least: Sequence[Known], model: str, split: str
) -> None:
    """LeakError where the model is further below the floor than chance explains, in all or in one kind of text."""
    _expect_above(compare(paid, sizes, least), model, split)
    for name, excess in by_kind(paid, sizes, least).items():
        _expect_above(excess, model, f"{split} ({name})")


def _expect_above(excess: Excess, model: str, split: str) -> None:
    extra = excess.per_document
    if excess.documents < FEWEST or extra.value >= -ALARM * extra.standard_error:
        return
    below = -extra.value / extra.standard_error if extra.standard_error else math.inf
    raise LeakError(
        f"evaluate: {model}: expected at least {excess.floor:.4f} bits per byte on {split}, the entropy of these texts, "
        f"found {excess.bits_per_byte:.4f}: {-extra.value:.2f} bits per document below the floor (standard error "
        f"{extra.standard_error:.2f}, so {below:.0f} of them; over {ALARM:.0f} is no chance). No honest model can: "
        f"either it has seen these documents (look for texts of {split} in the training split), or it sees the "
        "future (look at the attention mask: `pytest tests/model`), or what it pays is summed wrongly"
    )
