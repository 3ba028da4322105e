"""Texts as hashed words and shingles, a megabyte in some milliseconds: no Python per word.

A word is a run of letters, digits and marks, case folded; a character of a script that writes no
spaces is a word of its own. So English has shingles of words, Japanese of characters, and nothing
depends on a label: two copies whose sources name different languages still meet.

A word's hash is a polynomial in its code points modulo 2**64. With the running sum S of c * B**i
it is (S[end] - S[start]) * B**-start, since an odd B has an inverse: all words in one pass.
Whoever must not be wrong (a leaked question) compares the words themselves afterwards.
"""

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int64]

BASE = 0x9E3779B97F4A7C15
"""2**64 divided by the golden ratio: odd, its bits without a pattern."""
MIXER = 0xD6E8FEB86659FD93
BLOCK = 1 << 16
"""Characters hashed at once: their numbers stay in a core's cache."""
GROUP = 1 << 20
"""Characters of several short texts looked at together."""

LETTERS = 0x20000
"""Code points below may be letters of any script: planes 0 and 1."""
BEYOND = 0x323B0
"""No code point from here on stands in a word; between the two are ideographs alone."""
UNSPACED = (
    *(
        range(0x0E00, 0x0F00),
        range(0x1000, 0x10A0),
        range(0x1780, 0x1800),
    ),  # Thai, Lao; Burmese; Khmer
    *(range(0x3005, 0x3008), range(0x3040, 0x3100), range(0x31F0, 0x3200)),  # 々〆〇, kana
    *(range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00)),  # ideographs
    *(range(0xFF66, 0xFFA0), range(LETTERS, BEYOND)),
)
"""Code points of scripts that write no spaces between words."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of several texts, end to end."""

    hashes: Hashes
    starts: Positions
    """Where each word begins in the texts joined by one character each."""
    ends: Positions
    unspaced: npt.NDArray[np.bool_]
    """Which words are single characters of a script without spaces."""
    borders: Positions
    """The first word of each text, and in the end the number of words."""

    @property
    def lengths(self) -> Positions:
        """Words of each text."""
        return np.diff(self.borders)

    def mostly_unspaced(self) -> npt.NDArray[np.bool_]:
        """Which texts are written without spaces for the most part."""
        counts = np.concatenate(([0], np.cumsum(self.unspaced)))
        return 2 * np.diff(counts[self.borders]) > self.lengths


def groups(texts: Sequence[str]) -> Iterator[slice]:
    """Neighbouring texts of about GROUP characters together, a longer one alone."""
    start, held = 0, 0
    for number, text in enumerate(texts):
        if number > start and held + len(text) > GROUP:
            yield slice(start, number)
            start, held = number, 0
        held += len(text)
    if texts:
        yield slice(start, len(texts))


def tokens(texts: Sequence[str]) -> Tokens:
    """The words of `texts`, hashed."""
    joined = "\n".join(texts).encode("utf-32-le")
    found = [_block(codes, start) for codes, start in _blocks(np.frombuffer(joined, "<u4"))]
    hashes, starts, ends, unspaced = (
        np.concatenate(column)
        for column in zip(*[_block(np.zeros(0, np.uint32), 0), *found], strict=True)
    )
    first = [0, *accumulate(len(text) + 1 for text in texts)]
    return Tokens(hashes, starts, ends, unspaced, np.searchsorted(starts, first))


def grams(hashes: Hashes, longest: int) -> Iterator[tuple[int, Hashes]]:
    """(n, the unmixed hashes of all runs of n words) for n = 1 to `longest`."""
    runs = hashes
    for n in range(1, longest + 1):
        if n > 1:
            runs = runs[:-1] * np.uint64(BASE) + hashes[n - 1 :]
        yield n, runs


def runs(found: Tokens, wanted: Collection[int]) -> Iterator[tuple[int, Hashes, Positions]]:
    """(n, hash, text) of every run of n words within a text, for the n wanted; columns of equal length."""
    owners = np.repeat(np.arange(len(found.lengths)), found.lengths)
    for n, hashes in grams(found.hashes, max(wanted, default=0)):
        if n in wanted:
            inside = owners[: len(hashes)] == owners[n - 1 :]
            yield n, hashes[inside], owners[: len(hashes)][inside]


def mixed(hashes: Hashes) -> Hashes:
    """Every bit of the result depends on every bit given."""
    spread = hashes ^ (hashes >> np.uint64(32))
    spread *= np.uint64(MIXER)
    spread ^= spread >> np.uint64(32)
    spread *= np.uint64(MIXER)
    spread ^= spread >> np.uint64(32)
    return spread


def _blocks(codes: npt.NDArray[np.uint32]) -> Iterator[tuple[npt.NDArray[np.uint32], int]]:
    """Folded code points, 0 for what belongs to no word, cut between words; and where each starts."""
    folds = _tables()[0]
    start = 0
    while start < len(codes):
        block = folds[np.minimum(codes[start : start + BLOCK], BEYOND)]
        if start + BLOCK < len(codes):
            gaps = np.flatnonzero(block == 0)
            block = block[: gaps[-1] + 1] if len(gaps) else block
        yield block, start
        start += len(block)


def _block(
    codes: npt.NDArray[np.uint32], start: int
) -> tuple[Hashes, Positions, Positions, npt.NDArray[np.bool_]]:
    """Hashes, starts and ends of the words in one block, and whether they are unspaced."""
    kinds = np.zeros(len(codes) + 2, np.int8)
    kinds[1:-1] = _tables()[1][codes]
    here, before = kinds[1:], kinds[:-1]
    lone = here == 2
    starts = np.flatnonzero(lone | ((here == 1) & (before != 1)))
    ends = np.flatnonzero((before == 2) | ((before == 1) & (here != 1)))
    powers, inverses = _powers()
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * powers[: len(codes)], out=sums[1:])
    hashes = mixed((sums[ends] - sums[starts]) * inverses[starts])
    return hashes, starts + start, ends + start, lone[starts]


@cache
def _tables() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int8]]:
    """By code point: what it is folded to (0: no part of a word), and 1 in a word, 2 a word by itself."""
    folds = np.arange(BEYOND + 1, dtype=np.uint32)
    folds[BEYOND] = 0
    for code, sign in enumerate(map(chr, range(LETTERS))):
        folded = sign.casefold()
        is_in_word = unicodedata.category(sign)[0] in "LNM"
        folds[code] = (ord(folded) if len(folded) == 1 else code) if is_in_word else 0
    kinds = (folds != 0).astype(np.int8)
    for script in UNSPACED:
        kinds[script.start : script.stop] *= 2
    return folds, kinds


@cache
def _powers() -> tuple[Hashes, Hashes]:
    """BASE**i and BASE**-i modulo 2**64, for every place in a block."""
    inverse = pow(BASE, -1, 2**64)
    up, down = (
        np.cumprod(np.array([1, *[factor] * BLOCK], np.uint64), dtype=np.uint64)
        for factor in (BASE, inverse)
    )
    return up, down
