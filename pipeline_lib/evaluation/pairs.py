"""Minimal pairs, as in BLiMP (Warstadt et al. 2020, doi.org/10.1162/tacl_a_00321): two texts equal but for one violation.

A model prefers the one to which it gives the higher probability, as a whole text from begin to end. No prompt, no threshold:
what is asked is only which of the two it would rather say. A tie is no preference.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pipeline_lib.errors import DataError
from pipeline_lib.evaluation import likelihood
from pipeline_lib.evaluation.statistics import wilson
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.tales import Language
from pipeline_lib.tales import pairs as world
from pipeline_lib.tales.pairs import Pair

Number = float | int

PATIENCE = 50
"""Pairs drawn at the most, times those wanted."""


def draw(languages: Sequence[Language], wanted: int, seed: int) -> list[Pair]:
    """`wanted` pairs of each phenomenon; DataError where one does not turn up."""
    if not wanted:
        return []
    return [pair for language in languages for pair in _of(language, wanted, seed)]


def _of(language: Language, wanted: int, seed: int) -> list[Pair]:
    phenomena = world.PHENOMENA[language]
    held: Counter[str] = Counter()
    found = []
    for index in range(PATIENCE * wanted * len(phenomena)):
        pair = world.pair(seed, index, language)
        if held[pair.phenomenon] < wanted:
            held[pair.phenomenon] += 1
            found.append(pair)
        if len(found) == wanted * len(phenomena):
            return found
    rare = min(phenomena, key=lambda name: held[name])
    raise DataError(
        f"minimal pairs: expected {wanted} of {rare} ({language}), found {held[rare]}; "
        "ask for fewer in evaluate.pairs"
    )


def examine(subject: Subject, asked: Sequence[Pair]) -> dict[str, Number]:
    """The share of pairs whose good text the model prefers: of all, by language, by phenomenon."""
    good, bad = costs(subject, [p.good for p in asked]), costs(subject, [p.bad for p in asked])
    preferred = [one < other for one, other in zip(good, bad, strict=True)]
    metrics: dict[str, Number] = {"pairs.count": len(asked)}
    interval = wilson(sum(preferred), len(preferred))
    metrics |= {
        "pairs.accuracy": sum(preferred) / len(preferred),
        "pairs.accuracy_low": interval.low,
        "pairs.accuracy_high": interval.high,
    }
    for name, rights in _grouped(asked, preferred).items():
        metrics[f"pairs.{name}"] = sum(rights) / len(rights)
    return metrics


def _grouped(asked: Sequence[Pair], preferred: Sequence[bool]) -> Mapping[str, list[bool]]:
    groups: dict[str, list[bool]] = {}
    for pair, is_right in zip(asked, preferred, strict=True):
        for name in (pair.language, f"{pair.language}.{pair.phenomenon}"):
            groups.setdefault(name, []).append(is_right)
    return dict(sorted(groups.items()))


def costs(subject: Subject, texts: Sequence[str]) -> list[float]:
    """Bits of each text, its end among them."""
    cut = subject.tokenizer
    rows = [np.array([cut.begin, *ids, cut.end]) for ids in cut.encode_batch(texts)]
    return likelihood.costs(subject.model, rows)
