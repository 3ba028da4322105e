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
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._size, self._row, self._schema = folder, size, row, schema
        self._held: list[Row] = []
        self._held_bytes = 0
        self._parts = 0
        self.rows = 0
        self.bytes = 0

    def add(self, item: Item) -> None:
        """Take one item; an item larger than a part stands alone."""
        size = self._size(item)
        if self._held and self._held_bytes + size > PART_BYTES:
            self._write_part()
        self._held.append(self._row(item))
        self._held_bytes += size
        self.rows += 1
        self.bytes += size

    def close(self) -> None:
        """Write what is held; at least one part, so that the folder says its columns."""
        if self._held or not self._parts:
            self._write_part()

    def _write_part(self) -> None:
        write_part(part_path(self._folder, self._parts), self._held, self._schema)
        self._parts += 1
        self._held, self._held_bytes = [], 0


def fill(folder: Path, items: Iterable[Item], writer: Callable[[Path], Writer[Item]]) -> int:
    """Write all items, streaming; the folder is whole or absent. Return how many there were."""
    with files.whole_folder(folder) as fresh:
        filled = writer(fresh)
        for item in items:
            filled.add(item)
        filled.close()
    return filled.rows


def part_path(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.parquet"


def write_part(path: Path, rows: Iterable[Row], schema: pa.Schema) -> None:
    """One Parquet file, zstd; the same bytes for the same rows."""
    write_table(path, pa.Table.from_pylist(list(rows), schema=schema))


def write_table(path: Path, table: pa.Table) -> None:
    """As `write_part`, of rows that are a table already."""
    pq.write_table(table, path, compression="zstd", use_dictionary=["source", "language"])


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
