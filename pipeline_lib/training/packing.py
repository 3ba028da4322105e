"""Whole documents side by side in rows of equal length, best fit first; a row remembers whose token is whose.

A document of n tokens is n - 1 pairs of a token and the one that follows it; one with more pairs than a row holds is cut
into windows, so that each pair is learnt once an epoch. Packing goes block by block of documents: it keeps three numbers for
each, and a row's documents lie near one another on disk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from pipeline_lib.formats.shards import Shards
from pipeline_lib.training.batches import Batch, Order

Numbers = npt.NDArray[np.int64]
BLOCK = 1 << 16
"""Documents packed together."""


@dataclass(frozen=True)
class Packed:
    """Pieces of documents: where each starts in the shards, how many pairs it holds, and which lie in a row."""

    starts: Numbers
    lengths: Numbers
    row_ends: Numbers
    """How many of the pieces, which stand in the order of the rows, lie in each row or in an earlier one."""
    width: int
    left_out: int = 0
    """Conversations without anything to learn within `width` pairs."""
    cut: int = 0
    """Documents longer than `width` pairs."""

    def __len__(self) -> int:
        return len(self.row_ends)

    def pieces(self, row: int) -> slice:
        return slice(int(self.row_ends[row - 1]) if row else 0, int(self.row_ends[row]))

    @property
    def padding(self) -> float:
        """Share of the rows that holds nothing."""
        return 1 - int(self.lengths.sum()) / max(len(self) * self.width, 1)


def pack(shards: Shards, width: int) -> Packed:
    """Every document, whole where `width` pairs hold it, else in windows that follow one another."""
    parts: list[tuple[Numbers, Numbers, Numbers]] = []
    cut = 0
    for starts, pairs in _blocks(shards):
        cut += int((pairs > width).sum())
        parts.append(_filled(*_windows(starts, pairs, width), width))
    return _joined(parts, width, cut=cut)


def pack_conversations(shards: Shards, width: int) -> Packed:
    """Every conversation's first `width` pairs; those without anything to learn in them are left out."""
    learnt = np.zeros(len(shards.tokens) + 1, dtype=np.int64)  # tokens learnt before each place
    if shards.mask is not None:
        np.cumsum(shards.mask[0 : len(shards.tokens)], out=learnt[1:])
    parts: list[tuple[Numbers, Numbers, Numbers]] = []
    cut = left_out = 0
    for starts, pairs in _blocks(shards):
        lengths = np.minimum(pairs, width)
        useful = learnt[starts + lengths + 1] > learnt[starts + 1]
        cut += int((pairs[useful] > width).sum())
        left_out += int((~useful).sum())
        parts.append(_filled(starts[useful], lengths[useful], width))
    return _joined(parts, width, cut=cut, left_out=left_out)


def _blocks(shards: Shards) -> Iterator[tuple[Numbers, Numbers]]:
    """Where documents start, and their pairs, BLOCK by BLOCK."""
    ends = shards.doc_ends
    for first in range(0, len(ends), BLOCK):
        block = ends[first : first + BLOCK].astype(np.int64)
        begin = int(ends[first - 1]) if first else 0
        starts = np.concatenate(([begin], block[:-1]))
        yield starts, block - starts - 1


def _windows(starts: Numbers, pairs: Numbers, width: int) -> tuple[Numbers, Numbers]:
    """Starts and lengths of pieces of at most `width` pairs."""
    counts = -(-pairs // width)
    number = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    skipped = number * width
    return np.repeat(starts, counts) + skipped, np.minimum(
        np.repeat(pairs, counts) - skipped, width
    )


def _filled(starts: Numbers, lengths: Numbers, width: int) -> tuple[Numbers, Numbers, Numbers]:
    """The pieces in the order of their rows, and how many lie in each row."""
    rows = best_fit(lengths, width)
    order = np.array([piece for row in rows for piece in row], dtype=np.int64)
    sizes = np.array([len(row) for row in rows], dtype=np.int64)
    return starts[order], lengths[order], sizes


def best_fit(lengths: Numbers, width: int) -> list[list[int]]:
    """Longest first, each piece into the row where it leaves the least room.

    `roomy[r]` holds the rows with room for r more, and bit r of `some` says whether there are any: the best row is found in
    one step. 150,000 documents take 0.2 seconds.
    """
    rows: list[list[int]] = []
    roomy: list[list[int]] = [[] for _ in range(width + 1)]
    some = 0
    for piece in np.argsort(-lengths, kind="stable").tolist():
        length = int(lengths[piece])
        fitting = some >> length << length
        if fitting:
            room = (fitting & -fitting).bit_length() - 1
            row = roomy[room].pop()
            if not roomy[room]:
                some ^= 1 << room
        else:
            room, row = width, len(rows)
            rows.append([])
        rows[row].append(piece)
        roomy[room - length].append(row)
        some |= 1 << room - length
    return rows


def _joined(
    parts: Sequence[tuple[Numbers, Numbers, Numbers]], width: int, cut: int = 0, left_out: int = 0
) -> Packed:
    nothing = (np.zeros(0, dtype=np.int64),) * 3
    starts, lengths, sizes = (np.concatenate(x) for x in zip(nothing, *parts, strict=True))
    return Packed(starts, lengths, np.cumsum(sizes), width, left_out, cut)


def lay_out(shards: Shards, packed: Packed, rows: Sequence[int]) -> Batch:
    """These rows as tensors; segments count from 1, and padding is segment 0, which nothing is learnt from."""
    shape = (len(rows), packed.width)
    inputs, targets, segments = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    counts = np.zeros(shape, dtype=np.bool_)
    for line, row in enumerate(rows):
        pieces = packed.pieces(row)
        place = 0
        for number, (start, length) in enumerate(
            zip(packed.starts[pieces].tolist(), packed.lengths[pieces].tolist(), strict=True), 1
        ):
            here = line, slice(place, place + length)
            tokens = shards.tokens[start : start + length + 1]
            inputs[here], targets[here], segments[here] = tokens[:-1], tokens[1:], number
            counts[here] = (
                True if shards.mask is None else shards.mask[start + 1 : start + length + 1]
            )
            place += length
    return Batch(*map(torch.from_numpy, (inputs, targets, segments, counts)))


class Documents:
    """Training batches of whole documents, which do not see one another."""

    def __init__(self, shards: Shards, context: int, seed: int) -> None:
        self.shards = shards
        self.packed = pack(shards, context)
        self.order = Order(len(self.packed), shards.index.digest, seed)

    def batch(self, step: int, size: int) -> Batch:
        """`size` rows; an epoch visits each once, in a random order."""
        rows = [row for _, row in self.order.batch(step, size)]
        return lay_out(self.shards, self.packed, rows)


def spread(shards: Shards, context: int, count: int) -> Batch:
    """At most `count` rows of whole documents, evenly spread over the shards: what is validated on."""
    packed = pack(shards, context)
    rows = np.unique(np.linspace(0, len(packed) - 1, count).astype(np.int64))
    return lay_out(shards, packed, rows.tolist())
