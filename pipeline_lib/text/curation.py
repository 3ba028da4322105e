"""One file of a cleaned source on its way into the corpus: what is left of it, row by row.

A map over files. Near duplicates and paragraphs that were said before are known by then; here they
go, long documents of small sources are cut, and whatever holds an evaluation item is left out.
Where no row changes, the cleaned file itself is what the plan points at, and nothing is written.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline_lib import engine
from pipeline_lib.formats import conversations, documents
from pipeline_lib.params import ContaminationParams, CorpusParams
from pipeline_lib.text import leaks, paragraphs
from pipeline_lib.text.contamination import Index, Match, items_of
from pipeline_lib.text.plan import Curated, Numbers
from pipeline_lib.text.sections import sections
from pipeline_lib.text.split import position

Flags = npt.NDArray[np.bool_]
SEAM = 2000
"""Characters on each side of a cut that are read together: a question may stand across it."""


@dataclass(frozen=True)
class Questions:
    """An evaluation source: what a worker that outlives a run must not mix up with another."""

    name: str
    folder: Path
    """Absolute."""
    digest: str
    """SHA-256 of its files."""


Evaluation = tuple[Questions, ...]
CONTAMINATED, NEAR = "contaminated", "near_duplicates"
REASONS = (CONTAMINATED, NEAR, paragraphs.REASON)


@dataclass(frozen=True)
class Job:
    """One file, and what there is to do with it."""

    path: Path
    scratch: Path
    """Where it is written anew if its rows change."""
    role: str
    is_cut: bool
    """Long documents become sections."""
    params: CorpusParams
    evaluation: Evaluation
    near: Flags | None = None
    """Which rows say what an earlier one says."""
    repeats: Flags | None = None
    """Which of its long paragraphs stood in an earlier document."""

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class Outcome:
    curated: Curated
    dropped: Counter[str]
    """Documents by reason."""
    leaks: list[tuple[str, list[Match]]]
    """The id of each contaminated document, as cleaning left it, and the items in it."""


@dataclass(frozen=True)
class Left:
    """What is left of a row, or a section of that."""

    row: int
    id: str
    """Of the row as it stands in the file."""
    item: Any
    is_new: bool
    """It is not what stands in the file."""


def curate(job: Job) -> Outcome:
    """Judge every row; write the file anew where rows change."""
    dropped: Counter[str] = Counter()
    there = list(_left(job, dropped))
    index = _index(job.evaluation, job.params.contamination)
    kept, found = [], []
    for left, matches in zip(there, _leaking(there, index), strict=True):
        if matches:
            dropped[CONTAMINATED] += 1
            found.append((left.id, matches))
        else:
            kept.append(left)
    if any(left.is_new for left in there):
        documents.write_part(job.scratch, (left.item for left in kept))
        rows = np.arange(len(kept))
        return Outcome(_curated(job, job.scratch, rows, kept), dropped, found)
    rows = np.array([left.row for left in kept], dtype=np.int64)
    return Outcome(_curated(job, job.path, rows, kept), dropped, found)


def _leaking(there: Sequence[Left], index: Index) -> list[list[Match]]:
    """The evaluation items in each; one that stands across a cut is in both of its sections."""
    found = [matches for _, matches in leaks.checked([left.item for left in there], index)]
    cuts = [n for n, (a, b) in enumerate(pairwise(there)) if a.row == b.row]
    seams = [f"{there[n].item.text[-SEAM:]}\n{there[n + 1].item.text[:SEAM]}" for n in cuts]
    across: list[list[Match]] = [[] for _ in there]
    for n, matches in zip(cuts, index.scan(seams), strict=True):
        whole = {(match.set, match.item) for match in found[n] + found[n + 1]}
        for side in (n, n + 1):
            across[side] += [m for m in matches if (m.set, m.item) not in whole]
    return [one + other for one, other in zip(found, across, strict=True)]


@lru_cache(maxsize=1)
def _index(evaluation: Evaluation, params: ContaminationParams) -> Index:
    """Made once in each process."""
    return Index(
        (item for of in evaluation for item in items_of(of.name, conversations.read(of.folder))),
        params,
    )


def _left(job: Job, dropped: Counter[str]) -> Iterator[Left]:
    rows = engine.walk(_read(job), job.path)
    for row, (item, left) in enumerate(_thinned(rows, job)):
        if job.near is not None and job.near[row]:
            dropped[NEAR] += 1
        elif left is None:
            dropped[paragraphs.REASON] += 1
        else:
            for section in sections(left) if job.is_cut else [left]:
                yield Left(row, leaks.id_of(item), section, is_new=section is not item)


def _read(job: Job) -> Iterator[Any]:
    found: Iterator[Any] = _format(job.role).read_part(job.path)
    return found


def _format(role: str) -> ModuleType:
    """How items of the role are read and weighed."""
    return documents if role == "pretrain" else conversations


def _thinned(rows: Iterable[Any], job: Job) -> Iterator[tuple[Any, Any]]:
    """Each row, and what its repeated paragraphs leave of it."""
    if job.repeats is None:
        return ((item, item) for item in rows)
    return paragraphs.thinned(rows, job.repeats, job.params.paragraphs, job.params.min_chars)


def _curated(job: Job, path: Path, rows: Numbers, kept: Sequence[Left]) -> Curated:
    ids, seed = [leaks.id_of(left.item) for left in kept], job.params.seed
    size = _format(job.role).size
    return Curated(
        path=path,
        rows=rows,
        sizes=np.array([size(left.item) for left in kept], dtype=np.int64),
        positions=np.array([position(id, seed) for id in ids], dtype=np.float64),
        turns=np.array([position(id, seed, "weight") for id in ids], dtype=np.float64),
    )
