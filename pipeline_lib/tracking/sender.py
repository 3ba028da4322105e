"""Rows to MLflow in a thread of their own: training neither waits for a tracking server nor stops
with one.

Points are kept until MLflow has them. While a server is away the thread asks again now and then,
and once more when the stage ends; what is still missing then is in the files, from which `bonsai
track` brings it.
"""

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline_lib.rows import numbers
from pipeline_lib.tracking import runs
from pipeline_lib.tracking.runs import Child, Points

FLUSH_SECONDS = 2.0
LONGEST_PAUSE = 300.0


class Rows:
    """Rows as MLflow's points: a number without a step of its own stands at the last step."""

    def __init__(self) -> None:
        self._step = 0
        self._latest: dict[str, tuple[int, int | float]] = {}

    def points(self, row: Mapping[str, Any]) -> Points:
        moment = runs.now()
        self._step = int(row.get("step", self._step))
        found: Points = []
        for name, value in numbers(row).items():
            if (
                math.isfinite(value)
                and (step := self._place(name, value, is_point="step" in row)) is not None
            ):
                self._latest[name] = (step, value)
                found.append((name, float(value), moment, step))
        return found

    def _place(self, name: str, value: int | float, *, is_point: bool) -> int | None:
        """A summary that repeats its curve's last point is none; one that differs comes after
        it."""
        if is_point or name not in self._latest:
            return self._step
        step, last = self._latest[name]
        if step < self._step:
            return self._step
        return None if last == value else step + 1


@dataclass
class Sender:
    """Takes rows, sends them, and ends the run."""

    open: Callable[[], Child]
    """Makes or finds the run; the slow part, done in the thread."""
    conclude: Callable[[Child], None]
    """What a run that ended well gets besides its rows."""
    fault: str = ""
    """Why MLflow has not got everything yet."""
    _rows: Rows = field(default_factory=Rows)
    _points: Points = field(default_factory=list)
    _child: Child | None = None
    _status: str = ""
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._work, name="tracking", daemon=True)
        self._thread.start()

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a row; returns at once."""
        points = self._rows.points(row)
        with self._guard:
            self._points.extend(points)

    def end(self, status: str) -> None:
        """Send the rest and close the run; at most seconds where the server is away."""
        self._status = status
        self._ending.set()
        if self._thread:
            self._thread.join()

    def _work(self) -> None:
        pause = FLUSH_SECONDS
        while not self._ending.is_set():
            self._attempt(self._send)
            pause = min(pause * 2, LONGEST_PAUSE) if self.fault else FLUSH_SECONDS
            self._ending.wait(pause)
        self._attempt(self._finish)

    def _attempt(self, work: Callable[[], object]) -> None:
        try:
            work()
            self.fault = ""
        except Exception as error:  # noqa: BLE001 - no fault of a tracking server may stop training
            self.fault = reason(error)

    def _send(self) -> Child:
        self._child = self._child or self.open()
        with self._guard:
            points = list(self._points)
        self._child.send(points)
        with self._guard:
            del self._points[: len(points)]
        return self._child

    def _finish(self) -> None:
        child = self._send()
        if self._status == "FINISHED":
            self.conclude(child)
        child.end(self._status)


def reason(error: Exception) -> str:
    """What a client said, without the client's stack of causes."""
    said = " ".join(str(error).split()) or type(error).__name__
    return "it does not answer" if "Max retries exceeded" in said else said[:200]
