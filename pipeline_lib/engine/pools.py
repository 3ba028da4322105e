"""Where pieces are worked on. All pools have one surface, so that one loop serves them."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, runtime_checkable

IDLE_SECONDS = 60
"""After which a process without work leaves."""


class WorkerDiedError(Exception):
    """A worker ended under its piece: killed, or out of memory."""


@runtime_checkable
class Pool(Protocol):
    """Somewhere with `workers` that take pieces."""

    workers: int

    def submit(self, work: Callable[[Any], Any], piece: Any) -> Any:
        """A ticket for the result."""

    def result(self, ticket: Any) -> Any:
        """Wait for what was submitted; WorkerDiedError where the worker did."""

    def lost(self, ticket: Any) -> bool:
        """After a WorkerDiedError: whether this ticket went with it. Any other still runs or is done."""

    def close(self) -> None:
        """Let go of the workers."""


class Processes:
    """Processes of this machine, by loky. They survive a worker's death, and end with this process."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._open()

    def _open(self) -> None:
        from joblib.externals import loky

        self._executor: Any = loky.ProcessPoolExecutor(
            self.workers, timeout=IDLE_SECONDS, initializer=_follow, initargs=(os.getpid(),)
        )

    def submit(self, work: Callable[[Any], Any], piece: Any) -> Any:
        from joblib.externals.loky.process_executor import BrokenProcessPool

        try:
            return self._executor.submit(work, piece)
        except BrokenProcessPool as error:  # since the last call: `result` says so, and mends it
            ticket: Future[Any] = Future()
            ticket.set_exception(error)
            return ticket

    def result(self, ticket: Any) -> Any:
        from joblib.externals.loky.process_executor import BrokenProcessPool

        try:
            return ticket.result()
        except BrokenProcessPool:
            self.close()
            self._open()
            raise WorkerDiedError from None

    def lost(self, ticket: Any) -> bool:
        return not ticket.done() or ticket.exception() is not None

    def close(self) -> None:
        self._executor.shutdown(wait=True, kill_workers=True)


def _follow(parent: int) -> None:
    """A worker leaves Ctrl-C to its parent, and ends where the parent has ended: even where that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
