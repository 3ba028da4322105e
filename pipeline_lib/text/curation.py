"""One file of a cleaned source on its way into the corpus: what is left of it, row by row.

A map over files: rows that leak an evaluation question are left out, and long documents of small sources cut.
Where no row changes, the cleaned file itself is what the plan points at, and nothing is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline_lib import engine
from pipeline_lib.formats import conversations, documents
from pipeline_lib.formats.conversations import conversation_id
from pipeline_lib.formats.documents import Document
from pipeline_lib.text.contamination import Prompts
from pipeline_lib.text.plan import Curated
from pipeline_lib.text.sections import sections
from pipeline_lib.text.split import position


@dataclass(frozen=True)
class Job:
    """One file, and what there is to do with it."""

    path: Path
    scratch: Path
    """Where it is written anew if its rows change."""
    role: str
    seed: int
    is_cut: bool
    """Long documents become sections."""
    prompts: Prompts

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class Outcome:
    curated: Curated
    contaminated: int


def curate(job: Job) -> Outcome:
    """Judge every row; write the file anew where rows are cut."""
    changed = False
    contaminated = 0
    kept: list[tuple[int, Any]] = []
    for row, item in enumerate(engine.walk(_read(job), job.path)):
        for piece in _pieces(item, job):
            changed |= piece is not item
            if job.prompts.are_in(piece):
                contaminated += 1
            else:
                kept.append((row, piece))
    if changed:
        documents.write_part(job.scratch, (item for _, item in kept))
        kept = list(enumerate(item for _, item in kept))
    return Outcome(_curated(job, job.scratch if changed else job.path, kept), contaminated)


def _read(job: Job) -> Iterator[Any]:
    if job.role == "pretrain":
        return documents.read_part(job.path)
    return conversations.read_part(job.path)


def _pieces(item: Any, job: Job) -> Iterator[Any]:
    if job.is_cut:
        yield from sections(item)
    else:
        yield item


def _curated(job: Job, path: Path, kept: list[tuple[int, Any]]) -> Curated:
    ids = [_id(item) for _, item in kept]
    return Curated(
        path=path,
        rows=np.array([row for row, _ in kept], dtype=np.int64),
        sizes=np.array([_size(item) for _, item in kept], dtype=np.int64),
        positions=np.array([position(id, job.seed) for id in ids], dtype=np.float64),
        turns=np.array([position(id, job.seed, "weight") for id in ids], dtype=np.float64),
    )


def _id(item: Any) -> str:
    return item.id if isinstance(item, Document) else conversation_id(item)


def _size(item: Any) -> int:
    return documents.size(item) if isinstance(item, Document) else conversations.size(item)
