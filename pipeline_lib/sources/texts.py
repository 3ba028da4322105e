"""Plain text: a file is one document, unless no document is that long.

A file beyond MOST_DOCUMENT is many documents in one, whose bounds nobody wrote down. Rather than
refuse it, it is cut at blank lines into pieces that a cleaning rule for length lets pass, and the
screen says so. Each piece is decoded by itself, so memory is flat and one torn place costs one piece.
"""

import io
import re
from collections.abc import Iterator

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.sources.bounds import MIB, MOST_DOCUMENT
from pipeline_lib.sources.encodings import decode
from pipeline_lib.sources.row import Row

PIECE = MIB
"""A piece ends at the first blank line after so many bytes."""
LONGEST_PIECE = 4 * MIB
"""Where there is no blank line, at a line's end; where there is no line's end, here."""
BLANK_LINE = re.compile(rb"\n[ \t\r]*\n")
MOST_NULS = 0.01
"""Of the bytes: beyond it, whatever the name says, this is no text."""


def rows(stream: io.BufferedReader, name: str) -> Iterator[Row]:
    """One row, or one for each piece of a long file; SourceError where it holds no text."""
    head = stream.read(MOST_DOCUMENT + 1)
    if head.count(0) > MOST_NULS * len(head):
        raise SourceError(
            f"{name}: expected text, found {head.count(0)} NUL bytes in {len(head)}; leave it out"
        )
    if len(head) <= MOST_DOCUMENT:
        yield Row(name, {"text": decode(head), "file": name})
        return
    progress.say(
        f"{name}: more than {MOST_DOCUMENT // MIB} MiB is more than one document; it is cut at "
        f"blank lines into pieces of about {PIECE // MIB} MiB"
    )
    for number, piece in enumerate(_pieces(head, stream), start=1):
        where = f"{name}#{number}"
        yield Row(where, {"text": decode(piece), "file": where})


def _pieces(held: bytes, stream: io.BufferedReader) -> Iterator[bytes]:
    while held:
        if len(held) < LONGEST_PIECE:
            held += stream.read(MOST_DOCUMENT)
        end = _end(held)
        yield held[:end]
        held = held[end:]


def _end(held: bytes) -> int:
    """Where the first piece of `held` ends."""
    if len(held) <= PIECE:
        return len(held)
    if blank := BLANK_LINE.search(held, PIECE, LONGEST_PIECE):
        return blank.end()
    if newline := held.find(b"\n", PIECE, LONGEST_PIECE) + 1:
        return newline
    end = min(len(held), LONGEST_PIECE)
    while end < len(held) and 0x80 <= held[end] < 0xC0 and end > LONGEST_PIECE - 4:
        end -= 1  # UTF-8's later bytes: do not cut inside a character
    return end
