"""A file that stays on its server and is read by range, like a file: what streaming stands on.

Parquet asks for its footer and then for single columns of single row groups; lines are read front
to back. So a range is what was asked for, at least FIRST bytes, and doubles while reading goes on
where it ended; a few are held at once, since the columns of a table are read side by side. Ranges
cannot be held against a digest of the whole: who needs that fetches it.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

from pipeline_lib.errors import SourceError
from pipeline_lib.sources import retrying, transport
from pipeline_lib.sources.downloads import Wanted

FIRST = 1 << 16
MOST = 1 << 22
"""Bytes of the largest range, unless more is asked for at once."""
WINDOWS = 8


@dataclass(frozen=True)
class Window:
    """Bytes that were fetched, and how many were asked for."""

    start: int
    held: bytes
    ahead: int

    @property
    def end(self) -> int:
        return self.start + len(self.held)


class Ranged(io.RawIOBase):
    """The bytes of `wanted`, whose size must be known."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__()
        self._wanted = wanted
        self._size = wanted.size or 0
        self._at = 0
        self._windows: list[Window] = []
        self.served = 0
        """Bytes that came over the network."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(origin + offset, 0)
        return self._at

    def readinto(self, buffer: object, /) -> int:
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if self._at >= self._size or not len(target):
            return 0
        window = next((w for w in self._windows if w.start <= self._at < w.end), None)
        window = window or self._fetch(len(target))
        begin = self._at - window.start
        found = window.held[begin : begin + len(target)]
        target[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _fetch(self, asked: int) -> Window:
        before = next((window for window in self._windows if window.end == self._at), None)
        ahead = min(2 * before.ahead, MOST) if before else FIRST
        end = min(self._at + max(asked, ahead), self._size)
        window = Window(self._at, fetch(self._wanted, self._at, end), ahead)
        others = [window for window in self._windows if window is not before]
        self._windows = [*others[1 - WINDOWS :], window]
        self.served += len(window.held)
        return window


def fetch(wanted: Wanted, start: int, end: int) -> bytes:
    """The bytes from `start` up to `end`; SourceError where they cannot be had."""
    found = bytearray()
    retrying.persist(
        wanted.name,
        wanted.server,
        lambda: _receive(wanted, start, end, found.extend, lambda: len(found)),
        lambda: len(found),
    )
    return bytes(found[: end - start])


def _receive(
    wanted: Wanted,
    start: int,
    end: int,
    take: Callable[[bytes], None],
    have: Callable[[], int],
) -> None:
    begin = start + have()
    if begin >= end:
        return
    headers = {**wanted.headers, "Range": f"bytes={begin}-{end - 1}"}
    try:
        with transport.get(wanted.url, headers) as answer:
            if (answer.status, answer.start) != (transport.PARTIAL, begin):
                raise SourceError(
                    f"{wanted.name}: expected bytes {begin:,} to {end:,}, found the whole file or another part; "
                    "this server cannot be streamed from: set `streamed: false`"
                )
            for block in answer.body:
                take(block)
    except transport.RefusalError as refusal:
        raise transport.RefusalError(f"{wanted.name}: {refusal}", refusal.code) from None
