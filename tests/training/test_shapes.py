"""The stages' loops on other shapes than the default: each learns, resumes bit for bit, and says how its experts fare."""

from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.params import ModelParams, OptimizerParams
from tests.model.test_variants import GPT2, LLAMA, MLA, MOE
from tests.training import test_runs
from tests.training.conftest import Begin, Ear
from tests.training.test_runs import Rows, job

__all__ = ["job"]  # a fixture

SHAPES: dict[str, dict[str, Any]] = {
    "gpt2": {**GPT2, "kv_heads": 2},
    "experts behind latent attention": {
        **LLAMA,
        **MLA,
        "moe": {**MOE, "every": 1, "balance_loss": 0.01},
        "logit_softcap": 15.0,
    },
}
Job = tuple[str, OptimizerParams, Rows, int]


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest, shape: ModelParams) -> ModelParams:
    return ModelParams.model_validate({**shape.model_dump(), **SHAPES[request.param]})


def test_a_run_stopped_anywhere_ends_with_the_bits_of_an_undisturbed_one(
    job: Job, begin: Begin, scratch: Path
) -> None:
    test_runs.test_a_run_stopped_anywhere_ends_with_the_bits_of_an_undisturbed_one(
        job, begin, scratch
    )


def test_the_forecast_rehearses_and_changes_no_bit(
    job: Job, begin: Begin, scratch: Path, ear: Ear
) -> None:
    test_runs.test_the_forecast_rehearses_and_changes_no_bit(job, begin, scratch, ear)


@pytest.mark.parametrize("job", ["pretrain", "pretrain joined by adamw", "sft"], indirect=True)
def test_it_learns_and_says_how_its_experts_fare(
    job: Job, begin: Begin, shape: ModelParams
) -> None:
    stage, section, rows, vocab = job
    with begin(stage, section, vocab) as run:
        steps = [row for row in rows(run) if "loss" in row]
        biases = [w for n, w in run.model.named_parameters() if n.endswith("balance")]
    assert steps[-1]["loss"] < steps[0]["loss"]
    assert all(bias.any() for bias in biases)
    assert len(biases) == sum(map(shape.is_mixture, range(shape.layers)))
    for row in steps:
        assert ("experts.busiest" in row) == bool(biases)
        assert row.get("experts.busiest", 1.0) >= 1.0 >= row.get("experts.idlest", 1.0)
