"""The loop that every training stage shares: step, check, record, validate, save, go on.

What a stage adds is a function that leaves gradients in the weights for a given step, and one that yields rows after it.
All randomness is a function of the step, so a state is weights, optimizer, rows and the step's number.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from pipeline_lib import progress
from pipeline_lib.errors import TrainingError
from pipeline_lib.formats import files
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import OptimizerParams, RuntimeParams
from pipeline_lib.training.optimizer import apply_step, optimizers, schedule
from pipeline_lib.training.resume import States, finish

Row = dict[str, float | int]
Gradient = Callable[[int], Row]
"""Leaves the gradients of a step (counted from 0) in the weights; returns at least `loss`."""
After = Callable[[int], Iterator[Row]]
"""Rows to add once `step` steps are done, such as a validation."""


class Run:
    """A model on its way: weights, optimizer, the rows and notes so far, and the best weights where a stage keeps them."""

    def __init__(
        self,
        stage: str,
        model: Transformer,
        params: OptimizerParams,
        runtime: RuntimeParams,
        hardware: Hardware,
        kept: States,
    ) -> None:
        self.stage, self.params, self.runtime, self.hardware = stage, params, runtime, hardware
        self.model = model.to(hardware.device)
        self.model.dtype = hardware.dtype
        self.kept = kept
        self.optimizer = optimizers(self.model, params)
        self.step = 0
        self.rows: list[Row] = []
        self.notes: list[dict[str, str | float]] = []
        """Samples and rollouts: what a person wants to read beside the curve."""
        self.best: dict[str, Any] = {}
        """`loss`, `step` and `weights` of the best validation so far."""

    def restore(self) -> None:
        """Take up the newest state, if there is one, and say from where."""
        state = self.kept.newest()
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        if state["optimizer"] is not None:
            self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.rows, self.notes = state["step"], state["rows"], state["notes"]
        self.best = state["best"]
        progress.say(f"{self.stage}: goes on from step {self.step:,} of {self.params.steps:,}")

    def state(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rows": self.rows,
            "notes": self.notes,
            "best": self.best,
        }

    def checkpoint(self, tokenizer: bytes, provenance: Mapping[str, Any]) -> Checkpoint:
        """The model as it stands, ready to be written."""
        model = self.model
        return Checkpoint(model.shape, model.vocab_size, model.state_dict(), tokenizer, provenance)

    def record(self, row: Row) -> Row:
        self.rows.append(row)
        return row


def train(
    run: Run,
    gradient: Gradient,
    after: After,
    log_every: int,
    tokens: int,
    rehearse: Callable[[], object] | None = None,
) -> Iterator[Row]:
    """Yield the rows recorded before a resume, then train to the last step and yield the rest.

    `tokens`: how many a step reads, for the speed; `rehearse`: a step's work without its effects, for the forecast.
    Raises TrainingError when the loss stops being a number.
    """
    run.restore()
    yield from list(run.rows)
    if run.step == 0:
        announce(run, rehearse or (lambda: gradient(0)), tokens)
    clock = time.perf_counter()
    try:
        while run.step < run.params.steps:
            row = advance(run, gradient)
            if run.step % log_every == 0 or run.step == run.params.steps:
                now = time.perf_counter()
                done = (run.step - 1) % log_every + 1
                row["machine.tokens_per_second"] = done * tokens / (now - clock)
                clock = now
                yield run.record(row)
            for extra in after(run.step):
                yield run.record(extra)
            if run.kept.due:
                run.kept.save(run.state())
                run.kept.obey()
    except GeneratorExit:  # whoever reads the rows has gone: a step is never half done here
        run.kept.save(run.state())
        raise
    finish(run.kept, run.state())


def advance(run: Run, gradient: Gradient) -> Row:
    """One optimizer step; its numbers."""
    share = schedule(run.step, run.params)
    rate = share * run.params.learning_rate
    row = gradient(run.step)
    norm = apply_step(run.optimizer, share, run.params.clip_norm)
    if not (math.isfinite(row["loss"]) and math.isfinite(norm)):
        saved = run.kept.saved_step
        good = (
            f"the last good state, step {saved:,}, is kept in {run.kept.folder}"
            if saved
            else "no state was saved yet"
        )
        raise TrainingError(
            f"{run.stage}: expected a finite loss, found {row['loss']} (gradient norm {norm}) in step {run.step + 1:,} at "
            f"learning rate {rate:.2e}; {good}; lower {run.stage}.learning_rate or {run.stage}.clip_norm"
        )
    run.step += 1
    note = f"loss {row['loss']:.3f}"
    progress.show(run.step, run.params.steps, "steps", note)
    return {"step": run.step, **row, "learning_rate": rate, "gradient_norm": norm}


def announce(run: Run, rehearse: Callable[[], object], tokens: int) -> None:
    """Rehearse the first step twice without learning from it, and say what lies ahead."""
    if progress.is_heard():
        rehearse()
        start = time.perf_counter()
        rehearse()
        seconds = (time.perf_counter() - start) * run.params.steps
        run.optimizer.zero_grad()
        progress.say(
            f"{run.stage}: {run.model.parameter_count / 1e6:.2f} M parameters, "
            f"{memory_gib(run.hardware):.2f} GiB, {run.params.steps:,} steps of {tokens:,} tokens "
            f"({run.params.steps * tokens / 1e6:.1f} M), about {minutes(seconds)} on "
            f"{run.hardware.device.type} in {run.hardware.describe()['precision']}"
        )


def minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.0f} seconds"


def memory_gib(hardware: Hardware) -> float:
    """Peak memory so far: of the GPU where there is one, else resident."""
    if hardware.device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**30
    try:
        import resource  # not on Windows
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def write_notes(folder: Path, name: str, notes: list[dict[str, str | float]]) -> None:
    """One JSON object per line, into a plots folder."""
    lines = [json.dumps(note, ensure_ascii=False) + "\n" for note in notes]
    files.write_text(folder / name, "".join(lines))
