"""Rows out of an opened file: one reader for each kind, all yielding what a mapping can say."""

import json
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from pipeline_lib.errors import SourceError
from pipeline_lib.sources.archives import Entry, Stream, readable, seekable
from pipeline_lib.sources.encodings import decode

BATCH_ROWS = 256
"""Rows of Parquet in memory at once: a web page may be megabytes."""

Choose = Callable[[Collection[str], str], list[str]]
"""Which of the columns found are wanted; SourceError where one is missing."""


@dataclass(frozen=True)
class Row:
    where: str
    """File and line (or row), for the error that names it."""
    values: Mapping[str, Any]


def rows(entry: Entry, choose: Choose) -> Iterator[Row]:
    """All rows of a file, streaming; SourceError naming file and line where one cannot be read."""
    with readable(entry.name):
        match entry.kind:
            case "txt":
                text = decode(entry.stream.read())
                yield Row(entry.name, {"text": text, "file": entry.name})
            case "jsonl":
                yield from _lines(entry.stream, entry.name)
            case "json":
                yield from _json(entry.stream.read(), entry.name)
            case _:
                yield from _parquet(entry, choose)


def _lines(stream: Stream, name: str) -> Iterator[Row]:
    for number, line in enumerate(stream, start=1):
        if line.strip():
            yield _object(line, f"{name}:{number}")


def _object(line: bytes, where: str) -> Row:
    try:
        value = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise SourceError(f"{where}: expected JSON, found {error}; mend the line") from None
    return _row(value, where)


def _row(value: object, where: str) -> Row:
    if not isinstance(value, dict):
        raise SourceError(
            f"{where}: expected an object with named columns, found {type(value).__name__}; "
            'write {"text": ...}'
        )
    return Row(where, value)


def _json(content: bytes, name: str) -> Iterator[Row]:
    try:
        stored = json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise SourceError(f"{name}: expected JSON, found {error}; mend the file") from None
        yield from _lines_of(content, name)  # JSON lines under the name .json
        return
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: expected JSON in UTF-8, found {error}; convert it") from None
    listed = stored.get("data") if isinstance(stored, dict) else stored
    if not isinstance(listed, list):
        raise SourceError(
            f'{name}: expected a list of rows or {{"data": [...]}}, '
            f"found {type(stored).__name__}; write one of these"
        )
    for number, value in enumerate(listed, start=1):
        yield _row(value, f"{name}: row {number}")


def _lines_of(content: bytes, name: str) -> Iterator[Row]:
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip():
            yield _object(line, f"{name}:{number}")


def _parquet(entry: Entry, choose: Choose) -> Iterator[Row]:
    with (
        tempfile.TemporaryFile() as spool,
        pq.ParquetFile(seekable(entry.stream, spool)) as file,
    ):
        wanted = choose(file.schema_arrow.names, entry.name)
        number = 0
        for batch in file.iter_batches(BATCH_ROWS, columns=wanted):
            for values in batch.to_pylist():
                number += 1
                yield Row(f"{entry.name}: row {number}", values)
