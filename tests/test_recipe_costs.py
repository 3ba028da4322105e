"""The costs that docs/recipes states are those that follow from the recipes as shipped."""

from pathlib import Path

import pytest

from pipeline_lib.model.counting import count, flops_per_token
from pipeline_lib.params import Params
from tests.recipes import RECIPES, params_with

PAGES = Path(__file__).parents[1] / "docs" / "recipes"
RATES = {"laptop": 1e12 * 0.4, "one GPU": 312e12 * 0.35, "eight GPUs": 8 * 312e12 * 0.35 * 0.9}
"""FLOP/s: peak x share of it, and for eight what is left of eight times one."""
TEXT = {"nue": 13, "nullm": 39.8, "tiny-tale": 0.5, "nano-llm": 0.5, "long-lm": 18.1}
"""GB to pretrain on; docs/recipes says from where."""
READ = 69e6 / 22
"""Bytes a second from download to corpus, on two cores (docs/data.md, all of it together)."""
CUT = {"bpe": 2 * 8.2e6, "unigram": 2 * 15.1e6}
"""Bytes a second from corpus to shards, on two cores (docs/log.md, `make bench-shard`)."""


def stated(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:,.{0 if seconds >= 10 * unit else 1}f} {name}"
    return f"{seconds:.0f} s"


def pretrained(params: Params) -> int:
    """Tokens."""
    return params.pretrain.steps * params.pretrain.batch * params.model.context


def flops(params: Params) -> float:
    """Of pretraining."""
    worked = count(params.model, params.tokenizer.vocab_size).worked
    again = 4 / 3 if params.runtime.recompute else 1
    return flops_per_token(params.model, worked) * pretrained(params) * again


def costs(params: Params) -> list[str]:
    """FLOPs, then the times that they take."""
    work = flops(params)
    times = [stated(work / rate) for rate in RATES.values()]
    return [f"{work:.1e}".replace("e+", "e"), *times]


def row(recipe: str) -> str:
    """The recipe's line of the table of pretraining."""
    params = params_with(recipe)
    counts = count(params.model, params.tokenizer.vocab_size)
    cells = [
        f"[{recipe}]({recipe}.md)",
        f"{counts.total / 1e6:.1f} M",
        f"{counts.worked / 1e6:.1f} M",
        f"{pretrained(params) / 1e9:.2f} B",
        *costs(params),
    ]
    return f"| {' | '.join(cells)} |"


def row_beside(recipe: str) -> str:
    """The recipe's line of the table of all other stages."""
    params = params_with(recipe)
    size = TEXT[recipe] * 1e9
    read = params.sft.steps * params.sft.batch * params.model.context
    drawn = params.grpo.steps * params.grpo.prompts * params.grpo.group * params.grpo.max_new_tokens
    cells = [
        recipe,
        f"{TEXT[recipe]} GB",
        stated(size / READ),
        stated(size / CUT[params.tokenizer.kind]),
        *(f"{tokens / pretrained(params):.1%}".replace("%", " %") for tokens in (read, drawn)),
    ]
    return f"| {' | '.join(cells)} |"


def lines(page: str) -> list[str]:
    return (PAGES / page).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_index_states_what_a_recipe_costs(recipe: str) -> None:
    assert row(recipe) in lines("README.md")


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_index_states_what_comes_on_top(recipe: str) -> None:
    assert row_beside(recipe) in lines("README.md")


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_page_states_the_costs_of_the_index(recipe: str) -> None:
    work, laptop, one, eight = costs(params_with(recipe))
    line = f"{work} FLOPs: {laptop} on a laptop, {one} on one GPU, {eight} on eight; "
    line += "computed, not measured, as [the index](README.md) shows."
    assert [found[: len(line)] for found in lines(f"{recipe}.md") if " FLOPs: " in found] == [line]


def test_nue_for_a_laptop_costs_what_its_page_says() -> None:
    whole = params_with("nue")
    small = whole.model_copy(
        update={
            "model": whole.model.model_copy(update={"layers": 6}),
            "pretrain": whole.pretrain.model_copy(update={"steps": 4000}),
        }
    )
    (line,) = (line for line in lines("nue.md") if "model.layers=6" in line)
    assert "-S model.layers=6 -S pretrain.steps=4000 " in line
    _, laptop, *_ = costs(small)
    assert f" {laptop} of pretraining" in "\n".join(lines("nue.md"))
