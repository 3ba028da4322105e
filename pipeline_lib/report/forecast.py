"""What was known of pretraining before its first step, beside what came of it.

Only what is the same on every machine that computes alike: the report is an out. Hours and memory as they were measured
are in MLflow (`machine.seconds`, `machine.peak_memory_gib`).
"""

from collections.abc import Mapping
from typing import Any

import torch
from pydantic import ValidationError

from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.model.counting import count, flops_per_token
from pipeline_lib.model.hardware import PRECISIONS
from pipeline_lib.params import PretrainParams
from pipeline_lib.report.markup import Markup, tag
from pipeline_lib.report.story import Story
from pipeline_lib.training.memory import Batches, footprint

GIB = 2**30
SPEED = 1e12
"""FLOP/s for which hours are told."""


def before_and_after(story: Story) -> Markup:
    """A table, or nothing where it is not known how the model was pretrained."""
    rows = _rows(story)
    if not rows:
        return Markup("")
    head = tag("tr", *(tag("th", words, scope="col") for words in ("", "Before", "After")))
    body = (
        tag("tr", tag("th", name, scope="row"), tag("td", before), tag("td", after))
        for name, before, after in rows
    )
    return tag(
        "section",
        tag("h2", "Before the first step"),
        tag("p", _words(story.checkpoints["base"]), class_="muted"),
        tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="wide"),
    )


def _rows(story: Story) -> list[tuple[str, str, str]]:
    base, asked = story.checkpoints["base"], story.training().get("pretrain")
    if asked is None or story.tokens_seen is None:
        return []
    shape, read = base.shape, story.tokens_seen
    counts = count(shape, base.vocab_size)
    planned = int(asked["steps"]) * int(asked["batch"]) * shape.context
    held = max(story.shards["train"].tokens, 1)
    each = flops_per_token(shape, counts.worked)
    rows = [
        ("Parameters", f"{counts.total:,}", f"{story.parameters:,}"),
        ("Active for a token", f"{counts.active:,}", ""),
        ("Tokens", f"{planned:,}", f"{read:,}"),
        ("Times over the text", f"{planned / held:.2f}", f"{read / held:.2f}"),
        ("Tokens a parameter", f"{planned / counts.active:.1f}", f"{read / counts.active:.1f}"),
        ("FLOPs", f"{planned * each:.2e}", f"{read * each:.2e}"),
        ("Hours at 1 TFLOP/s", _hours(planned * each), _hours(read * each)),
    ]
    memory = _memory(base, asked)
    return [*rows, ("Memory at the peak", memory, "see MLflow")] if memory else rows


def _hours(flops: float | int) -> str:
    return f"{flops / SPEED / 3600:,.2f}"


def _memory(base: Checkpoint, asked: Mapping[str, Any]) -> str:
    """As expected where the model was trained; empty where that is not known."""
    told = base.provenance.get("computed_with", {})
    dtypes: dict[str, torch.dtype] = {name: dtype for dtype, name in PRECISIONS.items()}
    try:
        params = PretrainParams.model_validate(asked)
        dtype, device = dtypes[told["precision"]], str(told["device"])
    except (ValidationError, KeyError):
        return ""
    gib = []
    for recompute in (False, True):
        is_masked = params.documents == "whole"
        at = Batches(params.micro_batch, base.shape.context, device, dtype, recompute, is_masked)
        needed = footprint(base.shape, base.vocab_size, params, at, int(params.patience > 0))
        gib.append(needed.peak / GIB)
    return f"{gib[0]:.2f} GiB ({gib[1]:.2f} with recompute) beside Python and torch, on {device} in {told['precision']}"


def _words(base: Checkpoint) -> str:
    shape = base.shape
    built = f"{shape.layers} layers of {shape.channels:,} channels"
    if shape.size == "given":
        return (
            f"The shape was given: {built}. Hours and memory as they were measured are in MLflow."
        )
    budget = shape.budget
    spent = (
        f"{budget.parameters:,} parameters" if budget.parameters else f"{budget.flops:.3g} FLOPs"
    )
    return (
        f"The shape was chosen for a budget of {spent}: {built}, and steps for it. "
        "Hours and memory as they were measured are in MLflow."
    )
