"""AdamW on float32 weights, warm-up and cosine: the schedule is a pure function of the step."""

import math

import torch
from torch import nn

from pipeline_lib.params import OptimizerParams


def adamw(model: nn.Module, params: OptimizerParams) -> torch.optim.AdamW:
    """Weight decay on matrices only: gains and other vectors have no direction to shrink towards zero from."""
    weights = list(model.parameters())
    groups = [
        {"params": [w for w in weights if w.dim() >= 2], "weight_decay": params.weight_decay},
        {"params": [w for w in weights if w.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups, lr=params.learning_rate, betas=(params.beta1, params.beta2), fused=True
    )


def learning_rate(step: int, params: OptimizerParams) -> float:
    """Of optimizer step `step`, counted from 0: linear warm-up, then half a cosine down to the final share at steps - 1."""
    if step < params.warmup_steps:
        return params.learning_rate * (step + 1) / params.warmup_steps
    decay_steps = max(params.steps - 1 - params.warmup_steps, 1)
    share = min((step - params.warmup_steps) / decay_steps, 1.0)
    final = params.final_learning_rate
    return params.learning_rate * (final + (1 - final) * 0.5 * (1 + math.cos(math.pi * share)))


def apply_step(optimizer: torch.optim.Optimizer, rate: float, clip_norm: float) -> float:
    """Clip, step, clear the gradients; return the gradient's norm before clipping."""
    weights = [w for group in optimizer.param_groups for w in group["params"]]
    norm = torch.nn.utils.clip_grad_norm_(weights, clip_norm or math.inf)
    if torch.isfinite(norm):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(norm)
