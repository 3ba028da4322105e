"""The three stages' loops on a tiny model: they learn, they resume bit for bit, they stop in words."""

import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline_lib import progress
from pipeline_lib.errors import ResumeError, TrainingError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.params import OptimizerParams, Params
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import resume
from pipeline_lib.training.grpo import Reinforcement
from pipeline_lib.training.pretrain import Pretraining
from pipeline_lib.training.run import Row, Run
from pipeline_lib.training.sft import FineTuning
from tests.training.conftest import (
    SMALL,
    VOCAB,
    Begin,
    Ear,
    made_prompts,
    numbered,
    weights,
    without_speeds,
)

Rows = Callable[[Run], Iterator[Row]]


@pytest.fixture(params=["pretrain", "pretrain joined by adamw", "sft", "grpo"])
def job(
    request: pytest.FixtureRequest,
    params: Params,
    train: Shards,
    validation: Shards,
    talks: tuple[Shards, Shards],
    tokenizer: Tokenizer,
    tmp_path: Path,
) -> tuple[str, OptimizerParams, Rows, int]:
    if request.param.startswith("pretrain"):
        small = {**SMALL, "evaluate_every": 4, "evaluate_batches": 2, "sample_every": 0}
        is_joined = "joined" in request.param
        how = {
            "documents": "joined" if is_joined else "whole",
            "optimizer": "adamw" if is_joined else "muon",
        }
        section = params.pretrain.model_copy(update={**small, **how})
        return (
            "pretrain",
            section,
            lambda run: Pretraining(run, section, (train, validation), tokenizer).rows(),
            VOCAB,
        )
    if request.param == "sft":
        tuning = params.sft.model_copy(update={**SMALL, "evaluate_every": 4, "evaluate_batches": 2})
        return "sft", tuning, lambda run: FineTuning(run, tuning, talks).rows(), VOCAB
    prompts = made_prompts(tmp_path, tokenizer)
    small_rl = {
        "steps": 6,
        "prompts": 3,
        "group": 4,
        "max_new_tokens": 6,
        "beta": 0.1,
        "updates": 2,
        "warmup_steps": 0,
    }
    rl = params.grpo.model_copy(update={**small_rl, "learning_rate": 1e-2})
    return (
        "grpo",
        rl,
        lambda run: Reinforcement(run, rl, prompts, tokenizer).rows(),
        tokenizer.vocab_size,
    )


def test_a_run_stopped_anywhere_ends_with_the_bits_of_an_undisturbed_one(
    job: tuple[str, OptimizerParams, Rows, int], begin: Begin, scratch: Path
) -> None:
    stage, section, rows, vocab = job
    with begin(stage, section, vocab) as run:
        undisturbed, expected = list(rows(run)), weights(run)
    for folder in (scratch / stage).glob("*/"):
        for file in folder.glob("*"):
            file.unlink()
    with begin(stage, section, vocab) as run:
        curve = rows(run)
        for _ in range(5):
            next(curve)
        del curve  # no chance to save: what a kill leaves is the state of the last save
    with begin(stage, section, vocab) as run:
        again = list(rows(run))
        assert run.step == section.steps
        assert weights(run) == expected
    assert without_speeds(again) == without_speeds(undisturbed)


def test_a_finished_run_is_taken_as_it_is(
    job: tuple[str, OptimizerParams, Rows, int], begin: Begin
) -> None:
    stage, section, rows, vocab = job
    with begin(stage, section, vocab) as run:
        first, expected = list(rows(run)), weights(run)
    with begin(stage, section, vocab) as run:
        assert without_speeds(list(rows(run))) == without_speeds(first)
        assert weights(run) == expected


def test_a_state_made_by_other_code_is_kept_and_refused_unless_told(
    job: tuple[str, OptimizerParams, Rows, int],
    begin: Begin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, section, rows, vocab = job
    with begin(stage, section, vocab) as run:
        next(rows(run))
    monkeypatch.setattr(resume, "_code", lambda _: "other")
    with (
        begin(stage, section, vocab) as run,
        pytest.raises(ResumeError, match=r"made with other code .* set runtime.resume to any"),
    ):
        list(rows(run))
    with begin(stage, section, vocab) as run:
        run.kept.runtime = run.runtime.model_copy(update={"resume": "any"})
        list(rows(run))
        assert run.kept.resumed_elsewhere


def test_a_finished_state_of_other_code_is_not_taken(
    job: tuple[str, OptimizerParams, Rows, int],
    begin: Begin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, section, rows, vocab = job
    with begin(stage, section, vocab) as run:
        list(rows(run))
    monkeypatch.setattr(resume, "_code", lambda _: "other")
    with begin(stage, section, vocab) as run:
        assert run.kept.newest() is None


def test_a_run_that_breaks_stops_in_words_and_keeps_the_last_good_state(
    job: tuple[str, OptimizerParams, Rows, int], begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, section, rows, vocab = job

    def ruin(share: float) -> None:
        for weight in run.model.parameters():
            weight.data.fill_(math.nan)

    with begin(stage, section, vocab) as run:
        curve = rows(run)
        next(curve)
        monkeypatch.setattr(run.optimizer, "step", ruin)
        with pytest.raises(
            TrainingError,
            match=rf"{stage}: expected .* skipped.*learning rate .*; the last good state, step 1, is kept",
        ):
            list(curve)
        state = torch.load(run.kept.path, weights_only=True)
    assert state["step"] == 1
    assert all(weight.isfinite().all() for weight in state["model"].values())


def threads_of_batches() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("batches")]


@pytest.mark.parametrize("ending", ["end", "leave", "fail"])
def test_no_thread_outlives_a_run(
    job: tuple[str, OptimizerParams, Rows, int], begin: Begin, ending: str
) -> None:
    stage, section, rows, vocab = job
    with begin(stage, section, vocab) as run:
        curve = rows(run)
        next(curve)
        assert len(threads_of_batches()) == (0 if stage == "grpo" else 1)
        if ending == "end":
            list(curve)
        elif ending == "leave":
            del curve  # nobody holds it any more: it is closed
        else:
            for group in run.optimizer.groups:
                group["rate"] = 1e38
            with pytest.raises(TrainingError):
                list(curve)
        assert threads_of_batches() == []


def test_the_forecast_rehearses_and_changes_no_bit(
    job: tuple[str, OptimizerParams, Rows, int], begin: Begin, scratch: Path, ear: Ear
) -> None:
    stage, section, rows, vocab = job
    with begin(stage, section, vocab) as run:
        heard, expected = list(rows(run)), weights(run)
    assert any("steps of" in sentence for sentence in ear.heard)
    for file in (scratch / stage).glob("*/*"):
        file.unlink()
    progress.listen(None)
    with begin(stage, section, vocab) as run:
        assert without_speeds(list(rows(run))) == without_speeds(heard)
        assert weights(run) == expected


@pytest.mark.parametrize(("overlong", "cut"), [("cut", 1), ("drop", 0)])
def test_conversations_that_are_too_long_are_counted_and_said(
    params: Params, begin: Begin, tmp_path: Path, ear: Ear, overlong: str, cut: int
) -> None:
    short, long, silent = "..xxxx", "..xxx" + "." * 10 + "xxxx", "." * 30  # the context is 16
    texts = [short] * 8 + [long, silent]
    talks = numbered(tmp_path / "talks", [len(text) for text in texts], texts)
    changes = {**SMALL, "steps": 2, "overlong": overlong}
    section = params.sft.model_copy(update=changes)
    with begin("sft", section, talks.index.vocab_size) as run:
        *_, summary = FineTuning(run, section, (talks, talks)).rows()
    assert summary["conversations"] == 8 + cut
    assert summary["conversations.cut"] == cut
    assert summary["conversations.left_out"] == 2 - cut
    assert ear.heard[0] == (
        f"sft: {cut} conversations cut after the last answer that 16 tokens hold, "
        f"{2 - cut} left out (sft.overlong: {overlong})"
    )


def test_one_batch_can_be_memorised(
    params: Params,
    train: Shards,
    validation: Shards,
    tokenizer: Tokenizer,
    begin: Begin,
) -> None:
    section = params.pretrain.model_copy(
        update={**SMALL, "steps": 150, "learning_rate": 1e-2, "sample_every": 0}
    )
    with begin("pretrain", section) as run:
        job = Pretraining(run, section, (train, validation), tokenizer)
        batch = job.reader.batch(0, 1)
        for _ in range(150):
            (job.objective(batch)[0] / batch.learnt).backward()
            run.optimizer.step()
            run.optimizer.zero_grad()
        assert job.objective(batch)[1].item() / batch.learnt < 0.1


def test_accumulated_gradients_are_those_of_the_whole_batch(
    job: tuple[str, OptimizerParams, Rows, int],
    params: Params,
    talks: tuple[Shards, Shards],
    begin: Begin,
) -> None:
    slopes = []
    for size in (4, 1):
        section = params.sft.model_copy(update={**SMALL, "micro_batch": size})
        with begin("sft", section) as run:
            FineTuning(run, section, talks).gradient(3)
            slopes.append([w.grad.clone() for w in run.model.parameters() if w.grad is not None])
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(*slopes, strict=True))


def test_reinforcement_makes_rewarded_answers_more_likely(
    params: Params,
    tokenizer: Tokenizer,
    begin: Begin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def has_digit(text: str, answer: str, verifier: str) -> bool:
        return any(c.isdigit() for c in text)

    monkeypatch.setattr("pipeline_lib.answers.is_right", has_digit)
    changes = {"steps": 60, "prompts": 4, "group": 8, "max_new_tokens": 4, "learning_rate": 1e-2}
    section = params.grpo.model_copy(update=changes)
    with begin("grpo", section, tokenizer.vocab_size) as run:
        job = Reinforcement(run, section, made_prompts(tmp_path, tokenizer), tokenizer)
        rewards = [row["reward"] for row in job.rows() if "step" in row]
    assert np.mean(rewards[-5:]) > np.mean(rewards[:5]) + 0.4


def test_best_weights_are_those_of_the_lowest_validation_loss(
    params: Params, talks: tuple[Shards, Shards], begin: Begin
) -> None:
    section = params.sft.model_copy(
        update={
            **SMALL,
            "steps": 60,
            "learning_rate": 3e-2,
            "evaluate_every": 5,
            "evaluate_batches": 6,
        }
    )
    with begin("sft", section) as run:
        job = FineTuning(run, section, talks)
        rows = list(job.rows())
        losses = [row["validation.loss"] for row in rows if "validation.loss" in row]
        assert rows[-1]["best.validation.loss"] == min(losses)
        assert math.isclose(job.validate(), min(losses), rel_tol=1e-6)
