"""AdamW, or Muon for the blocks' matrices and AdamW for the rest; the schedule is a pure function of the step.

Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) steps along the orthogonal matrix nearest to the averaged
gradient, so that every direction of a map is learnt at the same pace. Embeddings, the output matrix and gains are no maps
between activations: AdamW keeps those. Orthogonalisation is done in the dtype the model computes in, matrices of one
shape at once: on a CPU bf16 is twice as fast as float32, and one product of many 1.5 times as fast as many (docs/log.md).
Its polynomials are chosen as Amsel et al. 2025 do (Polar Express, section 3, arxiv.org/abs/2505.16932): four of them come
nearer than five times the one of Jordan et al., but for the smallest directions (LEAST).
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from pipeline_lib.model.layers import Linear
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import OptimizerParams
from pipeline_lib.shapes import Float
from pipeline_lib.training.balance import Balance, balances
from pipeline_lib.training.distributed import ALONE, Ranks
from pipeline_lib.training.shares import gathered, is_share, share_of

LEAST = 0.003
"""The least singular value, of a matrix of norm 1, that comes out near 1."""
DAMPING = 1.01
"""What goes into a polynomial is divided by this: beyond the largest value it was made for, it soon runs away."""
QUINTICS = (
    (8.3007, -24.0375, 17.4661),
    (4.0034, -2.9228, 0.5419),
    (3.4709, -2.5494, 0.5002),
    (2.4901, -1.8343, 0.4368),
)
"""a x + b x³ + c x⁵, one after the other: each the nearest to 1, at its worst, on what the one before makes of LEAST to 1;
damped, but for the last. A test finds them anew."""


class Optimizers:
    """A few of torch's optimizers that step as one, each group at its own `rate` times the schedule's share; only
    `Balance` goes its own way."""

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts

    @property
    def groups(self) -> list[dict[str, Any]]:
        parts = [part for part in self.parts if not isinstance(part, Balance)]
        return [group for part in parts for group in part.param_groups]

    def step(self, share: float = 1.0) -> None:
        for group in self.groups:
            group["lr"] = group["rate"] * share
        for part in self.parts:
            part.step()

    def zero_grad(self) -> None:
        for part in self.parts:
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: Sequence[dict[str, Any]]) -> None:
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def optimizers(model: nn.Module, params: OptimizerParams, ranks: Ranks = ALONE) -> Optimizers:
    """What `params.optimizer` names."""
    apart: list[torch.optim.Optimizer] = [*balances(model)]
    taken = {id(weight) for part in apart for weight in part.param_groups[0]["params"]}
    layers: list[Linear] = []
    if params.optimizer == "muon" and isinstance(model, Transformer):
        layers = [module for module in model.blocks.modules() if isinstance(module, Linear)]
        apart = [Muon(layers, params, model.dtype, ranks), *apart]
        taken |= {id(layer.weight) for layer in layers}
    rest = [weight for weight in model.parameters() if id(weight) not in taken]
    return Optimizers(adamw(rest, params), *apart)


def adamw(weights: Sequence[nn.Parameter], params: OptimizerParams) -> torch.optim.AdamW:
    """Weight decay on matrices only: gains and other vectors have no direction to shrink towards zero from."""
    rate = params.learning_rate
    groups = [
        {"params": [w for w in weights if w.dim() >= 2], "weight_decay": params.weight_decay},
        {"params": [w for w in weights if w.dim() < 2], "weight_decay": 0.0},
    ]
    groups = [{**group, "rate": rate} for group in groups if group["params"]]
    return torch.optim.AdamW(groups, lr=rate, betas=(params.beta1, params.beta2), fused=True)


class Muon(torch.optim.Optimizer):
    """For the matrices of `layers`; one that holds several maps is orthogonalised map by map. It takes whole matrices: each
    rank orthogonalises its part of them and hands it to the others."""

    def __init__(
        self,
        layers: Sequence[Linear],
        params: OptimizerParams,
        dtype: torch.dtype,
        ranks: Ranks = ALONE,
    ) -> None:
        self.maps = {id(layer.weight): layer.maps for layer in layers}
        self.dtype, self.ranks = dtype, ranks
        rate = params.matrix_learning_rate
        defaults = {
            "lr": rate,
            "rate": rate,
            "momentum": params.matrix_momentum,
            "weight_decay": params.weight_decay,
        }
        super().__init__([layer.weight for layer in layers], defaults)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            moved = [(w, _whole_canvas(w)) for w in group["params"] if w.grad is not None]
            shapes: dict[torch.Size, list[tuple[Tensor, Tensor]]] = {}
            for weight, canvas in moved:
                for part, ahead in self._maps(weight, canvas, group["momentum"]):
                    shapes.setdefault(lying(part).shape, []).append((part, ahead))
            for alike in shapes.values():
                self._turn(alike, group)
            for weight, canvas in moved:
                if is_share(weight):
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    weight.add_(share_of(canvas, weight))

    def _turn(self, alike: list[tuple[Tensor, Tensor]], group: dict[str, Any]) -> None:
        """Step along the orthogonal matrices nearest to averaged gradients of one shape."""
        turned = self.ranks.divided(
            torch.stack([lying(ahead) for _, ahead in alike]),
            lambda batch: orthogonal(batch, self.dtype),
        )
        for (part, _), update in zip(alike, turned, strict=True):
            rows, columns = part.shape
            scale = max(1.0, rows / columns) ** 0.5
            part.mul_(1 - group["lr"] * group["weight_decay"])
            lying(part).add_(update, alpha=-group["lr"] * scale)

    def _maps(
        self, weight: Tensor, canvas: Tensor, momentum: float
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Each map's part of the canvas, and its averaged gradient with Nesterov's look ahead."""
        gradient = cast(Tensor, weight.grad)
        state = self.state[weight]
        if "mean" not in state:
            state["mean"] = torch.zeros_like(weight)
        state["mean"].lerp_(gradient, 1 - momentum)
        ahead = gathered(gradient.lerp(state["mean"], momentum))
        maps = self.maps[id(weight)]
        yield from zip(canvas.chunk(maps), ahead.chunk(maps), strict=True)


def _whole_canvas(weight: Tensor) -> Tensor:
    """What a step is drawn on: the weight itself, or where that is a share, as many zeros as the whole has."""
    if not is_share(weight):
        return weight
    return torch.zeros(weight.shape, dtype=weight.dtype, device=weight.device)


def lying(matrix: Tensor) -> Tensor:
    """The matrix, or its transpose, with no more rows than columns; a view."""
    return matrix.T if matrix.shape[0] > matrix.shape[1] else matrix


def orthogonal(
    batch: Float[Tensor, "N rows columns"], dtype: torch.dtype
) -> Float[Tensor, "N rows columns"]:
    """Nearly U Vᵀ of each U S Vᵀ, rows at most columns: singular values come out between 0.75 and 1.2, those under LEAST of
    the norm lower."""
    norms = batch.flatten(1).norm(dim=1)[:, None, None]
    x = (batch / (DAMPING * norms + 1e-7)).to(dtype)
    for a, b, c in QUINTICS:
        squares = x @ x.mT
        powers = torch.baddbmm(squares, squares, squares, beta=b, alpha=c)
        x = torch.baddbmm(x, powers, x, beta=a)
    turned: Tensor = x.to(batch.dtype)
    return turned


def schedule(step: int, params: OptimizerParams, steps: int | None = None) -> float:
    """Share of the rates at optimizer step `step`, counted from 0: linear warm-up, then down to the final share at
    steps - 1, along half a cosine, a line, or from where wsd's level part ends along 1 - sqrt. `steps`: where the run
    is shorter than asked.

    wsd: Hu et al. 2024 (MiniCPM), section 4, arxiv.org/abs/2404.06395; its cooldown: Hägele et al. 2024, section 3.2,
    arxiv.org/abs/2405.18392.
    """
    if step < params.warmup_steps:
        return (step + 1) / params.warmup_steps
    steps = params.steps if steps is None else steps
    level = max(level_steps(params, steps), params.warmup_steps)
    decay_steps = max(steps - 1 - level, 1)
    done = min(max(step - level, 0) / decay_steps, 1.0)
    match params.decay:
        case "linear":
            left = 1 - done
        case "cosine":
            left = 0.5 * (1 + math.cos(math.pi * done))
        case _:
            left = 1 - math.sqrt(done)
    return params.final_learning_rate + (1 - params.final_learning_rate) * left


def level_steps(params: OptimizerParams, steps: int) -> int:
    """How many steps have a rate that does not depend on how many there are: the warm-up, and wsd's level part."""
    if params.decay != "wsd":
        return params.warmup_steps
    return max(steps - round(params.decay_share * steps) - 1, params.warmup_steps)


def weights_of(optimizer: Optimizers) -> list[nn.Parameter]:
    return [weight for group in optimizer.groups for weight in group["params"]]


def clip(optimizer: Optimizers, clip_norm: float) -> float:
    """Shrink the gradients to the largest norm, 0: any; return their norm before. A norm that is no number says that
    they are none either, and must not be stepped along."""
    norm = torch.nn.utils.clip_grad_norm_(weights_of(optimizer), clip_norm or math.inf)
    return float(gathered(norm))


def apply_step(optimizer: Optimizers, share: float, clip_norm: float) -> float:
    """Clip, step, clear the gradients; return the gradient's norm before clipping."""
    norm = clip(optimizer, clip_norm)
    if math.isfinite(norm):
        optimizer.step(share)
    optimizer.zero_grad()
    return norm
