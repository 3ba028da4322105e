"""Files that nobody honest would send, and means to see what they do."""

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.documents import Document
from pipeline_lib.sources.archives import Entry
from pipeline_lib.sources.bounds import MIB, Budget
from pipeline_lib.sources.readers import rows

Documents = Callable[..., list[Document]]
Pack = Callable[[bytes], bytes]


def zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))


PACKERS: dict[str, Pack] = {
    ".gz": lambda content: gzip.compress(content, mtime=0),
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": zstd,
}


def member(name: str, content: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    header = tarfile.TarInfo(name)
    header.size = len(content)
    for key, value in fields.items():
        setattr(header, key, value)
    return header, content


def tar(*members: tuple[tarfile.TarInfo, bytes], ended: bool = True) -> bytes:
    blocks = []
    for header, content in members:
        blocks += [header.tobuf(), content, bytes(-len(content) % 512)]
    return b"".join(blocks) + bytes(10240) * ended


def packed(*members: tuple[str, bytes], mode: int = 0) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def parquet(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def refused(documents: Documents, name: str, content: bytes) -> str:
    """The sentence that refuses the file; that it is one, and names the file, holds for all."""
    with pytest.raises(SourceError) as raised:
        documents(name, content)
    sentence = str(raised.value)
    assert sentence.startswith(name)
    assert sentence.isprintable()
    assert len(sentence) < 600
    return sentence


def sentence_of(documents: Documents, name: str, content: bytes) -> str:
    """What refuses the file, or that it was read; whatever else is raised fails the test."""
    try:
        for document in documents(name, content):
            document.text.encode()
    except SourceError as error:
        return str(error)
    return "whole; nothing to do"


class Endless(io.RawIOBase):
    """Bytes without end, or as many as asked for: the same block again and again."""

    def __init__(self, block: bytes, size: int = 2**62, head: bytes = b"") -> None:
        super().__init__()
        self._held, self._block, self._left = head, block, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._held:
            self._held = self._block[: self._left]
            self._left -= len(self._held)
        given, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


def read(kind: str, stream: io.RawIOBase, budget: Budget | None = None) -> Iterator[object]:
    entry = Entry(f"a.{kind}", kind, io.BufferedReader(stream), budget or Budget())
    return iter(rows(entry, lambda found, _: [*found]))


class Peak:
    """The most memory that Python held in a block of code, MiB."""

    def __enter__(self) -> "Peak":
        tracemalloc.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.mib = tracemalloc.get_traced_memory()[1] / MIB
        tracemalloc.stop()


def response(body: bytes, *headers: bytes) -> bytes:
    head = b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Type: text/html", *headers])
    block = head + b"\r\n\r\n" + body
    kind = b"WARC-Type: response\r\nContent-Type: application/http\r\n"
    return b"WARC/1.0\r\n%sContent-Length: %d\r\n\r\n%s\r\n\r\n" % (kind, len(block), block)
