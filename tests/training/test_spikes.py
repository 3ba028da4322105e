"""Which steps are skipped, when that stops a run, and that a skipped step leaves no trace."""

import math
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.errors import TrainingError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.params import Params, PretrainParams
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training.pretrain import Pretraining
from pipeline_lib.training.run import Row, Run
from pipeline_lib.training.spikes import FEWEST, SPAN, Spikes, highest
from tests.training.conftest import SMALL, Begin, Ear, weights


@pytest.fixture
def section(params: Params) -> PretrainParams:
    changes = {"evaluate_every": 4, "evaluate_batches": 2, "sample_every": 0}
    return params.pretrain.model_copy(update={**SMALL, **changes})


def seen(params: PretrainParams, count: int) -> Spikes:
    """Losses around 2 whose standard deviation is near 0.1."""
    spikes = Spikes(params)
    for number in range(count):
        spikes.learn(2.0 + 0.1 * (-1) ** number)
    return spikes


def test_a_loss_six_deviations_above_the_last_is_a_spike_and_one_of_five_is_not(
    section: PretrainParams,
) -> None:
    spikes = seen(section, SPAN)
    assert spikes.fault(2.5, norm=1.0) == ""
    assert spikes.fault(2.7, norm=1.0) == "loss of 2.7, above 2.602"
    assert spikes.fault(-9.0, norm=1.0) == ""


def test_a_large_gradient_is_clipped_and_not_skipped(section: PretrainParams) -> None:
    assert seen(section, SPAN).fault(2.0, norm=1e30) == ""


def test_nothing_stands_out_before_enough_was_seen(section: PretrainParams) -> None:
    assert seen(section, FEWEST - 1).fault(1e9, norm=1.0) == ""
    assert seen(section, FEWEST).fault(1e9, norm=1.0) != ""


@pytest.mark.parametrize("sigma", [0.0, 6.0])
def test_what_is_no_number_is_always_a_fault(section: PretrainParams, sigma: float) -> None:
    spikes = Spikes(section.model_copy(update={"spike_sigma": sigma}))
    assert spikes.fault(math.nan, norm=1.0) == "loss of nan"
    assert spikes.fault(2.0, norm=math.inf) == "gradient norm of inf"


def test_without_a_bound_no_number_is_a_spike(section: PretrainParams) -> None:
    spikes = seen(section.model_copy(update={"spike_sigma": 0.0}), SPAN)
    assert spikes.fault(1e30, norm=1.0) == ""


@given(st.floats(0.1, 10), st.floats(0, 0.05))
def test_what_lies_within_a_few_per_cent_of_a_level_curve_is_no_spike(
    level: float, share: float
) -> None:
    assert level * (1 + share) <= highest([level] * SPAN, 6.0)


def test_a_skipped_step_does_not_raise_the_bar(section: PretrainParams) -> None:
    spikes = seen(section, SPAN)
    before = highest(spikes.losses, 6.0)
    spikes.skip(SPAN + 1)
    assert highest(spikes.losses, 6.0) == before


def test_skips_are_too_many_only_while_they_are_near(section: PretrainParams) -> None:
    spikes = Spikes(section.model_copy(update={"max_skipped": 2}))
    for step in (1, 2, SPAN + 1):
        spikes.skip(step)
    assert not spikes.is_too_much(SPAN + 1)  # step 1 is out of sight
    spikes.skip(SPAN + 2)
    assert not spikes.is_too_much(SPAN + 2)
    spikes.skip(SPAN + 3)
    assert spikes.is_too_much(SPAN + 3)


@pytest.fixture
def bad_steps() -> set[int]:
    return {3, 7}


@pytest.fixture
def spoilt(bad_steps: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps (counted from 0) whose batch gives a loss and gradients that are no numbers."""
    whole = Pretraining.gradient

    def gradient(job: Pretraining, step: int) -> Row:
        row = whole(job, step)
        if step not in bad_steps:
            return row
        for weight in job.run.model.parameters():
            weight.grad = torch.full_like(weight, math.nan)
        return {**row, "loss": math.nan}

    monkeypatch.setattr(Pretraining, "gradient", gradient)


def curve(
    run: Run, section: PretrainParams, splits: tuple[Shards, Shards], tokenizer: Tokenizer
) -> Iterator[Row]:
    return Pretraining(run, section, splits, tokenizer).rows()


@pytest.mark.usefixtures("spoilt")
def test_a_bad_batch_is_skipped_counted_and_said(
    section: PretrainParams,
    train: Shards,
    validation: Shards,
    tokenizer: Tokenizer,
    begin: Begin,
    ear: Ear,
) -> None:
    with begin("pretrain", section) as run:
        before: dict[int, bytes] = {}
        for row in curve(run, section, (train, validation), tokenizer):
            if "gradient_norm" in row:
                before[int(row["step"])] = weights(run)
    assert (row["steps"], row["skipped_steps"]) == (12, 2)
    assert before[3] == before[4] != before[5]
    assert "pretrain: step 4 skipped: loss of nan" in ear.heard
    assert all(math.isfinite(number) for number in run.spikes.losses)


@pytest.mark.usefixtures("spoilt")
@pytest.mark.parametrize(("bad_steps", "most"), [({0, 1, 2}, 2), ({5}, 0), ({10, 11}, 8)])
def test_too_many_skipped_steps_stop_the_run(
    section: PretrainParams,
    train: Shards,
    validation: Shards,
    tokenizer: Tokenizer,
    begin: Begin,
    most: int,
) -> None:
    section = section.model_copy(update={"max_skipped": most})
    kept = {2: "no state was saved yet", 0: "step 4, is kept", 8: "step 9, is kept"}[most]
    with begin("pretrain", section) as run, pytest.raises(TrainingError, match=kept):
        list(curve(run, section, (train, validation), tokenizer))
