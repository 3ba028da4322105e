"""Train, validation and test by a hash of the text: disjoint, and stable as data grows.

Equal texts have equal hashes, so a text can never stand on two sides. A few documents may all fall
into one part by chance; then the parts are made by rank instead: the lowest hashes are held out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import xxhash

from pipeline_lib.errors import DataError

FEW = 10_000
"""Documents below which chance may leave a part empty, so that one looks before one splits."""


@dataclass(frozen=True)
class Split:
    """Where the hashes part: [0, test), [test, validation), [validation, 1)."""

    test: float
    validation: float

    def __call__(self, position: float) -> str:
        if position < self.test:
            return "test"
        return "validation" if position < self.validation else "train"


def position(id: str, seed: int, purpose: str = "split") -> float:
    """A number in [0, 1) that depends on nothing but the text, the seed and what it is for."""
    return xxhash.xxh3_64_intdigest(f"{purpose}:{seed}:{id}".encode()) / 2**64


def by_share(test: float, validation: float) -> Split:
    return Split(test, test + validation)


def by_rank(positions: Sequence[float], test: float, validation: float, what: str) -> Split:
    """As `by_share` if that leaves no part empty, else the lowest positions are held out.

    A share of 0 asks for no such part. DataError where there are fewer texts than parts.
    """
    split = by_share(test, validation)
    wanted = {"train", "validation", *(["test"] if test else [])}
    if wanted <= {split(p) for p in positions}:
        return split
    ranked = sorted(set(positions))
    if len(ranked) < len(wanted):
        raise DataError(
            f"{what}: expected at least {len(wanted)} different texts, one for each of "
            f"{', '.join(sorted(wanted))}, found {len(ranked)}; give more text"
        )
    tests = max(1, round(len(ranked) * test)) if test else 0
    held = min(tests + max(1, round(len(ranked) * validation)), len(ranked) - 1)
    tests = min(tests, held - 1)
    return Split(ranked[tests] if tests else 0.0, ranked[held])
