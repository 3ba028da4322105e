"""Which tokens a step learns from: a pure function of (index digest, seed, step), whatever machine and number of ranks.

Readers have no state: what is left to read after k steps is said by k, and a reader opened anew goes on with the same bits.
Here documents are joined: an epoch lays all pairs of a token and the one after it on a circle, begins at a random place, and
cuts them into windows, which come in a random order, so each pair is learnt once. packing.py keeps documents whole.
"""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from pipeline_lib.errors import DataError
from pipeline_lib.formats.columns import Array, Column
from pipeline_lib.formats.shards import Shards
from pipeline_lib.shapes import Bool, Int
from pipeline_lib.training.order import Numbers, Order, random_numbers


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
        """On `device`; a copy from pinned memory to a GPU is not waited for."""
        on_gpu = device.type == "cuda"  # elsewhere not waiting is not safe
        return self._each(lambda x: x.to(device, non_blocking=on_gpu))

    def pinned(self) -> "Batch":
        """In memory that a GPU copies from by itself."""
        return self._each(lambda x: x.pin_memory())

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        segments = None if self.segments is None else change(self.segments)
        counts = None if self.counts is None else change(self.counts)
        return Batch(change(self.inputs), change(self.targets), segments, counts)


@runtime_checkable
class Reader(Protocol):
    """What a run learns from."""

    def batch(self, step: int, size: int, rank: int = 0, ranks: int = 1) -> Batch:
        """The rows of a step, or one rank's share of them (`order.share`): those of all ranks, one after the other, are the
        `size` rows that one rank alone would get. How many targets count is then to be summed over the ranks."""


@dataclass(frozen=True)
class Pieces:
    """Stretches of text, in the order of the rows that they fill."""

    starts: Numbers
    """Where each begins in the shards."""
    lengths: Numbers
    """How many pairs of a token and the next it holds."""
    rows: Numbers
    """How many pieces each row has."""

    def are_rows_of(self, width: int) -> bool:
        """Whether each piece fills a row by itself."""
        return bool((self.rows == 1).all() and (self.lengths == width).all())


def lay_out(shards: Shards, pieces: Pieces, width: int) -> Batch:
    """Rows of `width` pairs as tensors; segments count from 1, and padding is segment 0, which nothing is learnt from.

    Where each row is one piece and all is learnt, segments and counts are None.
    """
    tokens = _gathered(shards.tokens, pieces.starts, pieces.lengths + 1)
    if shards.mask is None and pieces.are_rows_of(width):
        ids = torch.from_numpy(tokens.astype(np.int64).reshape(-1, width + 1))
        return Batch(ids[:, :-1], ids[:, 1:])
    ends = np.cumsum(pieces.lengths + 1)
    row_of = np.repeat(np.arange(len(pieces.rows)), pieces.rows)
    used = np.bincount(row_of, pieces.lengths, len(pieces.rows))
    filled = np.arange(width) < used[:, None]  # (B, T)
    first_of_row = np.cumsum(pieces.rows) - pieces.rows
    numbers = np.arange(len(row_of)) - first_of_row[row_of] + 1
    inputs, targets, segments = (np.zeros(filled.shape, dtype=np.int64) for _ in range(3))
    inputs[filled] = np.delete(tokens, ends - 1)
    targets[filled] = np.delete(tokens, ends - pieces.lengths - 1)
    segments[filled] = np.repeat(numbers, pieces.lengths)
    counts = filled
    if shards.mask is not None:
        counts = np.zeros(filled.shape, dtype=np.bool_)
        counts[filled] = _gathered(shards.mask, pieces.starts + 1, pieces.lengths)
    return Batch(*map(torch.from_numpy, (inputs, targets, segments, counts)))


def _gathered(column: Column, starts: Numbers, lengths: Numbers) -> Array:
    """The stretches of a column, end to end."""
    each = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
    return np.concatenate([column[0:0], *(column[start:end] for start, end in each)])


def expect_room(shards: Shards, context: int) -> None:
    """Refuse a context that the shards cannot fill twice; DataError names the largest that they can."""
    tokens = len(shards.tokens)
    if tokens < 2 * context + 1:
        raise DataError(
            f"model.context: expected at most {max((tokens - 1) // 2, 0)} for the {tokens:,} tokens of "
            f"the {shards.index.split} shards, found {context}; lower it or add text"
        )


def expect_text(shards: Shards) -> None:
    """Refuse shards of nothing, on which nothing can be validated; DataError."""
    if not shards.index.documents:
        raise DataError(
            f"{shards.index.split} shards: expected documents, found none; "
            "add text, or raise corpus.validation_share"
        )


class Windows:
    """Training windows of `context` pairs over a shard's tokens laid end to end; no state but the step.

    N tokens are N - 1 pairs, and an epoch has as many windows as hold them all. The last is short, and one runs over the
    seam from the text's end to its beginning, which do not see one another; all others are whole.
    """

    def __init__(self, shards: Shards, context: int, seed: int) -> None:
        self.shards, self.context, self.seed = shards, context, seed
        expect_room(shards, context)
        self.pairs = len(shards.tokens) - 1
        self.order = Order(-(-self.pairs // context), shards.index.digest, seed)

    def batch(self, step: int, size: int, rank: int = 0, ranks: int = 1) -> Batch:
        """`size` windows of `context` tokens and their targets, or one rank's share."""
        pieces = self._pieces(*self.order.batch(step, size, rank, ranks))
        return lay_out(self.shards, pieces, self.context)

    def _pieces(self, epochs: Numbers, items: Numbers) -> Pieces:
        """A window is one piece, or two where it runs over the seam."""
        along = items * self.context
        starts = (self._offsets(epochs) + along) % self.pairs
        lengths = np.minimum(self.context, self.pairs - along)
        before = np.minimum(lengths, self.pairs - starts)
        halves = np.stack([before, lengths - before], axis=1)
        begins = np.stack([starts, np.zeros_like(starts)], axis=1)
        there = halves > 0
        return Pieces(begins[there], halves[there], there.sum(axis=1))

    def _offsets(self, epochs: Numbers) -> Numbers:
        """Where each epoch begins on the circle."""
        known, which = np.unique(epochs, return_inverse=True)
        offsets = [
            random_numbers(self.shards.index.digest, self.seed, "offset", epoch).integers(
                self.pairs
            )
            for epoch in known.tolist()
        ]
        return np.array(offsets, dtype=np.int64)[which]


def spread(shards: Shards, context: int, count: int) -> Batch:
    """At most `count` windows of up to `context` tokens, evenly spread over the shards: what is validated on."""
    expect_text(shards)
    width = min(context, len(shards.tokens) - 1)
    starts = np.linspace(0, len(shards.tokens) - 1 - width, count).astype(np.int64)
    starts = np.unique(starts)
    each = np.ones_like(starts)
    return lay_out(shards, Pieces(starts, each * width, each), width)
