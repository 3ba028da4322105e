"""The costs that docs/recipes states are those that follow from the recipes as shipped."""

from pathlib import Path

import pytest
import yaml

from pipeline_lib import presets
from pipeline_lib.model.counting import count, flops_per_token
from pipeline_lib.params import check

PAGES = Path(__file__).parents[1] / "docs" / "recipes"
RECIPES = ("nue", "nullm", "tiny-tale", "nano-llm", "long-lm")
RATES = {"laptop": 1e12 * 0.4, "one GPU": 312e12 * 0.35, "eight GPUs": 8 * 312e12 * 0.35 * 0.9}
"""FLOP/s: peak x share of it, and for eight what is left of eight times one."""


def stated(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:,.{0 if seconds >= 10 * unit else 1}f} {name}"
    return f"{seconds:.0f} s"


def row(recipe: str) -> str:
    """The recipe's line of the table in the index."""
    shipped = (presets.FOLDER / "default.yaml").read_text()
    params = check(yaml.safe_load(presets.composed(shipped, [recipe])))
    counts = count(params.model, params.tokenizer.vocab_size)
    tokens = params.pretrain.steps * params.pretrain.batch * params.model.context
    work = (
        flops_per_token(params.model, counts.worked)
        * tokens
        * (4 / 3 if params.runtime.recompute else 1)
    )
    cells = [
        f"[{recipe}]({recipe}.md)",
        f"{counts.total / 1e6:.1f} M",
        f"{counts.worked / 1e6:.1f} M",
        f"{tokens / 1e9:.2f} B",
        f"{work:.1e}".replace("e+", "e"),
        *(stated(work / rate) for rate in RATES.values()),
    ]
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_index_states_what_a_recipe_costs(recipe: str) -> None:
    assert row(recipe) in (PAGES / "README.md").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_page_states_the_costs_of_the_index(recipe: str) -> None:
    page = (PAGES / f"{recipe}.md").read_text(encoding="utf-8")
    for cost in row(recipe).strip("| ").split(" | ")[-4:]:
        assert cost in page
    assert "computed, not measured" in page
