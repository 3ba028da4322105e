"""Files read side by side: in which pieces, what one worker does, and how its rows come back.

A piece is a file, or a run of small ones that follow each other, so where it ends depends on the
files alone. A file's rows may be more than memory holds, so a worker leaves them in parts in a
folder that passes, and the main process packs these anew without looking into them: parts end
where they would have ended had one process read it all. One large file is one piece: no line of
it can be named before the lines above are counted.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_lib import engine, progress
from pipeline_lib.formats import tables
from pipeline_lib.sources.archives import readable
from pipeline_lib.sources.origin import Divided, File, Item, Piece

if TYPE_CHECKING:
    from hashlib import _Hash

PIECE_BYTES = 32 * 2**20
"""On disk, of small files together: plain text takes some half a second, as long as a process takes to start."""

Read = Callable[[Path, str], Iterator[Item]]
Write = Callable[[Path, str], tables.Writer[Any]]


@dataclass(frozen=True)
class Done:
    """What a worker made of a piece."""

    piece: Piece
    folder: Path
    """Where its rows lie, in parts."""
    said: list[str]
    """For the screen, which a worker does not see."""


def runs(files: Sequence[File]) -> list[Piece]:
    """Files that are here: small ones together, up to PIECE_BYTES; SourceError where one is not."""
    found: list[Piece] = []
    held: list[File] = []
    size = 0
    for path, name in files:
        with readable(name):
            bytes_here = path.stat().st_size
        if held and size + bytes_here > PIECE_BYTES:
            found.append(Piece(len(found), tuple(held)))
            held, size = [], 0
        held.append((path, name))
        size += bytes_here
    return [*found, Piece(len(found), tuple(held))] if held else found


def arriving(files: Iterable[File]) -> Iterator[Piece]:
    """Files that are fetched as they are asked for: each a piece, since nobody knows their sizes before."""
    return (Piece(number, (file,)) for number, file in enumerate(files))


def read(divided: Divided, write: Write, folder: Path, workers: int) -> Iterator[Done]:
    """All pieces, in order; each leaves `folder` when the next is asked for."""
    work = partial(read_piece, divided.read, write, folder)
    for done in engine.map(work, divided.pieces, workers, divided.count):
        for sentence in done.said:
            progress.say(sentence)
        yield done
        shutil.rmtree(done.folder)


def read_piece(read: Read, write: Write, folder: Path, piece: Piece) -> Done:
    """The rows of a piece's files, in parts that `write` fills, in a folder of the piece's number."""
    into = folder / f"{piece.number:06d}"
    shutil.rmtree(into, ignore_errors=True)  # an attempt before this one
    into.mkdir()  # not where the folder is gone, and with it whoever asked
    with progress.overheard() as said:
        filled = write(into, tables.PASSING)
        for path, name in piece.files:
            for item in read(path, name):
                filled.add(item)
        filled.close()
    return Done(piece, into, said)


def take_in(path: Path, name: str, update: Callable[[bytes], None]) -> None:
    """Hand a file's bytes to `update`, a block at a time; SourceError where it cannot be read."""
    with readable(name), path.open("rb") as file:
        while block := file.read(1 << 20):
            update(block)


def take_all_in(piece: Piece, digest: "_Hash") -> None:
    """The bytes of a piece's files, in order."""
    for path, name in piece.files:
        take_in(path, name, digest.update)
