"""A function as it is called in a worker: it never raises, is tried again, and says where it failed.

What failed travels as a value, since an exception may not survive the way back, and one that a
worker raises would end the whole map.
"""

import os
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pipeline_lib.errors import PipelineError

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Item = TypeVar("Item")

ATTEMPTS = 3
"""A disk or a network may stumble; what fails three times fails."""
LONGEST = 200
"""Characters of a piece or an error that stand in a sentence."""

_here = threading.local()


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
        if str(Path.cwd()) != self.folder:
            os.chdir(self.folder)
        failure = Failure(short(piece), "it was never tried")
        for attempt in range(ATTEMPTS):
            _here.label, _here.row = short(piece), 0
            time.sleep(0.05 * attempt)
            try:
                return self.function(piece)
            except PipelineError as error:  # the same again: not tried again
                return Failure(_where(), str(error), error)
            except Exception as error:  # noqa: BLE001 - one piece must not take the others with it
                failure = Failure(_where(), _in_words(error))
        return failure


def walk(items: Iterable[Item], label: object) -> Iterator[Item]:
    """Pass `items` through, so that a failure can say at which of them it came: `label`, row n."""
    _here.label, _here.row = str(label), 0
    for row, item in enumerate(items, start=1):
        _here.row = row
        yield item


def short(piece: object) -> str:
    """A piece, as a sentence names it."""
    said = str(piece)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}..."


def _where() -> str:
    return f"{_here.label}, row {_here.row:,}" if _here.row else str(_here.label)


def _in_words(error: Exception) -> str:
    """The error, and the line of code at which it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    said = " ".join(str(error).split())[:LONGEST]
    return f"{type(error).__name__}{': ' if said else ''}{said}{at}"
