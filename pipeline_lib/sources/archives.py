"""Files as they lie on a disk, opened: decompressed on the fly, archives read in place.

Nothing is extracted: a tar archive of ten thousand books is read front to back, one member at a
time. What an archive holds beside data is named on the screen, never skipped in silence.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import pyarrow as pa

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.formats.tables import one_line

KINDS = ("txt", "jsonl", "json", "parquet")
ALIASES = {
    ".tgz": ".tar.gz",
    ".txz": ".tar.xz",
    ".tbz2": ".tar.bz2",
    ".tzst": ".tar.zst",
    ".ndjson": ".jsonl",
}


Stream = io.BufferedIOBase


def _zstd(stream: Stream) -> Stream:
    # pyarrow's, because it refuses a truncated stream; zstandard's reader ends there in silence.
    raw: Any = pa.CompressedInputStream(stream, "zstd")
    return io.BufferedReader(raw)


def _xz(stream: Stream) -> Stream:
    return lzma.LZMAFile(cast(IO[bytes], stream))


OPENERS: dict[str, Callable[[Stream], Stream]] = {
    ".gz": lambda stream: gzip.GzipFile(fileobj=stream),
    ".xz": _xz,
    ".bz2": lambda stream: bz2.BZ2File(cast(IO[bytes], stream)),
    ".zst": _zstd,
}


@dataclass(frozen=True)
class Entry:
    """One file of data: opened, decompressed, maybe out of an archive."""

    name: str
    """As a person would look for it: `books.tar.xz/emma.txt`."""
    kind: str
    """One of KINDS."""
    stream: Stream


def entries(path: Path, name: str) -> Iterator[Entry]:
    """The file's data, or each member's where it is an archive; SourceError where it is damaged."""
    kind, opener = kind_of(name)
    if kind != "tar" and kind not in KINDS:
        raise SourceError(
            f"{name}: expected one of .{', .'.join(KINDS)} or .tar, each also .gz, .xz, .bz2 or "
            f".zst, found {PurePosixPath(name).suffix or 'no suffix'}; narrow the path"
        )
    with readable(name), path.open("rb") as file:
        stream = opener(file) if opener else file
        if kind == "tar":
            yield from _members(stream, name)
        else:
            yield Entry(name, kind, stream)


def kind_of(name: str) -> tuple[str, Callable[[Stream], Stream] | None]:
    """What a file holds, going by its name, and how it is decompressed."""
    path = PurePosixPath(name)
    path = path.with_suffix(ALIASES.get(path.suffix.lower(), path.suffix))
    opener = OPENERS.get(path.suffix.lower())
    return (path.with_suffix("") if opener else path).suffix.lower().lstrip("."), opener


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Say in one sentence which file is damaged, whatever library found out."""
    damage = (EOFError, OSError, lzma.LZMAError, zlib.error, tarfile.TarError, pa.ArrowException)
    try:
        yield
    except damage as error:
        raise SourceError(
            f"{name}: expected a whole file, found {one_line(error)}; fetch it again"
        ) from None


def _members(stream: Stream, name: str) -> Iterator[Entry]:
    left_out: list[str] = []
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            kind, opener = kind_of(member.name)
            content = cast(Stream | None, archive.extractfile(member))
            if kind not in KINDS or content is None:
                left_out += [member.name] if member.isfile() else []
                continue
            yield Entry(f"{name}/{member.name}", kind, opener(content) if opener else content)
    if left_out:
        progress.say(
            f"{name}: {len(left_out)} members hold no text and were left out: {_few(left_out)}"
        )


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def seekable(stream: Stream, spool: IO[bytes]) -> IO[bytes]:
    """`stream` where it can seek, else `spool` filled with what it holds."""
    if isinstance(stream, io.BufferedReader) and isinstance(stream.raw, io.FileIO):
        return stream
    while block := stream.read(1 << 20):
        spool.write(block)
    spool.seek(0)
    return spool
