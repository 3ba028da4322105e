"""Which items hold an n-gram: sorted hashes, and a table that says at a glance that one is unknown.

Nearly every n-gram of a text is unknown. A table of sixteen places for each hash answers for 15 of
16 of them with one look; only the others are searched for among the sorted hashes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline_lib.text.near.shingles import Hashes, Positions

PLACES = 16
"""In the table, for each hash."""
COMMON = 50
"""Spellings of items up to which an n-gram tells them apart; held by more, it is their set's wording."""


@dataclass(frozen=True)
class Postings:
    """The items of each n-gram."""

    hashes: Hashes
    """Sorted, each once."""
    borders: Positions
    """Where in `items` those of each hash begin, and their number at the end."""
    items: Positions
    totals: Positions
    """By item: how many of its n-grams are here."""
    table: npt.NDArray[np.bool_]
    """Whether a hash with these first bits is known; its length is a power of two."""

    @classmethod
    def of(cls, hashes: Hashes, items: Positions) -> "Postings":
        """Of the n-grams of items, both as they come; common ones are left out where others remain."""
        order = np.lexsort((items, hashes))
        hashes, items = hashes[order], items[order]
        if len(hashes):
            again = (hashes[1:] == hashes[:-1]) & (items[1:] == items[:-1])
            once = np.concatenate(([True], ~again))
            hashes, items = hashes[once], items[once]
        telling = _telling(hashes, items)
        hashes, items = hashes[telling], items[telling]
        known, firsts = np.unique(hashes, return_index=True)
        bits = max(12, (PLACES * len(known)).bit_length())
        table = np.zeros(1 << bits, bool)
        table[_places(known, bits)] = True
        borders = np.concatenate((firsts, [len(items)]))
        return cls(known, borders, items, np.bincount(items), table)

    def find(self, hashes: Hashes) -> tuple[Positions, Positions]:
        """Which of `hashes` are known, and their numbers here."""
        bits = len(self.table).bit_length() - 1
        places = np.flatnonzero(self.table[_places(hashes, bits)])
        if not len(places):
            return places, places
        numbers = np.searchsorted(self.hashes, hashes[places])
        numbers = np.minimum(numbers, len(self.hashes) - 1)
        known = self.hashes[numbers] == hashes[places]
        return places[known], numbers[known]

    def shared(
        self, hashes: Hashes, owners: Positions, least: float
    ) -> tuple[Positions, Positions]:
        """(texts, items) where a text holds at least the share `least` of an item's n-grams."""
        places, numbers = self.find(hashes)
        held = np.unique(np.stack((owners[places], numbers), axis=1), axis=0)
        texts, numbers = held[:, 0], held[:, 1]
        counts = self.borders[numbers + 1] - self.borders[numbers]
        ends = np.cumsum(counts)
        within = np.arange(counts.sum()) - np.repeat(ends - counts, counts)
        items = self.items[np.repeat(self.borders[numbers], counts) + within]
        pairs, counted = np.unique(
            np.stack((np.repeat(texts, counts), items), axis=1), axis=0, return_counts=True
        )
        enough = counted >= least * self.totals[pairs[:, 1]]
        return pairs[enough, 0], pairs[enough, 1]

    def telling(self, item: int, hashes: Hashes) -> Positions:
        """Which of an item's n-grams count: those that are posted for it."""
        places, numbers = self.find(hashes)
        mine = [
            item in self.items[self.borders[number] : self.borders[number + 1]]
            for number in numbers
        ]
        counted: Positions = places[np.array(mine, bool)]
        return counted


def _telling(hashes: Hashes, items: Positions) -> npt.NDArray[np.bool_]:
    """Leaves out what more than COMMON items hold, unless an item has nothing else."""
    if not len(hashes):
        return np.zeros(0, bool)
    _, groups, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    rare = counts[groups] <= COMMON
    has_rare = np.bincount(items[rare], minlength=int(items.max()) + 1) > 0
    kept: npt.NDArray[np.bool_] = rare | ~has_rare[items]
    return kept


def _places(hashes: Hashes, bits: int) -> Hashes:
    return hashes >> np.uint64(64 - bits)
