"""Rows out of CSV and TSV with a header row.

Strict, since a quote that is never closed would swallow the rest of the file: a row with more or
fewer fields than the header names is an error with its line, not a row that is half right.
"""

import csv
import io
from collections.abc import Iterator

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.tables import one_line
from pipeline_lib.sources.bounds import MOST_LINE, lines
from pipeline_lib.sources.encodings import Lines
from pipeline_lib.sources.labels import label
from pipeline_lib.sources.row import Row

SEPARATORS = (",", "\t", ";")
"""`;` is what spreadsheets write where the comma is for decimals."""


def rows(stream: io.BufferedReader, name: str) -> Iterator[Row]:
    """A row for each record; SourceError naming the line where one does not fit the header."""
    head = stream.peek()
    text = Lines(head)
    first = head.split(b"\n", 1)[0].decode("latin-1")
    separator = max(SEPARATORS, key=first.count)
    csv.field_size_limit(MOST_LINE)  # Python's own is 128 KiB, less than a chapter
    records = csv.reader(
        (text.decode(line) for _, line in lines(stream, name)), delimiter=separator, strict=True
    )
    header: list[str] = []
    try:
        for record in records:
            where = f"{name}:{records.line_num}"
            if header and record:
                yield Row(where, _fitted(header, record, where))
            header = header or _header(record, where)
    except csv.Error as error:
        raise SourceError(
            f"{name}:{records.line_num}: expected fields in closed quotes, found "
            f"{label(one_line(error))}; mend the line or write .jsonl"
        ) from None


def _header(record: list[str], where: str) -> list[str]:
    names = [name.strip() for name in record]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SourceError(
            f"{where}: expected columns of different names, found {label(twice) or 'no name'} "
            "twice; name them in the first line"
        )
    return names


def _fitted(header: list[str], record: list[str], where: str) -> dict[str, str]:
    if len(record) != len(header):
        raise SourceError(
            f"{where}: expected {len(header)} fields as in the header, found {len(record)}; mend "
            "the line (a field that holds a separator or line break stands in quotes)"
        )
    return dict(zip(header, record, strict=True))
