"""A training stage on several processes of this machine: started, watched, and started again.

`dvc repro` starts a stage once. Where `runtime.parallel` asks for more, that process becomes a watcher and starts the ranks,
which find out who they are as under torchrun; a process that torchrun started is a rank already, and just takes its place.

torchrun itself would be the wrong watcher here. It gives ranks half a minute to save when it is stopped, it starts again
what a person has to mend first, and it ends in a traceback of its own. This one waits for a save, tells a mistake from a
death by the status that `leaving` gives it, and costs no import of torch.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from pipeline_lib.leaving import INTERRUPTED, MENDABLE, STOPPED
from pipeline_lib.params import RuntimeParams

RESTARTS = 3
"""Of all ranks, after one has died."""
GRACE = 20.0
"""Seconds that the others have to end when one has died: they wait for it in vain."""
LOOK_SECONDS = 0.1
STOPS = (signal.SIGTERM, signal.SIGINT)


def wanted(runtime: RuntimeParams) -> int:
    """How many ranks this process has to start: 1 where it does the work itself."""
    if runtime.parallel == "none" or "RANK" in os.environ:
        return 1
    if runtime.processes or runtime.device not in ("auto", "cuda"):
        return runtime.processes or 1
    import torch  # data stages never come here

    return max(torch.cuda.device_count(), 1)


def launch(stage: str, count: int) -> int:
    """Run the stage on `count` ranks to its end, again where one died; the status to leave with."""
    for attempt in range(RESTARTS + 1):
        ranks = Watch(stage, count)
        status = ranks.run()
        if status == 0 or ranks.was_stopped or status == MENDABLE:
            break
        again = "starting again from the newest state" if attempt < RESTARTS else "giving up"
        _say(f"{stage}: rank {ranks.first_dead} of {count} {_how(status)}; {again}")
    return _as_own(status)


class Watch:
    """The ranks of one attempt."""

    def __init__(self, stage: str, count: int) -> None:
        self.stage, self.count = stage, count
        self.processes: list[subprocess.Popen[bytes]] = []
        self.was_stopped = False
        self.first_dead = 0

    def run(self) -> int:
        """Start all, pass signals on, and wait; the status of the first that failed, 0 where none did."""
        with self._passing_on():
            common = {**os.environ, **_meeting_place(self.count)}
            self.processes = [self._start(rank, common) for rank in range(self.count)]
            if self.was_stopped:  # while they were started
                self._send(signal.SIGTERM)
            status = self._wait()
            if status in (STOPPED, INTERRUPTED):
                self.was_stopped = True  # one was told to: all leave, once they have saved
            elif status:
                self._end()
            for process in self.processes:
                process.wait()
        return status

    def _start(self, rank: int, common: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", f"stages.{self.stage}", *sys.argv[1:]]
        names = {"RANK": str(rank), "LOCAL_RANK": str(rank)}
        # out of reach of the terminal's Ctrl-C, which would else come twice
        return subprocess.Popen(command, env={**common, **names}, start_new_session=True)

    def _wait(self) -> int:
        """Until all have ended well, or one has not."""
        while True:
            found = [process.poll() for process in self.processes]
            failed = {rank: status for rank, status in enumerate(found) if status}
            if failed:  # of those found at once a mistake is the cause, the rest what came of it
                self.first_dead = min(failed, key=lambda rank: failed[rank] != MENDABLE)
                return failed[self.first_dead]
            if all(status == 0 for status in found):
                return 0
            time.sleep(LOOK_SECONDS)

    def _end(self) -> None:
        self._send(signal.SIGTERM)
        limit = time.monotonic() + GRACE
        while time.monotonic() < limit and any(p.poll() is None for p in self.processes):
            time.sleep(LOOK_SECONDS)
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(number)

    @contextmanager
    def _passing_on(self) -> Iterator[None]:
        """What stops this process stops the ranks: they save first, and it waits."""

        def pass_on(number: int, _: FrameType | None) -> None:
            self.was_stopped = True
            self._send(number)

        earlier = {number: signal.signal(number, pass_on) for number in STOPS}
        try:
            yield
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)


def _meeting_place(count: int) -> dict[str, str]:
    """What each rank is told of all, in torchrun's words."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return {**place, "WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count)}


def _how(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"left with {status}"


def _as_own(status: int) -> int:
    """What a shell is to see: a mistake is 1, as of a stage that is alone; a signal is 128 and its number."""
    if status == MENDABLE:
        return 1
    return 128 - status if status < 0 else status


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
