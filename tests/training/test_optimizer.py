import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, Params, PretrainParams
from pipeline_lib.training.losses import next_token_loss
from pipeline_lib.training.optimizer import (
    DAMPING,
    LEAST,
    QUINTICS,
    Muon,
    adamw,
    apply_step,
    clip,
    level_steps,
    optimizers,
    orthogonal,
    schedule,
)

VOCAB = 40


@pytest.fixture
def section(params: Params) -> PretrainParams:
    changes = {"learning_rate": 1e-3, "matrix_learning_rate": 2e-2, "weight_decay": 0.0}
    return params.pretrain.model_copy(update={**changes, "optimizer": "muon"})


def learn(model: Transformer, seed: int = 0) -> None:
    """Leave a gradient."""
    ids = torch.randint(VOCAB, (4, 17), generator=torch.Generator().manual_seed(seed))
    next_token_loss(model.hidden(ids[:, :-1]), model.head_weight, ids[:, 1:]).backward()


@pytest.mark.parametrize("decay", ["cosine", "linear"])
def test_the_schedule_is_as_long_as_the_steps(params: Params, decay: str) -> None:
    section = params.sft.model_copy(update={"steps": 100, "warmup_steps": 10, "decay": decay})
    shares = [schedule(step, section) for step in range(100)]
    assert shares[0] == pytest.approx(0.1)
    assert max(shares) == shares[10] == 1.0
    assert shares[-1] == pytest.approx(section.final_learning_rate)
    assert all(later < earlier for earlier, later in itertools.pairwise(shares[10:]))
    middle = (1 + section.final_learning_rate) / 2
    assert shares[54] == pytest.approx(middle, abs=0.02)


def test_wsd_is_level_until_its_share_of_the_steps_is_left(params: Params) -> None:
    changes = {"steps": 100, "warmup_steps": 10, "decay": "wsd", "decay_share": 0.2}
    section = params.sft.model_copy(update={**changes, "final_learning_rate": 0.1})
    shares = [schedule(step, section) for step in range(100)]
    assert set(shares[10:80]) == {1.0}
    assert all(later < earlier for earlier, later in itertools.pairwise(shares[79:]))
    assert shares[84] == pytest.approx(0.1 + 0.9 * (1 - math.sqrt(5 / 20)))
    assert shares[99] == pytest.approx(0.1)


@pytest.mark.parametrize(("decay_share", "falling"), [(0.0, 0), (1.0, 90)])
def test_wsd_falls_never_or_from_the_warm_up_on(
    params: Params, decay_share: float, falling: int
) -> None:
    changes = {"steps": 100, "warmup_steps": 10, "decay": "wsd", "decay_share": decay_share}
    section = params.sft.model_copy(update=changes)
    assert sum(schedule(step, section) < 1 for step in range(9, 100)) == max(falling - 1, 0)


@pytest.mark.parametrize("decay", ["linear", "cosine", "wsd"])
@given(st.integers(1, 60), st.integers(0, 70), st.floats(0, 1), st.floats(0.01, 1))
def test_the_level_steps_have_the_same_rates_however_long_the_run(
    params: Params, decay: str, steps: int, warmup: int, share: float, final: float
) -> None:
    changes = {"warmup_steps": warmup, "decay": decay, "decay_share": share}
    section = params.sft.model_copy(update={**changes, "final_learning_rate": final})
    for step in range(min(level_steps(section, steps), steps)):
        assert schedule(step, section, steps) == schedule(step, section, steps + 9)


@pytest.mark.parametrize("decay", ["linear", "cosine", "wsd"])
@pytest.mark.parametrize(("steps", "warmup"), [(1, 0), (1, 5), (5, 5), (2, 1)])
def test_short_schedules_stay_in_bounds(
    params: Params, decay: str, steps: int, warmup: int
) -> None:
    changes = {"steps": steps, "warmup_steps": warmup, "decay": decay, "decay_share": 0.5}
    section = params.sft.model_copy(update={**changes, "final_learning_rate": 0.1})
    assert all(0 < schedule(step, section) <= 1 for step in range(steps))


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_decay_shrinks_every_matrix_and_nothing_else(
    shape: ModelParams, section: PretrainParams, optimizer: str
) -> None:
    shape = shape.model_copy(update={"value_embeddings": True})
    section = section.model_copy(update={"weight_decay": 0.5, "optimizer": optimizer})
    model = Transformer(shape, VOCAB, seed=0)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    optimizers(model, section).step()
    for name, weight in model.named_parameters():
        shrunk = weight.detach().norm() < before[name].norm()
        assert shrunk == (weight.dim() >= 2), name


def test_without_a_largest_norm_no_gradient_is_clipped(params: Params) -> None:
    layer = torch.nn.Linear(3, 2)
    for weight in layer.parameters():
        weight.grad = torch.full_like(weight, 1e6)
    assert clip(optimizers(layer, params.sft), 0.0) == pytest.approx(1e6 * math.sqrt(8))
    assert torch.equal(layer.weight.grad, torch.full_like(layer.weight, 1e6))  # type: ignore[arg-type]


def test_only_matrices_decay(params: Params) -> None:
    layer = torch.nn.Linear(3, 2)
    matrices, vectors = adamw(list(layer.parameters()), params.pretrain).param_groups
    assert matrices["params"] == [layer.weight]
    assert vectors["params"] == [layer.bias]
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (params.pretrain.weight_decay, 0)


def test_a_step_clips_and_a_gradient_that_is_not_a_number_changes_nothing(params: Params) -> None:
    layer = torch.nn.Linear(3, 2)
    optimizer = optimizers(layer, params.sft)
    for weight in layer.parameters():
        weight.grad = torch.full_like(weight, 10.0)
    assert apply_step(optimizer, 0.1, clip_norm=1.0) == pytest.approx(10 * math.sqrt(8))
    before = layer.weight.clone()
    layer.weight.grad = torch.full_like(layer.weight, math.nan)
    assert math.isnan(apply_step(optimizer, 0.1, clip_norm=1.0))
    assert torch.equal(layer.weight, before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_orthogonalised_matrices_keep_their_directions_and_lose_their_sizes(
    dtype: torch.dtype,
) -> None:
    batch = torch.randn(3, 12, 20, generator=torch.Generator().manual_seed(0))
    u, sizes, v = torch.linalg.svd(batch, full_matrices=False)
    turned = orthogonal(batch, dtype)
    found = u.mT @ turned @ v.mT
    across = found - torch.diag_embed(found.diagonal(dim1=1, dim2=2))
    assert sizes.max() / sizes.min() > 5
    assert found.diagonal(dim1=1, dim2=2).sub(0.95).abs().max() < 0.3
    assert across.abs().max() < 0.05
    assert turned.dtype == torch.float32


def test_the_polynomials_are_the_nearest_to_one_of_their_kind() -> None:
    low, high = LEAST, 1.0
    for number, quintic in enumerate(QUINTICS):
        nearest, off = nearest_to_one(low, high)
        damping = 1.0 if number == len(QUINTICS) - 1 else DAMPING
        damped = [c / damping**power for c, power in zip(nearest, (1, 3, 5), strict=True)]
        assert quintic == pytest.approx(damped, abs=1e-4)
        low, high = 1 - off, 1 + off


def nearest_to_one(low: float, high: float) -> tuple[list[float], float]:
    """The odd quintic whose worst distance from 1 between two values is the least, and that distance: by Remez' exchange
    it is as far off at four places, above and below by turns."""
    places = np.linspace(low, high, 4)
    for _ in range(100):
        powers = np.stack([places, places**3, places**5, [1, -1, 1, -1]], axis=1)
        a, b, c, off = np.linalg.solve(powers, np.ones(4))
        places[1:3] = np.sqrt(np.sort(np.roots([5 * c, 3 * b, a])))
    return [float(a), float(b), float(c)], abs(float(off))


@pytest.mark.parametrize("size", [LEAST, 0.01, 0.1, 0.5, 1.0])
def test_a_matrix_of_one_direction_or_a_few_comes_out_in_bounds(size: float) -> None:
    rest = math.sqrt(max(1 - size**2, 0.0) / 7)
    sizes = torch.tensor([size] + [rest] * 7)
    batch = torch.diag(sizes)[None]
    for dtype in (torch.float32, torch.bfloat16):
        found = torch.linalg.svdvals(orthogonal(batch, dtype)[0])
        assert found[: 1 if size == 1.0 else 8].sub(1).abs().max() < 0.26


def test_muon_takes_the_matrices_of_the_blocks_and_adamw_the_rest(
    shape: ModelParams, section: PretrainParams
) -> None:
    model = Transformer(shape.model_copy(update={"tie_embeddings": False}), VOCAB, seed=0)
    names = {id(weight): name for name, weight in model.named_parameters()}
    kinds = [
        {names[id(w)] for group in part.param_groups for w in group["params"]}
        for part in optimizers(model, section).parts
    ]
    assert kinds[0] | kinds[1] == set(names.values())
    assert kinds[1] == {n for n in names.values() if n.startswith("blocks") and "norm" not in n}


def test_matrices_that_lie_in_one_weight_are_orthogonalised_apart(
    shape: ModelParams, section: PretrainParams
) -> None:
    model = Transformer(shape, VOCAB, seed=0)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    learn(model)
    for name, weight in model.named_parameters():
        if "gate_up" in name and weight.grad is not None:
            weight.grad[: shape.hidden] *= 1000
    optimizers(model, section).step()
    maps = {"gate_up": 2, "key_value": 2, "query": 1, "attention.out": 1, "down": 1}
    for part, count in maps.items():
        name = next(n for n in before if f"{part}.weight" in n)
        change = (model.get_parameter(name) - before[name]).detach() / section.matrix_learning_rate
        for each in change.chunk(count):
            rows, columns = each.shape
            sizes = torch.linalg.svdvals(each) / max(1.0, rows / columns) ** 0.5
            assert sizes.max() < 1.3
            assert sizes.median() > 0.6


def test_a_step_of_muon_does_not_depend_on_the_size_of_the_gradient(
    shape: ModelParams, section: PretrainParams
) -> None:
    def stepped(factor: float) -> torch.Tensor:
        model = Transformer(shape, VOCAB, seed=0)
        learn(model)
        for weight in model.parameters():
            weight.grad = None if weight.grad is None else weight.grad * factor
        optimizers(model, section).step()
        return model.get_parameter("blocks.0.feed_forward.down.weight").detach()

    assert torch.allclose(stepped(1.0), stepped(100.0), atol=1e-4)


def test_a_matrix_without_a_gradient_stays(shape: ModelParams, section: PretrainParams) -> None:
    model = Transformer(shape, VOCAB, seed=0)
    muon = next(part for part in optimizers(model, section).parts if isinstance(part, Muon))
    before = model.get_parameter("blocks.0.attention.out.weight").detach().clone()
    muon.step()
    assert torch.equal(model.get_parameter("blocks.0.attention.out.weight"), before)
