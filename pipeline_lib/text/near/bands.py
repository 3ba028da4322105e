"""Candidate pairs: documents whose signatures agree in a whole band.

One band at a time, and of it one range of hashes at a time, is sorted in memory; equal neighbours
are candidates. Within a run of equal hashes each document is compared with the run's first and with
the one before it: all pairs of a page that stands ten thousand times would be fifty million.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline_lib.params import NearParams
from pipeline_lib.text.near.shingles import Hashes, Positions
from pipeline_lib.text.near.signatures import NONE, Signatures, bands_path, signatures_path

Pairs = npt.NDArray[np.int64]
"""Two documents' numbers a row, the earlier first."""

SORTED = 1 << 20
"""Hashes sorted at once: with their numbers and order some 40 MB."""
COMPARED = 1 << 14
"""Pairs of signatures compared at once."""


@dataclass(frozen=True)
class Signed:
    """The signatures of all parts, on disk; documents are numbered through."""

    scratch: Path
    borders: Positions
    """The first document of each part, and in the end the number of documents."""

    @classmethod
    def of(cls, scratch: Path, counts: Sequence[int]) -> "Signed":
        """Of parts of so many documents each."""
        return cls(scratch, np.concatenate(([0], np.cumsum(counts, dtype=np.int64))))

    @property
    def documents(self) -> int:
        return int(self.borders[-1])

    def band(self, number: int) -> Iterator[tuple[Hashes, int]]:
        """A band's hashes part by part, and the number of each part's first document."""
        for part, first in enumerate(self.borders[:-1]):
            mapped = np.load(bands_path(self.scratch, part), mmap_mode="r")
            yield np.array(mapped[number]), int(first)

    def signatures(self, documents: Positions) -> Signatures:
        """Their rows, read from disk in the order of the parts."""
        parts = np.searchsorted(self.borders, documents, side="right") - 1
        found: Signatures | None = None
        for part in np.unique(parts):
            mine = parts == part
            mapped = np.load(signatures_path(self.scratch, int(part)), mmap_mode="r")
            if found is None:
                found = np.zeros((len(documents), mapped.shape[1]), np.uint32)
            found[mine] = mapped[documents[mine] - self.borders[part]]
        return np.zeros((0, 0), np.uint32) if found is None else found

    def similarity(self, pairs: Pairs) -> npt.NDArray[np.float64]:
        """The estimated Jaccard similarity of each pair: the share of hashes that agree."""
        found = [np.zeros(0)]
        for start in range(0, len(pairs), COMPARED):
            some = pairs[start : start + COMPARED]
            agree = self.signatures(some[:, 0]) == self.signatures(some[:, 1])
            found.append(agree.mean(axis=1))
        return np.concatenate(found)


def candidates(signed: Signed, params: NearParams) -> Iterator[Pairs]:
    """Pairs that agree in a band, some at a time, repeats among them."""
    ranges = -(-signed.documents // SORTED) or 1
    for band in range(params.bands):
        for number in range(ranges):
            hashes, documents = _range(signed, band, number, ranges)
            yield _neighbours(hashes, documents)


def _range(signed: Signed, band: int, number: int, ranges: int) -> tuple[Hashes, Positions]:
    """The band's hashes in the `number`th of equal ranges, and whose they are, in order."""
    hashes, documents = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for part, first in signed.band(band):
        wanted = part != NONE
        if ranges > 1:
            wanted &= part // np.uint64(2**64 // ranges + 1) == number
        hashes.append(part[wanted])
        documents.append(np.flatnonzero(wanted) + first)
    return np.concatenate(hashes), np.concatenate(documents)


def _neighbours(hashes: Hashes, documents: Positions) -> Pairs:
    order = np.argsort(hashes, kind="stable")  # of equal hashes the earliest document comes first
    hashes, documents = hashes[order], documents[order]
    again = np.flatnonzero(hashes[1:] == hashes[:-1]) + 1
    starts = np.flatnonzero(np.concatenate(([True], hashes[1:] != hashes[:-1])))
    firsts = starts[np.searchsorted(starts, again, side="right") - 1]
    beyond = again - firsts > 1  # the second of a run has one neighbour before it
    left = np.concatenate((documents[firsts], documents[again[beyond] - 1]))
    right = np.concatenate((documents[again], documents[again[beyond]]))
    return np.stack((left, right), axis=1)
