import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pipeline_lib.model import attention
from pipeline_lib.model.attention import attend, blinding, fused
from pipeline_lib.model.layers import SquaredReLU, rms_norm, rotary_table, rotate
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.training.losses import next_token_loss
from tests.model.shapes import drawn, shaped

SHAPE = shaped(
    layers=2,
    channels=32,
    heads=4,
    kv_heads=2,
    head_width=8,
    feed_forward="swiglu",
    hidden=48,
    context=24,
    rope_theta=10_000.0,
    qk_norm=True,
    tie_embeddings=True,
    value_embeddings=False,
)
VOCAB = 50


def small(**changes: object) -> Transformer:
    return Transformer(SHAPE.model_copy(update=changes), VOCAB, seed=0)


def some_ids(rows: int = 2, tokens: int = 12) -> torch.Tensor:
    return torch.randint(VOCAB, (rows, tokens), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kv_heads": 4, "qk_norm": False},
        {"tie_embeddings": False, "feed_forward": "relu2"},
        {"value_embeddings": True},
    ],
)
def test_no_position_sees_the_future(changes: dict[str, object]) -> None:
    model, ids = small(**changes), some_ids(1)
    changed = ids.clone()
    changed[0, 7] = (ids[0, 7] + 1) % VOCAB
    same = torch.isclose(model(ids), model(changed)).all(-1)[0]  # (T,)
    assert same.tolist() == [t < 7 for t in range(12)]


def test_every_position_sees_the_past() -> None:
    model, ids = small(), some_ids(1)
    changed = ids.clone()
    changed[0, 0] = (ids[0, 0] + 1) % VOCAB
    assert not torch.isclose(model(ids), model(changed), atol=1e-7, rtol=0).all(-1)[0].any()


def test_segments_do_not_see_one_another() -> None:
    model, ids = small(), some_ids(1)
    segments = torch.tensor([[1] * 5 + [2] * 7])
    apart = model(ids, segments)
    assert torch.allclose(apart[:, :5], model(ids[:, :5]), atol=1e-5)
    assert torch.allclose(
        apart[:, 5:], model(ids[:, 5:]), atol=1e-5
    )  # rotary positions are relative


def test_each_embedding_takes_up_a_share_of_the_one_before_in_its_segment() -> None:
    model, ids = small(token_shift=True), some_ids(1)
    assert torch.equal(model(ids), small(token_shift=False)(ids))  # nothing, to begin with
    segments = torch.tensor([[1] * 5 + [2] * 7])
    assert model.shift is not None
    nn.init.constant_(model.shift, 0.5)
    seen = []
    model.blocks[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    apart = model(ids, segments)
    rows = model.embedding.weight[ids[0]]
    assert torch.allclose(seen[0][0, 1], rows[1] + 0.5 * rows[0])
    assert torch.equal(seen[0][0, 0], rows[0])
    assert torch.equal(seen[0][0, 5], rows[5])
    assert torch.allclose(apart[:, 5:], model(ids[:, 5:]), atol=1e-5)


@pytest.mark.parametrize("tied", [True, False])
def test_the_first_loss_is_that_of_a_blind_guess(*, tied: bool) -> None:
    model, ids = small(tie_embeddings=tied), some_ids(8, 25)
    loss = next_token_loss(model.hidden(ids[:, :-1]), model.head_weight, ids[:, 1:])
    assert abs(loss.item() - math.log(VOCAB)) < 0.05


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("feed_forward", ["swiglu", "relu2"])
@pytest.mark.parametrize("value_embeddings", [True, False])
def test_every_parameter_gets_a_gradient(
    *, tied: bool, feed_forward: str, value_embeddings: bool
) -> None:
    model, ids = (
        small(tie_embeddings=tied, feed_forward=feed_forward, value_embeddings=value_embeddings),
        some_ids(8, 24),
    )
    next_token_loss(model.hidden(ids[:, :-1]), model.head_weight, ids[:, 1:]).backward()
    blind = [n for n, w in model.named_parameters() if w.grad is None or not w.grad.abs().sum() > 0]
    assert blind == []


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    first, again, other = (Transformer(SHAPE, VOCAB, seed) for seed in (3, 3, 4))
    assert torch.equal(first.embedding.weight, again.embedding.weight)
    assert not torch.equal(first.embedding.weight, other.embedding.weight)


def test_the_norm_agrees_with_torch_in_value_and_gradient() -> None:
    x = torch.randn(3, 5, 7, dtype=torch.float64, requires_grad=True)
    upstream = torch.linspace(-1, 2, x.numel(), dtype=torch.float64).view_as(x)
    theirs = F.rms_norm(x, (7,), eps=1e-5)
    [expected] = torch.autograd.grad((theirs * upstream).sum(), x)
    [found] = torch.autograd.grad((rms_norm(x) * upstream).sum(), x)
    assert torch.allclose(rms_norm(x), theirs, atol=1e-12)
    assert torch.allclose(found, expected, atol=1e-12)
    assert torch.equal(rms_norm(torch.zeros(2, 4)), torch.zeros(2, 4))


def test_the_squared_relu_is_what_it_says_in_value_and_gradient() -> None:
    layer = drawn(SquaredReLU(6, 9))
    x = torch.randn(2, 3, 6, dtype=torch.float64, requires_grad=True)
    theirs = F.relu(x @ layer.up.weight.T).square() @ layer.down.weight.T
    [expected] = torch.autograd.grad(theirs.sin().sum(), x)
    [found] = torch.autograd.grad(layer(x).sin().sum(), x)
    assert torch.allclose(layer(x), theirs, atol=1e-12)
    assert torch.allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize("scale", [None, 0.2])
@pytest.mark.parametrize("masked", [True, False])
def test_attention_agrees_with_torch(kv_heads: int, scale: float | None, *, masked: bool) -> None:
    numbers = torch.Generator().manual_seed(0)
    q, k, v = (
        torch.randn(2, heads, 7, width, generator=numbers, dtype=torch.float64)
        for heads, width in ((4, 8), (kv_heads, 8), (kv_heads, 5))
    )
    segments = torch.tensor([[1] * 3 + [2] * 4, [1] * 7])
    same = (segments[:, None, :, None] == segments[:, None, None, :]).tril()
    mask = blinding(same, torch.float64) if masked else None
    assert torch.allclose(attend(q, k, v, mask, scale), fused(q, k, v, mask, scale), atol=1e-12)


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_blocks_of_queries_learn_what_all_at_once_would(
    kv_heads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "BLOCK", 3)
    numbers = torch.Generator().manual_seed(0)
    q, k, v, up = (
        torch.randn(2, heads, 8, 6, generator=numbers, dtype=torch.float64, requires_grad=True)
        for heads in (4, kv_heads, kv_heads, 4)
    )
    ours, theirs = attend(q, k, v, None), fused(q, k, v, None, None)
    found = torch.autograd.grad((ours * up).sum(), (q, k, v))
    expected = torch.autograd.grad((theirs * up).sum(), (q, k, v))
    assert torch.allclose(ours, theirs, atol=1e-12)
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(found, expected, strict=True))


def test_rotary_scores_depend_on_distance_alone() -> None:
    angles = rotary_table(20, 8, 10_000.0)
    numbers = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 8, generator=numbers, dtype=torch.float64)

    def score(i: int, j: int) -> float:
        at_i, at_j = (angles[t].cos() for t in (i, j)), (angles[t].sin() for t in (i, j))
        (ci, cj), (si, sj) = at_i, at_j
        return float(rotate(q, ci, si) @ rotate(k, cj, sj))

    assert score(5, 2) == pytest.approx(score(17, 14))
    assert score(5, 2) != pytest.approx(score(5, 3))


def test_more_tokens_than_the_context_are_refused() -> None:
    with pytest.raises(ValueError, match="25 tokens do not fit a context of 24"):
        small()(some_ids(1, 25))


def test_bf16_computes_nearly_the_same() -> None:
    model, ids = small(), some_ids()
    exact = model(ids)
    model.dtype = torch.bfloat16
    assert model(ids).dtype == torch.bfloat16
    assert (model(ids).float() - exact).abs().max() < 0.05
