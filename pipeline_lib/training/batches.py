"""Which tokens a step learns from: a pure function of (index digest, seed, step), whatever the machine.

An epoch cuts the tokens into windows behind a random offset and visits each once in a random order, so no token is seen
twice before the next epoch begins.
"""

import hashlib

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline_lib.errors import DataError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.shapes import Int


def random_numbers(digest: str, *path: int | str) -> np.random.Generator:
    """A generator that is a function of its arguments alone."""
    seed = hashlib.sha256("/".join(map(str, (digest, *path))).encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(seed[:16], "little")))


class Order:
    """Item numbers 0..count-1, shuffled anew for each epoch; `batch(step)` needs no state."""

    def __init__(self, count: int, digest: str, seed: int) -> None:
        self.count, self.digest, self.seed = count, digest, seed
        self._epoch, self._permutation = -1, np.zeros(0, dtype=np.int64)

    def batch(self, step: int, size: int) -> list[tuple[int, int]]:
        """(epoch, item) of the `size` places from step * size on."""
        return [self.at(place) for place in range(step * size, (step + 1) * size)]

    def at(self, place: int) -> tuple[int, int]:
        epoch, within = divmod(place, self.count)
        if epoch != self._epoch:
            numbers = random_numbers(self.digest, self.seed, "epoch", epoch)
            self._epoch, self._permutation = epoch, numbers.permutation(self.count)
        return epoch, int(self._permutation[within])


def expect_room(shards: Shards, context: int) -> None:
    """Refuse a context that the shards cannot fill twice; DataError names the largest that they can."""
    tokens = len(shards.tokens)
    if tokens < 2 * context + 1:
        raise DataError(
            f"model.context: expected at most {max((tokens - 1) // 2, 0)} for the {tokens:,} tokens of "
            f"the {shards.index.split} shards, found {context}; lower it or add text"
        )


class Windows:
    """Training windows of `context` + 1 tokens over a shard's tokens laid end to end."""

    def __init__(self, shards: Shards, context: int, seed: int) -> None:
        self.shards, self.context, self.seed = shards, context, seed
        expect_room(shards, context)
        # one window is kept back for the epoch's offset
        self.order = Order((len(shards.tokens) - 1) // context - 1, shards.index.digest, seed)

    def batch(self, step: int, size: int) -> Int[Tensor, "B T"]:
        """Ids (B, context + 1): inputs are all but the last, targets all but the first."""
        return torch.from_numpy(
            np.stack([self._window(epoch, item) for epoch, item in self.order.batch(step, size)])
        )

    def _window(self, epoch: int, item: int) -> npt.NDArray[np.int64]:
        numbers = random_numbers(self.shards.index.digest, self.seed, "offset", epoch)
        start = int(numbers.integers(self.context)) + item * self.context
        return self.shards.tokens[start : start + self.context + 1].astype(np.int64)
