"""What the routers of a step decided: what it costs, and how evenly their experts are used.

Each row of a batch is judged by itself (DeepSeek-AI 2024, eq. 17 to 20, arxiv.org/abs/2412.19437), and counts by how many of
its targets are learnt: so gradients are the same however a batch is cut into parts. The biases that balance the load
without a loss (Wang et al. 2024, section 2.2, arxiv.org/abs/2408.15664) get their excess of load for a gradient, which adds
up over parts and ranks like any other; the optimizer takes a fixed step against its sign.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from pipeline_lib.params import ExpertParams
from pipeline_lib.shapes import Bool, Float


class Routed(NamedTuple):
    """Of one layer: the router's logits, (B, T, E), the experts chosen, (B, T, k), and the balancing biases, (E,)."""

    logits: Tensor
    chosen: Tensor
    balance: Tensor | None

    def loads(self) -> Float[Tensor, "B E"]:
        """Share of each row's choices that fell on each expert."""
        experts = self.logits.shape[-1]
        hits = F.one_hot(self.chosen.flatten(1), experts).to(self.logits.dtype)
        return hits.mean(dim=1)


class Routing:
    """The decisions of one step, over one or more parts of its batch: run the model, then ask for `cost`, for each."""

    def __init__(self, moe: ExpertParams) -> None:
        self.moe = moe
        self.layers: dict[int, Routed] = {}
        """Of the part at hand."""
        self.loads: dict[int, Tensor] = {}
        """Choices that fell on each expert, (E,), of the parts that `cost` has seen."""

    def note(self, layer: int, routed: Routed) -> None:
        self.layers[layer] = routed

    def cost(self, counts: Bool[Tensor, "B T"] | None) -> Tensor | float:
        """What the routers of the last pass add to the sum of its losses, in nats; 0 where there is no router.

        `counts`: which targets are learnt; None: all.
        """
        total: Tensor | float = 0.0
        for layer, routed in self.layers.items():
            B, T, _ = routed.logits.shape
            loads = routed.loads()
            self.loads[layer] = self.loads.get(layer, 0) + loads.detach().sum(dim=0) * T
            learnt = loads.new_full((B,), T) if counts is None else counts.sum(dim=1)
            total = total + (self._rows(routed, loads) * learnt).sum()
        self.layers = {}
        return total

    def _rows(self, routed: Routed, loads: Float[Tensor, "B E"]) -> Float[Tensor, " B"]:
        rows = loads.new_zeros(len(loads))
        if self.moe.balance_loss:
            rows = rows + self.moe.balance_loss * balance_loss(routed.logits, loads)
        if self.moe.z_loss:
            rows = rows + self.moe.z_loss * z_loss(routed.logits)
        if routed.balance is not None:
            nothing = routed.balance - routed.balance.detach()
            rows = rows + (loads - loads.mean(dim=1, keepdim=True)) @ nothing.to(loads.dtype)
        return rows

    def figures(self) -> dict[str, float]:
        """The load of the busiest and the idlest expert of any layer, 1 being an even share; nothing without routers."""
        if not self.loads:
            return {}
        loads = torch.stack([load / load.mean() for load in self.loads.values()])  # (layers, E)
        return {"experts.busiest": float(loads.max()), "experts.idlest": float(loads.min())}


def balance_loss(
    logits: Float[Tensor, "B T E"], loads: Float[Tensor, "B E"]
) -> Float[Tensor, " B"]:
    """E times the sum over experts of load and mean gate: 1 where both are even, E where one expert has all.

    Fedus, Zoph and Shazeer 2021, eq. 4, arxiv.org/abs/2101.03961, row by row.
    """
    return logits.shape[-1] * (loads * logits.softmax(dim=-1).mean(dim=1)).sum(dim=-1)


def z_loss(logits: Float[Tensor, "B T E"]) -> Float[Tensor, " B"]:
    """Mean of log² of the sum of exponentials, so that logits stay small.

    Zoph et al. 2022, eq. 5, arxiv.org/abs/2202.08906.
    """
    return logits.logsumexp(dim=-1).square().mean(dim=1)
