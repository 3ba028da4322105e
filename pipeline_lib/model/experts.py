"""A mixture of experts in place of one feed-forward: each token is worked on by few of many, and by those all share.

A token's gates are the softmax of its router's logits, and its experts those with the highest gates; their outputs count
by their gates as they are, not scaled to sum to 1: with one expert a token the router would else learn nothing (Fedus,
Zoph and Shazeer 2021, eq. 1 and 2, arxiv.org/abs/2101.03961; shared experts: Dai et al. 2024, section 3.2,
arxiv.org/abs/2401.06066). No token is dropped: they are sorted by expert, and each expert takes all that is its own.
Routers compute in float32 at least, as a rounded gate may send a token elsewhere.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline_lib.model.cache import padded
from pipeline_lib.model.layers import FEED_FORWARD, Linear
from pipeline_lib.model.routing import Routed, Routing
from pipeline_lib.params import ModelParams
from pipeline_lib.shapes import Float, Int


class Mixture(nn.Module):
    """N tokens, k experts for each."""

    def __init__(self, shape: ModelParams, layer: int) -> None:
        super().__init__()
        self.moe, self.layer = shape.moe, layer
        kind, width = FEED_FORWARD[shape.feed_forward], shape.moe.hidden
        self.router = Linear(shape.channels, shape.moe.experts)
        self.experts = nn.ModuleList(
            kind(shape.channels, width, bias=shape.bias) for _ in range(shape.moe.experts)
        )
        shared = shape.moe.shared
        self.shared = kind(shape.channels, shared * width, bias=shape.bias) if shared else None
        biased = shape.moe.balance_rate > 0
        self.balance = nn.Parameter(torch.zeros(shape.moe.experts)) if biased else None

    def forward(
        self, x: Float[Tensor, "B T C"], routing: Routing | None = None
    ) -> Float[Tensor, "B T C"]:
        """`routing` takes down what the router decided."""
        wide = torch.promote_types(x.dtype, torch.float32)
        logits = F.linear(x.to(wide), self.router.weight.to(wide))  # (B, T, E)
        gates = logits.softmax(dim=-1)
        wanted = gates if self.balance is None else gates + self.balance.to(wide)
        chosen = wanted.detach().topk(self.moe.active, dim=-1).indices  # (B, T, k)
        if routing is not None:
            routing.note(self.layer, Routed(logits, chosen, self.balance))
        taken = gates.gather(-1, chosen).to(x.dtype)
        out = self._routed(x.flatten(0, 1), chosen.flatten(0, 1), taken.flatten(0, 1)).view_as(x)
        return out if self.shared is None else out + self.shared(x)

    def _routed(
        self, x: Float[Tensor, "N C"], chosen: Int[Tensor, "N k"], gates: Float[Tensor, "N k"]
    ) -> Float[Tensor, "N C"]:
        order = chosen.flatten().argsort(stable=True)  # (N k), by expert
        places = torch.empty_like(order)
        places[order] = torch.arange(len(order), device=order.device)
        sorted_rows: Tensor = _Sent.apply(x, order, places)  # type: ignore[no-untyped-call]
        counts = torch.bincount(chosen.flatten(), minlength=len(self.experts)).tolist()
        parts = zip(self.experts, sorted_rows.split(counts), strict=True)
        worked = torch.cat([_worked(expert, part) for expert, part in parts])
        back: Tensor = _Returned.apply(worked, order, places)  # type: ignore[no-untyped-call]
        return (back.view(*chosen.shape, -1) * gates[..., None]).sum(dim=1)


def _worked(expert: nn.Module, rows: Tensor) -> Tensor:
    """One with no rows works too, so that its weights have a gradient, of zeros. On a CPU rows come in whole blocks:
    oneDNN keeps a primitive for every number of rows."""
    count = len(rows)
    if rows.device.type == "cpu":
        rows = F.pad(rows, (0, 0, 0, padded(count) - count))
    out: Tensor = expert(rows)
    return out[:count]


class _Sent(torch.autograd.Function):
    """Each row once for each of its experts, sorted. Backwards rows are read from where they went, not added up where
    they came from, which on a GPU has no fixed order."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, order: Tensor, places: Tensor) -> Tensor:
        ctx.save_for_backward(places)
        ctx.copies = len(order) // len(x)
        return x.index_select(0, order // ctx.copies)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (places,) = ctx.saved_tensors
        back = grad.index_select(0, places)
        return back.view(-1, ctx.copies, grad.shape[1]).sum(dim=1), None, None


class _Returned(torch.autograd.Function):
    """Sorted rows in their first order again."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, order: Tensor, places: Tensor) -> Tensor:
        ctx.save_for_backward(order)
        return rows.index_select(0, places)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (order,) = ctx.saved_tensors
        return grad.index_select(0, order), None, None
