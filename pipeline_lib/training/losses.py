"""What is minimised, as pure functions of hidden states: the (N, V) logits never outlive a chunk."""

from typing import Any

import torch
from torch import Tensor

from pipeline_lib.shapes import Float, Int

CHUNK = 1024
"""Rows of logits that exist at once."""


class _LogProbability(torch.autograd.Function):
    """log softmax(h Wᵀ / temperature)[target], and the entropy of that distribution, chunk by chunk.

    The forward pass keeps only each row's log-sum-exp; the backward pass multiplies again. torch's own softmax over
    8,192 columns costs 10 times as much on a CPU as the product that makes the logits (docs/log.md).
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, temperature: float
    ) -> tuple[Tensor, Tensor]:
        cast = weight.to(hidden.dtype)
        chosen, normalisers, entropies = [], [], []
        for rows, ids in zip(hidden.split(CHUNK), targets.split(CHUNK), strict=True):
            logits = _logits(rows, cast, temperature)
            highest = logits.amax(dim=-1, keepdim=True)
            powers = (logits - highest).exp_()
            total = powers.sum(dim=-1, keepdim=True)
            normaliser = (highest + total.log())[:, 0]  # (n,)
            chosen.append(logits.gather(1, ids[:, None])[:, 0] - normaliser)
            entropies.append(normaliser - (powers.mul_(logits)).sum(dim=-1) / total[:, 0])
            normalisers.append(normaliser)
        ctx.save_for_backward(hidden, weight, targets, torch.cat(normalisers))
        ctx.temperature = temperature
        entropy = torch.cat(entropies)
        ctx.mark_non_differentiable(entropy)
        return torch.cat(chosen), entropy

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor, Tensor, None, None]:
        hidden, weight, targets, normalisers = ctx.saved_tensors
        cast = weight.to(hidden.dtype)
        into_weight = torch.zeros_like(
            weight, dtype=torch.promote_types(weight.dtype, torch.float32)
        )
        into_hidden = []
        parts = (x.split(CHUNK) for x in (hidden, targets, normalisers, grad))
        for rows, ids, normaliser, upstream in zip(*parts, strict=True):
            slopes = (_logits(rows, cast, ctx.temperature) - normaliser[:, None]).exp_().neg_()
            slopes.scatter_add_(1, ids[:, None], torch.ones_like(slopes[:, :1]))
            slopes.mul_(upstream[:, None] / ctx.temperature)  # d loss / d logits
            slopes = slopes.to(hidden.dtype)
            into_hidden.append(slopes @ cast)
            into_weight += slopes.T @ rows
        return torch.cat(into_hidden), into_weight.to(weight.dtype), None, None


def _logits(rows: Tensor, weight: Tensor, temperature: float) -> Tensor:
    logits = rows @ weight.T
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return wide if temperature == 1 else wide / temperature


def token_log_probabilities(
    hidden: Float[Tensor, "N C"],
    weight: Float[Tensor, "V C"],
    targets: Int[Tensor, " N"],
    temperature: float = 1.0,
) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
    """Log-probability in nats of each target, differentiable, and the entropy in nats, which is only a figure."""
    chosen, entropy = _LogProbability.apply(hidden, weight, targets, temperature)  # type: ignore[no-untyped-call]
    return chosen, entropy


def next_token_loss(
    hidden: Float[Tensor, "B T C"], weight: Float[Tensor, "V C"], targets: Int[Tensor, "B T"]
) -> Float[Tensor, ""]:
    """Mean cross-entropy in nats over pred[B, T, V] and targets[B, T]."""
    chosen, _ = token_log_probabilities(hidden.flatten(0, 1), weight, targets.flatten())
    return -chosen.mean()


def summed_loss(
    hidden: Float[Tensor, "B T C"],
    weight: Float[Tensor, "V C"],
    targets: Int[Tensor, "B T"],
    counts: Tensor,
) -> Float[Tensor, ""]:
    """Sum of the cross-entropy in nats where `counts` (B, T) is true; other targets are not even looked at."""
    chosen, _ = token_log_probabilities(hidden[counts], weight, targets[counts])
    return -chosen.sum()
