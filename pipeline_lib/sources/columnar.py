"""Rows out of Parquet, a batch at a time, whatever the file says about itself.

A row group may be as large as the file and its dictionary may hold a book, so nothing is read
ahead, column chunks are streamed, and how many rows are taken at once follows from the largest page
that `parquetpages` finds. What the footer counts is compared with what came.
"""

import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.tables import one_line
from pipeline_lib.sources.archives import Entry, seekable
from pipeline_lib.sources.bounds import MIB
from pipeline_lib.sources.labels import label
from pipeline_lib.sources.parquetpages import Pages
from pipeline_lib.sources.row import Choose, Row

BATCH_ROWS = 256
"""Rows in memory at once: a web page may be megabytes."""
BATCH_BYTES = 256 * MIB
"""What a batch may weigh where each row were the largest page."""
LONGEST_STRING = 16 * MIB
"""In the footer: the longest is the schema that pandas or `datasets` leave there."""


def rows(entry: Entry, choose: Choose, skipped: int = 0) -> Iterator[Row]:
    """The rows after the first `skipped`, wanted columns alone; row groups before them are not read.

    SourceError where the file is not what its footer says.
    """
    number = skipped
    try:
        for number, values in enumerate(_values(entry, choose, skipped), start=skipped + 1):
            yield Row(f"{entry.name}: row {number}", values)
    except (ValueError, OverflowError) as error:  # bytes that are no text, dates beyond time
        if isinstance(error, pa.ArrowException):
            raise
        raise SourceError(
            f"{entry.name}: expected columns of text, found {label(one_line(error))} after row "
            f"{number}; name other columns or mend the file"
        ) from None


def _values(entry: Entry, choose: Choose, skipped: int) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryFile() as spool:
        source = seekable(entry.stream, spool, entry.name)
        with pq.ParquetFile(
            source, pre_buffer=False, buffer_size=MIB, thrift_string_size_limit=LONGEST_STRING
        ) as file:
            wanted = choose(file.schema_arrow.names, entry.name)
            pages = Pages(source, entry.name)
            for group, claimed in enumerate(pages.rows):
                if claimed <= skipped:
                    skipped -= claimed
                    continue
                yield from islice(_group(file, group, pages, wanted, entry), skipped, None)
                skipped = 0


def _group(
    file: Any, group: int, pages: Pages, wanted: list[str], entry: Entry
) -> Iterator[dict[str, Any]]:
    at_once = max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, pages.largest(group, wanted))))
    number = 0
    for batch in file.iter_batches(at_once, row_groups=[group], columns=wanted):
        entry.budget.spend(batch.nbytes, entry.name)
        yield from batch.to_pylist()
        number += len(batch)
    if number != pages.rows[group]:
        raise SourceError(
            f"{entry.name}: expected {pages.rows[group]} rows in row group {group} as the footer "
            f"says, found {number}; fetch it again"
        )
