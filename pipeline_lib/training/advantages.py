"""GRPO's arithmetic as pure functions: advantages, the clipped objective, the weights of its tokens, and KL.

Shao et al. 2024 (DeepSeekMath), arxiv.org/abs/2402.03300; Liu et al. 2025 (Dr. GRPO), arxiv.org/abs/2503.20783;
Yu et al. 2025 (DAPO), arxiv.org/abs/2503.14476; KL estimators: Schulman 2020, joschu.net/blog/kl-approx.html.
"""

import torch
from torch import Tensor

from pipeline_lib.params import GrpoParams
from pipeline_lib.shapes import Float, Int


def advantages(rewards: Float[Tensor, "P G"], kind: str) -> Float[Tensor, "P G"]:
    """R - mean of the group, divided by std + 1e-4 where `kind` is standardised. Each group sums to zero."""
    centred = rewards - rewards.mean(dim=1, keepdim=True)
    if kind == "centred":
        return centred
    return centred / (centred.pow(2).mean(dim=1, keepdim=True).sqrt() + 1e-4)


def token_weights(lengths: Int[Tensor, " B"], params: GrpoParams) -> Float[Tensor, " B"]:
    """What one token of each completion counts, over all completions of a step: independent of micro-batches."""
    B = len(lengths)
    match params.aggregation:
        case "grpo":
            return 1 / (B * lengths.clamp(min=1).float())
        case "dr_grpo":
            return torch.full((B,), 1 / (B * params.max_new_tokens))
        case _:
            return torch.full((B,), 1 / max(int(lengths.sum()), 1))


def clipped_objective(
    log_probabilities: Float[Tensor, " N"],
    old: Float[Tensor, " N"],
    advantage: Float[Tensor, " N"],
    params: GrpoParams,
) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
    """min(r A, clip(r) A) for each token, r = exp(log pi - log pi_old); and 1.0 where the clip took its gradient away."""
    ratio = (log_probabilities - old).exp()
    clipped = ratio.clamp(1 - params.clip_low, 1 + params.clip_high)
    objective = torch.minimum(ratio * advantage, clipped * advantage)
    return objective, (clipped * advantage < ratio * advantage).float()


def kl_k2(log_probabilities: Float[Tensor, " N"], reference: Float[Tensor, " N"]) -> Tensor:
    """Half the squared log-ratio: on policy its gradient is that of KL(pi || reference)."""
    return 0.5 * (log_probabilities - reference).pow(2)


def kl_k3(log_probabilities: Float[Tensor, " N"], reference: Float[Tensor, " N"]) -> Tensor:
    """exp(-d) - 1 + d with d = log pi - log reference: unbiased, never negative; a figure, not a loss."""
    difference = log_probabilities - reference
    return (-difference).exp() - 1 + difference
