"""Which steps are not learnt from: those that are no numbers, and those whose loss stands far above the ones before.

A step is judged before the weights change, by its loss against the last SPAN that were learnt from; one that was skipped
does not raise the bar for the next. The test and its span are those of OLMo-core's SkipStepOptimizer (Ai2,
github.com/allenai/OLMo-core), which judges the gradient's norm alike. Here that only has to be a number: clipping bounds
what it can do, and in a healthy run it stood 9 standard deviations out while the loss did not stir. What was seen is part
of the saved state, so a run that goes on skips the same steps.
"""

import math
from collections.abc import Sequence
from typing import Any

from pipeline_lib.params import OptimizerParams

SPAN = 128
"""Steps that one is held against."""
FEWEST = SPAN // 2
"""Steps to have seen before one can stand out."""
NARROWEST = 0.01
"""A spread below this share of the mean is taken for it: what lies within a few per cent is no spike."""


class Spikes:
    """What was learnt from lately, and which steps were skipped."""

    def __init__(self, params: OptimizerParams) -> None:
        self.params = params
        self.losses: list[float] = []
        self.skipped: list[int] = []
        """Numbers of all skipped steps, counted from 1."""

    def fault(self, loss: float, norm: float) -> str:
        """Why not to learn from a step of this loss and gradient norm; empty: nothing is wrong with it."""
        if not math.isfinite(loss):
            return f"loss of {loss}"
        if not math.isfinite(norm):
            return f"gradient norm of {norm}"
        bound = highest(self.losses, self.params.spike_sigma)
        return f"loss of {loss:.4g}, above {bound:.4g}" if loss > bound else ""

    def learn(self, loss: float) -> None:
        """Remember a step that was learnt from."""
        self.losses.append(loss)
        del self.losses[:-SPAN]

    def skip(self, step: int) -> None:
        self.skipped.append(step)

    def is_too_much(self, step: int) -> bool:
        """Whether more than `max_skipped` of the last SPAN steps were skipped."""
        return sum(number > step - SPAN for number in self.skipped) > self.params.max_skipped

    def streak(self, step: int) -> int:
        """How many steps up to this one were skipped in a row."""
        skipped = set(self.skipped)
        length = 0
        while step - length in skipped:
            length += 1
        return length

    def state_dict(self) -> dict[str, Any]:
        return {"losses": self.losses, "skipped": self.skipped}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.losses, self.skipped = list(state["losses"]), list(state["skipped"])


def highest(before: Sequence[float], sigma: float) -> float:
    """Mean and `sigma` standard deviations of what went before; infinite where there is too little, or sigma is 0."""
    if not sigma or len(before) < FEWEST:
        return math.inf
    mean = math.fsum(before) / len(before)
    variance = math.fsum((value - mean) ** 2 for value in before) / (len(before) - 1)
    return mean + sigma * max(math.sqrt(variance), NARROWEST * abs(mean))
