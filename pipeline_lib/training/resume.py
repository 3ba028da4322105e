"""A training stage that is killed at any moment goes on from its newest state, and ends with the same bits.

States lie in `$DVC_ROOT/.scratch/<stage>/<key>/`, outside of what DVC deletes, in the main project also for
temporary workspaces. The key covers what decides the result: the stage's parameters and the digests of its
inputs. What may only change the last bits (code, device, precision, threads, torch) lies in the state: where it
differs the stage says so and stops, unless `runtime.resume: any`; a finished state is then simply not used. A
file lock makes a twin (another experiment with the same key) wait and then take the finished result.
"""

import hashlib
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from pipeline_lib import scratch
from pipeline_lib.errors import ResumeError
from pipeline_lib.params import RuntimeParams, Section

FINISHED_KEPT = 4
"""Finished states that stay for twins; the oldest beyond are deleted."""


class States:
    """The saved states of one run: `newest` to go on from, `save` to add one."""

    def __init__(self, folder: Path, runtime: RuntimeParams, identity: Mapping[str, Any]) -> None:
        self.folder, self.runtime, self.identity = folder, runtime, dict(identity)
        self.resumed_elsewhere = False
        """Whether a state was taken that other code or another machine made."""
        self.saved_step = 0
        """Step of the newest state on disk; 0: there is none."""
        self._saved_at = time.monotonic()
        self.stop_signal: int | None = None

    @property
    def path(self) -> Path:
        return self.folder / "state.pt"

    def newest(self) -> dict[str, Any] | None:
        """The state to go on from, or None; ResumeError where it belongs to other code or another machine.

        A finished state of other code or another machine is nothing to go on from: the run starts anew.
        """
        if not self.path.exists():
            return None
        state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        differing = [k for k, v in self.identity.items() if state["identity"].get(k) != v]
        if differing and state.get("finished"):
            return None
        if differing and self.runtime.resume != "any":
            changes = ", ".join(
                f"{k} (then {state['identity'].get(k)}, now {self.identity[k]})" for k in differing
            )
            raise ResumeError(
                f"{self.path}: a saved state of step {state['step']} was made with other {changes}, so the result would not "
                "be reproducible; set runtime.resume to any to go on from it, or delete its folder to start again"
            )
        self.saved_step = int(state["step"])
        self.resumed_elsewhere = bool(differing) or bool(state.get("resumed_elsewhere"))
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the newest state at once: a kill leaves the old one or the new one."""
        temporary = self.path.with_suffix(".tmp")
        content = {**state, "identity": self.identity, "resumed_elsewhere": self.resumed_elsewhere}
        with temporary.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        self.saved_step = int(state["step"])
        self._saved_at = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether the next save's time has come, or a signal asks for one."""
        waited = time.monotonic() - self._saved_at >= self.runtime.save_seconds
        return waited or self.stop_signal is not None

    def obey(self) -> None:
        """Raise what a signal that came during the step would have raised."""
        if self.stop_signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self.stop_signal is not None:
            raise SystemExit(128 + self.stop_signal)


@contextmanager
def states(
    stage: str,
    sections: Mapping[str, Section],
    inputs: Mapping[str, str],
    runtime: RuntimeParams,
    hardware: Mapping[str, Any],
) -> Iterator[States]:
    """The locked states of this stage with these parameters and inputs (name -> digest)."""
    decides = {"sections": {k: s.model_dump() for k, s in sections.items()}, "inputs": dict(inputs)}
    key = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]
    all_states = scratch.folder(stage)
    with scratch.locked(all_states / f"{key}.lock"):
        folder = all_states / key
        folder.mkdir(exist_ok=True)
        kept = States(
            folder, runtime, {**hardware, "torch": str(torch.__version__), "code": _code(stage)}
        )
        with _deferred_signals(kept):
            yield kept
        prune(all_states)


@contextmanager
def _deferred_signals(kept: States) -> Iterator[None]:
    """SIGTERM and Ctrl-C wait for the end of the step, so that what they save is whole; a second one does not wait."""

    def remember(number: int, _: FrameType | None) -> None:
        if kept.stop_signal is not None:
            raise KeyboardInterrupt
        kept.stop_signal = number

    try:
        earlier = {s: signal.signal(s, remember) for s in (signal.SIGTERM, signal.SIGINT)}
    except ValueError:  # not the main thread: a notebook or a test; nothing to defer
        yield
        return
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def finish(kept: States, state: Mapping[str, Any]) -> None:
    """Save the last state, shrunk to what a twin needs: it has nothing to train any more."""
    kept.save({**state, "optimizer": None, "finished": True})
    (kept.folder / "finished").touch()


def prune(states: Path) -> None:
    """Delete the oldest finished states beyond FINISHED_KEPT; paused ones never."""
    marks = sorted(states.glob("*/finished"), key=lambda mark: mark.stat().st_mtime, reverse=True)
    for mark in marks[FINISHED_KEPT:]:
        shutil.rmtree(mark.parent, ignore_errors=True)


def _code(stage: str) -> str:
    """Digest of the code that trains: this floor, the model's, and the stage's own."""
    package = Path(__file__).parents[1]
    sources = [*package.glob("model/*.py"), *package.glob("training/*.py"), package / "answers.py"]
    sources.append(package.parent / "stages" / f"{stage}.py")
    return scratch.digest_of_code(sources)
