"""What a layer saves for the backward pass, byte for byte as autograd has it; the whole beside a process's memory is in
benchmarks/memory.py."""

from typing import Any

import pytest
import torch

from pipeline_lib.model.counting import count, of_model
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, Params
from pipeline_lib.training import memory
from pipeline_lib.training.memory import Batches, footprint
from tests.model.shapes import SHIPPED, shaped

VOCAB = 300
LATENT = {"attention": "mla", "value_embeddings": False}
MOE = SHIPPED.moe.model_dump()
SHAPES: dict[str, dict[str, Any]] = {
    "shipped": {},
    "llama": {
        "feed_forward": "swiglu",
        "norm_gain": True,
        "kv_heads": 2,
        "value_embeddings": False,
        "qk_norm": False,
    },
    "gpt2": {
        "feed_forward": "gelu",
        "norm": "layernorm",
        "norm_gain": True,
        "bias": True,
        "positions": "learned",
        "qk_norm": False,
        "value_embeddings": False,
    },
    "mla": LATENT,
    "mla with latent queries": {
        **LATENT,
        "mla": {"latent": 64, "query_latent": 96, "rope_width": 16, "value_width": 32},
        "norm_gain": True,
    },
    "moe": {"moe": {**MOE, "every": 2}},
    "moe of swiglu": {
        "feed_forward": "swiglu",
        "moe": {**MOE, "every": 1, "experts": 8, "active": 2},
    },
}


def saved(model: Transformer, at: Batches) -> int:
    """Bytes that autograd keeps after a forward pass, the weights themselves left out."""
    weights = {weight.data_ptr() for weight in model.parameters()}
    seen: dict[int, int] = {}
    alive = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            seen[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor)
        return tensor

    ids = torch.randint(VOCAB, (at.rows, at.width), generator=torch.Generator().manual_seed(1))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model.hidden(ids, torch.ones_like(ids))
    return sum(seen.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", SHAPES)
def test_what_layers_save_is_what_autograd_keeps(name: str, dtype: torch.dtype) -> None:
    shape = shaped(**SHAPES[name])
    model = Transformer(shape, VOCAB, seed=1)
    model.dtype = dtype
    at = Batches(2, shape.context, "cpu", dtype)
    casts = at.size * of_model(model).mapped if dtype == torch.bfloat16 else 0
    layers = sum(memory._block(shape, layer, at) for layer in range(shape.layers))
    counted = at.tokens * layers + memory._once(shape, at) + casts
    assert counted == pytest.approx(saved(model, at), rel=0.07)


@pytest.mark.parametrize("name", SHAPES)
def test_weights_are_counted_without_the_model(name: str) -> None:
    shape = shaped(**SHAPES[name], layers=6)
    model = Transformer(shape, VOCAB, seed=1)
    assert count(shape, VOCAB) == of_model(model)
    assert count(shape, VOCAB).total == model.parameter_count
    assert count(shape, VOCAB).worked == model.worked_parameters


def peak(shape: ModelParams, params: Params, copies: int = 0, **changes: Any) -> int:
    at = Batches(**{"rows": 32, "width": 256, "device": "cpu", "dtype": torch.bfloat16, **changes})
    return footprint(shape, VOCAB, params.pretrain, at, copies).peak


def test_each_thing_that_saves_memory_does(params: Params) -> None:
    shape = shaped(layers=8)
    whole = peak(shape, params)
    for less in ({"rows": 16}, {"recompute": True}, {"device": "cuda"}, {"width": 128}):
        assert peak(shape, params, **less) < whole
    assert peak(shape, params, dtype=torch.float32) > 1.5 * whole
    assert peak(shape, params, copies=1) == whole + 4 * count(shape, VOCAB).total
    averaged = params.model_copy(
        update={"pretrain": params.pretrain.model_copy(update={"ema": 0.9})}
    )
    assert peak(shape, averaged) == whole + 4 * count(shape, VOCAB).total


def test_muon_keeps_one_number_of_a_blocks_weight_where_adamw_keeps_two(params: Params) -> None:
    at, counts = Batches(1, 16, "cpu", torch.float32), count(SHIPPED, VOCAB)
    muon = footprint(SHIPPED, VOCAB, params.pretrain, at)
    section = params.pretrain.model_copy(update={"optimizer": "adamw"})
    adamw = footprint(SHIPPED, VOCAB, section, at)
    assert adamw.optimizer == 8 * counts.total
    assert adamw.optimizer - muon.optimizer == 4 * counts.mapped
    assert adamw.step < muon.step


def test_what_refuses_is_below_what_is_expected(params: Params) -> None:
    at = Batches(8, 256, "cpu", torch.bfloat16)
    found = footprint(SHIPPED, VOCAB, params.pretrain, at)
    assert found.least < 0.75 * found.peak
