import itertools
import math

import pytest
import torch

from pipeline_lib.params import Params
from pipeline_lib.training.optimizer import adamw, apply_step, learning_rate


def test_the_schedule_is_as_long_as_the_steps(params: Params) -> None:
    section = params.sft.model_copy(update={"steps": 100, "warmup_steps": 10, "learning_rate": 1.0})
    rates = [learning_rate(step, section) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[10] == 1.0
    assert rates[-1] == pytest.approx(section.final_learning_rate)
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[10:]))


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0), (1, 5), (5, 5), (2, 1)])
def test_short_schedules_stay_in_bounds(params: Params, steps: int, warmup: int) -> None:
    section = params.sft.model_copy(update={"steps": steps, "warmup_steps": warmup})
    rates = [learning_rate(step, section) for step in range(steps)]
    assert all(0 < rate <= section.learning_rate for rate in rates)


def test_only_matrices_decay(params: Params) -> None:
    layer = torch.nn.Linear(3, 2)
    matrices, vectors = adamw(layer, params.pretrain).param_groups
    assert matrices["params"] == [layer.weight]
    assert vectors["params"] == [layer.bias]
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (params.pretrain.weight_decay, 0)


def test_a_step_clips_and_a_gradient_that_is_not_a_number_changes_nothing(params: Params) -> None:
    layer = torch.nn.Linear(3, 2)
    optimizer = adamw(layer, params.pretrain)
    for weight in layer.parameters():
        weight.grad = torch.full_like(weight, 10.0)
    assert apply_step(optimizer, 0.1, clip_norm=1.0) == pytest.approx(10 * math.sqrt(8))
    before = layer.weight.clone()
    layer.weight.grad = torch.full_like(layer.weight, math.nan)
    assert math.isnan(apply_step(optimizer, 0.1, clip_norm=1.0))
    assert torch.equal(layer.weight, before)
