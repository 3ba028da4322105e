"""The order in which items are learnt: a pure function of (index digest, seed, epoch, place), with nothing held.

An epoch is a keyed permutation that is computed item by item, so a billion items cost no more memory than one, and any step
can be asked for first. It is a generalised Feistel network with cycle walking: Black & Rogaway 2002, "Ciphers with Arbitrary
Finite Domains", methods 2 and 3, doi.org/10.1007/3-540-45760-7_9. A shuffle is all it is for; nobody is to be kept out.
"""

import hashlib
import math

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
ROUNDS = 12
"""The fewest after which all orders of a few items come equally often; eight do not suffice for six items."""


def random_numbers(digest: str, *path: int | str) -> np.random.Generator:
    """A generator that is a function of its arguments alone."""
    seed = hashlib.sha256("/".join(map(str, (digest, *path))).encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(seed[:16], "little")))


def share(size: int, rank: int, ranks: int) -> range:
    """Rows of a batch of `size` that rank `rank` of `ranks` learns: those of rank 0 come first, and no two ranks differ by
    more than one row, whether `ranks` divides `size` or not."""
    return range(size * rank // ranks, size * (rank + 1) // ranks)


class Order:
    """Item numbers 0..count-1, shuffled anew for each epoch. It has no state: what a run has read so far is its step."""

    def __init__(self, count: int, digest: str, seed: int) -> None:
        self.count, self.digest, self.seed = count, digest, seed

    def batch(self, step: int, size: int, rank: int = 0, ranks: int = 1) -> tuple[Numbers, Numbers]:
        """Epochs and items of the `size` places from step * size on, or of one rank's share of them."""
        rows = share(size, rank, ranks)
        return self.at(step * size + np.arange(rows.start, rows.stop, dtype=np.int64))

    def at(self, places: Numbers) -> tuple[Numbers, Numbers]:
        """Epochs and items of some places, counted through all epochs."""
        epochs, items = np.divmod(places, self.count)
        for epoch in np.unique(epochs).tolist():
            numbers = random_numbers(self.digest, self.seed, "epoch", epoch)
            keys = numbers.integers(1 << 64, size=ROUNDS, dtype=np.uint64)
            here = epochs == epoch
            items[here] = permuted(items[here], self.count, keys)
        return epochs, items


def permuted(items: Numbers, count: int, keys: Words) -> Numbers:
    """Where each item of 0..count-1 goes under the permutation that `keys` name; a key a round.

    The network permutes 0..a*b-1, the least such rectangle that is nearly square; what leaves 0..count-1 walks on until
    it is back, which less than one item in sqrt(count) must.
    """
    a = math.isqrt(count - 1) + 1
    b = -(-count // a)
    found = _rounds(items.astype(np.uint64), a, b, keys)
    while (outside := found >= count).any():
        found[outside] = _rounds(found[outside], a, b, keys)
    return found.astype(np.int64)


def _rounds(items: Words, a: int, b: int, keys: Words) -> Words:
    """Left counts to `a` and right to `b`: in turn each is shifted, around its circle, by a hash of the other."""
    height, width = np.uint64(a), np.uint64(b)
    left, right = np.divmod(items, width)
    for number, key in enumerate(keys):
        if number % 2:
            right = (right + _mixed(left ^ key) % width) % width
        else:
            left = (left + _mixed(right ^ key) % height) % height
    result: Words = left * width + right
    return result


def _mixed(words: Words) -> Words:
    """Each bit of the result hangs on every bit given: SplitMix64's finaliser, Steele, Lea & Flood 2014, "Fast Splittable
    Pseudorandom Number Generators", doi.org/10.1145/2660193.2660195, with the numbers of D. Stafford's variant 13."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
