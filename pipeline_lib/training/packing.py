"""Conversations side by side in rows of equal length, best fit first; a row remembers whose token is whose."""

import bisect
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline_lib.formats.shards import Shards


@dataclass(frozen=True)
class Packed:
    """Rows of `width` tokens. `segments`: 0 is padding, conversations count from 1. `counts`: is this token learnt?"""

    rows: list[list[int]]
    """Conversation numbers in each row."""
    left_out: int
    """Conversations without anything to learn within `width` tokens."""
    cut: int
    """Conversations cut at `width` tokens."""


def pack(shards: Shards, width: int) -> Packed:
    """Best-fit decreasing: each conversation goes where it leaves the least room. Deterministic."""
    ends = shards.doc_ends.astype(np.int64)
    starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    mask = shards.mask[0 : len(shards.tokens)] if shards.mask is not None else None
    lengths = np.minimum(ends - starts, width)
    learns = [
        mask is None or bool(mask[s + 1 : s + n].any())
        for s, n in zip(starts, lengths, strict=True)
    ]
    order = sorted(
        (i for i, useful in enumerate(learns) if useful), key=lambda i: (-int(lengths[i]), i)
    )
    rows: list[list[int]] = []
    rooms: list[tuple[int, int]] = []  # (room, row), sorted
    for item in order:
        length = int(lengths[item])
        place = bisect.bisect_left(rooms, (length, -1))
        if place == len(rooms):
            rows.append([item])
            bisect.insort(rooms, (width - length, len(rows) - 1))
        else:
            room, row = rooms.pop(place)
            rows[row].append(item)
            bisect.insort(rooms, (room - length, row))
    kept_cut = sum(int(ends[i] - starts[i]) > width for i in order)
    return Packed(rows, learns.count(False), kept_cut)


def lay_out(
    shards: Shards, conversations: list[int], width: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Ids, segments and what is learnt, each (width,), of one packed row."""
    ids = np.zeros(width, dtype=np.int64)
    segments = np.zeros(width, dtype=np.int64)
    counts = np.zeros(width, dtype=np.bool_)
    place = 0
    for number, item in enumerate(conversations, start=1):
        start = int(shards.doc_ends[item - 1]) if item else 0
        length = min(int(shards.doc_ends[item]) - start, width)
        here = slice(place, place + length)
        ids[here] = shards.tokens[start : start + length]
        segments[here] = number
        counts[here] = True if shards.mask is None else shards.mask[start : start + length]
        counts[place] = False  # nothing of its own conversation stands before the first token
        place += length
    return ids, segments, counts
