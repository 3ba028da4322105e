"""What is minimised, as pure functions of hidden states: the (N, V) logits never outlive a chunk."""

import math
from typing import Any

import torch
from torch import Tensor

from pipeline_lib.model.layers import capped
from pipeline_lib.shapes import Bool, Float, Int

CHUNK = 1024
"""Rows of logits that exist at once."""
PART = 1 << 18
"""Logits that are looked at at once, in float32, on a CPU: what its cache holds."""
BLOCK = 128
"""Rows that are chosen come in multiples of this."""
LOG2_E = math.log2(math.e)
LOW_CAP = 32.0
"""Up to this cap no row need be lowered by its highest logit: e^64 times any vocabulary fits float32."""


class _LogProbability(torch.autograd.Function):
    """log softmax(h Wᵀ / temperature)[target], and the entropy of that distribution, chunk by chunk.

    The forward pass keeps only each row's log-sum-exp; the backward pass multiplies again. torch's own softmax over
    8,192 columns costs 10 times as much on a CPU as the product that makes the logits (docs/log.md).
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, temperature: float, cap: float
    ) -> tuple[Tensor, Tensor]:
        cast = weight.to(hidden.dtype)
        chosen, normalisers, entropies = [], [], []
        for rows, ids in zip(hidden.split(CHUNK), targets.split(CHUNK), strict=True):
            logits = _logits(rows, cast, cap, temperature)
            highest = logits.amax(dim=-1, keepdim=True)
            powers = (logits - highest).exp_()
            total = powers.sum(dim=-1, keepdim=True)
            normaliser = (highest + total.log())[:, 0]  # (n,)
            chosen.append(logits.gather(1, ids[:, None])[:, 0] - normaliser)
            entropies.append(normaliser - (powers.mul_(logits)).sum(dim=-1) / total[:, 0])
            normalisers.append(normaliser)
        ctx.save_for_backward(hidden, weight, targets, torch.cat(normalisers))
        ctx.temperature, ctx.cap = temperature, cap
        entropy = torch.cat(entropies)
        ctx.mark_non_differentiable(entropy)
        return torch.cat(chosen), entropy

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, targets, normalisers = ctx.saved_tensors
        cast = weight.to(hidden.dtype)
        into_weight = torch.zeros_like(
            weight, dtype=torch.promote_types(weight.dtype, torch.float32)
        )
        into_hidden = []
        parts = (x.split(CHUNK) for x in (hidden, targets, normalisers, grad))
        for rows, ids, normaliser, upstream in zip(*parts, strict=True):
            logits = _logits(rows, cast, ctx.cap, ctx.temperature)
            bend = _bend(logits, ctx.cap / ctx.temperature)
            slopes = logits.sub_(normaliser[:, None]).exp_().neg_()
            slopes.scatter_add_(1, ids[:, None], torch.ones_like(slopes[:, :1]))
            slopes.mul_(upstream[:, None] / ctx.temperature)  # d loss / d logits
            slopes = (slopes if bend is None else slopes.mul_(bend)).to(hidden.dtype)
            into_hidden.append(slopes @ cast)
            into_weight += slopes.T @ rows
        return torch.cat(into_hidden), into_weight.to(weight.dtype), None, None, None


def _logits(rows: Tensor, weight: Tensor, cap: float, temperature: float = 1.0) -> Tensor:
    wide = capped(_wide(rows @ weight.T), cap)
    return wide if temperature == 1 else wide / temperature


def _wide(logits: Tensor) -> Tensor:
    return logits if logits.dtype == torch.float64 else logits.float()


def _bend(logits: Tensor, cap: float) -> Tensor | None:
    """The slope of cap tanh(x / cap), which is 1 - (itself / cap)²; None without a cap."""
    return torch.addcmul(logits.new_ones(()), logits, logits, value=-(cap**-2)) if cap else None


def token_log_probabilities(
    hidden: Float[Tensor, "N C"],
    weight: Float[Tensor, "V C"],
    targets: Int[Tensor, " N"],
    temperature: float = 1.0,
    cap: float = 0.0,
) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
    """Log-probability in nats of each target, differentiable, and the entropy in nats, which is only a figure; logits stay
    within `cap`."""
    chosen, entropy = _LogProbability.apply(hidden, weight, targets, temperature, cap)  # type: ignore[no-untyped-call]
    return chosen, entropy


class _CrossEntropy(torch.autograd.Function):
    """Sum of -log softmax(h Wᵀ)[target] + z log² Z over the targets that count, and of its first part alone, which is
    only a figure; the gradient comes of the same pass, while the logits are there."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        targets: Tensor,
        counts: Tensor | None,
        z: float,
        cap: float,
    ) -> tuple[Tensor, Tensor]:
        kept = None if counts is None else counts.nonzero()[:, 0]
        rows, ids = (
            (hidden, targets) if kept is None else (_padded(hidden, kept), _padded(targets, kept))
        )
        known = len(hidden) if kept is None else len(kept)
        wide = torch.promote_types(weight.dtype, torch.float32)
        total = torch.zeros((), dtype=wide, device=hidden.device)
        drift = torch.zeros_like(total)
        into_rows, into_weight = torch.zeros_like(rows), torch.zeros_like(weight, dtype=wide)
        cast = weight.to(hidden.dtype)
        for first in range(0, len(rows), CHUNK):
            here = slice(first, first + CHUNK)
            padding = slice(max(known - first, 0), None)
            logits = rows[here] @ cast.T
            costs, normalisers = _become_slopes(logits, ids[here, None], z, cap)
            costs[padding] = 0
            total += costs.sum()
            if z:
                normalisers[padding] = 0
                drift += z * normalisers.square().sum()
            if any(ctx.needs_input_grad):
                logits[padding] = 0  # they are slopes by now
                into_rows[here] = logits @ cast
                into_weight += logits.T @ rows[here]
        into_hidden = (
            into_rows
            if kept is None
            else torch.zeros_like(hidden).index_copy_(0, kept, into_rows[:known])
        )
        ctx.save_for_backward(into_hidden, into_weight.to(weight.dtype))
        ctx.mark_non_differentiable(total)
        return total + drift, total

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        into_hidden, into_weight = ctx.saved_tensors
        return into_hidden * grad, into_weight * grad, None, None, None, None


def _become_slopes(logits: Tensor, ids: Tensor, z: float, cap: float) -> tuple[Tensor, Tensor]:
    """Of each row: -log softmax(logits)[id], and log Z, both (n,). The logits, (n, V), become the slopes of the first
    + z log² Z, part by part."""
    size = max(PART // logits.shape[1], 1) if logits.device.type == "cpu" else CHUNK
    found = []
    for part, chosen in zip(logits.split(size), ids.split(size), strict=True):
        costs, slopes, normalisers = _costs(_wide(part), chosen, z, cap)
        part.copy_(slopes)
        found.append((costs, normalisers))
    costs, normalisers = (torch.cat(each) for each in zip(*found, strict=True))
    return costs, normalisers


def _costs(logits: Tensor, ids: Tensor, z: float, cap: float) -> tuple[Tensor, Tensor, Tensor]:
    """Costs, slopes and log Z of logits that are not yet capped, in whose memory the slopes come to lie."""
    exponents, lowered, bend = _exponents(logits, cap)
    chosen = exponents.gather(1, ids)
    powers = exponents.exp2_()
    totals = powers.sum(dim=-1, keepdim=True)
    logs = totals.log()
    normalisers = logs + lowered
    whole = 1.0 if bend is None else 4.0
    factors = whole / totals * (1 + 2 * z * normalisers)
    slopes = powers.mul_(factors)
    slopes.scatter_add_(1, ids, powers.new_full(ids.shape, -whole))
    if bend is not None:
        slopes.mul_(bend)
    return (logs - chosen * math.log(2))[:, 0], slopes, normalisers[:, 0]


def _exponents(logits: Tensor, cap: float) -> tuple[Tensor, Tensor | float, Tensor | None]:
    """Capped logits as powers of two, how much they were lowered by, and a quarter of the cap's slope, None without one.

    e^x takes a CPU that is not Intel's 2.6 times as long as 2^x (docs/log.md).
    """
    if not cap:
        highest = logits.amax(dim=-1, keepdim=True)
        return logits.sub_(highest).mul_(LOG2_E), highest, None
    shares = logits.mul_(2 / cap).sigmoid_()  # of the way from -cap to cap, as in `capped`
    bend = torch.addcmul(shares, shares, shares, value=-1)
    exponents = shares.mul_(2 * cap * LOG2_E)
    if cap <= LOW_CAP:
        return exponents, -cap, bend
    highest = exponents.amax(dim=-1, keepdim=True)
    return exponents.sub_(highest), highest / LOG2_E - cap, bend


def _padded(x: Tensor, kept: Tensor) -> Tensor:
    """The kept rows, then zeros up to whole blocks: oneDNN keeps a primitive for every number of rows."""
    rows = x.new_zeros(-(-len(kept) // BLOCK) * BLOCK, *x.shape[1:])
    rows[: len(kept)] = x[kept]
    return rows


def summed_loss(
    hidden: Float[Tensor, "B T C"],
    weight: Float[Tensor, "V C"],
    targets: Int[Tensor, "B T"],
    counts: Bool[Tensor, "B T"] | None = None,
    cap: float = 0.0,
) -> Float[Tensor, ""]:
    """Sum of the cross-entropy in nats over pred[B, T, V] and targets[B, T], where `counts` says so; the others are not
    even looked at. Logits stay within `cap`; 0: they may be any."""
    return summed_objective(hidden, weight, targets, counts, 0.0, cap)[0]


def summed_objective(
    hidden: Float[Tensor, "B T C"],
    weight: Float[Tensor, "V C"],
    targets: Int[Tensor, "B T"],
    counts: Bool[Tensor, "B T"] | None,
    z_loss: float,
    cap: float = 0.0,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """What is minimised, and of it the cross-entropy in nats, which is only a figure: `z_loss` times log² Z is added for
    each target, Z the sum of its row's exponentials. Chowdhery et al. 2022 (PaLM), section 5, arxiv.org/abs/2204.02311."""
    flat = None if counts is None else counts.flatten()
    objective, entropy = _CrossEntropy.apply(  # type: ignore[no-untyped-call]
        hidden.flatten(0, 1), weight, targets.flatten(), flat, z_loss, cap
    )
    return objective, entropy


def next_token_loss(
    hidden: Float[Tensor, "B T C"], weight: Float[Tensor, "V C"], targets: Int[Tensor, "B T"]
) -> Float[Tensor, ""]:
    """Mean cross-entropy in nats."""
    return summed_loss(hidden, weight, targets) / targets.numel()
