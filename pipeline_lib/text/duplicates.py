"""Exact duplicates among millions of ids: sorted as numbers, 16 bytes each, not held as strings."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.uint64]
"""One row of two numbers for each id (xxh3-128)."""


def packed(ids: Iterable[str]) -> Ids:
    """Hexadecimal ids as numbers."""
    content = b"".join(map(bytes.fromhex, ids))
    return np.frombuffer(content, dtype=np.uint64).reshape(-1, 2)


def repeats(ids: Ids) -> npt.NDArray[np.bool_]:
    """Which rows equal an earlier one."""
    found = np.zeros(len(ids), dtype=bool)
    order = np.lexsort((ids[:, 0], ids[:, 1]))  # stable: of equal rows the earliest comes first
    same = (ids[order[1:]] == ids[order[:-1]]).all(axis=1)
    found[order[1:][same]] = True
    return found
