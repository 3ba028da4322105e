"""Which tokens a step learns from: a pure function of (index digest, seed, step), whatever the machine.

Here documents are joined: an epoch cuts the tokens into windows behind a random offset and visits each once in a random
order, so no token is seen twice before the next epoch begins. packing.py keeps documents whole.
"""

import hashlib
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline_lib.errors import DataError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.shapes import Bool, Int


def random_numbers(digest: str, *path: int | str) -> np.random.Generator:
    """A generator that is a function of its arguments alone."""
    seed = hashlib.sha256("/".join(map(str, (digest, *path))).encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(seed[:16], "little")))


@dataclass(frozen=True)
class Batch:
    """Tokens, and the one that follows each. Segments and counts are None where every token sees all before it in its row
    and every target is learnt."""

    inputs: Int[Tensor, "B T"]
    targets: Int[Tensor, "B T"]
    segments: Int[Tensor, "B T"] | None = None
    counts: Bool[Tensor, "B T"] | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def learnt(self) -> int:
        """How many targets count."""
        return self.targets.numel() if self.counts is None else int(self.counts.sum())

    def split(self, size: int) -> Iterator["Batch"]:
        """Parts of at most `size` rows."""
        for first in range(0, len(self), size):
            here = slice(first, first + size)
            yield self._each(operator.itemgetter(here))

    def to(self, device: torch.device) -> "Batch":
        return self._each(lambda x: x.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        segments = None if self.segments is None else change(self.segments)
        counts = None if self.counts is None else change(self.counts)
        return Batch(change(self.inputs), change(self.targets), segments, counts)


class Reader(Protocol):
    """What a run learns from."""

    def batch(self, step: int, size: int) -> Batch: ...


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

    def batch(self, step: int, size: int) -> Batch:
        """`size` windows of `context` tokens and their targets."""
        return joined([self._window(epoch, item) for epoch, item in self.order.batch(step, size)])

    def _window(self, epoch: int, item: int) -> npt.NDArray[np.int64]:
        numbers = random_numbers(self.shards.index.digest, self.seed, "offset", epoch)
        start = int(numbers.integers(self.context)) + item * self.context
        return self.shards.tokens[start : start + self.context + 1].astype(np.int64)


def spread(shards: Shards, context: int, count: int) -> Batch:
    """At most `count` windows of up to `context` tokens, evenly spread over the shards: what is validated on."""
    width = min(context + 1, len(shards.tokens))
    starts = np.unique(np.linspace(0, len(shards.tokens) - width, count).astype(np.int64))
    return joined([shards.tokens[int(s) : int(s) + width].astype(np.int64) for s in starts])


def joined(windows: list[npt.NDArray[np.int64]]) -> Batch:
    ids = torch.from_numpy(np.stack(windows))
    return Batch(ids[:, :-1], ids[:, 1:])
