"""`model.size: auto`: what a budget becomes."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline_lib.errors import ParamsError
from pipeline_lib.model.counting import count
from pipeline_lib.params import ModelParams, Params, PretrainParams, read_params
from pipeline_lib.training import sizing
from tests.model.shapes import SHIPPED, shaped
from tests.model.test_sizes import GPT2_SMALL

VOCAB = 2048
PRETRAIN = read_params(Path(__file__).parents[2] / "params.yaml").pretrain
BUDGET = {"parameters": 0, "flops": 0.0, "tokens_per_parameter": 20.0}


def auto(budget: dict[str, Any], **changes: Any) -> ModelParams:
    return shaped(**{**changes, "size": "auto", "budget": {**BUDGET, **budget}})


def chosen(
    budget: dict[str, Any], pretrain: PretrainParams, vocab_size: int = VOCAB, **changes: Any
) -> tuple[ModelParams, PretrainParams]:
    return sizing.resolve(auto(budget, **changes), pretrain, vocab_size)


def test_a_given_shape_and_what_trains_it_stay_as_they_are(params: Params) -> None:
    shape, section = sizing.resolve(params.model, params.pretrain, VOCAB)
    assert shape is params.model
    assert section is params.pretrain


def test_gpt2s_size_and_kinds_become_gpt2s_shape(params: Params) -> None:
    shape, _ = chosen({"parameters": 124_439_808}, params.pretrain, 50_257, **GPT2_SMALL)
    assert shape == shaped(**GPT2_SMALL, size="auto", budget=shape.budget)


def test_any_small_written_shape_of_gpt2s_kinds_grows_into_the_same(params: Params) -> None:
    small = {**GPT2_SMALL, "layers": 2, "channels": 64, "heads": 2, "kv_heads": 2, "hidden": 256}
    shape, _ = chosen(
        {"parameters": 124_439_808}, params.pretrain, 50_257, **{**small, "head_width": 32}
    )
    assert (shape.layers, shape.channels, shape.heads, shape.hidden) == (12, 768, 12, 3072)


@settings(max_examples=6, deadline=None)
@given(millions=st.floats(2, 150))
def test_a_budget_of_parameters_is_met_closely_and_tokens_follow(millions: float) -> None:
    shape, section = chosen({"parameters": int(millions * 1e6)}, PRETRAIN)
    counts = count(shape, VOCAB)
    assert counts.total == pytest.approx(millions * 1e6, rel=0.12)
    assert 48 <= shape.channels / shape.layers <= 80
    read = section.steps * section.batch * shape.context
    assert read == pytest.approx(20 * counts.active, rel=1e-3)


@settings(max_examples=4, deadline=None)
@given(exponent=st.floats(14.5, 19.5))
def test_a_budget_of_compute_is_spent_on_about_twenty_tokens_a_parameter(exponent: float) -> None:
    shape, section = chosen({"flops": 10**exponent}, PRETRAIN)
    read = section.steps * section.batch * shape.context
    assert read * sizing.per_token(shape, VOCAB) == pytest.approx(10**exponent, rel=1e-3)
    assert read / count(shape, VOCAB).active == pytest.approx(20, rel=0.35)


def test_more_tokens_a_parameter_make_a_smaller_model_of_the_same_compute(params: Params) -> None:
    plain, _ = chosen({"flops": 1e17}, params.pretrain)
    longer, _ = chosen({"flops": 1e17, "tokens_per_parameter": 200.0}, params.pretrain)
    assert count(longer, VOCAB).total < 0.5 * count(plain, VOCAB).total


def test_no_shape_near_the_aspect_is_nearer_to_the_budget() -> None:
    wanted = 20_000_000
    found = sizing.nearest(auto({"parameters": wanted}), VOCAB)
    off = abs(count(found, VOCAB).total / wanted - 1)
    for layers in range(2, 12):
        for width in range(32 * round(1.5 * layers), 80 * layers + 1, 32):
            if width >= 48 * layers and (width < 512 or width % 64 == 0):
                other = sizing.scaled(auto({"parameters": wanted}), layers, width)
                assert abs(count(other, VOCAB).total / wanted - 1) >= off - 0.02


def test_adamws_rate_falls_with_the_root_of_the_width_and_muons_stays(params: Params) -> None:
    shape, section = chosen({"parameters": 50_000_000}, params.pretrain)
    share = (SHIPPED.channels / shape.channels) ** 0.5
    assert share < 0.6
    assert section.learning_rate == pytest.approx(params.pretrain.learning_rate * share)
    assert section.matrix_learning_rate == params.pretrain.matrix_learning_rate


def test_warm_up_is_a_tenth_of_the_steps_at_most(params: Params) -> None:
    slow = params.pretrain.model_copy(update={"warmup_steps": 100_000})
    _, section = chosen({"parameters": 1_000_000}, slow)
    assert section.warmup_steps == section.steps // 10
    _, section = chosen({"parameters": 1_000_000}, params.pretrain)
    assert section.warmup_steps == params.pretrain.warmup_steps


def test_kinds_stay_and_widths_grow_in_proportion() -> None:
    moe = {**SHIPPED.moe.model_dump(), "every": 2}
    mla = {"latent": 64, "query_latent": 32, "rope_width": 16, "value_width": 32}
    model = auto(
        {"parameters": 100_000_000}, attention="mla", value_embeddings=False, mla=mla, moe=moe
    )
    shape = sizing.nearest(model, VOCAB)
    ModelParams.model_validate(shape.model_dump())
    wider = shape.channels / model.channels
    kept = ("attention", "norm", "positions", "feed_forward", "context", "qk_norm", "bias")
    assert all(getattr(shape, key) == getattr(model, key) for key in kept)
    assert (shape.moe.every, shape.moe.experts, shape.moe.active) == (2, 4, 1)
    assert shape.moe.hidden == pytest.approx(256 * wider, rel=0.1)
    assert shape.mla.latent == pytest.approx(64 * wider, rel=0.1)
    assert (shape.mla.rope_width, shape.mla.value_width) == (32, 64)  # heads are twice as wide
    assert count(shape, VOCAB).active < count(shape, VOCAB).total


def test_heads_share_keys_as_they_were_written_to() -> None:
    shape = sizing.scaled(auto({"parameters": 1}, kv_heads=1), 12, 768)
    assert (shape.heads, shape.kv_heads) == (12, 3)
    swiglu = sizing.scaled(auto({"parameters": 1}, feed_forward="swiglu"), 12, 768)
    assert swiglu.hidden == 2048


def test_a_budget_below_the_vocabulary_is_refused_with_the_least_that_is_not() -> None:
    with pytest.raises(ParamsError, match=r"parameters: expected at least ([\d,]+) for") as told:
        sizing.nearest(auto({"parameters": 100_000}), VOCAB)
    least = int(str(told.value).split("at least ")[1].split(" ")[0].replace(",", ""))
    sizing.nearest(auto({"parameters": least}), VOCAB)
    with pytest.raises(ParamsError, match="parameters: expected at least"):
        sizing.nearest(auto({"parameters": least - 1}), VOCAB)
    with pytest.raises(ParamsError, match=r"model\.budget\.flops: expected at least"):
        sizing.nearest(auto({"flops": 1e9}), VOCAB)


@pytest.mark.parametrize(
    ("budget", "found"), [({}, "neither"), ({"parameters": 10**6, "flops": 1e15}, "both")]
)
def test_auto_wants_one_budget(budget: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=f"size: auto, found {found}"):
        auto(budget)


def test_smaller_shapes_come_from_large_to_small() -> None:
    given_ = list(sizing.smaller(SHIPPED, SHIPPED, VOCAB))
    assert [words for words, _ in given_] == [f"model.layers: {n}" for n in (3, 2, 1)]
    model = auto({"parameters": 1_000_000})
    words, shapes = zip(*sizing.smaller(model, SHIPPED, VOCAB), strict=True)
    assert words[0] == "model.budget.parameters: 700,000"
    sizes = [count(shape, VOCAB).total for shape in shapes]
    assert sizes == sorted(sizes, reverse=True)


def test_what_was_chosen_is_told(params: Params) -> None:
    shape, section = chosen({"flops": 1e16}, params.pretrain)
    told = sizing.told(shape, section, VOCAB, params.pretrain)
    assert "makes of 1e+16 FLOPs" in told
    assert f"{shape.layers} layers of {shape.channels} channels" in told
    assert f"{section.steps:,} steps" in told
