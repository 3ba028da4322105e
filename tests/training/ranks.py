"""What the ranks of a test do: a few small runs one after the other, in one process group.

`python -m tests.training.ranks FOLDER` under the environment of a rank; what it found lies in FOLDER afterwards.
"""

import dataclasses
import math
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch

from pipeline_lib.formats import shards
from pipeline_lib.model.hardware import choose
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, Params, RuntimeParams, read_params
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import distributed, resume, speed
from pipeline_lib.training.budget import Budget
from pipeline_lib.training.grpo import Reinforcement
from pipeline_lib.training.pretrain import Pretraining
from pipeline_lib.training.run import Row, Run
from pipeline_lib.training.sft import FineTuning
from tests.model.shapes import shaped
from tests.model.test_variants import MOE

ROOT = Path(__file__).parents[2]
STEPS = 20
SHAPE: dict[str, Any] = {
    "layers": 2,
    "channels": 16,
    "heads": 2,
    "kv_heads": 1,
    "head_width": 8,
    "hidden": 24,
    "context": 16,
}
EXPERTS = {**MOE, "balance_loss": 0.01}
SMALL: dict[str, Any] = {
    "steps": STEPS,
    "warmup_steps": 2,
    "learning_rate": 3e-3,
    "max_skipped": 8,
}
BATCHED = {**SMALL, "batch": 8, "micro_batch": 2, "evaluate_every": 5, "evaluate_batches": 3}
RL = {
    **SMALL,
    "prompts": 4,
    "group": 4,
    "micro_batch": 3,
    "max_new_tokens": 6,
    "learning_rate": 1e-2,
}
FEW = {
    "beta": 0.1,
    "prompts": 2,
    "max_new_tokens": 4,
    "learning_rate": 3e-3,
    "matrix_learning_rate": 3e-3,
}
"""At rates of 1e-2 the experts' run in float32 magnifies rounding to 2e-5 in 16 steps; in float64 the ranks agree."""
ALL = {"ema": 0.8, "patience": 9, "z_loss": 1e-2, "decay": "wsd", "decay_share": 0.5}


@dataclasses.dataclass(frozen=True)
class Case:
    """A run: its stage, what is changed in its section and shape, and where it runs."""

    stage: str
    changes: dict[str, Any]
    moe: bool = False
    recompute: bool = False

    def section(self, params: Params) -> Any:
        small = RL if self.stage == "grpo" else BATCHED
        quiet = {"sample_every": 0} if self.stage == "pretrain" else {}
        section = getattr(params, self.stage)
        return section.model_validate({**section.model_dump(), **small, **quiet, **self.changes})

    def shape(self) -> ModelParams:
        moe = {**EXPERTS, "every": 2 if self.moe else 0}
        layers = 4 if self.moe else 2  # two mixtures, whose biases could be taken for one another's
        return shaped(**{**SHAPE, "layers": layers, "moe": moe})


CASES = {
    "pretrain muon": Case("pretrain", {"optimizer": "muon"}),
    "pretrain adamw": Case("pretrain", {"optimizer": "adamw", "documents": "joined"}),
    "pretrain experts": Case("pretrain", {"optimizer": "muon"}, moe=True),
    "pretrain switches": Case("pretrain", {"optimizer": "muon", **ALL}, moe=True, recompute=True),
    "sft muon": Case("sft", {"optimizer": "muon"}),
    "sft adamw": Case("sft", {"optimizer": "adamw", "ema": 0.8}),
    "grpo adamw": Case("grpo", {"optimizer": "adamw"}),
    "grpo experts": Case("grpo", {"optimizer": "muon", "updates": 2, **FEW}, moe=True),
}
QUICK = {
    "ddp": ("pretrain experts", "sft adamw", "grpo experts"),
    "fsdp": ("pretrain switches", "sft adamw", "grpo adamw"),
}
"""Those that are looked at each time; `slow` tests look at all."""
TIMED = {"steps": 30, "max_minutes": 5 / 60, "evaluate_every": 4, "decay_share": 0.2}
BUSY = Case("pretrain", {"optimizer": "muon", **ALL, **TIMED}, moe=True)
"""Ends by rank 0's clock, which says so two steps after rank 1's would have, and rank 1 spoils a step."""
STEADY = Case("pretrain", {"optimizer": "muon", "steps": 10, "ema": 0.8}, moe=True)
"""Goes on with another number of ranks."""
KILLED_AFTER = 6


class World:
    """The folder that the ranks share, and the runs on what lies in it."""

    def __init__(self, folder: Path, **runtime: Any) -> None:
        self.folder = folder
        self.params = read_params(ROOT / "params.yaml")
        quick = {"device": "cpu", "precision": "fp32", "threads": 1, "log_every": 1}
        stored = {**self.params.runtime.model_dump(), **quick, "save_seconds": 0, **runtime}
        self.runtime = RuntimeParams.model_validate(stored)
        self.tokenizer = Tokenizer((folder / "tokenizer.model").read_bytes())

    @contextmanager
    def run(self, case: Case) -> Iterator[tuple[Run, Iterator[Row]]]:
        section = case.section(self.params)
        runtime = self.runtime.model_copy(update={"recompute": case.recompute})
        hardware = choose(runtime)
        sections = {case.stage: section, "model": case.shape()}
        with resume.states(case.stage, sections, {}, runtime, hardware.describe()) as kept:
            model = Transformer(case.shape(), self.tokenizer.vocab_size, seed=1)
            run = Run(case.stage, model, section, runtime, hardware, kept)
            yield run, self._rows(run, case.stage, section)

    def _rows(self, run: Run, stage: str, section: Any) -> Iterator[Row]:
        if stage == "grpo":
            prompts = shards.read_prompts(self.folder / "rl")
            return Reinforcement(run, section, prompts, self.tokenizer).rows()
        train, held = (shards.read(self.folder / stage / s) for s in ("train", "validation"))
        if stage == "sft":
            return FineTuning(run, section, (train, held)).rows()
        return Pretraining(run, section, (train, held), self.tokenizer).rows()

    def result(self, case: Case) -> dict[str, Any]:
        """Rows without speeds, and the whole weights, of a run to its end."""
        with self.run(case) as (run, rows):
            found = [without_speeds(row) for row in rows]
            return {"rows": found, "weights": run.spread.weights(), "notes": run.notes}

    def killed(self, case: Case) -> None:
        """A run that is left after some steps without a chance to save."""
        with self.run(case) as (run, rows):
            run.save_alone = lambda: None  # type: ignore[method-assign]
            for row in rows:
                if row.get("step") == KILLED_AFTER:
                    break

    def told_to_stop(self, case: Case, rank: int) -> int | str | None:
        """A run in which one rank hears SIGTERM while it works on a step; the status it leaves with."""
        with self.run(case) as (run, rows):
            for row in rows:
                if row.get("step") == KILLED_AFTER and run.ranks.rank == rank:
                    run.kept.hear(signal.SIGTERM)
                if run.step > KILLED_AFTER + 1:
                    return "went on"
        return "ended"


class Disturbed(World):
    """Where each rank has a clock of its own speed, and the seventh step has no loss on rank 1."""

    @contextmanager
    def run(self, case: Case) -> Iterator[tuple[Run, Iterator[Row]]]:
        with super().run(case) as (run, rows):
            seconds = 0.5 * (1 + run.ranks.rank)
            run.budget = Budget(run.params, lambda: run.step * seconds)
            backward = run.backward

            def spoilt(loss: torch.Tensor) -> None:
                is_bad = run.ranks.rank == 1 and run.step == KILLED_AFTER
                backward(loss * math.nan if is_bad else loss)

            run.backward = spoilt  # type: ignore[method-assign]
            yield run, rows


def without_speeds(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("machine.")}


def compared(folder: Path, kind: str, names: Sequence[str]) -> dict[str, Any]:
    world = World(folder, parallel=kind, save_seconds=3600)
    found = {}
    for name in names:
        os.environ["DVC_ROOT"] = str(folder / "compared" / kind / name)
        found[f"{kind} {name}"] = world.result(CASES[name])
    return found


def resumed(folder: Path, kind: str) -> dict[str, Any]:
    """A busy run left alone, killed and stopped; then one that fewer or more ranks go on with."""
    found: dict[str, Any] = {}
    for how in ("alone", "killed", "stopped"):
        os.environ["DVC_ROOT"] = str(folder / "busy" / kind / how)
        world = Disturbed(folder, parallel=kind)
        unsaved = Disturbed(folder, parallel=kind, save_seconds=3600)
        if how == "killed":
            world.killed(BUSY)
        elif how == "stopped":
            try:
                found[f"{kind} told"] = world.told_to_stop(BUSY, rank=1)
            except SystemExit as left:
                found[f"{kind} told"] = left.code
        found[f"{kind} {how}"] = unsaved.result(BUSY)
    os.environ["DVC_ROOT"] = str(folder / "by two" / kind)
    World(folder, parallel=kind).killed(STEADY)
    os.environ["DVC_ROOT"] = str(folder / "by one" / kind)
    found[f"{kind} by one"] = World(folder, parallel=kind, resume="any", save_seconds=3600).result(
        STEADY
    )
    return found


def main(folder: Path, what: str) -> None:
    speed.matrix_peak = cache(lambda *_: 1e12)
    found: dict[str, Any] = {}
    with distributed.joined(World(folder, parallel="ddp").runtime, "cpu") as ranks:
        for kind in ("ddp", "fsdp"):
            names = QUICK[kind] if what == "quick" else tuple(CASES)
            found |= compared(folder, kind, names)
            found |= resumed(folder, kind)
    torch.save(found, folder / f"found-{ranks.rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
