"""Near duplicates joined to clusters, of which the document first seen is kept.

A cluster is all that is joined by chains of similar pairs. Its root is its lowest number, and
numbers follow the order of the parts and rows given, so what is kept is the same however many
workers there are and in whatever order the pairs came.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline_lib import engine, progress
from pipeline_lib.formats import documents, files
from pipeline_lib.params import NearParams
from pipeline_lib.text.near.bands import Pairs, Signed, candidates
from pipeline_lib.text.near.shingles import Positions
from pipeline_lib.text.near.signatures import Job, sign

SHOWN = 200
"""Clusters written out, evenly drawn from all."""
MEMBERS = 10
"""Dropped documents shown of each."""
BEGINNING = 120
"""Characters shown of each document."""


@dataclass(frozen=True)
class Clusters:
    """Which documents say what an earlier one says."""

    parts: dict[Path, int]
    """Every part's number, in order."""
    signed: Signed
    roots: Positions
    """For each document the first of its cluster; its own number where it is kept."""

    @property
    def counts(self) -> dict[str, int]:
        """Clusters of at least two, documents dropped, documents looked at."""
        copies = self.roots[self._copies()]
        return {
            "clusters": len(np.unique(copies)),
            "dropped": len(copies),
            "documents": len(self.roots),
        }

    def dropped(self, part: Path) -> npt.NDArray[np.bool_]:
        """Which rows of `part` are to go."""
        number = self.parts[part]
        first, end = self.signed.borders[number : number + 2]
        copies: npt.NDArray[np.bool_] = self.roots[first:end] != np.arange(first, end)
        return copies

    def write_samples(self, path: Path) -> None:
        """One JSON line for each of at most SHOWN clusters; `counts` says how many there are."""
        lines = [json.dumps(cluster, ensure_ascii=False) + "\n" for cluster in self._shown()]
        files.write_text(path, "".join(lines))

    def _copies(self) -> Positions:
        return np.flatnonzero(self.roots != np.arange(len(self.roots)))

    def _shown(self) -> Iterator[dict[str, object]]:
        copies = self._copies()
        kept, sizes = np.unique(self.roots[copies], return_counts=True)
        drawn = (
            np.unique(np.linspace(0, len(kept) - 1, SHOWN).astype(np.int64)) if len(kept) else kept
        )
        members = {
            int(kept[number]): copies[self.roots[copies] == kept[number]][:MEMBERS]
            for number in drawn
        }
        views = self._views(
            sorted({n for root, some in members.items() for n in (root, *some.tolist())})
        )
        for number in drawn:
            root = int(kept[number])
            pairs = np.stack((np.full(len(members[root]), root), members[root]), axis=1)
            copied = zip(members[root].tolist(), self.signed.similarity(pairs), strict=True)
            yield {
                "cluster": int(number),
                "dropped": int(sizes[number]),
                "kept": asdict(views[root]),
                "copies": [
                    {**asdict(views[copy]), "jaccard": round(float(j), 3)} for copy, j in copied
                ],
            }

    def _views(self, numbers: Sequence[int]) -> dict[int, "View"]:
        """What is shown of these documents, in order; parts without any of them are not read."""
        found = {}
        for path, part in self.parts.items():
            first, end = self.signed.borders[part : part + 2].tolist()
            wanted = set(numbers[bisect_left(numbers, first) : bisect_left(numbers, end)])
            read = enumerate(documents.read_part(path), start=first) if wanted else ()
            for number, document in read:
                if number in wanted:
                    found[number] = View(document.id, document.source, document.text[:BEGINNING])
        return found


@dataclass(frozen=True)
class View:
    """A document as a line of the report shows it."""

    id: str
    source: str
    text: str


def find(parts: Sequence[Path], params: NearParams, scratch: Path, workers: int) -> Clusters:
    """The near duplicates among the documents of `parts`; earlier parts and rows are kept.

    `scratch` is filled with 4 bytes for each hash of a document and 8 for each band; the clusters
    read from it, and whoever called removes it.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    numbers = {part: number for number, part in enumerate(parts)}
    jobs = [Job(part, number, scratch, params) for part, number in numbers.items()]
    signed = Signed.of(
        scratch, list(progress.watch(engine.map(sign, jobs, workers), len(jobs), "files signed"))
    )
    return Clusters(numbers, signed, joined(signed, params))


def joined(signed: Signed, params: NearParams) -> Positions:
    """For each document the first of its cluster."""
    roots = np.arange(signed.documents)
    for pairs in candidates(signed, params):
        open_pairs = np.unique(pairs[roots[pairs[:, 0]] != roots[pairs[:, 1]]], axis=0)
        if params.similarity:
            open_pairs = open_pairs[signed.similarity(open_pairs) >= params.similarity]
        join(roots, open_pairs)
    return roots


def join(roots: Positions, pairs: Pairs) -> None:
    """Union by the lowest number, for all pairs at once; afterwards every root is its own."""
    while True:
        ends = np.sort(roots[pairs], axis=1)
        ends = ends[ends[:, 0] != ends[:, 1]]
        if not len(ends):
            return
        np.minimum.at(roots, ends[:, 1], ends[:, 0])
        while (roots[roots] != roots).any():
            roots[:] = roots[roots]
