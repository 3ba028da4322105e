"""Published shapes come out at their published sizes; counted on torch's `meta` device, which holds no numbers."""

from typing import Any

import pytest
import torch

from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams
from tests.model.shapes import shaped
from tests.model.test_variants import GPT2, LLAMA, MOE

SMALL_GPT2: dict[str, Any] = {
    **GPT2,
    "layers": 12,
    "channels": 768,
    "heads": 12,
    "kv_heads": 12,
    "head_width": 64,
    "hidden": 3072,
    "context": 1024,
}
ROTARY: dict[str, Any] = {"feed_forward": "relu2", "value_embeddings": False}
SHAPES: dict[str, tuple[float, int, dict[str, Any]]] = {
    "GPT-2 small": (124.4, 50_257, SMALL_GPT2),
    "130 M GPT": (130, 28_672, {**SMALL_GPT2, "tie_embeddings": False}),
    "13.8 M": (
        13.8,
        8_192,
        {
            **ROTARY,
            "layers": 6,
            "channels": 384,
            "heads": 6,
            "kv_heads": 6,
            "head_width": 64,
            "hidden": 1536,
            "context": 256,
        },
    ),
    "144 M": (
        144,
        32_000,
        {
            **ROTARY,
            "layers": 12,
            "channels": 896,
            "heads": 14,
            "kv_heads": 14,
            "head_width": 64,
            "hidden": 3584,
            "context": 256,
        },
    ),
    "327 M with latents and experts": (
        327,
        50_304,
        {
            **LLAMA,
            "qk_norm": True,
            "layers": 20,
            "channels": 768,
            "attention": "mla",
            "mla": {"latent": 128, "query_latent": 128, "rope_width": 64, "value_width": 128},
            "heads": 12,
            "kv_heads": 12,
            "head_width": 128,
            "hidden": 3072,
            "moe": {**MOE, "every": 4, "experts": 2, "active": 1, "shared": 2, "hidden": 2048},
            "context": 2048,
        },
    ),
}


def counted(shape: ModelParams, vocab_size: int) -> Transformer:
    with torch.device("meta"):
        return Transformer(shape, vocab_size, seed=0)


@pytest.mark.parametrize("name", SHAPES)
def test_a_published_shape_has_its_published_size(name: str) -> None:
    millions, vocab_size, changes = SHAPES[name]
    model = counted(shaped(**changes), vocab_size)
    assert all(weight.is_meta for weight in model.parameters())
    assert model.parameter_count / 1e6 == pytest.approx(millions, rel=0.025)


def test_gpt2_small_has_gpt2s_parameters_to_the_last() -> None:
    _, vocab_size, changes = SHAPES["GPT-2 small"]
    model = counted(shaped(**changes), vocab_size)
    assert model.parameter_count == 124_439_808
    assert model.parameter_count - model.worked_parameters == 1024 * 768  # where tokens stand


def test_one_expert_of_each_mixture_of_the_327_m_rests() -> None:
    _, vocab_size, changes = SHAPES["327 M with latents and experts"]
    model = counted(shaped(**changes), vocab_size)
    looked_up = vocab_size * 768
    resting = 5 * 3 * 768 * 2048  # in every fourth of twenty layers
    assert model.parameter_count - model.worked_parameters == looked_up + resting
