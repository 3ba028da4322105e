"""n-grams as numbers: equal n-grams have equal keys, and keys are sorted, not hashed one by one.

A key is a polynomial in the members of the n-gram modulo 2**64, so that of two different n-grams in a text of a
million the odds of one key for both are below one in ten million. The keys of n + 1 follow from those of n.
"""

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Odd, so that multiplying loses nothing; its bits are those of the golden ratio."""


class Grams:
    """The n-grams of a sequence of numbers, n by n."""

    def __init__(self, members: npt.NDArray[np.integer]) -> None:
        self._members = members.astype(np.uint64) * FACTOR
        self._members ^= self._members >> np.uint64(29)
        self._keys = {1: self._members}

    def keys(self, n: int) -> Keys:
        """One key for each n-gram, in order; none where the sequence is shorter."""
        if n not in self._keys:
            before = self.keys(n - 1)
            self._keys[n] = before[:-1] * FACTOR + self._members[n - 1 :]
        return self._keys[n]


def counted(keys: Keys) -> tuple[Keys, npt.NDArray[np.int64]]:
    """The different keys, sorted, and how often each comes."""
    ordered = np.sort(keys)
    ends = np.flatnonzero(ordered[1:] != ordered[:-1])
    if len(ordered):
        ends = np.append(ends, len(ordered) - 1)
    return ordered[ends], np.diff(ends, prepend=-1)


def first_of(keys: Keys, wanted: Keys) -> int:
    """Where the first key that is among those wanted stands."""
    return int(np.isin(keys, wanted).argmax())


def repeats(keys: Keys) -> int:
    """How many keys repeat an earlier one."""
    ordered = np.sort(keys)
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))


def repeats_at(keys: Keys) -> npt.NDArray[np.bool_]:
    """Which keys repeat an earlier one."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    found = np.zeros(len(keys), np.bool_)
    found[order[1:]] = ordered[1:] == ordered[:-1]
    return found
