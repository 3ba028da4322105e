"""Every switch of the training engine: what it does, and that a run which is stopped goes on to the same bits."""

import dataclasses
import itertools
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from pipeline_lib.errors import TrainingError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import (
    BatchedParams,
    ModelParams,
    OptimizerParams,
    Params,
    PretrainParams,
    RuntimeParams,
    SftParams,
)
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import packing, speed, spikes
from pipeline_lib.training.budget import Budget
from pipeline_lib.training.grpo import Reinforcement, Rollout
from pipeline_lib.training.losses import summed_loss
from pipeline_lib.training.optimizer import optimizers, schedule
from pipeline_lib.training.pretrain import Pretraining
from pipeline_lib.training.run import Row, Run
from pipeline_lib.training.sft import FineTuning
from tests.training.conftest import SMALL, VOCAB, Begin, Ear, made_prompts, weights, without_speeds

SIZES = {**SMALL, "evaluate_every": 4, "evaluate_batches": 2}
MODES: dict[str, dict[str, Any]] = {
    "averaged": {"ema": 0.8},
    "all": {"ema": 0.8, "patience": 9, "z_loss": 1e-2, "decay": "wsd", "decay_share": 0.5},
    "spikes": {"spike_sigma": 6.0},
}


@pytest.fixture(autouse=True)
def known_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "peak_flops", lambda *_: 1e12)  # measuring takes a third of a second


@pytest.fixture
def section(params: Params) -> PretrainParams:
    return params.pretrain.model_copy(update={**SIZES, "sample_every": 0})


@pytest.fixture
def learn(
    train: Shards, validation: Shards, talks: tuple[Shards, Shards], tokenizer: Tokenizer
) -> Callable[[Run], Pretraining | FineTuning]:
    def job(run: Run) -> Pretraining | FineTuning:
        if isinstance(run.params, SftParams):
            return FineTuning(run, run.params, talks)
        assert isinstance(run.params, PretrainParams)
        return Pretraining(run, run.params, (train, validation), tokenizer)

    return job


Learn = Callable[[Run], Pretraining | FineTuning]


@pytest.fixture
def spike(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seventh step has three times its loss, and few losses are enough to see it."""
    monkeypatch.setattr(spikes, "FEWEST", 3)
    for job in (Pretraining, FineTuning):
        whole = job.gradient

        def gradient(job: Any, step: int, whole: Any = whole) -> Row:
            row = whole(job, step)
            return {**row, "loss": 3 * row["loss"]} if step == 6 else row

        monkeypatch.setattr(job, "gradient", gradient)


@pytest.mark.usefixtures("spike")
@pytest.mark.parametrize(
    ("stage", "mode", "dtype"),
    [
        *((stage, mode, torch.float32) for mode in MODES for stage in ("pretrain", "sft")),
        ("sft", "averaged", torch.float16),
    ],
)
def test_in_every_mode_a_stopped_or_killed_run_ends_with_the_same_bits(
    stage: str,
    mode: str,
    dtype: torch.dtype,
    params: Params,
    section: PretrainParams,
    learn: Learn,
    begin: Begin,
    scratch: Path,
    tmp_path: Path,
) -> None:
    chosen: BatchedParams = section if stage == "pretrain" else params.sft
    changes = {**SIZES, "steps": 8, "spike_sigma": 0.0, **MODES[mode]}
    chosen = chosen.model_copy(update=changes)
    hardware = Hardware(torch.device("cpu"), dtype, 1)
    left = tmp_path / "left by a kill"

    def rows(stop_after: int, copy_after: int = 0) -> tuple[list[Row], bytes]:
        found: list[Row] = []
        with begin(stage, chosen, hardware=hardware) as run:
            for row in learn(run).rows():
                found.append(row)
                if len(found) == copy_after:
                    shutil.copytree(run.kept.folder, left)
                if len(found) == stop_after:
                    break
            return found, weights(run)

    undisturbed, expected = rows(99, copy_after=7)
    shutil.rmtree(scratch / stage)
    rows(5)
    again, stopped = rows(99)
    (folder,) = (scratch / stage).glob("*/")
    shutil.rmtree(folder)
    shutil.copytree(left, folder)
    killed, after_kill = rows(99)
    assert stopped == after_kill == expected
    assert without_speeds(again) == without_speeds(killed) == without_speeds(undisturbed)
    assert (undisturbed[-1]["skipped_steps"] > 0) == (mode == "spikes")


def test_reinforcement_killed_in_a_step_of_several_updates_ends_with_the_same_bits_and_rollouts(
    params: Params, tokenizer: Tokenizer, begin: Begin, scratch: Path, tmp_path: Path
) -> None:
    changes = {"steps": 4, "prompts": 3, "group": 4, "max_new_tokens": 6, "updates": 2}
    chosen = params.grpo.model_copy(update={**changes, "beta": 0.1, "ema": 0.5})
    prompts, left = made_prompts(tmp_path, tokenizer), tmp_path / "left by a kill"

    def end() -> tuple[bytes, list[Row], list[dict[str, str | float]]]:
        with begin("grpo", chosen, tokenizer.vocab_size) as run:
            rows = []
            for row in Reinforcement(run, chosen, prompts, tokenizer).rows():
                rows.append(row)
                if len(rows) == 3 and not left.exists():
                    shutil.copytree(run.kept.folder, left)
            return weights(run), without_speeds(rows), run.notes

    undisturbed = end()
    assert torch.load(left / "state.pt", weights_only=True)["step"] == 2
    (folder,) = (scratch / "grpo").glob("*/")
    shutil.rmtree(folder)
    shutil.copytree(left, folder)
    assert end() == undisturbed


def test_a_state_of_code_that_knew_no_switches_is_taken_up_where_that_is_allowed(
    section: PretrainParams, learn: Learn, begin: Begin
) -> None:
    with begin("pretrain", section) as run:
        curve = learn(run).rows()
        next(curve)
        next(curve)
        del curve
        state = torch.load(run.kept.path, weights_only=True)
        known = ("step", "model", "optimizer", "rows", "notes", "best")
        old = {**{name: state[name] for name in known}, "identity": {"code": "older"}}
        torch.save(old, run.kept.path)
    with begin("pretrain", section) as run:
        run.kept.runtime = run.runtime.model_copy(update={"resume": "any"})
        assert list(learn(run).rows())[-1]["steps"] == section.steps


def test_with_every_switch_off_a_run_is_the_plain_loop_bit_for_bit(
    params: Params,
    section: PretrainParams,
    shape: ModelParams,
    train: Shards,
    learn: Learn,
    begin: Begin,
) -> None:
    model = Transformer(shape, VOCAB, seed=1)
    optimizer = optimizers(model, section)
    reader = packing.Documents(train, packing.pack(train, shape.context), section.seed)
    losses = []
    for step in range(section.steps):
        batch, total = reader.batch(step, section.batch), 0.0
        for part in batch.split(section.micro_batch):
            hidden = model.hidden(part.inputs, part.segments)
            learnt = (part.targets, part.counts, shape.logit_softcap)
            loss = summed_loss(hidden, model.head_weight, *learnt) / batch.learnt
            loss.backward()
            total += loss.item()
        losses.append(total)
        nn.utils.clip_grad_norm_(model.parameters(), section.clip_norm)
        optimizer.step(schedule(step, section))
        optimizer.zero_grad()
    with begin("pretrain", section) as run:
        found = [row["loss"] for row in learn(run).rows() if "loss" in row]
        assert found == losses
        plain = b"".join(w.detach().numpy().tobytes() for w in model.state_dict().values())
        assert weights(run) == plain


@pytest.mark.parametrize("z_loss", [0.0, 1e-2])
@pytest.mark.parametrize("stage", ["pretrain", "sft"])
def test_micro_batches_with_unequal_targets_add_up_to_the_whole_batch_in_float64(
    stage: str, z_loss: float, params: Params, learn: Learn, begin: Begin
) -> None:
    """Within 1e-12 of the largest slope, though padding and masks leave each part another number of targets."""
    hardware = Hardware(torch.device("cpu"), torch.float64, 1)
    slopes, losses = [], []
    for size in (8, 4, 1):
        changes = {**SIZES, "batch": 8, "micro_batch": size, "z_loss": z_loss, "sample_every": 0}
        chosen = getattr(params, stage).model_copy(update=changes)
        with begin(stage, chosen, hardware=hardware) as run:
            run.model.double()
            job = learn(run)
            losses.append(job.gradient(3)["loss"])
            slopes.append(torch.cat([w.grad.flatten() for w in run.model.parameters()]))  # type: ignore[union-attr]
            targets = {part.learnt for part in job.ahead.batch(3).split(1)}
    assert len(targets) > 2
    assert slopes[0].abs().max() > 1e-3
    for other in slopes[1:]:
        assert (other - slopes[0]).abs().max() < 1e-12 * slopes[0].abs().max()
    assert max(losses) - min(losses) < 1e-12 * max(losses)


def test_micro_batches_of_completions_add_up_to_the_whole_step_in_float64(
    params: Params,
    tokenizer: Tokenizer,
    begin: Begin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = itertools.cycle([True, False, False])
    monkeypatch.setattr("pipeline_lib.answers.is_right", lambda *_: next(drawn))
    changes = {"prompts": 3, "group": 4, "max_new_tokens": 6, "aggregation": "grpo"}
    chosen = params.grpo.model_copy(update=changes)
    hardware = Hardware(torch.device("cpu"), torch.float64, 1)
    slopes = []
    with begin("grpo", chosen, tokenizer.vocab_size, hardware) as run:
        run.model.double()
        job = Reinforcement(run, chosen, made_prompts(tmp_path, tokenizer), tokenizer)
        drawn_out, _ = job.roll_out(0)
        rollouts = [cut(rollout, 1 + number % 6) for number, rollout in enumerate(drawn_out)]
        for size in (12, 1):
            job.params = chosen.model_copy(update={"micro_batch": size})
            job.accumulate(job._parts(rollouts), None)
            slopes.append(torch.cat([w.grad.flatten() for w in run.model.parameters()]))  # type: ignore[union-attr]
    assert slopes[0].abs().max() > 0
    assert (slopes[1] - slopes[0]).abs().max() < 1e-12 * slopes[0].abs().max()


def cut(rollout: Rollout, length: int) -> Rollout:
    completion = dataclasses.replace(rollout.completion, ids=rollout.completion.ids[:length])
    return dataclasses.replace(rollout, completion=completion)


@pytest.mark.parametrize("ema", [0.0, 0.5])
def test_reinforcement_skips_what_is_no_number_in_each_of_its_updates(
    params: Params, tokenizer: Tokenizer, begin: Begin, tmp_path: Path, ema: float
) -> None:
    changes = {"steps": 3, "prompts": 3, "group": 4, "max_new_tokens": 6, "updates": 2}
    chosen = params.grpo.model_copy(update={**changes, "beta": 0.1, "ema": ema})
    with begin("grpo", chosen, tokenizer.vocab_size) as run:
        job = Reinforcement(run, chosen, made_prompts(tmp_path, tokenizer), tokenizer)
        whole, calls = job.accumulate, itertools.count()

        def accumulate(parts: Any, old: Any) -> Row:
            row = whole(parts, old)
            return {**row, "loss": math.nan} if next(calls) == 2 else row  # the second step's first

        job.accumulate = accumulate  # type: ignore[method-assign]
        rows = list(job.rows())
    assert rows[-1]["skipped_steps"] == 1
    assert run.spikes.skipped == [2]


def test_the_average_is_validated_and_handed_on_while_the_weights_learn(
    section: PretrainParams, learn: Learn, begin: Begin
) -> None:
    own = run_of(section, learn, begin)
    averaged = run_of(section.model_copy(update={"ema": 0.9}), learn, begin)
    losses = [[row["loss"] for row in rows if "loss" in row] for _, rows, _ in (own, averaged)]
    assert losses[0] == losses[1]
    held_out = [rows[-2]["validation.loss"] for _, rows, _ in (own, averaged)]
    assert held_out[0] != held_out[1]
    run, _, job = averaged
    assert isinstance(job, Pretraining)
    assert run.average is None
    assert job.validate() == held_out[1]


def run_of(
    section: OptimizerParams, learn: Learn, begin: Begin
) -> tuple[Run, list[Row], Pretraining | FineTuning]:
    with begin("pretrain", section) as run:
        job = learn(run)
        return run, list(job.rows()), job


@pytest.mark.parametrize("stop_after", [99, 5])
def test_a_run_without_progress_ends_early_and_keeps_the_best_weights(
    section: PretrainParams, learn: Learn, begin: Begin, ear: Ear, stop_after: int
) -> None:
    still = {"optimizer": "adamw", "learning_rate": 1e-30, "evaluate_every": 2, "patience": 2}
    section = section.model_copy(update=still)
    with begin("pretrain", section) as run:
        for number, _ in enumerate(learn(run).rows(), start=1):
            if number == stop_after:
                break
    _, rows, _ = run_of(section, learn, begin)
    assert rows[-1]["steps"] == 6
    assert rows[-1]["tokens"] == 6 * 4 * 16
    sentence = "pretrain: ends at step 6: 2 validations without a better loss"
    assert ear.heard.count(sentence) == 1


def test_with_patience_pretraining_keeps_the_weights_of_the_best_validation(
    section: PretrainParams, learn: Learn, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = section.model_copy(update={"evaluate_every": 2, "patience": 3})
    losses = iter([3.0, 2.0, 2.5, 2.5, 2.0, 1.0])
    monkeypatch.setattr(Pretraining, "validate", lambda job: next(losses))
    with begin("pretrain", section) as run:
        by_step = {
            row["step"]: weights(run) for row in learn(run).rows() if "validation.loss" in row
        }
        assert list(by_step) == [2, 4, 6, 8, 10]
        assert weights(run) == by_step[4] != by_step[10]


def test_validations_that_are_no_numbers_end_in_words(
    params: Params, learn: Learn, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FineTuning, "validate", lambda job: math.nan)
    with (
        begin("sft", params.sft.model_copy(update=SIZES)) as run,
        pytest.raises(TrainingError, match="expected a validation loss that is a number"),
    ):
        list(learn(run).rows())


def timed(run: Run, seconds_a_step: float) -> None:
    """Give the run a clock on which every step takes as long."""
    run.budget = Budget(run.params, lambda: run.step * seconds_a_step)


@pytest.mark.parametrize(("decay", "warmup"), [("linear", 10), ("cosine", 12), ("wsd", 0)])
def test_a_time_budget_comes_to_a_number_of_steps_that_makes_the_same_bits(
    section: PretrainParams, learn: Learn, begin: Begin, decay: str, warmup: int
) -> None:
    long = {"steps": 60, "decay": decay, "warmup_steps": warmup, "final_learning_rate": 0.1}
    section = section.model_copy(update=long)
    limited = section.model_copy(update={"max_minutes": 10 / 60})
    with begin("pretrain", limited) as run:
        timed(run, 0.5)
        rows = list(learn(run).rows())
        expected = weights(run)
    assert rows[-1]["steps"] == 19  # of half a second each, in 98 % of ten seconds
    rates = [row["learning_rate"] / section.learning_rate for row in rows if "loss" in row]
    assert rates[-1] == pytest.approx(0.1)
    run, _, _ = run_of(section.model_copy(update={"steps": 19}), learn, begin)
    assert weights(run) == expected


def test_a_time_budget_needs_a_warm_up_to_measure_the_speed_in(params: Params) -> None:
    stored = {**params.pretrain.model_dump(), "max_minutes": 5.0, "warmup_steps": 9}
    with pytest.raises(ValidationError, match="warmup_steps of at least 10, in which the speed"):
        PretrainParams.model_validate(stored)
    assert PretrainParams.model_validate({**stored, "decay": "wsd"}).max_minutes == 5


@pytest.mark.parametrize("stop_after", [2, 8, 15])
def test_time_spent_before_a_stop_counts(
    section: PretrainParams, learn: Learn, begin: Begin, ear: Ear, stop_after: int
) -> None:
    changes = {"steps": 60, "warmup_steps": 10, "max_minutes": 10 / 60, "evaluate_every": 60}
    section = section.model_copy(update=changes)
    for stop in (stop_after, 99):
        with begin("pretrain", section) as run:
            timed(run, 0.5)
            for number, _ in enumerate(learn(run).rows(), start=1):
                if number == stop:
                    break
    assert run.step == 19
    assert ear.heard.count("pretrain: 19 of 60 steps fit 0.166667 minutes") == 1


def test_a_budget_longer_than_the_run_changes_nothing(
    section: PretrainParams, learn: Learn, begin: Begin
) -> None:
    plain, _, _ = run_of(section, learn, begin)
    with begin("pretrain", section.model_copy(update={"max_minutes": 60.0})) as run:
        timed(run, 0.5)
        list(learn(run).rows())
        assert weights(run) == weights(plain)


def test_a_budget_that_is_over_in_the_warm_up_ends_the_run(
    section: PretrainParams, learn: Learn, begin: Begin
) -> None:
    changes = {"steps": 60, "warmup_steps": 40, "max_minutes": 5 / 60}
    with begin("pretrain", section.model_copy(update=changes)) as run:
        timed(run, 0.5)
        assert list(learn(run).rows())[-1]["steps"] == 9


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_recomputed_blocks_keep_less_and_leave_the_same_bits(
    shape: ModelParams, dtype: torch.dtype
) -> None:
    ids = torch.randint(VOCAB, (4, 17), generator=torch.Generator().manual_seed(0))
    segments = torch.arange(16).repeat(4, 1) // 6
    found, kept = [], []
    for recomputes in (False, True):
        model = Transformer(shape.model_copy(update={"layers": 3}), VOCAB, seed=1)
        model.dtype, model.recomputes = dtype, recomputes
        held: list[int] = []

        def hold(x: torch.Tensor, held: list[int] = held) -> torch.Tensor:
            held.append(x.numel())
            return x

        with torch.autograd.graph.saved_tensors_hooks(hold, lambda x: x):
            hidden = model.hidden(ids[:, :-1], segments)
        kept.append(sum(held))
        summed_loss(hidden, model.head_weight, ids[:, 1:]).backward()
        found.append([weight.grad for weight in model.parameters()])
    assert kept[1] < kept[0] / 2
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True) if a is not None)


@pytest.mark.parametrize(("asked", "compiled"), [("auto", 0), (False, 0), (True, 1)])
def test_blocks_are_compiled_where_it_is_asked_for_and_the_state_says_so(
    section: PretrainParams,
    learn: Learn,
    begin: Begin,
    runtime: RuntimeParams,
    monkeypatch: pytest.MonkeyPatch,
    asked: str | bool,
    compiled: int,
) -> None:
    calls: list[nn.Module] = []
    monkeypatch.setattr(nn.Module, "compile", lambda block: calls.append(block))
    with begin("pretrain", section) as run:
        run.runtime = runtime.model_copy(update={"compile": asked})
        learn(run)
        assert calls == list(run.model.blocks)[:compiled]
        assert run.kept.identity.get("compiled", False) == bool(compiled)


def test_compiling_is_automatic_on_nvidia_alone(runtime: RuntimeParams) -> None:
    automatic = runtime.model_copy(update={"compile": "auto"})
    assert [d for d in ("cpu", "mps", "cuda") if automatic.compiles_on(d)] == ["cuda"]


COMPILED = """
import copy, sys, torch
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams
from pipeline_lib.training.losses import summed_loss
model = Transformer(ModelParams.model_validate_json(sys.argv[1]), 40, seed=1)
ids = torch.arange(68).view(4, 17) % 40

def numbers():
    model.zero_grad()
    loss = summed_loss(model.hidden(ids[:, :-1]), model.head_weight, ids[:, 1:])
    loss.backward()
    return torch.stack([loss.detach(), *(weight.grad.norm() for weight in model.parameters())])

plain = numbers()
for block in model.blocks:
    block.compile()
for model.recomputes in (False, True):
    print(torch.allclose(numbers(), plain, rtol=1e-4), end=" ")
print([block._compiled_call_impl for block in copy.deepcopy(model).blocks])
"""


@pytest.mark.slow
def test_compiled_blocks_learn_what_the_others_learn_and_their_copies_are_not_compiled(
    shape: ModelParams,
) -> None:
    told = subprocess.run(  # types that are checked at each call do not compile
        [sys.executable, "-c", COMPILED, shape.model_dump_json()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.strip() == "True True [None]", told.stderr
