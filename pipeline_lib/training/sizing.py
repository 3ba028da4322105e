"""`model.size: auto`: a budget of parameters or of compute becomes a shape, a number of steps and rates.

Depth is the dial: a model has about 64 channels a layer, and of all depths and widths near that the one whose cost comes
nearest to the budget is taken. Kinds and proportions stay as they are written; so a written shape is what `auto` grows. How
wide a layer may be matters little: Kaplan et al. 2020, section 3.1 and figure 5, arxiv.org/abs/2001.08361. Tokens follow
from `tokens_per_parameter`. All of it is a pure function of the parameters and the size of the vocabulary.
"""

import bisect
import math
from collections.abc import Iterator
from itertools import count as numbers

from pipeline_lib import progress
from pipeline_lib.errors import ParamsError
from pipeline_lib.model.counting import count, flops_per_token
from pipeline_lib.params import BudgetParams, ModelParams, PretrainParams

ASPECT = 64
"""Channels a layer that are aimed at; GPT-2 small has them (12 layers of 768)."""
SLACK = 0.25
"""How far the channels a layer may be from that, as a share of it, for the budget's sake."""
WIDE = 512
"""Channels from which on a head has 64 of them; below it has 32, so that there are several."""
GRAIN = 32
"""What the widths inside a layer are multiples of."""
WARM_UP_SHARE = 0.1
"""The most of the chosen steps that warm up."""

STEP = 0.7
"""From a budget to the next smaller one that is tried, where a shape does not fit."""

Key = tuple[float, float, int]


def resolve(
    model: ModelParams, pretrain: PretrainParams, vocab_size: int
) -> tuple[ModelParams, PretrainParams]:
    """The shape that is built and what it is trained with: as given, or as the budget says; then it says what it chose.

    AdamW's rate falls with the root of the width, from the one that was written for the written width (Vaswani et al. 2017,
    eq. 3, arxiv.org/abs/1706.03762); Muon's stays, as the norm of its steps does not grow with the matrix (Bernstein and
    Newhouse 2024, arxiv.org/abs/2409.20325). ParamsError where the budget holds no model.
    """
    if model.size == "given":
        return model, pretrain
    shape = nearest(model, vocab_size)
    steps = round(tokens(shape, model.budget, vocab_size) / (pretrain.batch * shape.context))
    steps = max(steps, 1)
    changes = {
        "steps": steps,
        "learning_rate": pretrain.learning_rate * (model.channels / shape.channels) ** 0.5,
        "warmup_steps": min(pretrain.warmup_steps, int(WARM_UP_SHARE * steps)),
    }
    section = pretrain.model_copy(update=changes)
    progress.say(f"pretrain: {told(shape, section, vocab_size, pretrain)}")
    return shape, section


def nearest(model: ModelParams, vocab_size: int) -> ModelParams:
    """The shape whose cost is nearest to the budget, of two as near the one nearer to ASPECT; ParamsError names the least
    budget that holds one."""
    wanted = model.budget.parameters or model.budget.flops
    found: list[tuple[Key, ModelParams]] = []

    def spent(shape: ModelParams) -> float:
        return cost(shape, vocab_size)

    for shapes in _by_depth(model):
        if not found and spent(shapes[0]) > wanted:
            raise _too_small(model.budget, spent(shapes[0]), vocab_size)
        at = bisect.bisect_left(shapes, wanted, key=spent)  # wider costs more
        around = shapes[max(at - 1, 0) : at + 1]
        found.extend((_distance(spent(shape) / wanted, shape), shape) for shape in around)
        if at == 0:  # what is deeper costs more too
            return min(found, key=lambda one: one[0])[1]
    raise AssertionError("unreachable: depths do not end")


def _by_depth(model: ModelParams) -> Iterator[list[ModelParams]]:
    """Of each depth the shapes near ASPECT, from narrow to wide."""
    for layers in numbers(max(model.moe.every, 1)):
        least, most = (round(layers * ASPECT * (1 + side * SLACK)) for side in (-1, 1))
        widths = [width for width in range(GRAIN, most + 1, GRAIN) if width >= least]
        yield [scaled(model, layers, width) for width in widths if width % _head(width) == 0]


def _distance(off: float, shape: ModelParams) -> Key:
    aspect = shape.channels / shape.layers / ASPECT
    return abs(math.log(off)), abs(math.log(aspect)), shape.layers


def _too_small(budget: BudgetParams, least: float, vocab_size: int) -> ParamsError:
    name = "parameters" if budget.parameters else "flops"
    found = budget.parameters or budget.flops
    shown = f"{least:,.0f}" if budget.parameters else f"{least:.2g}"
    return ParamsError(
        f"model.budget.{name}: expected at least {shown} for a vocabulary of {vocab_size:,} pieces, found {found:g}; "
        "raise it or lower tokenizer.vocab_size"
    )


def cost(shape: ModelParams, vocab_size: int) -> float:
    """What the budget counts: parameters, or the compute of as many tokens as fit them."""
    if shape.budget.parameters:
        return float(count(shape, vocab_size).total)
    active = count(shape, vocab_size).active
    return per_token(shape, vocab_size) * shape.budget.tokens_per_parameter * active


def tokens(shape: ModelParams, budget: BudgetParams, vocab_size: int) -> float:
    """How many the shape should read; all that the compute is enough for, where that is the budget."""
    if budget.flops:
        return budget.flops / per_token(shape, vocab_size)
    return budget.tokens_per_parameter * count(shape, vocab_size).active


def per_token(shape: ModelParams, vocab_size: int) -> float:
    """FLOPs of training on a token."""
    return flops_per_token(shape, count(shape, vocab_size).worked)


def scaled(model: ModelParams, layers: int, channels: int) -> ModelParams:
    """The written shape at another depth and width: kinds kept, widths in proportion."""
    head = _head(channels)
    heads = channels // head
    groups = heads * model.kv_heads // model.heads
    hidden = 8 * channels / 3 if model.feed_forward == "swiglu" else 4.0 * channels
    turned, wider = head / model.head_width, channels / model.channels
    mla = {
        "latent": _grained(model.mla.latent * wider),
        "query_latent": _grained(model.mla.query_latent * wider) if model.mla.query_latent else 0,
        "rope_width": 2 * max(round(model.mla.rope_width * turned / 2), 1),
        "value_width": max(round(model.mla.value_width * turned), 1),
    }
    moe = {"hidden": _grained(model.moe.hidden / model.hidden * hidden)}
    changes = {
        "layers": layers,
        "channels": channels,
        "head_width": head,
        "heads": heads,
        "kv_heads": max(n for n in range(1, max(groups, 1) + 1) if heads % n == 0),
        "hidden": _grained(hidden),
        "mla": model.mla.model_copy(update=mla),
        "moe": model.moe.model_copy(update=moe),
    }
    return model.model_copy(update=changes)


def _head(channels: int) -> int:
    return 64 if channels >= WIDE else 32


def _grained(width: float) -> int:
    return max(GRAIN * round(width / GRAIN), GRAIN)


def smaller(
    model: ModelParams, built: ModelParams, vocab_size: int
) -> Iterator[tuple[str, ModelParams]]:
    """What to ask for instead, in words, and the shape that comes of it, from large to small; `model`: as written."""
    if model.size == "given":
        for layers in range(built.layers - 1, max(built.moe.every, 1) - 1, -1):
            yield f"model.layers: {layers}", built.model_copy(update={"layers": layers})
        return
    name = "parameters" if model.budget.parameters else "flops"
    asked = float(model.budget.parameters or model.budget.flops)
    try:
        while True:
            asked *= STEP
            lower = int(asked) if name == "parameters" else asked
            budget = model.budget.model_copy(update={name: lower})
            less = model.model_copy(update={"budget": budget})
            shown = f"{lower:,}" if name == "parameters" else f"{lower:.2g}"
            yield f"model.budget.{name}: {shown}", nearest(less, vocab_size)
    except ParamsError:
        return  # the least that holds a model


def told(
    model: ModelParams, pretrain: PretrainParams, vocab_size: int, written: PretrainParams
) -> str:
    """What was chosen, in a sentence."""
    budget = model.budget
    spent = (
        f"{budget.parameters:,} parameters" if budget.parameters else f"{budget.flops:.3g} FLOPs"
    )
    read = pretrain.steps * pretrain.batch * model.context
    each = read / count(model, vocab_size).active
    return (
        f"model.size: auto makes of {spent}: {model.layers} layers of {model.channels:,} channels "
        f"({model.heads} heads of {model.head_width}, hidden {model.hidden:,}), {pretrain.steps:,} steps "
        f"({each:.1f} tokens a parameter), learning_rate {pretrain.learning_rate:.2e} (written "
        f"{written.learning_rate:.2e}), warmup_steps {pretrain.warmup_steps:,}"
    )
