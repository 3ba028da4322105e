"""Paragraphs that stood in an earlier document, word for word: licences, notices, quoted chapters.

A block between blank lines is one paragraph where it is wrapped, as in books from Gutenberg;
elsewhere each line is, as on most pages of the web, which have no blank lines at all. Case and
white space do not count, so a passage wrapped elsewhere is the same. A paragraph that comes twice
in one document stays: that is its refrain, and the filters' business.

Hashes of 64 bits are written part by part; one range of them at a time is sorted in memory.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline_lib import engine, progress
from pipeline_lib.formats import documents
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params import ParagraphParams

REASON = "duplicate_paragraphs"
"""Why a document goes of which too little is left."""
WRAPPED = 100
"""Characters of the longest line that was broken for its width: 70 to 80 are usual."""
SORTED = 1 << 20
"""Paragraphs sorted at once: 8 bytes of hash, 16 of numbers, and their order."""
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Job:
    """A part to read, and where its hashes go."""

    part: Path
    number: int
    scratch: Path
    params: ParagraphParams
    gone: Flags | None
    """Documents that are left out: what they say was not said before."""

    def __str__(self) -> str:
        return str(self.part)


@dataclass(frozen=True)
class Repeats:
    """Which paragraphs of each part stood in an earlier document."""

    flags: dict[Path, Flags]
    """Of the paragraphs long enough, in order."""

    @property
    def count(self) -> int:
        return sum(int(flags.sum()) for flags in self.flags.values())


def find(
    parts: Sequence[Path],
    params: ParagraphParams,
    scratch: Path,
    workers: int,
    gone: Mapping[Path, Flags] | None = None,
) -> Repeats:
    """The paragraphs of `parts` that an earlier document has, but for documents that are `gone`.

    `scratch` is filled with 12 bytes for each.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    gone = gone or {}
    jobs = [Job(part, number, scratch, params, gone.get(part)) for number, part in enumerate(parts)]
    hashed = progress.watch(engine.map(hash_part, jobs, workers), len(jobs), "files of paragraphs")
    counts = np.array(list(hashed), np.int64).reshape(-1, 2)
    flags = np.zeros(counts[:, 1].sum(), bool)
    ranges = -(-len(flags) // SORTED) or 1
    for number in range(ranges):
        hashes, owners, places = _range(scratch, counts, number, ranges)
        flags[places[_said_before(hashes, owners)]] = True
    by_part = np.split(flags, np.cumsum(counts[:, 1])[:-1]) if len(parts) else []
    return Repeats(dict(zip(parts, by_part, strict=True)))


def hash_part(job: Job) -> tuple[int, int]:
    """Write the hash and the document's row of each paragraph; how many documents and paragraphs."""
    hashes, owners, row = [], [], -1
    for row, document in enumerate(engine.walk(documents.read_part(job.part), job.part)):
        found = [digest(p) for p in sought(document.text, job.params)]
        if job.gone is not None and job.gone[row]:
            found = [digest(f"{job.number} {row} {n}") for n in range(len(found))]  # like no other
        hashes += found
        owners += [row] * len(found)
    np.save(_hashes_path(job.scratch, job.number), np.array(hashes, np.uint64))
    np.save(_owners_path(job.scratch, job.number), np.array(owners, np.uint32))
    return row + 1, len(hashes)


def thinned(
    found: Iterable[Document], flags: Flags, params: ParagraphParams, min_chars: int
) -> Iterator[tuple[Document, Document | None]]:
    """Every document of a part and what is left of it; None: fewer than `min_chars` are."""
    start = 0
    for document in found:
        count = sum(1 for _ in sought(document.text, params))
        mine = flags[start : start + count]
        start += count
        if not mine.any():
            yield document, document
            continue
        text = without(document.text, mine.tolist(), params)
        left = replace(document, id=document_id(text), text=text)
        yield document, left if len(text) >= min_chars else None


def without(text: str, flags: Iterable[bool], params: ParagraphParams) -> str:
    """`text` less those of its paragraphs long enough that are flagged."""
    told = iter(flags)
    blocks = []
    for block in _blocks(text):
        kept = [p for p in block if not (_is_long(p, params) and next(told))]
        if kept:
            blocks.append("\n".join(kept))
    return "\n\n".join(blocks)


def sought(text: str, params: ParagraphParams) -> Iterator[str]:
    """The paragraphs that are long enough."""
    return (p for block in _blocks(text) for p in block if _is_long(p, params))


def digest(paragraph: str) -> int:
    """xxh3-64 of the words as they are, case and white space evened out."""
    return xxhash.xxh3_64_intdigest(" ".join(paragraph.split()).casefold().encode())


def _blocks(text: str) -> Iterator[list[str]]:
    """The paragraphs between blank lines."""
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line]
        is_wrapped = all(len(line) <= WRAPPED for line in lines)
        if lines:
            yield ["\n".join(lines)] if is_wrapped else lines


def _is_long(paragraph: str, params: ParagraphParams) -> bool:
    return len(paragraph) >= params.paragraph_chars


def _said_before(hashes: npt.NDArray[np.uint64], owners: npt.NDArray[np.int64]) -> Flags:
    """Which hashes an earlier document has."""
    order = np.argsort(hashes, kind="stable")
    is_new = np.concatenate(([True], hashes[order][1:] != hashes[order][:-1]))
    firsts = np.flatnonzero(is_new)[np.cumsum(is_new) - 1] if len(hashes) else order
    found = np.zeros(len(hashes), bool)
    found[order] = owners[order] != owners[order[firsts]]
    return found


def _range(
    scratch: Path, counts: npt.NDArray[np.int64], number: int, ranges: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The hashes in the `number`th of equal ranges, their documents and their places, in order."""
    hashes, owners, places = (
        [np.zeros(0, np.uint64)],
        [np.zeros(0, np.int64)],
        [np.zeros(0, np.int64)],
    )
    first_document, first_place = 0, 0
    for part, (documents_here, paragraphs_here) in enumerate(counts.tolist()):
        found = np.load(_hashes_path(scratch, part))
        wanted = (
            np.flatnonzero(found // np.uint64(2**64 // ranges + 1) == number)
            if ranges > 1
            else np.arange(len(found))
        )
        hashes.append(found[wanted])
        owners.append(
            np.load(_owners_path(scratch, part))[wanted].astype(np.int64) + first_document
        )
        places.append(wanted + first_place)
        first_document += documents_here
        first_place += paragraphs_here
    return np.concatenate(hashes), np.concatenate(owners), np.concatenate(places)


def _hashes_path(scratch: Path, number: int) -> Path:
    return scratch / f"paragraphs-{number:05d}.npy"


def _owners_path(scratch: Path, number: int) -> Path:
    return scratch / f"owners-{number:05d}.npy"
