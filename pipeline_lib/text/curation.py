"""One file of a cleaned source on its way into the corpus: what is left of it, row by row.

A map over files. Near duplicates and paragraphs that were said before are known by then; here they
go, long documents of small sources are cut, and whatever holds an evaluation item is left out.
Where no row changes, the cleaned file itself is what the plan points at, and nothing is written.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline_lib import engine
from pipeline_lib.formats import conversations, documents
from pipeline_lib.formats.documents import Document
from pipeline_lib.params import ContaminationParams, CorpusParams
from pipeline_lib.text import leaks, paragraphs
from pipeline_lib.text.contamination import Index, Match, items_of
from pipeline_lib.text.plan import Curated
from pipeline_lib.text.sections import sections
from pipeline_lib.text.split import position

Flags = npt.NDArray[np.bool_]
Evaluation = tuple[tuple[str, Path], ...]
"""Name and folder of each evaluation source."""
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
    """Each contaminated document's id, and the items in it."""


@dataclass(frozen=True)
class Piece:
    """A row, or a section of one."""

    row: int
    item: Any
    is_new: bool
    """It is not what stands in the file."""


def curate(job: Job) -> Outcome:
    """Judge every row; write the file anew where rows change."""
    dropped: Counter[str] = Counter()
    pieces = list(_pieces(job, dropped))
    kept, found = [], []
    index = _index(job.evaluation, job.params.contamination)
    checked = leaks.checked([piece.item for piece in pieces], index)
    for piece, (item, matches) in zip(pieces, checked, strict=True):
        if matches:
            dropped[CONTAMINATED] += 1
            found.append((leaks.id_of(item), matches))
        else:
            kept.append(piece)
    if any(piece.is_new for piece in pieces):
        documents.write_part(job.scratch, (piece.item for piece in kept))
        kept = [Piece(row, piece.item, is_new=True) for row, piece in enumerate(kept)]
        return Outcome(_curated(job, job.scratch, kept), dropped, found)
    return Outcome(_curated(job, job.path, kept), dropped, found)


@lru_cache(maxsize=1)
def _index(evaluation: Evaluation, params: ContaminationParams) -> Index:
    """Made once in each process."""
    return Index(
        (item for name, path in evaluation for item in items_of(name, conversations.read(path))),
        params,
    )


def _pieces(job: Job, dropped: Counter[str]) -> Iterator[Piece]:
    rows = engine.walk(_read(job), job.path)
    for row, (item, left) in enumerate(_thinned(rows, job)):
        if job.near is not None and job.near[row]:
            dropped[NEAR] += 1
        elif left is None:
            dropped[paragraphs.REASON] += 1
        else:
            for piece in sections(left) if job.is_cut else [left]:
                yield Piece(row, piece, is_new=piece is not item)


def _read(job: Job) -> Iterator[Any]:
    if job.role == "pretrain":
        return documents.read_part(job.path)
    return conversations.read_part(job.path)


def _thinned(rows: Iterable[Any], job: Job) -> Iterator[tuple[Any, Any]]:
    """Each row, and what its repeated paragraphs leave of it."""
    if job.repeats is None:
        return ((item, item) for item in rows)
    return paragraphs.thinned(rows, job.repeats, job.params.paragraphs, job.params.min_chars)


def _curated(job: Job, path: Path, kept: Sequence[Piece]) -> Curated:
    ids, seed = [leaks.id_of(piece.item) for piece in kept], job.params.seed
    return Curated(
        path=path,
        rows=np.array([piece.row for piece in kept], dtype=np.int64),
        sizes=np.array([_size(piece.item) for piece in kept], dtype=np.int64),
        positions=np.array([position(id, seed) for id in ids], dtype=np.float64),
        turns=np.array([position(id, seed, "weight") for id in ids], dtype=np.float64),
    )


def _size(item: Any) -> int:
    return documents.size(item) if isinstance(item, Document) else conversations.size(item)
