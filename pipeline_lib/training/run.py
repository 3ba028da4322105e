"""A model on its way: all that a state holds, and the one place where weights change."""

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from pipeline_lib import progress
from pipeline_lib.errors import TrainingError
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import OptimizerParams, RuntimeParams
from pipeline_lib.training.averaging import Average
from pipeline_lib.training.budget import Budget
from pipeline_lib.training.optimizer import clip, optimizers, schedule, weights_of
from pipeline_lib.training.parallel import spread
from pipeline_lib.training.resume import States
from pipeline_lib.training.scaling import LossScale
from pipeline_lib.training.spikes import SPAN, Spikes

Row = dict[str, float | int]


class Run:
    """Weights, optimizer, the rows and notes so far, and the best weights where a stage keeps them."""

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
        self.model.recomputes = runtime.recompute
        self.kept, self.ranks = kept, kept.ranks
        self.spread = spread(self.model, self.ranks, runtime.parallel)
        """The way to the model for whatever every rank does with it."""
        self.optimizer = optimizers(self.model, params, self.ranks)
        self.step = 0
        self.end = params.steps
        """The step to end at: earlier where a time budget or a lack of progress says so."""
        self.rows: list[Row] = []
        self.notes: list[dict[str, str | float]] = []
        """Samples and rollouts: what a person wants to read beside the curve."""
        self.forecast: Row = {}
        """What was expected of the machine before the first step, as `machine.*`."""
        self.best: dict[str, Any] = {}
        """`loss`, `step` and `weights` of the best validation so far, and how many came `since`."""
        self.spikes, self.budget = Spikes(params), Budget(params)
        self.average = Average(self.model, params.ema) if params.ema else None
        self.scale = LossScale() if hardware.dtype == torch.float16 else None
        self._touched = -1  # the newest step that began to change anything

    @property
    def share(self) -> float:
        """Of the learning rates, at this step."""
        return schedule(self.step, self.params, self.end)

    def compile(self) -> None:
        """Have torch compile the blocks, where `runtime.compile` says so: for stages whose shapes stay the same.

        Copies of the model, as for sampling, are not compiled: lengths change there.
        """
        is_spread = self.ranks.count > 1 and self.runtime.parallel == "fsdp"
        if self.runtime.compiles_on(self.hardware.device.type) and not is_spread:
            self.kept.identity["compiled"] = True  # other bits
            for block in self.model.blocks:
                block.compile()

    def backward(self, loss: Tensor) -> None:
        """Add the loss's gradients to those that lie in the weights."""
        (self.scale.scaled(loss) if self.scale else loss).backward()

    def learn(self, loss: float) -> float:
        """Step along the gradients, or skip them where they or the loss are out of all bounds; their norm before clipping.

        Raises TrainingError where too many were skipped.
        """
        if self.scale:
            self.scale.restore(weights_of(self.optimizer))
        norm = clip(self.optimizer, self.params.clip_norm)
        fault = self.spikes.fault(loss, norm)
        overflowed = math.isfinite(loss) and not math.isfinite(norm)
        if not fault:
            self._save_sound_state()
            self.spikes.learn(loss)
            self.optimizer.step(self.share)
            if self.average:
                self.average.follow(self.model)
        self._touched = self.step
        self.optimizer.zero_grad()
        if not (self.scale and self.scale.is_to_blame(overflowed=overflowed)) and fault:
            self._skip(fault)
        return norm

    def _skip(self, fault: str) -> None:
        number = self.step + 1
        self.spikes.skip(number)
        progress.say(f"{self.stage}: step {number:,} skipped: {fault}")
        if self.spikes.is_too_much(number):
            most = self.params.max_skipped
            raise self._lost(
                f"at most {most} of {SPAN} steps skipped",
                f"{most + 1}, step {number:,} for its {fault}",
            )

    def expect_good_end(self) -> None:
        """Refuse weights that no step has shown to be sound: TrainingError where the last two were skipped."""
        streak = self.spikes.streak(self.step)
        if streak > 1:
            raise self._lost("to learn from the last steps", f"{streak} skipped")

    def _lost(self, expected: str, found: str) -> TrainingError:
        saved = self.kept.saved_step
        good = (
            f"the last good state, step {saved:,}, is kept in {self.kept.folder}"
            if saved
            else "no state was saved yet"
        )
        rate = self.share * self.params.learning_rate
        return TrainingError(
            f"{self.stage}: expected {expected}, found {found}, at learning rate {rate:.2e}; {good}; "
            f"lower {self.stage}.learning_rate or {self.stage}.clip_norm"
        )

    def plan(self) -> None:
        """Fix the end, once, where a time budget asks for it."""
        if not self.budget.is_open:
            return
        end = self.ranks.first(self.budget.end(self.step))  # by one clock
        self.budget.is_open = end is None  # whatever this rank's own says
        if end is not None:
            self.end = end
            progress.say(
                f"{self.stage}: {end:,} of {self.params.steps:,} steps fit {self.params.max_minutes:g} minutes"
            )

    def compare(self, loss: float, patience: int) -> None:
        """Keep the weights of the best validation; end after `patience` without a better one, 0: never."""
        if loss < self.best.get("loss", math.inf):
            with self.averaged():
                weights = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
            self.best = {"loss": loss, "step": self.step, "weights": weights, "since": 0}
            return
        self.best["since"] = self.best.get("since", 0) + 1
        if patience and self.best["since"] >= patience and self.step < self.end:
            self.end = self.step
            progress.say(
                f"{self.stage}: ends at step {self.step:,}: {patience} validations without a better loss"
            )

    def averaged(self) -> AbstractContextManager[None]:
        """The model as it would be handed on now: with averaged weights, where they are kept."""
        return self.average.lent(self.model) if self.average else nullcontext()

    def settle(self) -> None:
        """Turn the model into the result: the best weights, or the averaged ones, where either is kept."""
        if "weights" in self.best:
            self.model.load_state_dict(self.best["weights"])
        elif self.average:
            self.model.load_state_dict(self.average.weights)
        self.average = None

    def account(self) -> Row:
        """How many steps the run came to, how many of them it did not learn from, and what was expected of it."""
        overflows = {"overflows": self.scale.overflows} if self.scale else {}
        skipped = len(self.spikes.skipped)
        return {"steps": self.step, "skipped_steps": skipped, **overflows, **self.forecast}

    def restore(self) -> None:
        """Take up the newest state, if there is one, and say from where."""
        state = self.kept.newest(self.model.head_weight)
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        if state["optimizer"] is not None:
            self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.rows, self.notes = state["step"], state["rows"], state["notes"]
        self.best, self.end = state["best"], state.get("end", self.end)
        for name, part in self._parts().items():
            if name in state:  # not in one that other code made
                part.load_state_dict(state[name])
        progress.say(f"{self.stage}: goes on from step {self.step:,} of {self.end:,}")

    def state(self) -> dict[str, Any]:
        """All that the rest of the run depends on, after `step` steps."""
        return {
            "step": self.step,
            "end": self.end,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rows": self.rows,
            "notes": [note for note in self.notes if float(note["step"]) <= self.step],
            "best": self.best,
            **{name: part.state_dict() for name, part in self._parts().items()},
        }

    def _parts(self) -> dict[str, Any]:
        parts = {
            "spikes": self.spikes,
            "budget": self.budget,
            "average": self.average,
            "scale": self.scale,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def save(self) -> None:
        """Save the state after whole steps, unless the last was skipped: its weights may be the fault."""
        if not self.spikes.streak(self.step):
            self.kept.save(self.state())

    def save_alone(self) -> None:
        """Save as `save` does, where the other ranks need not take part: they may not know of it."""
        if self.ranks.count == 1 or self.runtime.parallel != "fsdp":
            self.save()

    def _save_sound_state(self) -> None:
        """Save what this step began with, where it is time: its loss has just shown that the weights are good."""
        if self.kept.due and 0 <= self._touched < self.step:
            self.kept.save(self.state())

    def checkpoint(self, tokenizer: bytes, provenance: Mapping[str, Any]) -> Checkpoint:
        """The model as it stands, whole, ready to be written by the rank that leads; every rank has to ask."""
        model, weights = self.model, self.spread.weights()
        return Checkpoint(model.shape, model.vocab_size, weights, tokenizer, provenance)
