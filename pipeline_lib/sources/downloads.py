"""A file on its way from a server to this disk, which survives whatever happens on the way.

Bytes go to a partial file that outlives the process; a later attempt, or a later run, asks for the
rest by range. If-Range makes sure that the rest is of the same file; where a digest is known from
elsewhere it decides, and a file changed half way is fetched anew. Whole files are called by their
SHA-256: what lies there is what it says.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import filelock

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.formats import files
from pipeline_lib.sources import retrying, room, transport
from pipeline_lib.sources.retrying import StumbleError
from pipeline_lib.sources.transport import Answer


@dataclass(frozen=True)
class Wanted:
    """One file of a server."""

    url: str
    name: str
    """For people: in progress and errors."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    sha256: str = ""
    """What it must be, where that is known."""
    size: int | None = None
    most: int | None = None
    """Bytes beyond which it is refused."""
    longer: str = "raise `max_bytes` if that is right"
    """What to do where it is."""
    unless: str = ""
    """The tag (Answer.tag) of a copy that is good enough if the server still has it."""

    @property
    def server(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


@dataclass(frozen=True)
class Fetched:
    path: Path
    sha256: str
    tag: str


class OtherBytesError(SourceError):
    """The file is not what it should be."""


def fetch(wanted: Wanted, folder: Path) -> Fetched | None:
    """The file, whole and checked, in `folder`; None where the server still has `wanted.unless`.

    SourceError where it cannot be had; OtherBytesError, having kept nothing, where it is not the one that was wanted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / ".lock"):  # another run may be fetching the same
        if wanted.sha256 and (kept := kept_copy(folder, wanted.sha256)):
            return Fetched(kept, wanted.sha256, "")
        partial = Partial(folder, wanted)
        reach = partial.receive
        if not retrying.persist(wanted.name, wanted.server, reach, lambda: partial.furthest):
            return None
        return partial.finish()


def kept_copy(folder: Path, digest: str) -> Path | None:
    """The file of this digest, fetched before; one that has changed since is thrown away."""
    path = folder / (digest or "none")
    if path.is_file() and files.sha256(path) == digest:
        return path
    path.unlink(missing_ok=True)
    return None


class Partial:
    """What is there of a file so far, and of which state of the file on the server."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self._wanted = wanted
        self._folder = folder
        self._path = folder / "part"
        self._note = folder / "part.json"
        noted = self._noted()
        self._tag: str = noted["tag"]
        self._total: int | None = noted["total"]
        if not self._can_go_on:
            self.drop()
        self.furthest = self._have
        """The most bytes that were ever there: beyond it lies headway."""

    def _noted(self) -> dict[str, Any]:
        nothing = {"tag": "", "total": None}
        if not (self._note.exists() and self._path.exists()):
            return nothing
        return {**nothing, **files.read_json(self._note, made_by="download")}

    @property
    def _have(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    @property
    def _can_go_on(self) -> bool:
        """Whether the rest can be told from the rest of another file."""
        total = self._wanted.size or self._total
        return bool(self._tag or self._wanted.sha256) and (total is None or self._have <= total)

    @property
    def _is_whole(self) -> bool:
        total = self._wanted.size or self._total
        return total is not None and total == self._have and self._path.exists()

    def drop(self) -> None:
        """Forget what is there."""
        self._path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self._tag, self._total = "", None

    def receive(self) -> bool:
        """Take what is missing; False where the server still has `wanted.unless`. StumbleError where it breaks off."""
        if self._is_whole:
            return True
        if not self._can_go_on:
            self.drop()
        try:
            with transport.get(self._wanted.url, self._asked()) as answer:
                if answer.status == transport.UNCHANGED:
                    return False
                self._agree(answer)
                self._write(answer)
        except transport.RefusalError as refusal:
            raise transport.RefusalError(f"{self._wanted.name}: {refusal}", refusal.code) from None
        return True

    def _asked(self) -> dict[str, str]:
        asked = dict(self._wanted.headers)
        if self._have:
            asked["Range"] = f"bytes={self._have}-"
            if self._tag:
                asked["If-Range"] = self._tag
        elif self._wanted.unless:
            is_tag = self._wanted.unless.startswith('"')
            asked["If-None-Match" if is_tag else "If-Modified-Since"] = self._wanted.unless
        return asked

    def _agree(self, answer: Answer) -> None:
        """Compare with what is there, and note what is to come."""
        have = self._have
        if answer.status == transport.BEYOND or answer.start not in (0, have):
            self.drop()
            raise StumbleError("other bytes than those asked for", answered=True)
        if have and not self._wanted.sha256 and self._is_another(answer):
            told = (_described(self._tag, self._total), _described(answer.tag, answer.total))
            self.drop()
            raise SourceError(
                f"{self._wanted.name}: expected the file that began to come ({told[0]}), found another ({told[1]}): "
                "it was changed half way; run again to fetch the new one from its start"
            )
        self._bound(answer)
        self._tag = answer.tag or (self._tag if answer.start else "")
        self._total = answer.total
        files.write_json(self._note, {"tag": self._tag, "total": self._total})

    def _is_another(self, answer: Answer) -> bool:
        # A partial answer may go without a tag: that it is partial says that If-Range held.
        is_told = bool(answer.tag) or answer.status == transport.WHOLE
        is_longer = None not in (answer.total, self._total) and answer.total != self._total
        return is_longer or (is_told and answer.tag != self._tag)

    def _bound(self, answer: Answer) -> None:
        size, most = self._wanted.size, self._wanted.most
        if size is not None and answer.total not in (None, size):
            self.drop()
            raise SourceError(
                f"{self._wanted.name}: expected {size:,} bytes, found {answer.total:,}; run again"
            )
        if most is not None and (answer.total or 0) > most:
            raise SourceError(self._too_long(answer.total or 0, most))
        room.check(self._path, (answer.total or 0) - answer.start)

    def _too_long(self, found: int, most: int) -> str:
        return (
            f"{self._wanted.name}: expected at most {most:,} bytes, found {found:,} and maybe more; "
            f"{self._wanted.longer}"
        )

    def _write(self, answer: Answer) -> None:
        most = self._wanted.most
        needed = None if answer.total is None else answer.total - answer.start
        have = answer.start
        with room.watched(self._path, needed), self._path.open("ab") as file:
            file.truncate(have)
            for block in answer.body:
                file.write(block)
                have += len(block)
                self.furthest = max(self.furthest, have)
                progress.show(have, answer.total, "bytes", self._wanted.name)
                if most is not None and have > most:
                    raise SourceError(self._too_long(have, most))
            os.fsync(file.fileno())

    def finish(self) -> Fetched:
        """Give the file its name; OtherBytesError where it is not the one that was wanted."""
        digest, tag, size = files.sha256(self._path), self._tag, self._have
        if self._wanted.size not in (None, size):
            self.drop()
            raise OtherBytesError(
                f"{self._wanted.name}: expected {self._wanted.size:,} bytes, found {size:,}"
            )
        if self._wanted.sha256 not in ("", digest):
            self.drop()
            raise OtherBytesError(
                f"{self._wanted.name}: expected the file of sha256 {self._wanted.sha256}, found {digest}"
            )
        self._path.replace(self._folder / digest)
        self._note.unlink(missing_ok=True)
        return Fetched(self._folder / digest, digest, tag)


def _described(tag: str, total: int | None) -> str:
    return f"{tag or 'no tag'}, {'unknown' if total is None else f'{total:,}'} bytes"
