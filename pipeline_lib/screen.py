"""What a person sees of a stage: one bar that overwrites itself on a terminal, a line now and then anywhere else."""

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import psutil

from pipeline_lib import progress

LINE_SECONDS = 10.0
"""Between two lines where the output is no terminal."""
BAR_SECONDS = 0.1
GIB = 2**30


class Screen:
    """Listens to `progress` for one stage."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name = name
        self._stream = stream
        self._bar = stream.isatty()
        self._began: float | None = None
        self._began_at = 0
        self._shown = time.monotonic()
        self._last = ""

    def show(self, done: int, total: int | None, unit: str, note: str) -> None:
        """Draw how far the stage is, unless it was drawn just now."""
        now = time.monotonic()
        if self._began is None or done < self._began_at:
            self._began, self._began_at = now, done
        if now - self._shown < (BAR_SECONDS if self._bar else LINE_SECONDS):
            return
        self._shown = now
        rate = (done - self._began_at) / max(now - self._began, 1e-9)
        self._draw(_progress_line(self.name, done, total, unit, rate, note))

    def say(self, sentence: str) -> None:
        """One line that stays."""
        self._clear()
        self._stream.write(f"{self.name}: {sentence}\n")
        self._stream.flush()

    def _draw(self, line: str) -> None:
        if not self._bar:
            self._stream.write(f"{line}\n")
        else:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\033[K{line[:width]}")
            self._last = line
        self._stream.flush()

    def _clear(self) -> None:
        if self._last:
            self._stream.write("\r\033[K")
            self._last = ""


class PeakMemory:
    """Largest resident memory of this process and its workers together, looked at now and then."""

    def __init__(self, every_seconds: float = 0.5) -> None:
        self.bytes = 0
        self._ended = threading.Event()
        self._every = every_seconds
        threading.Thread(target=self._watch, daemon=True).start()

    def end(self) -> int:
        """Stop looking; the peak in bytes."""
        self._ended.set()
        self._look()
        return self.bytes

    def _watch(self) -> None:
        while not self._ended.wait(self._every):
            self._look()

    def _look(self) -> None:
        me = psutil.Process()
        total = 0
        for process in [me, *me.children(recursive=True)]:
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue  # it ended meanwhile
        self.bytes = max(self.bytes, total)


@contextmanager
def of_stage(name: str) -> Iterator[Screen]:
    """Show what the stage reports while the block runs, and what it cost when it ends well."""
    screen = Screen(name, sys.stderr)
    progress.listen(screen)
    try:
        yield screen
    finally:
        screen._clear()
        progress.listen(None)


def _progress_line(
    name: str, done: int, total: int | None, unit: str, rate: float, note: str
) -> str:
    speed = f"{rate:.3g} {unit}/s" if rate < 1000 else f"{rate:,.0f} {unit}/s"
    if not total:
        parts = [f"{name}: {done:,} {unit}", speed]
    else:
        parts = [f"{name}: {done:,} of {total:,} {unit}, {done / total:.0%}", speed]
        if rate > 0 and done < total:
            parts.append(f"{_duration((total - done) / rate)} left")
    return ", ".join([*parts, note] if note else parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
