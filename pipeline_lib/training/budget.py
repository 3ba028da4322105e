"""A time budget becomes a number of steps, once, before anything depends on it.

While the rate is warming up, or flat, it is the same whatever the run's length. So the speed is measured there, and at the
first step whose rate depends on the length the end is fixed: with `cosine` and `linear` after the warm-up, with `wsd` where
its decay has to begin. From then on the run is bit for bit one of that many `steps` without a budget, which metrics and
provenance name: set it as `steps`, and `max_minutes` to 0, to make the same weights again. A machine that slows down
afterwards takes longer than the budget.
"""

import math
import time
from collections.abc import Callable
from typing import Any

from pipeline_lib.params import OptimizerParams
from pipeline_lib.training.optimizer import level_steps

SETTLING = 3
"""Steps left out of the speed: the first ones warm caches, or compile."""
RESERVE = 0.02
"""Share of the budget for what is not measured yet: validations, samples, saved states."""


class Budget:
    """How long a run has trained, and when it shall end; `clock` counts seconds."""

    def __init__(
        self, params: OptimizerParams, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.params, self.clock = params, clock
        self.is_open = params.max_minutes > 0
        """Whether the end is still to be fixed."""
        self._before, self._begun, self._settled = 0.0, clock(), 0.0

    @property
    def seconds(self) -> float:
        """Trained so far, before a resume too."""
        return self._before + self.clock() - self._begun

    def end(self, step: int) -> int | None:
        """The step to end at, once it has to be known, after `step` steps; None: not yet."""
        if step == SETTLING:
            self._settled = self.seconds
        if step <= SETTLING:
            return None
        end = self._reachable(step)
        if step < level_steps(self.params, end) and step + 1 < end:
            return None
        self.is_open = False
        return end

    def _reachable(self, step: int) -> int:
        """The last step that fits at the speed so far, at most `steps`."""
        each = (self.seconds - self._settled) / (step - SETTLING)
        left = 60 * self.params.max_minutes * (1 - RESERVE) - self.seconds
        more = max(math.floor(left / max(each, 1e-9)), 1)
        return min(step + more, self.params.steps)

    def start(self) -> None:
        """Begin to count: what came before in this process was no training."""
        self._begun = self.clock()

    def state_dict(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "settled": self._settled, "is_open": self.is_open}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._before, self._settled = state["seconds"], state["settled"]
        self.is_open = state["is_open"]
        self.start()
