"""How much one file may ask of this machine, and the meter that holds it to that.

What others wrote is not trusted to be what it says. Rows stream, so a large file costs time, never
memory; only what has to be held whole (a line, a page, a member's header) has a size of its own
here. A file that inflates beyond all reason is refused while it inflates, not after.
"""

import io
from collections.abc import Iterator
from itertools import count

from pipeline_lib.errors import SourceError

MIB = 2**20

Stream = io.BufferedIOBase

MOST_RATIO = 250
"""Bytes inflated for each byte on disk. Text gives 3 to 10, rows that hardly differ some 100; a
bomb 1,000 (the most that deflate can) to a million (bzip2, zstd)."""
GRACE = 64 * MIB
"""What any file may inflate to, however small: no harm on the smallest machine."""
MOST_INFLATED = 2**40
"""Ten times the English Wikipedia's dump, the largest single file of text that is in wide use."""
MOST_SPOOLED = 16 * 2**30
"""A Parquet file or zip archive inside something compressed is first put on disk: 16 GiB."""
MOST_LINE = 64 * MIB
"""One row of JSON lines, one element of a JSON list, one CSV field: ten times the longest book."""
MOST_JSON = 64 * MIB
"""A JSON object that spans lines is parsed at once: in ten times its size, in 30 at the worst."""
MOST_DOCUMENT = 16 * MIB
"""A text file up to this size is one document (the longest of Project Gutenberg's are 10 MB); a
page or wiki article beyond it holds something else than text."""
MOST_NAME = 8 * 2**10
"""A tar member's name and its link's, 4 KiB each. Python before 3.11.10 reads them in quadratic
time (CVE-2024-6232): 64 KiB of digits would take 16 s."""
MOST_DIRECTORY = 16 * MIB
"""A zip archive's list of members, which is held whole, in some ten times its size: 200,000 books.
Tar archives have no such list."""
MOST_HEADER = 64 * 2**10
"""The headers of one record in a crawl."""


class Budget:
    """How much may still come out of one file on disk, whatever is packed in whatever inside it."""

    def __init__(self, size: int = MOST_INFLATED) -> None:
        self._left = min(max(GRACE, MOST_RATIO * size), MOST_INFLATED)

    def spend(self, inflated: int, name: str) -> None:
        """Take `inflated` bytes off; SourceError naming the member where there are none left."""
        self._left -= inflated
        if self._left < 0:
            raise SourceError(
                f"{name}: expected to inflate to at most {MOST_RATIO} times the file's size, found "
                "more, as a decompression bomb has; leave it out or ask where it comes from"
            )


class Metered(io.RawIOBase):
    """What a decompressor gives, paid for from a budget."""

    def __init__(self, inflated: Stream, name: str, budget: Budget) -> None:
        super().__init__()
        self._inflated, self._name, self._budget = inflated, name, budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        content = self._inflated.read(len(buffer))
        self._budget.spend(len(content), self._name)
        buffer[: len(content)] = content
        return len(content)


def whole(stream: Stream, name: str, most: int) -> bytes:
    """All that is left of `stream`; SourceError where that is more than `most` bytes."""
    content = stream.read(most + 1)
    if len(content) > most:
        raise SourceError(
            f"{name}: expected at most {most // MIB} MiB in one piece, found more; "
            "divide it, or write one row a line as .jsonl"
        )
    return content


def lines(stream: Stream, name: str, first: int = 1) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, ends kept; SourceError at one longer than MOST_LINE, before it is held."""
    for number in count(first):
        line = stream.readline(MOST_LINE + 1)
        if not line:
            return
        if len(line) > MOST_LINE:
            raise SourceError(
                f"{name}:{number}: expected lines of at most {MOST_LINE // MIB} MiB, found a "
                "longer one; write one row a line"
            )
        yield number, line
