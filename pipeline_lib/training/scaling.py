"""Loss scaling for float16, whose smallest numbers are too large for many gradients.

The loss is multiplied before the backward pass and the gradients divided after it. A gradient that overflows is not learnt
from and halves the factor; 2,000 steps without one double it. Micikevicius et al. 2018, section 3.2,
arxiv.org/abs/1710.03740; the numbers are those of torch.amp.GradScaler, which knows one optimizer where there are two here.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

FIRST = 2.0**16
PATIENCE = 2000
"""Steps without overflow after which the factor is doubled."""


class LossScale:
    """The factor, and how long it has held."""

    def __init__(self) -> None:
        self.factor, self.good_steps = FIRST, 0
        self.overflows = 0
        """Steps lost to finding the factor; no fault of the run."""

    def scaled(self, loss: Tensor) -> Tensor:
        return loss * self.factor

    @torch.no_grad()
    def restore(self, weights: Iterable[nn.Parameter]) -> None:
        """Take the factor out of the gradients."""
        for weight in weights:
            if weight.grad is not None:
                weight.grad.mul_(1 / self.factor)

    def is_to_blame(self, *, overflowed: bool) -> bool:
        """Adapt the factor after a step; whether an overflow was its doing, for it could still be halved."""
        if not overflowed:
            self.good_steps += 1
            if self.good_steps == PATIENCE:
                self.factor, self.good_steps = self.factor * 2, 0
            return False
        self.good_steps = 0
        if self.factor <= 1:
            return False
        self.factor /= 2
        self.overflows += 1
        return True

    def state_dict(self) -> dict[str, Any]:
        return {
            "factor": self.factor,
            "good_steps": self.good_steps,
            "overflows": self.overflows,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.factor, self.good_steps = state["factor"], state["good_steps"]
        self.overflows = state["overflows"]
