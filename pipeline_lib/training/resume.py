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
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from pipeline_lib import scratch
from pipeline_lib.errors import ResumeError
from pipeline_lib.params import RuntimeParams, Section
from pipeline_lib.training import sharded
from pipeline_lib.training.distributed import ALONE, Ranks, joined
from pipeline_lib.training.sharded import filled, split

FINISHED_KEPT = 4
"""Finished states that stay for twins; the oldest beyond are deleted."""


class States:
    """The saved states of one run: `newest` to go on from, `save` to add one."""

    def __init__(
        self,
        folder: Path,
        runtime: RuntimeParams,
        identity: Mapping[str, Any],
        ranks: Ranks = ALONE,
    ) -> None:
        self.folder, self.runtime, self.identity = folder, runtime, dict(identity)
        self.ranks = ranks
        self.resumed_elsewhere = False
        """Whether a state was taken that other code or another machine made."""
        self.saved_step = 0
        """Step of the newest state on disk; 0: there is none."""
        self._saved_at = time.monotonic()
        self.stop_signal: int | None = None
        """That a stop was asked for: of many ranks, known to all at the same step."""
        self.heard: int | None = None
        """The signal that this process got."""
        self._is_due = False
        self._shares = ""

    @property
    def path(self) -> Path:
        return self.folder / "state.pt"

    @property
    def _mark(self) -> Path:
        return self.folder / "finished"

    @property
    def is_finished(self) -> bool:
        """Whether the newest state is the end of such a run, so that nothing is left to train."""
        return self._mark.exists() and self._mark.read_text() == self._made_with()

    def mark_finished(self) -> None:
        """By the rank that leads."""
        self._mark.write_text(self._made_with())

    def _made_with(self) -> str:
        known = {name: found for name, found in self.identity.items() if name != "compiled"}
        return json.dumps(known, sort_keys=True)  # what is compiled is found out later

    def newest(self, like: Tensor | None = None) -> dict[str, Any] | None:
        """The state to go on from, or None; ResumeError where it belongs to other code or another machine. Its tensors are
        shares where `like` is one.

        A finished state of other code or another machine is nothing to go on from: the run starts anew.
        """
        state = self._fitting()
        steps = self.ranks.all(-1 if state is None else int(state["step"]))
        if len(set(steps)) > 1:
            raise ResumeError(
                f"{self.path}: expected every rank to see the same state, found steps {', '.join(map(str, steps))} "
                "(-1: none); have all machines share the project's folder"
            )
        if state is None:
            return None
        self._shares = state.pop("shares", "")
        folder = self.folder / self._shares if self._shares else None
        found: dict[str, Any] = filled(state, folder, torch.empty(0) if like is None else like)
        return found

    def _fitting(self) -> dict[str, Any] | None:
        if not self.path.exists():
            return None
        state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        then = state["identity"]
        keys = [*self.identity, *(k for k in then if k not in self.identity)]
        differing = [k for k in keys if then.get(k) != self.identity.get(k)]
        if differing and state.get("finished"):
            return None
        if differing and self.runtime.resume != "any":
            changes = ", ".join(
                f"{k} (then {then.get(k)}, now {self.identity.get(k)})" for k in differing
            )
            raise ResumeError(
                f"{self.path}: a saved state of step {state['step']} was made with other {changes}, so the result would not "
                "be reproducible; set runtime.resume to any to go on from it, or delete its folder to start again"
            )
        self.saved_step = int(state["step"])
        self.resumed_elsewhere = bool(differing) or bool(state.get("resumed_elsewhere"))
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the newest state at once: a kill leaves the old one or the new one.

        One rank writes what it holds whole; where there are shares, every rank has to save.
        """
        content = {**state, "identity": self.identity, "resumed_elsewhere": self.resumed_elsewhere}
        content, shares = split(content) if self.ranks.count > 1 else (content, {})
        self._shares = _other(self._shares) if shares else ""
        if shares:
            content["shares"] = self._shares
            sharded.write(self.folder / self._shares, shares, leads=self.ranks.leads)
        if self.ranks.leads:
            self._replace(content)
        self.saved_step = int(state["step"])
        self._saved_at = time.monotonic()

    def _replace(self, content: Mapping[str, Any]) -> None:
        temporary = self.path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        if not content.get("finished"):
            self._mark.unlink(missing_ok=True)  # of a finished state that was of no use
        temporary.replace(self.path)
        for name in set(sharded.FOLDERS) - {self._shares}:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    @property
    def due(self) -> bool:
        """Whether the next save's time has come, or a signal asks for one; of many ranks, when they last agreed."""
        if self.ranks.count > 1:
            return self._is_due
        return self._waited() or self.stop_signal is not None

    def _waited(self) -> bool:
        return time.monotonic() - self._saved_at >= self.runtime.save_seconds

    def hear(self, number: int) -> None:
        """Take down a signal; one rank of many leaves it to `agree` what is to be done about it."""
        self.heard = number
        if self.ranks.count == 1:
            self.stop_signal = number

    def agree(self) -> None:
        """Once a step: let all ranks save when rank 0's clock says so, and stop where any of them was told to."""
        if self.ranks.count == 1:
            return
        mine = [self.heard == signal.SIGTERM, self.heard == signal.SIGINT]
        told = self.ranks.sums([*mine, self.ranks.leads and self._waited()])
        found = [
            s for s, count in zip((signal.SIGTERM, signal.SIGINT), told, strict=False) if count
        ]
        self.stop_signal = int(found[0]) if found else None
        self._is_due = bool(told[-1]) or bool(found)

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
    chosen = {"size", "budget"}  # what came of them is in the shape and the steps
    read = {name: section.model_dump(exclude=chosen) for name, section in sections.items()}
    decides = {"sections": read, "inputs": dict(inputs)}
    key = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]
    all_states = scratch.folder(stage)
    with joined(runtime, str(hardware["device"])) as ranks, _first_in(all_states, key, ranks):
        folder = all_states / key
        folder.mkdir(exist_ok=True)
        identity = {**hardware, "torch": str(torch.__version__), "code": _code(stage)}
        if ranks.count > 1:
            identity["ranks"] = f"{ranks.count} by {runtime.parallel}"
        kept = States(folder, runtime, identity, ranks)
        with _deferred_signals(kept):
            yield kept
        if ranks.leads:
            prune(all_states)


@contextmanager
def _first_in(states: Path, key: str, ranks: Ranks) -> Iterator[None]:
    """Hold the lock of a run, by the rank that leads; the others wait until it does."""
    with scratch.locked(states / f"{key}.lock") if ranks.leads else nullcontext():
        ranks.wait()
        yield


@contextmanager
def _deferred_signals(kept: States) -> Iterator[None]:
    """SIGTERM and Ctrl-C wait for the end of the step, so that what they save is whole; a second one does not wait."""

    def remember(number: int, _: FrameType | None) -> None:
        if kept.heard is not None:
            raise KeyboardInterrupt
        kept.hear(number)

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
    if kept.ranks.leads:
        kept.mark_finished()


def _other(folder: str) -> str:
    """The one of the two folders of shares that is not in use."""
    return sharded.FOLDERS[1 - sharded.FOLDERS.index(folder)] if folder else sharded.FOLDERS[0]


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
