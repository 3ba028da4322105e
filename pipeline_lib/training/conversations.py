"""Which part of each conversation is learnt from: all of it where the context holds it, else up to a turn's end or nothing.

An answer cut in two would teach to break off, so a conversation that is too long ends after the last answer that fits; where
none does there is nothing to learn. Answers are found by the mask, block by block: a learnt token whose successor is not, or
belongs to another conversation, ends one.
"""

from typing import Literal

import numpy as np

from pipeline_lib.formats.shards import Shards
from pipeline_lib.training.order import Numbers
from pipeline_lib.training.packing import Filling, Packed, blocks

Overlong = Literal["cut", "drop"]
PIECE = 1 << 22
"""Tokens whose mask is looked at together."""


def pack_conversations(shards: Shards, width: int, overlong: Overlong) -> Packed:
    """Conversations in rows of `width` pairs, those that are longer cut after their last answer that fits or dropped; what
    has no answer is left out."""
    filling, cut, left_out, overlong_ones = Filling(width), 0, 0, 0
    for starts, pairs in blocks(shards):
        is_long = pairs > width
        last = _last_answers(shards, starts, pairs, width)
        useful = last > 0 if overlong == "cut" else (last > 0) & ~is_long
        lengths = np.where(is_long, last, pairs)
        filling.add(starts[useful], lengths[useful])
        cut += int((useful & is_long).sum())
        left_out += int((~useful).sum())
        overlong_ones += int(is_long.sum())
    return filling.packed(cut, left_out, overlong_ones)


def _last_answers(shards: Shards, starts: Numbers, pairs: Numbers, width: int) -> Numbers:
    """Of each conversation: how many pairs lead to the end of its last answer within `width`; 0: there is none."""
    ends = np.concatenate(([-1], _answer_ends(shards, starts, starts + pairs)))
    last = ends[np.searchsorted(ends, starts + np.minimum(pairs, width), side="right") - 1]
    return np.maximum(last - starts, 0)


def _answer_ends(shards: Shards, starts: Numbers, lasts: Numbers) -> Numbers:
    """Places of the tokens that end an answer, in conversations that follow one another; `lasts`: their last tokens."""
    found = [np.zeros(0, dtype=np.int64)]
    if shards.mask is None:
        return found[0]
    end = int(lasts[-1]) + 1
    for first in range(int(starts[0]), end, PIECE):
        learnt = shards.mask[first : min(first + PIECE, end)]
        goes_on = np.zeros_like(learnt)
        following = shards.mask[first + 1 : first + 1 + len(learnt)]
        goes_on[: len(following)] = following
        goes_on[lasts[(lasts >= first) & (lasts < first + len(learnt))] - first] = False
        found.append(np.flatnonzero(learnt & ~goes_on) + first)
    return np.concatenate(found)
