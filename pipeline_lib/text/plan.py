"""Which row stands in which file of the corpus: worked out in numbers before a file is written.

Once every row's size and position are known, the parts of train, validation and test follow: sources
in order, copies of a source a whole pass apart, a part full where the next row would make it larger
than it may be. So parts can be written side by side, and their bytes depend on nobody's order.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline_lib.formats import tables

Numbers = npt.NDArray[np.int64]
Positions = npt.NDArray[np.float64]


SPLITS = ("train", "validation", "test")
Sides = npt.NDArray[np.int8]
"""For each row the number of its split."""


@dataclass(frozen=True)
class Curated:
    """One file of a source, and what of it may be used, row by row."""

    path: Path
    rows: Numbers
    """Where they stand in the file."""
    sizes: Numbers
    """UTF-8 bytes."""
    positions: Positions
    """In [0, 1): where the split puts them."""
    turns: Positions
    """In [0, 1): which of them a fraction of an epoch takes."""


@dataclass(frozen=True)
class Piece:
    """Some rows of one file, in order."""

    path: Path
    rows: Numbers


@dataclass(frozen=True)
class Part:
    """One file to write."""

    path: Path
    pieces: tuple[Piece, ...]
    schema: pa.Schema

    def __str__(self) -> str:
        return str(self.path)


class Filling:
    """The rows of one split, taken in order, cut into parts as they come."""

    def __init__(self, folder: Path, schema: pa.Schema, limit: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._schema, self._limit = folder, schema, limit
        self._held: list[Piece] = []
        self._held_bytes = 0
        self._parts: list[Part] = []
        self.rows = 0
        self.bytes = 0

    def add(self, path: Path, rows: Numbers, sizes: Numbers) -> None:
        """Rows of one file; one that is larger than a part stands alone."""
        for start, end in self._cut(sizes):
            if start == end:
                self._finish()
                continue
            self._held.append(Piece(path, rows[start:end]))
            self._held_bytes += int(sizes[start:end].sum())
        self.rows += len(rows)
        self.bytes += int(sizes.sum())

    def _cut(self, sizes: Numbers) -> Iterator[tuple[int, int]]:
        """Ranges of rows that stand together; an empty one between them: the part is full."""
        start, held = 0, self._held_bytes
        ends = np.cumsum(sizes)
        while start < len(sizes):
            before = int(ends[start - 1]) if start else 0
            end = int(np.searchsorted(ends, before + self._limit - held, side="right"))
            end = max(end, start + (held == 0))
            if end > start:
                yield start, end
            if end < len(sizes):
                yield end, end
                held = 0
            start = end

    def _finish(self) -> None:
        path = tables.part_path(self._folder, len(self._parts))
        self._parts.append(Part(path, tuple(self._held), self._schema))
        self._held, self._held_bytes = [], 0

    def parts(self) -> list[Part]:
        """All of them; at least one, so that the folder says its columns."""
        if self._held or not self._parts:
            self._finish()
        return self._parts


def write(part: Part) -> None:
    """Gather a part's rows and write them."""
    found = [_take(piece).cast(part.schema) for piece in part.pieces]
    table = pa.concat_tables(found) if found else part.schema.empty_table()
    tables.write_table(part.path, table.combine_chunks())


def _take(piece: Piece) -> pa.Table:
    return pq.read_table(piece.path).take(pa.array(piece.rows))


def copies(
    found: Sequence[Curated], epochs: float, divide: Callable[[Positions], Sides]
) -> Iterator[tuple[str, Path, Numbers, Numbers]]:
    """(split, file, rows, sizes): training rows as often as `epochs` says, held-out rows once."""
    whole, fraction = divmod(epochs, 1)
    sides = [divide(one.positions) for one in found]
    for copy in range(max(1, int(whole) + (fraction > 0))):
        for one, side in zip(found, sides, strict=True):
            for number, name in enumerate(SPLITS[:1] if copy else SPLITS):
                taken = side == number
                if name == "train" and copy >= whole:
                    taken &= one.turns < fraction
                if taken.any():
                    yield name, one.path, one.rows[taken], one.sizes[taken]
