"""Every random choice of the tales, in one place: integers only, so all platforms draw the same.

A `Draw` is splitmix64 (Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195) started
from (seed, index, salt); it picks from explicit finite distributions and adds up log2 of what it
picked. The streams of `random` and of numpy belong to them and may change with a version: of numpy no
more is used than its product of 64-bit numbers.
Picking by the top bits of a 64-bit number is off the exact weights by less than 2^-40, which no
measurement of the corpus can see.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from math import log2
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")
Number = TypeVar("Number", int, NDArray[Any])

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
AHEAD = 40
"""Numbers of a stream that are worked out beforehand: about as many as a story needs."""
TOGETHER = 64
"""Streams of neighbouring indices that are worked out at once."""
LOG2 = (0.0, *(log2(n) for n in range(1, 1025)))


def mix(number: Number) -> Number:
    """The finaliser of splitmix64: 64 bits in, 64 well-stirred bits out; of one number or of many."""
    number = number & MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


def stream(state: int) -> Iterator[int]:
    """The numbers of splitmix64 from a state on."""
    while True:
        state = (state + GOLDEN) & MASK
        yield mix(state)


@lru_cache(maxsize=16)
def _neighbours(seed: int, place: int, salt: int) -> Sequence[tuple[list[int], int]]:
    """How the streams of TOGETHER indices begin, with the state that each begins to be in then: worked out at once, a
    number takes a tenth of the time."""
    indices = np.arange(1, TOGETHER + 1, dtype=np.uint64) + (place * TOGETHER & MASK)
    states = mix(mix(mix(seed) + GOLDEN * indices) ^ mix(~salt))
    passed = states[:, None] + GOLDEN * np.arange(1, AHEAD + 1, dtype=np.uint64)
    return list(zip(mix(passed).tolist(), passed[:, -1].tolist(), strict=True))


class Weighted(Generic[Item]):
    """A finite distribution: items with whole-number weights, in a fixed order.

    There are tens of thousands, most used once or twice: what one needs to know of an item is worked out when asked.
    """

    __slots__ = ("bounds", "items", "total", "weights")

    def __init__(self, pairs: Iterable[tuple[Item, int]], *, may_be_empty: bool = False) -> None:
        kept = [pair for pair in pairs if pair[1] > 0]
        if not kept and not may_be_empty:
            raise ValueError("expected at least one item of positive weight, found none")
        self.items: tuple[Item, ...] = tuple([item for item, _ in kept])
        self.weights = [weight for _, weight in kept]
        self.bounds = list(accumulate(self.weights))
        self.total = self.bounds[-1] if kept else 0

    def log2_probability(self, item: Item) -> float:
        """Of drawing `item`; ValueError where it is none of these."""
        return log2(self.weights[self.items.index(item)] / self.total)


class Draw:
    """A stream of choices, the same for the same (seed, index, salt), and how likely they were."""

    __slots__ = ("_number", "log2_probability")

    def __init__(self, seed: int, index: int, salt: int = 0) -> None:
        numbers, last = _neighbours(seed, index // TOGETHER, salt)[index % TOGETHER]
        self._number = chain(numbers, stream(last)).__next__
        self.log2_probability = 0.0

    def _next(self, n: int) -> int:
        return self._number() * n >> 64

    def below(self, n: int) -> int:
        """One of 0 .. n-1 (n at most 1,024), all alike."""
        if n == 1:
            return 0
        self.log2_probability -= LOG2[n]
        return self._number() * n >> 64

    def whole(self, low: int, high: int) -> int:
        """One of low .. high, both included, all alike."""
        return low + self.below(high - low + 1)

    def one_of(self, items: Sequence[Item]) -> Item:
        """One of the items, all alike."""
        return items[self.below(len(items))]

    def chance(self, percent: int) -> bool:
        """True `percent` times in a hundred."""
        if percent <= 0 or percent >= 100:
            return percent >= 100
        happens = self._next(100) < percent
        self.log2_probability += LOG2[percent if happens else 100 - percent] - LOG2[100]
        return happens

    def weigh(self, items: Sequence[Item], weights: Sequence[int]) -> Item:
        """One of the items, as often as its weight says; for distributions that are used once."""
        if len(items) == 1:
            return items[0]
        total = sum(weights)
        number = self._next(total)
        place = 0
        while number >= weights[place]:
            number -= weights[place]
            place += 1
        self.log2_probability += log2(weights[place] / total)
        return items[place]

    def pick(self, weighted: Weighted[Item]) -> Item:
        """One of the items, as often as its weight says."""
        if len(weighted.items) == 1:
            return weighted.items[0]
        place = bisect_right(weighted.bounds, self._next(weighted.total))
        self.log2_probability += log2(weighted.weights[place] / weighted.total)
        return weighted.items[place]
