"""What a person sees of a stage: a bar that overwrites itself, or a line now and then.

The bar where stderr is a terminal, lines where it is a file or a pipe. At the end one line says
what the stage cost.
"""

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from pipeline_lib import progress

LINE_SECONDS = 10.0
"""Between two lines where there is no bar."""
BAR_SECONDS = 0.1
LOOK_SECONDS = 0.5
GIB = 2**30


@runtime_checkable
class Stream(Protocol):
    """Where lines go: stderr."""

    def write(self, text: str, /) -> int: ...
    def flush(self) -> None: ...
    def isatty(self) -> bool: ...


class Screen:
    """Listens to `progress` for one stage."""

    def __init__(self, name: str, stream: Stream) -> None:
        self.name = name
        self._stream = stream
        self._bar = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._drawn = False
        self._shown = time.monotonic()
        self._pace = Pace()
        self._guard = threading.Lock()

    def show(self, done: int, total: int | None, unit: str, note: str) -> None:
        """Draw how far the stage is, unless it was drawn just now."""
        now = time.monotonic()
        self._pace.add(done, unit, now)
        if now - self._shown < (BAR_SECONDS if self._bar else LINE_SECONDS):
            return
        self._shown = now
        with self._guard:
            self._draw(_line(self.name, done, total, unit, self._pace.per_second, note))

    def say(self, sentence: str) -> None:
        """One line that stays."""
        line = sentence if sentence.startswith(f"{self.name}:") else f"{self.name}: {sentence}"
        with self._guard:
            self._clear()
            self._stream.write(f"{line}\n")
            self._stream.flush()

    def close(self) -> None:
        """Leave no half-drawn bar behind."""
        with self._guard:
            self._clear()
            self._stream.flush()

    def _draw(self, line: str) -> None:
        if self._bar:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\033[K{line[:width]}")
        else:
            self._stream.write(f"{line}\n")
        self._drawn = self._bar
        self._stream.flush()

    def _clear(self) -> None:
        if self._drawn:
            self._stream.write("\r\033[K")
            self._drawn = False


class Pace:
    """Units per second since the count began, anew where it falls back or changes its unit."""

    def __init__(self) -> None:
        self.per_second = 0.0
        self._first: tuple[int, float] | None = None
        self._last = 0
        self._unit = ""

    def add(self, done: int, unit: str, now: float) -> None:
        if self._first is None or done < self._last or unit != self._unit:
            self._first = (done, now)
        self._last, self._unit = done, unit
        first, began = self._first
        self.per_second = (done - first) / (now - began) if now > began else 0.0


class Cost:
    """Wall time, and the largest resident memory of this process and its workers together."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._peak = 0
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="memory", daemon=True).start()

    def row(self) -> dict[str, float]:
        """What it cost up to now, as MLflow's numbers."""
        return {"machine.seconds": self.seconds, "machine.peak_memory_gib": self.gib}

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @property
    def gib(self) -> float:
        self._look()
        return self._peak / GIB

    def end(self) -> None:
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        self._peak = max(self._peak, resident_bytes(), own_peak_bytes())


def resident_bytes() -> int:
    """Memory that this process and its children hold now."""
    try:
        import psutil
    except ImportError:  # a bare GPU machine
        return 0
    me = psutil.Process()
    total = 0
    for process in [me, *me.children(recursive=True)]:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue  # it ended meanwhile
    return total


def own_peak_bytes() -> int:
    """The most this process ever held, short peaks too."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@contextmanager
def of_stage(name: str) -> Iterator[Cost]:
    """Show what the stage reports while the block runs, and what it cost when it ends well."""
    screen, cost = Screen(name, sys.stderr), Cost()
    progress.listen(screen)
    try:
        yield cost
        screen.say(f"done in {_duration(cost.seconds)}, peak memory {cost.gib:.2f} GiB")
    finally:
        screen.close()
        cost.end()
        progress.listen(None)


def _line(name: str, done: int, total: int | None, unit: str, rate: float, note: str) -> str:
    parts = [f"{name}: {done:,} {unit}"]
    if total:
        parts = [f"{name}: {done:,} of {total:,} {unit}", f"{done / total:.0%}"]
    if rate > 0:
        parts.append(f"{rate:.3g} {unit}/s" if rate < 1000 else f"{rate:,.0f} {unit}/s")
        if total and done < total:
            parts.append(f"{_duration((total - done) / rate)} left")
    return ", ".join([*parts, note] if note else parts)


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
