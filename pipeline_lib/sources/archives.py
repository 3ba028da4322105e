"""Files as they lie on a disk, opened: decompressed on the fly, archives read in place.

Nothing is extracted: an archive of ten thousand books is read front to back, one member at a time,
so no name in it can reach the disk. Members that are not plain files of data, or whose names climb
out of the archive, are left out and named on the screen, never skipped in silence. An archive
inside an archive stays shut, so nothing unfolds without end.
"""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import splitext
from typing import IO, Any, cast

import pyarrow as pa

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.formats.tables import one_line
from pipeline_lib.sources import bounds
from pipeline_lib.sources.bounds import Budget, Metered
from pipeline_lib.sources.labels import label, labels

Stream = bounds.Stream

KINDS = ("txt", "jsonl", "json", "parquet", "csv", "tsv", "html", "xml", "warc")
ARCHIVES = ("tar", "zip")
ALIASES = {
    ".tgz": ".tar.gz",
    ".txz": ".tar.xz",
    ".tbz2": ".tar.bz2",
    ".tzst": ".tar.zst",
    ".ndjson": ".jsonl",
    ".md": ".txt",
    ".htm": ".html",
    ".wet": ".warc",
}
BUFFER = 2**18
"""Bytes read at once: as many as decompressors like to give."""


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
    budget: Budget = field(default_factory=Budget)
    """Pays for what the kind itself still has to inflate: Parquet's pages, a WARC's records."""


def entries(path: Path, name: str) -> Generator[Entry]:
    """The file's data, or each member's where it is an archive; SourceError where it is damaged."""
    name = label(name)
    kind, opener = kind_of(name)
    if kind not in (*KINDS, *ARCHIVES):
        raise SourceError(
            f"{name}: expected one of .{', .'.join(KINDS)}, .tar or .zip, each also .gz, .xz, .bz2 "
            f"or .zst, found {splitext(name)[1] or 'no suffix'}; narrow the path"
        )
    with readable(name), io.BufferedReader(io.FileIO(path), BUFFER) as file:
        budget = Budget(path.stat().st_size)
        entry = Entry(name, kind, inflated(file, opener, name, budget), budget)
        match kind:
            case "tar":
                yield from _tar(entry)
            case "zip":
                yield from _zip(entry)
            case _:
                yield entry


def kind_of(name: str) -> tuple[str, Callable[[Stream], Stream] | None]:
    """What a file holds, going by its name, and how it is decompressed."""
    stem, suffix = splitext(name.lower())
    stem, suffix = splitext(stem + ALIASES.get(suffix, suffix))
    opener = OPENERS.get(suffix)
    kind = splitext(stem)[1] if opener else suffix
    return ALIASES.get(kind, kind).lstrip("."), opener


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Say in one sentence which file is damaged, whatever library found out."""
    damage = (
        EOFError, OSError, lzma.LZMAError, zlib.error, tarfile.TarError, zipfile.BadZipFile,
        NotImplementedError, pa.ArrowException,
    )  # fmt: skip
    try:
        yield
    except damage as error:
        raise SourceError(
            f"{name}: expected a whole file, found {label(one_line(error))}; fetch it again"
        ) from None


def inflated(
    stream: Stream, opener: Callable[[Stream], Stream] | None, name: str, budget: Budget
) -> Stream:
    """What the stream holds decompressed, paid for from the budget; as it is without an opener."""
    if opener is None:
        return stream
    # What compresses nothing still writes a header: a file of no bytes never arrived.
    if isinstance(stream, io.BufferedReader) and not stream.peek(1):
        raise SourceError(f"{name}: expected a whole file, found no bytes; fetch it again")
    return io.BufferedReader(Metered(opener(stream), name, budget), BUFFER)


class LeftOut:
    """Members that are not read: how many for each reason, and the first few names."""

    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._counts: Counter[str] = Counter()
        self._first: dict[str, list[str]] = {}

    def add(self, reason: str, name: str) -> None:
        self._counts[reason] += 1
        names = self._first.setdefault(reason, [])
        if len(names) < 4:
            names.append(name)

    def say(self) -> None:
        """One line on the screen for each reason."""
        for reason, number in self._counts.items():
            few = labels(self._first[reason], 3)
            progress.say(f"{self._archive}: {number} members {reason} and were left out: {few}")


def _fault(name: str, is_plain: bool) -> str:
    """Why a member is not read; empty where it is."""
    parts = name.replace("\\", "/").split("/")
    if not parts[0] or parts[0] == "~" or ".." in parts:
        return "climb out of the archive"
    if not is_plain:
        return "are links, devices or otherwise no plain files"
    # What a Mac adds beside each file: "._a.txt" holds no text, whatever its name says.
    is_shadow = parts[-1].startswith("._")
    return "hold no text" if is_shadow or kind_of(name)[0] not in KINDS else ""


class Header(tarfile.TarInfo):
    """A tar header that is read with suspicion.

    tarfile takes an unreadable header for the archive's end, reads names of any length into memory,
    and believes a size below zero.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "Header":
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):
                raise  # two blocks of nothing are the end
            raise tarfile.ReadError("a header that is cut off or damaged") from None
        is_long = header.type in LONG_HEADERS and header.size > bounds.MOST_NAME
        if header.size < 0 or is_long:
            raise tarfile.ReadError(f"a header of {header.size} bytes")
        return header


LONG_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def _tar(archive: Entry) -> Iterator[Entry]:
    left_out = LeftOut(archive.name)
    with tarfile.open(fileobj=archive.stream, mode="r|", tarinfo=Header) as members:
        while (member := members.next()) is not None:
            members.members.clear()  # type: ignore[attr-defined] # or a million stay in memory
            if member.isdir():
                continue
            fault = _fault(member.name, member.isreg() and not member.issparse())
            if fault:
                left_out.add(fault, member.name)
                continue
            content = cast(Stream, members.extractfile(member))
            yield _member(archive, member.name, content)
    left_out.say()


def _zip(archive: Entry) -> Iterator[Entry]:
    left_out = LeftOut(archive.name)
    with (
        tempfile.TemporaryFile() as spool,
        zipfile.ZipFile(Shelf(seekable(archive.stream, spool, archive.name))) as members,
    ):
        for member in members.infolist():
            if member.is_dir():
                continue
            if fault := _fault(member.filename, _is_plain(member)):
                left_out.add(fault, member.filename)
                continue
            name = label(f"{archive.name}/{member.filename}")
            content = Metered(cast(Stream, members.open(member)), name, archive.budget)
            yield _member(archive, member.filename, io.BufferedReader(content, BUFFER))
    left_out.say()


class Shelf(io.BufferedIOBase):
    """A zip archive as zipfile may see it: its list of members is the only long read there is."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell  # type: ignore[method-assign]

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > bounds.MOST_DIRECTORY:
            raise zipfile.BadZipFile(f"a list of members of {size} bytes")
        return self._stream.read(size)


def _is_plain(member: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(member.external_attr >> 16)
    is_locked = bool(member.flag_bits & 1)
    return kind in (0, stat.S_IFREG) and not is_locked


def _member(archive: Entry, inside: str, content: Stream) -> Entry:
    name = label(f"{archive.name}/{inside}")
    kind, opener = kind_of(inside)
    stream = inflated(content, opener, name, archive.budget)
    return Entry(name, kind, stream, archive.budget)


def seekable(stream: Stream, spool: Stream, name: str) -> Stream:
    """`stream` where it can seek, else `spool` filled with what it holds."""
    # A member of a tar that streams cannot seek, and breaks where it is asked.
    is_member = isinstance(stream, tarfile.ExFileObject)
    if isinstance(stream, io.BufferedReader) and not is_member and stream.seekable():
        return stream
    held = 0
    while block := stream.read(1 << 20):
        held += len(block)
        if held > bounds.MOST_SPOOLED:
            raise SourceError(
                f"{name}: expected to inflate to at most {bounds.MOST_SPOOLED // 2**30} GiB on "
                "disk, found more; decompress it yourself"
            )
        spool.write(block)
    spool.seek(0)
    return spool
