"""The biases that spread tokens evenly over experts: a fixed step against the sign of each expert's excess of load.

Wang et al. 2024, section 2.2, arxiv.org/abs/2408.15664. They choose, they do not weigh: no loss has a slope along them, so
they are learnt apart from the weights, at a rate of their own that no schedule changes, and no gradient is clipped for them.
"""

import torch
from torch import nn

from pipeline_lib.model.experts import Mixture


class Balance(torch.optim.Optimizer):
    """Their gradient is the excess of load (`model.routing`); without one, as in reinforcement, they stay."""

    def __init__(self, weights: list[nn.Parameter], rate: float) -> None:
        super().__init__(weights, {"lr": rate})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.sub_(weight.grad.sign(), alpha=group["lr"])


def balances(model: nn.Module) -> list[Balance]:
    """One for all routers of the model that have such biases; none where there are none."""
    mixtures = [module for module in model.modules() if isinstance(module, Mixture)]
    weights = [m.balance for m in mixtures if m.balance is not None]
    return [Balance(weights, mixtures[0].moe.balance_rate)] if weights else []
