"""The floor: how many bits a byte of the corpus holds, and no honest model goes below.

The entropy is the mean of -log2 P over all texts; this is its Monte Carlo estimate on some of them,
as a ratio of bits to bytes, with the standard error of a ratio (Cochran 1977, Sampling Techniques,
eq. 2.39 with the finite population correction left out).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Entropy:
    bits_per_byte: float
    standard_error: float
    """Of bits_per_byte, from one choice of texts to another."""
    bits: float
    bytes: int
    documents: int


def of_texts(measured: Iterable[tuple[float, int]]) -> Entropy:
    """From (log2 probability, UTF-8 bytes) of each text; ValueError without any."""
    pairs = list(measured)
    size = sum(length for _, length in pairs)
    if not size:
        raise ValueError("expected at least one text, found none; there is no entropy of nothing")
    bits = -sum(log2_probability for log2_probability, _ in pairs)
    ratio, count = bits / size, len(pairs)
    spread = sum((log2_probability + ratio * length) ** 2 for log2_probability, length in pairs)
    error = sqrt(spread * count / max(count - 1, 1)) / size
    return Entropy(ratio, error, bits, size, count)
