"""Streams in batches: encoding many texts at once lets SentencePiece use all cores."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")

TEXTS = 1000
"""In one batch."""


def batches(items: Iterable[Item], size: int = TEXTS) -> Iterator[list[Item]]:
    """`items` in order, `size` at a time, the last batch shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
