"""Published shapes come out at their published sizes; counted on torch's `meta` device, which holds no numbers."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from pipeline_lib import presets
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, check
from tests.model.shapes import shaped
from tests.model.test_variants import GPT2

ROOT = Path(__file__).parents[2]
GPT2_SMALL: dict[str, Any] = {
    **GPT2,
    "layers": 12,
    "channels": 768,
    "heads": 12,
    "kv_heads": 12,
    "head_width": 64,
    "hidden": 3072,
    "context": 1024,
}
RECIPES = {"nue": 144, "nullm": 124, "tiny-tale": 13.8, "nano-llm": 327, "long-lm": 130}
"""Millions of parameters. Ours of nano-llm are 320: heads share one rotary key, as in DeepSeek-V2, where the original's
have one each."""


@cache
def recipe(name: str) -> tuple[ModelParams, int]:
    """The shape that a shipped recipe gives, and the size of its vocabulary."""
    shipped = (presets.FOLDER / "default.yaml").read_text()
    params = check(yaml.safe_load(presets.composed(shipped, [name])))
    return params.model, params.tokenizer.vocab_size


def counted(shape: ModelParams, vocab_size: int) -> Transformer:
    with torch.device("meta"):
        return Transformer(shape, vocab_size, seed=0)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_the_size_of_its_original(name: str) -> None:
    model = counted(*recipe(name))
    assert all(weight.is_meta for weight in model.parameters())
    assert model.parameter_count / 1e6 == pytest.approx(RECIPES[name], rel=0.025)


def test_a_shape_is_counted_without_what_torch_compiles_with() -> None:
    """Any operation on `meta` would import it, which takes two seconds."""
    code = (
        "import sys; from pipeline_lib.model.counting import count; from tests.model.shapes import SHIPPED; "
        "count(SHIPPED, 100); sys.exit('sympy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_gpt2_small_has_gpt2s_parameters_to_the_last() -> None:
    model = counted(shaped(**GPT2_SMALL), 50_257)
    assert model.parameter_count == 124_439_808
    assert model.parameter_count - model.worked_parameters == 1024 * 768  # where tokens stand


def test_nullm_is_gpt2_small_with_another_vocabulary() -> None:
    shape, _ = recipe("nullm")
    assert shape == shaped(**GPT2_SMALL, mla=shape.mla.model_dump(), moe=shape.moe.model_dump())


def test_one_expert_of_each_mixture_of_the_327_m_rests() -> None:
    shape, vocab_size = recipe("nano-llm")
    model = counted(shape, vocab_size)
    looked_up = vocab_size * 768
    resting = 5 * 3 * 768 * 2048  # in every fourth of twenty layers
    assert model.parameter_count - model.worked_parameters == looked_up + resting
