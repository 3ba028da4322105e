"""Latent attention against the paper's equations, written out token by token and head by head."""

import math
from typing import Any

import pytest
import torch

from pipeline_lib.model.latent import LatentAttention
from pipeline_lib.model.layers import rms_norm, rotary_table
from pipeline_lib.model.transformer import Transformer
from tests.model.shapes import drawn, shaped

WIDTHS = {"latent": 6, "query_latent": 5, "rope_width": 4, "value_width": 3}
SHAPE = shaped(
    layers=2,
    channels=10,
    attention="mla",
    mla=WIDTHS,
    heads=3,
    kv_heads=1,
    head_width=8,
    qk_norm=True,
    hidden=20,
    context=64,
    value_embeddings=False,
)


def turned(pair_halves: torch.Tensor, position: int, theta: float) -> list[float]:
    """The numbers i and i + R / 2 as a point of the plane, turned by position x theta^(-2 i / R)."""
    width = len(pair_halves)
    first, second = [], []
    for i in range(width // 2):
        angle = position * theta ** (-2 * i / width)
        x, y = float(pair_halves[i]), float(pair_halves[i + width // 2])
        first.append(x * math.cos(angle) - y * math.sin(angle))
        second.append(x * math.sin(angle) + y * math.cos(angle))
    return first + second


def slow(module: LatentAttention, x: torch.Tensor) -> torch.Tensor:
    """The full formulas of the paper's appendix, for one row of tokens (T, C)."""
    w = {name: weight.detach() for name, weight in module.named_parameters()}
    still, wide = SHAPE.head_width, SHAPE.head_width + WIDTHS["rope_width"]
    valued = WIDTHS["value_width"]
    out = torch.zeros_like(x)
    for t in range(len(x)):
        query_latent = rms_norm(w["query_in.weight"] @ x[t])
        attended = []
        for head in range(SHAPE.heads):
            query = (w["query.weight"] @ query_latent)[head * wide : (head + 1) * wide]
            asked = [*query[:still].tolist(), *turned(query[still:], t, SHAPE.rope_theta)]
            scores, values = [], []
            for s in range(t + 1):
                latent = rms_norm(w["latent.weight"] @ x[s])
                key = (w["key.weight"] @ latent)[head * still : (head + 1) * still].tolist()
                key += turned(w["rope_key.weight"] @ x[s], s, SHAPE.rope_theta)
                scores.append(math.fsum(a * b for a, b in zip(asked, key, strict=True)) / wide**0.5)
                values.append((w["value.weight"] @ latent)[head * valued : (head + 1) * valued])
            powers = [math.exp(score) for score in scores]
            shares = [power / math.fsum(powers) for power in powers]
            attended.append(sum(share * value for share, value in zip(shares, values, strict=True)))
        out[t] = w["out.weight"] @ torch.cat(attended)  # type: ignore[arg-type]
    return out


@pytest.fixture
def module() -> LatentAttention:
    return drawn(LatentAttention(SHAPE, 0))


@pytest.fixture
def x() -> torch.Tensor:
    numbers = torch.Generator().manual_seed(1)
    return torch.randn(2, 9, 10, generator=numbers, dtype=torch.float64)


def rotary(tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
    angles = rotary_table(tokens, WIDTHS["rope_width"], SHAPE.rope_theta)[:, None]
    return angles.cos(), angles.sin()


def test_it_is_what_the_paper_says(module: LatentAttention, x: torch.Tensor) -> None:
    found = module(x, rotary(9), None, None, None)
    assert found.std() > 0.05
    for row in range(2):
        assert torch.allclose(found[row], slow(module, x[row]), atol=1e-12)


def test_absorbed_and_expanded_attention_are_one(module: LatentAttention, x: torch.Tensor) -> None:
    queries, turning = module._queries(x, rotary(9))
    held = torch.randn(2, 1, 9, 10, generator=torch.Generator().manual_seed(2)).double()
    expanded = module._expanded(queries, turning, held, None)
    assert torch.allclose(module._absorbed(queries, turning, held, None), expanded, atol=1e-12)


def test_a_token_decoded_makes_no_key_or_value_of_those_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = Transformer(SHAPE, 20, seed=0)
    cache = model.new_cache()
    whole = torch.arange(8)[None]
    with torch.inference_mode():
        model.hidden(whole, cache=cache, positions=whole)

        def refuse(*_: Any) -> None:
            raise AssertionError("a key or value was made")

        for block in model.blocks:
            for name in ("key", "value"):
                monkeypatch.setattr(getattr(block.attention, name), "forward", refuse)
        model.hidden(whole[:, :1], cache=cache, positions=torch.tensor([[8]]))


def test_the_cache_holds_one_latent_and_one_rotary_key_for_each_token() -> None:
    model = Transformer(SHAPE, 20, seed=0)
    cache = model.new_cache()
    whole = torch.arange(8).expand(3, 8)
    with torch.inference_mode():
        model.hidden(whole, cache=cache, positions=whole)
    shapes = [tuple(part.shape) for layer in cache.held[: SHAPE.layers] for part in layer]
    assert shapes == [(3, 1, 32, WIDTHS["latent"] + WIDTHS["rope_width"])] * SHAPE.layers
