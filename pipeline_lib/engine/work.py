"""A function as it is called in a worker: it never raises, is tried again, and says where it failed.

What failed travels as a value, since an exception may not survive the way back, and one that a
worker raises would end the whole map.
"""

import errno
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pipeline_lib.errors import DataError, ParamsError, PipelineError

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Item = TypeVar("Item")

ATTEMPTS = 3
"""A disk or a network may stumble; what fails three times fails."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""No room on the disk, or none that this person may have: there is none a moment later either."""
LONGEST = 200
"""Characters of a piece or an error that stand in a sentence."""


class _Here(threading.local):
    label: str = ""
    row: int = 0


_here = _Here()


@dataclass(frozen=True)
class Failure:
    """What became of a piece that could not be done."""

    where: str
    said: str
    known: PipelineError | None = None
    """A mistake a person can mend, in its own words."""


@dataclass(frozen=True)
class Work(Generic[Piece, Result]):
    """`function` in the folder in which the stage runs, wherever the worker was started."""

    function: Callable[[Piece], Result]
    folder: str

    def __call__(self, piece: Piece) -> Result | Failure:
        try:
            os.chdir(self.folder)
        except OSError as error:
            away = _unseen(self.folder, error)
            return Failure(short(piece), str(away), away)
        return self.here(piece)

    def here(self, piece: Piece) -> Result | Failure:
        """The same, without a look at the folder: for the process that named it."""
        failure = Failure(short(piece), "it was never tried")
        for attempt in range(ATTEMPTS):
            _here.label, _here.row = short(piece), 0
            time.sleep(0.05 * attempt)
            try:
                return self.function(piece)
            except PipelineError as error:  # the same again: not tried again
                return Failure(_where(), str(error), error)
            except Exception as error:  # noqa: BLE001 - one piece must not take the others with it
                if isinstance(error, OSError) and error.errno in FULL:
                    full = _full(error)
                    return Failure(_where(), str(full), full)
                failure = Failure(_where(), _in_words(error))
        return failure


def walk(items: Iterable[Item], label: object) -> Iterator[Item]:
    """Pass `items` through, so that a failure can say at which of them it came: `label`, row n.

    After the last of them failures are told as before the first. No `finally`: it would run before
    the failure is told.
    """
    before = _here.label, _here.row
    _here.label, _here.row = str(label), 0
    for row, item in enumerate(items, start=1):
        _here.row = row
        yield item
    _here.label, _here.row = before


def short(piece: object) -> str:
    """A piece, as a sentence names it."""
    said = str(piece)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}..."


def _unseen(folder: str, error: OSError) -> ParamsError:
    return ParamsError(
        f"runtime.cluster: expected its machines to see {folder}, found {error.strerror} "
        f"on {socket.gethostname()}; share the folder under the same path"
    )


def _full(error: OSError) -> DataError:
    return DataError(
        f"{error.filename or _where()}: expected room on the disk, found it full; "
        "make room and run it again"
    )


def _where() -> str:
    return f"{_here.label}, row {_here.row:,}" if _here.row else _here.label


def _in_words(error: Exception) -> str:
    """The error, and the line of code at which it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    said = " ".join(str(error).split())[:LONGEST]
    return f"{type(error).__name__}{': ' if said else ''}{said}{at}"
