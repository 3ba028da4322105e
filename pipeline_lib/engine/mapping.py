"""The loop: pieces go to a pool, results come back in order, failures are gathered and told at the end."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pipeline_lib.engine.pools import Pool, Processes, WorkerDiedError
from pipeline_lib.engine.work import ATTEMPTS, Failure, Work, short
from pipeline_lib.errors import DataError, PipelineError

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Kind = Literal["loky", "ray", "dask"]

PIECES_WORTH_A_PROCESS = 2
"""A process takes a second to start, as long as a piece of text takes to clean."""
AHEAD = 2
"""Pieces for each worker that are under way or wait, so that none is idle and few results pile up."""
NAMED = 3
"""Failed pieces that the sentence names."""


@dataclass
class _Engine:
    kind: Kind = "loky"
    address: str = ""
    keeps: bool = False
    pool: Pool | None = None


_engine = _Engine()


@contextmanager
def on(kind: Kind, address: str = "") -> Iterator[None]:
    """Inside the block `map` runs on this engine, whose workers stay from one call to the next.

    `address`: of a cluster; absent: one on this machine.
    """
    global _engine
    before, _engine = _engine, _Engine(kind, address, keeps=True)
    try:
        yield
    finally:
        mine, _engine = _engine, before
        if mine.pool:
            mine.pool.close()


def map(
    function: Callable[[Piece], Result],
    pieces: Iterable[Piece],
    workers: int,
    count: int | None = None,
) -> Iterator[Result]:
    """`function` of every piece, in order; `workers`: at most so many processes, 0: one per core.

    `count`: of pieces that are made as they are asked for, a few ahead of the results; absent: of those given.

    On a cluster that was given by address `workers` is no limit: all its cores take pieces.

    PipelineError as the function raised it; DataError naming the piece for any other failure.
    """
    failures: list[Failure] = []
    if count is None:
        pieces = list(pieces)
        count = len(pieces)
    for outcome in _outcomes(Work(function, str(Path.cwd())), pieces, workers, count):
        if isinstance(outcome, Failure):
            failures.append(outcome)
        else:
            yield outcome
    if failures:
        raise _summed_up(failures, count)


def spreads(pieces: int, workers: int) -> bool:
    """Whether `map` takes so many pieces to other processes: what can stream need not be cut up otherwise."""
    return pieces > 1 if _engine.kind != "loky" else _processes(pieces, workers) > 1


def cores() -> int:
    """Cores this process may use, which in a container is fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processes(pieces: int, workers: int) -> int:
    return min(workers or cores(), pieces // PIECES_WORTH_A_PROCESS)


def _outcomes(
    work: Work[Piece, Result], pieces: Iterable[Piece], workers: int, count: int
) -> Iterator[Any]:
    processes = _processes(count, workers)
    if not count or (_engine.kind == "loky" and processes < 2):
        yield from (work.here(piece) for piece in pieces)
        return
    with _open_pool(processes if _engine.kind == "loky" else workers or cores()) as pool:
        yield from _Waiting(pool, work).through(pieces)


@contextmanager
def _open_pool(workers: int) -> Iterator[Pool]:
    if not _engine.keeps:
        with closing(_pool(workers)) as pool:
            yield pool
        return
    if _engine.pool and _engine.kind == "loky" and _engine.pool.workers < workers:
        _engine.pool.close()
        _engine.pool = None
    if _engine.pool is None:
        _engine.pool = _pool(workers)
    yield _engine.pool


def _pool(workers: int) -> Pool:
    match _engine.kind:
        case "loky":
            return Processes(workers)
        case "ray":
            from pipeline_lib.engine.clusters import Ray

            return Ray(_engine.address, workers)
        case "dask":
            from pipeline_lib.engine.clusters import Dask

            return Dask(_engine.address, workers)


class _Waiting(Generic[Piece, Result]):
    """Pieces under way, oldest first."""

    def __init__(self, pool: Pool, work: Work[Piece, Result]) -> None:
        self._pool, self._work = pool, work
        self._held: deque[tuple[Piece, Any]] = deque()

    def through(self, pieces: Iterable[Piece]) -> Iterator[Any]:
        for piece in pieces:
            self._submit(piece)
            if len(self._held) > AHEAD * self._pool.workers:
                yield self._oldest()
        while self._held:
            yield self._oldest()

    def _submit(self, piece: Piece) -> None:
        self._held.append((piece, self._pool.submit(self._work, piece)))

    def _oldest(self) -> Any:
        piece, ticket = self._held.popleft()
        try:
            return self._pool.result(ticket)
        except WorkerDiedError:  # where all went with it nobody knows whose fault it was: one alone
            outcome = self._alone(piece)
            self._submit_lost()
            return outcome

    def _submit_lost(self) -> None:
        """Never what still runs: two would write to one path."""
        held, self._held = self._held, deque()
        for piece, ticket in held:
            if self._pool.lost(ticket):
                self._submit(piece)
            else:
                self._held.append((piece, ticket))

    def _alone(self, piece: Piece) -> Any:
        for _ in range(ATTEMPTS - 1):
            try:
                return self._pool.result(self._pool.submit(self._work, piece))
            except WorkerDiedError:
                continue
        said = "its process died each time: killed, or more memory asked for than there is"
        return Failure(short(piece), said)


def _summed_up(failures: Sequence[Failure], pieces: int) -> PipelineError:
    """One error for all; of those that say themselves what to do, these words and no others."""
    known = [failure.known for failure in failures if failure.known is not None]
    if len(known) == len(failures):
        said = list(dict.fromkeys(str(error) for error in known))
        rest = [f"and {len(said) - NAMED:,} more like these"] if len(said) > NAMED else []
        return type(known[0])("; ".join(said[:NAMED] + rest))
    named = "; ".join(f"{failure.where}: {failure.said}" for failure in failures[:NAMED])
    more = f"; and {len(failures) - NAMED} more" if len(failures) > NAMED else ""
    return DataError(
        f"{failures[0].where}: expected all {pieces:,} pieces to be done, found {len(failures):,} that "
        f"failed {ATTEMPTS} times ({named}{more}); the others were done. Mend or remove what is named"
    )
