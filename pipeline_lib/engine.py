"""Run a function over pieces of data: in this process, or on several through joblib.

Results come back in the order of the pieces, and a piece is never divided by the number of workers,
so what a stage writes does not depend on it. joblib, because the same call runs on Ray or Dask.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from joblib import Parallel, delayed

Piece = TypeVar("Piece")
Result = TypeVar("Result")

PIECES_WORTH_A_PROCESS = 2
"""A process takes a second to start, as long as a piece of text takes to clean."""


def map(
    function: Callable[[Piece], Result], pieces: Sequence[Piece], workers: int
) -> Iterator[Result]:
    """`function` of every piece, in order; `workers`: at most so many processes, 0: one per core."""
    processes = min(workers or cores(), len(pieces) // PIECES_WORTH_A_PROCESS)
    if processes < 2:
        yield from (function(piece) for piece in pieces)
        return
    parallel = Parallel(n_jobs=processes, backend="loky", return_as="generator")
    yield from parallel(delayed(function)(piece) for piece in pieces)


def cores() -> int:
    """Cores this process may use, which in a container is fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
