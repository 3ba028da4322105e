"""Exact duplicates among millions of ids: sorted as numbers, 16 bytes each, not held as strings."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.uint64]
"""One row of two numbers for each id (xxh3-128)."""
BUCKET_BITS = 4


def packed(ids: Iterable[str]) -> Ids:
    """Hexadecimal ids as numbers."""
    content = b"".join(map(bytes.fromhex, ids))
    return np.frombuffer(content, dtype=np.uint64).reshape(-1, 2)


def repeats(ids: Ids) -> npt.NDArray[np.bool_]:
    """Which rows equal an earlier one; sorted bucket by bucket, so that little is held beside the ids."""
    found = np.zeros(len(ids), dtype=bool)
    buckets = (ids[:, 0] >> np.uint64(64 - BUCKET_BITS)).astype(np.uint8)
    for bucket in range(1 << BUCKET_BITS):
        rows = np.flatnonzero(buckets == bucket)
        some = ids[rows]
        order = np.lexsort((some[:, 0], some[:, 1]))  # stable: of equal rows the earliest is first
        same = (some[order[1:]] == some[order[:-1]]).all(axis=1)
        found[rows[order[1:][same]]] = True
    return found
