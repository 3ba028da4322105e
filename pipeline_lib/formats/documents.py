"""Documents: running text to pretrain on, one row each, in Parquet.

A document is known by what it says (`document_id`), not by where it came from: equal texts have
equal ids on every machine, which is what exact duplicates and the split stand on.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from pipeline_lib.formats import tables

SCHEMA = pa.schema([(name, pa.string()) for name in ("id", "text", "source", "language", "meta")])


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    """`document_id` of the text."""
    text: str
    source: str
    """Name of the source in params.yaml."""
    language: str = ""
    """ISO 639-1 code, empty where unknown."""
    meta: dict[str, str] = field(default_factory=dict)
    """What else the source said: title, address."""


def document_id(text: str) -> str:
    """Hexadecimal xxh3-128 of the text's UTF-8 bytes."""
    return xxhash.xxh3_128_hexdigest(text.encode())


def write(folder: Path, documents: Iterable[Document]) -> int:
    """Write all, streaming; the folder is whole or absent. Return how many there were."""
    return tables.fill(folder, documents, writer)


def writer(folder: Path, compression: str = tables.KEPT) -> tables.Writer[Document]:
    """Fills the parts of a folder one at a time, for those who fill several at once."""
    return tables.Writer(folder, size, _row, SCHEMA, compression)


def packer(folder: Path) -> tables.Packer:
    """As `writer`, of tables that `read_table` gives."""
    return tables.Packer(folder, _sizes, SCHEMA)


def write_part(path: Path, documents: Iterable[Document]) -> None:
    """One part, for those who divide the work themselves."""
    tables.write_part(path, map(_row, documents), SCHEMA)


def read(folder: Path) -> Iterator[Document]:
    """All in order, streaming; FormatError where parts are missing, damaged or something else."""
    for part in tables.parts(folder):
        yield from read_part(part)


def read_part(path: Path) -> Iterator[Document]:
    for row in tables.read_part(path, SCHEMA):
        yield Document(**{**row, "meta": json.loads(row["meta"])})


def read_table(path: Path) -> pa.Table:
    """One part as it lies there, for those who only pass its rows on."""
    return tables.read_columns(path, SCHEMA, SCHEMA.names)


def read_texts(path: Path, *others: str) -> Iterator[tuple[str, ...]]:
    """(text, *others) of each row of one part: a third of the time of whole documents."""
    table = tables.read_columns(path, SCHEMA, ["text", *others])
    for batch in table.to_batches(tables.BATCH_ROWS):
        yield from zip(*(batch.column(i).to_pylist() for i in range(1 + len(others))), strict=True)


def sizes(path: Path) -> dict[tuple[str, str], int]:
    """UTF-8 bytes of text in one part, by source and language."""
    table = tables.read_columns(path, SCHEMA, ["text", "source", "language"])
    table = table.set_column(0, "text", pc.binary_length(table.column("text")))
    summed = table.group_by(["source", "language"]).aggregate([("text", "sum")])
    return {(row["source"], row["language"]): row["text_sum"] for row in summed.to_pylist()}


def size(document: Document) -> int:
    """UTF-8 bytes of the text."""
    return len(document.text.encode())


def _sizes(table: pa.Table) -> list[int]:
    sizes: list[int] = pc.binary_length(table.column("text")).to_pylist()
    return sizes


def _row(document: Document) -> dict[str, str]:
    return {
        "id": document.id,
        "text": document.text,
        "source": document.source,
        "language": document.language,
        "meta": json.dumps(document.meta, ensure_ascii=False, sort_keys=True),
    }
