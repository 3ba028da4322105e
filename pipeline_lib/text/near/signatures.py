"""MinHash signatures of documents, written beside the search in .npy files.

Of every permutation of the 32-bit hashes of a document's shingles the least is kept: two documents
agree in one with the probability of their Jaccard similarity (Broder 1997,
https://doi.org/10.1109/SEQUEN.1997.666900). A permutation is `a * hash + b` modulo 2**32, a odd;
numpy runs it over a few thousand shingles at a time, which costs less than finding the words.

A text shorter than a shingle is one shingle: equal words, equal signature. A text without words
has no signature and is never a duplicate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline_lib import engine
from pipeline_lib.formats import documents
from pipeline_lib.params import NearParams
from pipeline_lib.text.near import shingles
from pipeline_lib.text.near.shingles import Hashes, Positions, Tokens

Signatures = npt.NDArray[np.uint32]
"""One row a document, `bands * rows` numbers."""

CHUNK = 1 << 15
"""Shingles permuted at once: they stay in a core's cache."""
ROWS = 1 << 13
"""Documents of a part read at once."""
WORDLESS = 2**32 - 1
"""Every number in the signature of a document without words."""
NONE = 2**64 - 1
"""Its band hashes."""


@dataclass(frozen=True)
class Job:
    """A part to sign, and where its signatures go."""

    part: Path
    number: int
    scratch: Path
    params: NearParams

    def __str__(self) -> str:
        return str(self.part)


def signatures_path(scratch: Path, number: int) -> Path:
    return scratch / f"signatures-{number:05d}.npy"


def bands_path(scratch: Path, number: int) -> Path:
    return scratch / f"bands-{number:05d}.npy"


def sign(job: Job) -> int:
    """Write the signatures (documents, hashes) and band hashes (bands, documents) of a part; how many documents."""
    read = engine.walk(documents.read_part(job.part), job.part)
    found = [np.zeros((0, job.params.bands * job.params.rows), np.uint32)]
    while texts := [document.text for document in islice(read, ROWS)]:
        found.append(signatures(texts, job.params))
    signed = np.concatenate(found)
    found.clear()
    np.save(signatures_path(job.scratch, job.number), signed)
    np.save(bands_path(job.scratch, job.number), band_hashes(signed, job.params))
    return len(signed)


def signatures(texts: Sequence[str], params: NearParams) -> Signatures:
    """The signature of each text, a row each."""
    factors, summands = _permutations(params)
    signed = np.full((len(texts), len(factors)), WORDLESS, np.uint32)
    for group in shingles.groups(texts):
        hashes, borders = shingled(shingles.tokens(texts[group]), params)
        for chunk, owners, starts in _chunks(hashes, borders):
            _lower(signed[group], chunk, owners, starts, factors, summands)
    return signed


def shingled(found: Tokens, params: NearParams) -> tuple[npt.NDArray[np.uint32], Positions]:
    """The shingles of all texts end to end, and where each text's begin, their number at the end."""
    widths = np.where(found.mostly_unspaced(), params.characters, params.words)
    lengths = found.lengths
    widths = np.minimum(widths, np.maximum(lengths, 1))  # a short text is one shingle
    counts = np.where(lengths > 0, lengths - widths + 1, 0)
    borders = np.concatenate(([0], np.cumsum(counts)))
    hashes = np.zeros(borders[-1], np.uint64)
    # A shingle's number and that of its first word differ by what the texts before it lack.
    shifts = found.borders[:-1] - borders[:-1]
    owners = np.repeat(np.arange(len(counts)), counts)
    places = np.arange(borders[-1]) + shifts[owners]
    longest = int(widths.max(initial=1))
    wanted = set(widths[counts > 0].tolist())
    for n, runs in shingles.grams(found.hashes, longest):
        if n in wanted:
            mine = widths[owners] == n
            hashes[mine] = runs[places[mine]]
    return (shingles.mixed(hashes) >> np.uint64(32)).astype(np.uint32), borders


def band_hashes(signed: Signatures, params: NearParams) -> Hashes:
    """One number for each band of each signature, bands first; NONE where there is no signature."""
    runs = np.zeros((params.bands, len(signed)), np.uint64)
    for row in range(params.rows):
        runs = runs * np.uint64(shingles.BASE) + signed[:, row :: params.rows].T
    hashes = np.minimum(shingles.mixed(runs), np.uint64(NONE - 1))
    hashes[:, (signed == WORDLESS).all(axis=1)] = NONE
    return hashes


def _chunks(
    hashes: npt.NDArray[np.uint32], borders: Positions
) -> Iterator[tuple[npt.NDArray[np.uint32], Positions, Positions]]:
    """(some shingles, the texts they belong to, where in the chunk each of these begins)."""
    owners = np.flatnonzero(np.diff(borders))
    begins = borders[owners]
    for start in range(0, len(hashes), CHUNK):
        stop = min(start + CHUNK, len(hashes))
        first = np.searchsorted(begins, start, side="right") - 1
        last = np.searchsorted(begins, stop)
        yield hashes[start:stop], owners[first:last], np.maximum(begins[first:last] - start, 0)


def _lower(
    signed: Signatures,
    chunk: npt.NDArray[np.uint32],
    owners: Positions,
    starts: Positions,
    factors: npt.NDArray[np.uint32],
    summands: npt.NDArray[np.uint32],
) -> None:
    """Take the least permuted hashes of `chunk` into the signatures of their texts."""
    permuted = np.empty_like(chunk)
    least = np.empty((len(factors), len(owners)), np.uint32)
    for number in range(len(factors)):
        np.multiply(chunk, factors[number], out=permuted)
        np.add(permuted, summands[number], out=permuted)
        np.minimum.reduceat(permuted, starts, out=least[number])
    signed[owners] = np.minimum(signed[owners], least.T)


def _permutations(params: NearParams) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Factors and summands, of the seed alone: numpy's generators may draw others in its next version."""
    count = params.bands * params.rows
    numbers = np.arange(2 * count, dtype=np.uint64) + np.uint64((params.seed << 20) % 2**64)
    drawn = (shingles.mixed(shingles.mixed(numbers) + np.uint64(1)) >> np.uint64(32)).astype(
        np.uint32
    )
    return drawn[:count] | np.uint32(1), drawn[count:]
