"""The table of what was known before the first step."""

from dataclasses import replace

from pipeline_lib.model.counting import count
from pipeline_lib.params import Params
from pipeline_lib.report.forecast import before_and_after
from pipeline_lib.report.story import Story


def told(story: Story, params: Params, **changes: object) -> Story:
    base = story.checkpoints["base"]
    provenance = {**base.provenance, "params": {"pretrain": params.pretrain.model_dump()}}
    checkpoint = replace(base, provenance={**provenance, **changes})
    return replace(story, checkpoints={**story.checkpoints, "base": checkpoint})


def test_the_plan_stands_beside_what_came_of_it(story: Story, params: Params) -> None:
    ended_early = told(story, params, steps=900)
    html = before_and_after(ended_early)
    base = story.checkpoints["base"]
    planned = params.pretrain.steps * params.pretrain.batch * base.shape.context
    assert f"<td>{count(base.shape, 400).total:,}</td>" in html
    assert f"<td>{planned:,}</td><td>{planned * 900 // params.pretrain.steps:,}</td>" in html
    assert "with recompute) beside Python and torch, on cpu in bf16" in html
    assert "The shape was given: 4 layers of 160 channels" in html


def test_a_shape_that_was_chosen_says_for_what(story: Story, params: Params) -> None:
    found = told(story, params)
    base = found.checkpoints["base"]
    budget = base.shape.budget.model_copy(update={"flops": 1e17})
    auto = base.shape.model_copy(update={"size": "auto", "budget": budget})
    checkpoints = {**found.checkpoints, "base": replace(base, shape=auto)}
    html = before_and_after(replace(found, checkpoints=checkpoints))
    assert "chosen for a budget of 1e+17 FLOPs: 4 layers" in html


def test_a_model_of_unknown_origin_has_no_plan(story: Story) -> None:
    checkpoints = {n: replace(c, provenance={}) for n, c in story.checkpoints.items()}
    assert before_and_after(replace(story, checkpoints=checkpoints)) == ""
