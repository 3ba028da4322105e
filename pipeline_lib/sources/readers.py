"""Rows out of an opened file: one reader for each kind, all yielding what a mapping can say."""

from collections.abc import Iterator

from pipeline_lib.sources import columnar, delimited, jsons, pages, texts, warc, wikidump
from pipeline_lib.sources.archives import Entry, readable
from pipeline_lib.sources.columnar import BATCH_ROWS
from pipeline_lib.sources.encodings import narrow
from pipeline_lib.sources.row import Choose, Row

__all__ = ["BATCH_ROWS", "Choose", "Row", "rows"]


def rows(entry: Entry, choose: Choose) -> Iterator[Row]:
    """All rows of a file, streaming; SourceError naming file and line where one cannot be read."""
    with readable(entry.name):
        yield from columnar.rows(entry, choose) if entry.kind == "parquet" else _read(entry)


def _read(entry: Entry) -> Iterator[Row]:
    stream, name = entry.stream, entry.name
    match entry.kind:
        case "jsonl":
            return jsons.line_rows(narrow(stream), name)
        case "json":
            return jsons.rows(narrow(stream), name)
        case "csv" | "tsv":
            return delimited.rows(narrow(stream), name)
        case "html":
            return pages.rows(stream, name)
        case "xml":
            return wikidump.rows(stream, name)
        case "warc":
            return warc.rows(stream, name, entry.budget)
        case _:
            return texts.rows(narrow(stream), name)
