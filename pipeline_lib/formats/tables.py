"""Rows in Parquet parts of bounded size: what documents and conversations share.

A part holds at most PART_BYTES of text, whatever the machine, so that reading one costs the same
memory everywhere and parts can be the unit of parallel work. An empty data set is one part of zero
rows: it still says its columns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import files

Item = TypeVar("Item")
Row = dict[str, Any]

KEPT, PASSING = "zstd", "lz4"
"""How parts are compressed: those that stay, and those that are soon read again and removed."""
PART_BYTES = 8 * 2**20
"""Two cores can share the tales, and 100 GB of text is not a million files."""
BATCH_ROWS = 1024


class Writer(Generic[Item]):
    """Fills a folder with parts, one item at a time, so that several can be filled in one pass."""

    def __init__(
        self,
        folder: Path,
        size: Callable[[Item], int],
        row: Callable[[Item], Row],
        schema: pa.Schema,
        compression: str = KEPT,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._size, self._row, self._schema = folder, size, row, schema
        self._compression = compression
        self._held: list[Row] = []
        self._borders = _Borders()
        self._parts = 0
        self.rows = 0
        self.bytes = 0

    def add(self, item: Item) -> None:
        """Take one item; an item larger than a part stands alone."""
        size = self._size(item)
        if self._borders.before(size):
            self._write_part()
        self._held.append(self._row(item))
        self.rows += 1
        self.bytes += size

    def close(self) -> None:
        """Write what is held; at least one part, so that the folder says its columns."""
        if self._held or not self._parts:
            self._write_part()

    def _write_part(self) -> None:
        path = part_path(self._folder, self._parts)
        write_part(path, self._held, self._schema, self._compression)
        self._parts += 1
        self._held = []


class Packer:
    """Fills a folder with the parts that a Writer would write of the same rows, which are tables already."""

    def __init__(
        self, folder: Path, sizes: Callable[[pa.Table], Sequence[int]], schema: pa.Schema
    ) -> None:
        self._folder, self._sizes, self._schema = folder, sizes, schema
        self._held: list[pa.Table] = []
        self._borders = _Borders()
        self._parts = 0
        self.rows = 0
        self.bytes = 0

    def add(self, table: pa.Table) -> None:
        """Take all rows of a table."""
        start = 0
        for row, size in enumerate(self._sizes(table)):
            if self._borders.before(size):
                self._held.append(table.slice(start, row - start))
                self._write_part()
                start = row
            self.bytes += size
        self._held.append(table.slice(start))
        self.rows += len(table)

    def close(self) -> None:
        """Write what is held; at least one part, so that the folder says its columns."""
        if sum(map(len, self._held)) or not self._parts:
            self._write_part()

    def _write_part(self) -> None:
        # One chunk, as a Writer's: pages end where chunks do.
        whole = pa.concat_tables([self._schema.empty_table(), *self._held]).combine_chunks()
        write_table(part_path(self._folder, self._parts), whole)
        self._parts += 1
        self._held = []


class _Borders:
    """Where a part ends: before the item that would not fit; one larger than a part stands alone."""

    def __init__(self) -> None:
        self._rows, self._bytes = 0, 0

    def before(self, size: int) -> bool:
        """Whether a part ends before the next item, which has `size` bytes."""
        ends = self._rows > 0 and self._bytes + size > PART_BYTES
        self._rows, self._bytes = (1, size) if ends else (self._rows + 1, self._bytes + size)
        return ends


def fill(folder: Path, items: Iterable[Item], writer: Callable[[Path], Writer[Item]]) -> int:
    """Write all items, streaming; the folder is whole or absent. Return how many there were."""
    with files.whole_folder(folder) as fresh:
        filled = writer(fresh)
        for item in items:
            filled.add(item)
        filled.close()
    return filled.rows


def pack(folder: Path, tables: Iterable[pa.Table], packer: Callable[[Path], Packer]) -> Packer:
    """As `fill`, of rows that are tables already; what came, counted."""
    with files.whole_folder(folder) as fresh:
        filled = packer(fresh)
        for table in tables:
            filled.add(table)
        filled.close()
    return filled


def part_path(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.parquet"


def write_part(path: Path, rows: Iterable[Row], schema: pa.Schema, compression: str = KEPT) -> None:
    """One Parquet file; the same bytes for the same rows."""
    write_table(path, pa.Table.from_pylist(list(rows), schema=schema), compression)


def write_table(path: Path, table: pa.Table, compression: str = KEPT) -> None:
    """As `write_part`, of rows that are a table already."""
    pq.write_table(table, path, compression=compression, use_dictionary=["source", "language"])


def parts(folder: Path) -> list[Path]:
    """The folder's parts in order; FormatError where there are none or one is missing."""
    found = sorted(folder.glob("part-*.parquet"))
    if not found:
        raise FormatError(
            f"{folder}: expected part-*.parquet files, found none; run `dvc repro` again"
        )
    if found[-1] != part_path(folder, len(found) - 1):
        raise FormatError(
            f"{folder}: expected parts 0 to {found[-1].stem[5:]}, found {len(found)} of them; "
            "run `dvc repro` again"
        )
    return found


def read_part(path: Path, schema: pa.Schema) -> Iterator[Row]:
    """The rows of one part; FormatError where it is damaged or holds other columns."""
    with _opened(path, schema) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            yield from batch.to_pylist()


def read_columns(path: Path, schema: pa.Schema, columns: Sequence[str]) -> pa.Table:
    """Some columns of one part; raises as `read_part` does."""
    with _opened(path, schema) as file:
        return file.read(columns=list(columns))


@contextmanager
def _opened(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            if file.schema_arrow != schema:
                raise FormatError(
                    f"{path}: expected the columns {', '.join(schema.names)}, "
                    f"found {', '.join(file.schema_arrow.names)}; run `dvc repro` again"
                )
            yield file
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file; run `dvc repro` again") from None
    except (pa.ArrowException, OSError) as error:
        raise FormatError(
            f"{path}: expected a Parquet file, found {one_line(error)}; "
            "remove it and run `dvc repro` again"
        ) from None


def one_line(error: Exception) -> str:
    """What a library said, short enough to stand inside a sentence."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said.rstrip(".")[:200]
