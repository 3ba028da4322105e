"""Parts of the corpus become shards: each part is encoded alone, the main process lays the ids in line.

A part is a piece of work whose result is one block of ids; blocks are written in the order of the
parts into files of a fixed length, so the bytes depend neither on the engine nor on its workers.
What is being made lies in `.scratch/shard`, with a journal of how far it has come; a run that was
killed goes on behind the last block. A limit in tokens is divided over the parts by their text, so
that every source gives its share.
"""

import hashlib
import itertools
import json
import shutil
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline_lib import engine, progress, scratch
from pipeline_lib.errors import DataError, FormatError
from pipeline_lib.formats import conversations, documents, files, shardwriting, tables
from pipeline_lib.formats.shards import Index, Kind
from pipeline_lib.formats.shardwriting import About, Block, Writer
from pipeline_lib.tokenizing.loading import loaded
from pipeline_lib.tokens import encoding
from pipeline_lib.tokens.tokenizer import Tokenizer

KEPT = 3
"""Unfinished shards of other parameters that stay to be gone on with."""


@dataclass(frozen=True)
class Job:
    """One part to encode."""

    part: Path
    about: About
    model: Path
    """Of the tokenizer."""
    most: int | None = None
    """Tokens to stop at; None: all."""

    def __str__(self) -> str:
        return str(self.part)


@dataclass(frozen=True)
class Split:
    """Documents, conversations or prompts, and where their shards go."""

    corpus: Path
    out: Path
    about: About
    most: int = 0
    """Tokens at most; 0: all."""


def shard(splits: Sequence[Split], model: Path, workers: int) -> Iterator[Index]:
    """Make all shards, an index for each split; when all are made put them where they belong.

    DataError where `most` leaves no document; else raises as `Writer` does.
    """
    with _workplace(_key(splits)) as place:
        folders = [place / f"{split.about.kind}-{split.about.split}" for split in splits]
        for split, folder in zip(splits, folders, strict=True):
            yield _make(split, folder, model, workers)
        for split, folder in zip(splits, folders, strict=True):
            shardwriting.settle(folder, split.out)
        shutil.rmtree(place)


def encode(job: Job) -> tuple[Block, str]:
    """The block of one part, and the SHA-256 of the part."""
    cut = loaded(job.model, job.about.tokenizer)
    return _ENCODERS[job.about.kind](job, cut), files.sha256(job.part)


def _make(split: Split, folder: Path, model: Path, workers: int) -> Index:
    parts = tables.parts(split.corpus)
    budgets = _budgets(parts, split.most, workers)
    jobs = [Job(p, split.about, model, most) for p, most in zip(parts, budgets, strict=True)]
    with closing(_opened(folder, split, parts)) as writer:
        blocks = engine.map(encode, jobs[writer.blocks :], workers)
        for block, digest in blocks:
            writer.add(block)
            writer.save(_chained(writer.note, digest))
            progress.show(writer.blocks, len(parts), "files")
        index = writer.finish()
    if split.most and parts and not index.documents:
        raise DataError(
            f"shard.max_{split.about.split}_tokens: expected room for a document, found none within "
            f"{split.most:,} tokens; raise it"
        )
    return index


def _opened(folder: Path, split: Split, parts: Sequence[Path]) -> Writer:
    """A writer that goes on where these same parts had come, or begins."""
    done = _done(folder, split.about, parts)
    if done is None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    writer = Writer(folder, split.about, where=split.out)
    if done:
        progress.say(
            f"shard: {split.about.kind} {split.about.split} goes on from file {done:,} of {len(parts):,}"
        )
    return writer


def _done(folder: Path, about: About, parts: Sequence[Path]) -> int | None:
    """How many of `parts` lie in `folder` as blocks; None where nothing there can be used."""
    journal = shardwriting.read_journal(folder)
    if journal is None or journal.about != asdict(about) or journal.blocks > len(parts):
        return None
    note = ""
    for part in parts[: journal.blocks]:
        note = _chained(note, files.sha256(part))
    if note != journal.note:
        return None
    try:
        Writer(folder, about).close()
    except FormatError:  # shorter than the journal says: the machine went down
        return None
    return journal.blocks


def _chained(note: str, digest: str) -> str:
    return hashlib.sha256(f"{note}{digest}".encode()).hexdigest()


def _budgets(parts: Sequence[Path], most: int, workers: int) -> list[int | None]:
    """Tokens that each part may give: its share of the text."""
    if not most:
        return [None] * len(parts)
    sizes = [sum(found.values()) for found in engine.map(documents.sizes, parts, workers)]
    upto = np.cumsum([0, *sizes], dtype=object) * most // max(sum(sizes), 1)
    return [int(end - start) for start, end in itertools.pairwise(upto)]


def _documents(job: Job, cut: Tokenizer) -> Block:
    begin, end = (struct.pack("<I", token) for token in (cut.begin, cut.end))
    held: list[bytes] = []
    lengths: list[int] = []
    sources: Counter[str] = Counter()
    size = room = 0
    for text, source in engine.walk(documents.read_texts(job.part, "source"), job.part):
        packed = cut.packed(text)
        length = len(packed) // len(begin) + 2
        room += length
        if job.most is not None and room > job.most:
            break
        held += (begin, packed, end)
        lengths.append(length)
        size += len(text.encode())
        sources[source] += 1
    ids = np.frombuffer(b"".join(held), dtype="<u4")
    return Block(shardwriting.narrowed(ids, job.about, job.part), np.array(lengths), size, sources)


def _conversations(job: Job, cut: Tokenizer) -> Block:
    talks = engine.walk(conversations.read_part(job.part), job.part)
    return shardwriting.joined(encoding.conversations(talks, cut), job.about, job.part)


def _prompts(job: Job, cut: Tokenizer) -> Block:
    talks = engine.walk(conversations.read_part(job.part), job.part)
    return shardwriting.joined_prompts(encoding.prompts(talks, cut), job.about, job.part)


_ENCODERS: dict[Kind, Callable[[Job, Tokenizer], Block]] = {
    "pretrain": _documents,
    "sft": _conversations,
    "rl": _prompts,
}


def _key(splits: Sequence[Split]) -> str:
    """What decides the shards but for the parts themselves, of which the journal keeps account."""
    package = Path(__file__).parents[1]
    code = [*package.glob("tokens/*.py"), *package.glob("tokenizing/*.py")]
    code += [package / "formats" / f"{name}.py" for name in ("columns", "shards", "shardwriting")]
    asked = [{**asdict(split.about), "most": split.most} for split in splits]
    decides = json.dumps([asked, scratch.digest_of_code(code)], sort_keys=True)
    return hashlib.sha256(decides.encode()).hexdigest()[:16]


@contextmanager
def _workplace(key: str) -> Iterator[Path]:
    """The locked folder of these shards; of the others' only the newest stay."""
    everyone = scratch.folder("shard")
    with scratch.locked(everyone / f"{key}.lock"):
        _prune(everyone, key)
        place = everyone / key
        place.mkdir(exist_ok=True)
        yield place


def _prune(everyone: Path, key: str) -> None:
    others = [place for place in everyone.iterdir() if place.is_dir() and place.name != key]
    for place in sorted(others, key=lambda place: place.stat().st_mtime)[:-KEPT]:
        if scratch.is_free(everyone / f"{place.name}.lock"):
            shutil.rmtree(place, ignore_errors=True)
