"""A moving average of the weights beside them: smoother than the last step's, at the price of one more copy.

Where it is kept, it is what is validated, sampled from and handed on; what learns are the weights themselves. It follows
faster at first, or the random beginning would stay in it: min(decay, (1 + n) / (10 + n)) after n updates, as TensorFlow's
ExponentialMovingAverage (tensorflow.org/api_docs/python/tf/train/ExponentialMovingAverage).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from pipeline_lib.training.shares import is_share, local


class Average:
    """The averaged weights by name; `decay`: the share of itself that it keeps at each update."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self.updates = decay, 0
        self.weights: dict[str, Tensor] = {
            name: weight.detach().clone() for name, weight in model.named_parameters()
        }

    @torch.no_grad()
    def follow(self, model: nn.Module) -> None:
        """One step towards the weights as they stand."""
        self.updates += 1
        kept = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, weight in model.named_parameters():
            self.weights[name].lerp_(weight, 1 - kept)

    @contextmanager
    def lent(self, model: nn.Module) -> Iterator[None]:
        """The model with the averaged weights, and its own again afterwards; nothing is copied."""
        self._swap(model)
        try:
            yield
        finally:
            self._swap(model)

    def _swap(self, model: nn.Module) -> None:
        for name, weight in model.named_parameters():
            if is_share(weight):  # what FSDP gathers is this memory, whatever `data` says
                mine, other = local(weight), local(self.weights[name])
                kept = mine.clone()
                mine.copy_(other)
                other.copy_(kept)
            else:
                weight.data, self.weights[name] = self.weights[name], weight.data

    def state_dict(self) -> dict[str, Any]:
        return {"updates": self.updates, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.updates = int(state["updates"])
        for name, weight in self.weights.items():
            weight.copy_(state["weights"][name])
