"""The files of a hub's split as parts of one table: counted, and read from any row on.

A part is fetched to this disk before it is read, or stays where it is and is read by range. Only
Parquet says in its footer how many rows it has; other kinds are counted by reading them once.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline_lib.errors import SourceError
from pipeline_lib.params import Split
from pipeline_lib.sources import columnar, local
from pipeline_lib.sources.archives import KINDS, Entry, inflated, kind_of, readable
from pipeline_lib.sources.bounds import MOST_INFLATED, Budget
from pipeline_lib.sources.downloads import Wanted
from pipeline_lib.sources.parquetpages import Pages
from pipeline_lib.sources.pieces import take_in
from pipeline_lib.sources.ranged import Ranged
from pipeline_lib.sources.readers import Choose, Row, rows


@dataclass(frozen=True)
class Streamed:
    """Read by range, where it lies."""

    wanted: Wanted
    choose: Choose

    @property
    def footed(self) -> bool:
        return is_footed(self.wanted.name)

    def count(self) -> int:
        """How many rows there are."""
        return footer_rows(self.wanted) if self.footed else sum(1 for _ in self.rows(0))

    def rows(self, skipped: int) -> Iterator[Row]:
        """Those after the first `skipped`."""
        name = self.wanted.name
        kind, opener = kind_of(name)
        if kind not in KINDS:
            raise SourceError(
                f"{name}: expected one of .{', '.join(KINDS)}, found {kind or 'no suffix'}; "
                "set `streamed: false`"
            )
        with readable(name), io.BufferedReader(Ranged(self.wanted), 1 << 16) as stream:
            if self.footed:
                yield from columnar.rows(Entry(name, kind, stream), self.choose, skipped)
            else:
                budget = Budget(self.wanted.size or MOST_INFLATED)
                entry = Entry(name, kind, inflated(stream, opener, name, budget), budget)
                yield from islice(rows(entry, self.choose), skipped, None)


@dataclass(frozen=True)
class Kept:
    """Fetched to this disk, as soon as its rows are wanted."""

    wanted: Wanted
    choose: Choose
    fetch: Callable[[Wanted], Path]
    take_in: Callable[[bytes], None]
    """Is shown the file's bytes, once, before its rows are read."""

    @property
    def footed(self) -> bool:
        return is_footed(self.wanted.name)

    def count(self) -> int:
        if self.footed:
            return footer_rows(self.wanted)
        return sum(1 for _ in local.rows_of(self.fetch(self.wanted), self.wanted.name, self.choose))

    def rows(self, skipped: int) -> Iterator[Row]:
        path = self.fetch(self.wanted)
        take_in(path, self.wanted.name, self.take_in)
        yield from islice(local.rows_of(path, self.wanted.name, self.choose), skipped, None)


Part = Streamed | Kept
"""One file of a split. `footed`: whether a footer says how many rows it has."""


def is_footed(name: str) -> bool:
    return name.lower().endswith(".parquet")


def footer_rows(wanted: Wanted) -> int:
    """How many rows a Parquet file on a server has, going by its footer."""
    with readable(wanted.name), io.BufferedReader(Ranged(wanted), 1 << 16) as stream:
        return sum(Pages(stream, wanted.name).rows)


def bounds(split: Split, count: Callable[[], int]) -> tuple[int, int | None]:
    """The first row and the one after the last (None: to the end); `count` is asked only where it must.

    Per cent are rounded as `datasets` does, so that the same spelling takes the same rows.
    """
    if not split.needs_count:
        return split.start or 0, split.stop
    rows = count()
    first, last = (_row(bound, rows, split) for bound in (split.start or 0, split.stop))
    return first or 0, last


def _row(bound: int | None, rows: int, split: Split) -> int | None:
    if bound is None:
        return None
    row = round(bound * rows / 100) if split.percent else bound
    return min(row, rows) if row >= 0 else max(rows + row, 0)


def between(parts: Iterable[Part], start: int, stop: int | None) -> Iterator[Row]:
    """Rows `start` up to `stop` of all parts together; parts outside are not read where a footer tells."""
    at = 0
    for part in parts if stop is None or stop > start else ():
        rows = part.count() if at < start and part.footed else None
        if rows is not None and at + rows <= start:
            at += rows
            continue
        skipped = start - at if rows is not None else 0
        at += skipped
        for row in part.rows(skipped):
            at += 1
            if at > start:
                yield row
            if at == stop:
                return
