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
from collections.abc import Callable, Iterable, Iterator, Sequence
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

KEPT = 1
"""Unfinished shards of other parameters that stay to be gone on with."""


@dataclass(frozen=True)
class Job:
    """One part to encode."""

    number: int
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


def encode(job: Job) -> tuple[int, Block, str]:
    """The number of one part, its block, and the SHA-256 of the part."""
    cut = loaded(job.model, job.about.tokenizer)
    return job.number, _ENCODERS[job.about.kind](job, cut), files.sha256(job.part)


def _make(split: Split, folder: Path, model: Path, workers: int) -> Index:
    parts = tables.parts(split.corpus)
    budgets = _budgets(parts, split.most, workers)
    jobs = [
        Job(number, part, split.about, model, most)
        for number, (part, most) in enumerate(zip(parts, budgets, strict=True))
    ]
    with closing(_opened(folder, split, jobs)) as writer:
        for number, block, digest in engine.map(encode, jobs[writer.blocks :], workers):
            if number != writer.blocks:  # one before it failed, and will be tried again
                continue
            writer.add(block.within(split.most - writer.tokens) if split.most else block)
            writer.save(_chained(writer.note, digest, jobs[number]))
            progress.show(writer.blocks, len(parts), "files")
        index = writer.finish()
    _expect_documents(split, budgets, index)
    return index


def _expect_documents(split: Split, budgets: Sequence[int | None], index: Index) -> None:
    if any(budgets) and not index.documents:
        name = "train" if split.about.split == "train" else "validation"
        raise DataError(
            f"shard.max_{name}_tokens: expected room for a document of {split.about.split}, found none "
            f"within {split.most:,} tokens; raise it"
        )


def _opened(folder: Path, split: Split, jobs: Sequence[Job]) -> Writer:
    """A writer that goes on where these same parts had come, or begins."""
    if writer := _taken_up(folder, split, jobs):
        said = f"{split.about.kind} {split.about.split} goes on from file {writer.blocks:,}"
        progress.say(f"shard: {said} of {len(jobs):,}")
        return writer
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return Writer(folder, split.about, where=split.out)


def _taken_up(folder: Path, split: Split, jobs: Sequence[Job]) -> Writer | None:
    """A writer behind the blocks that lie there; None where they are not of these parts, or not whole."""
    journal = shardwriting.read_journal(folder)
    if journal is None or journal.about != asdict(split.about) or journal.blocks > len(jobs):
        return None
    note = ""
    for job in jobs[: journal.blocks]:
        note = _chained(note, files.sha256(job.part), job)
    if note != journal.note:
        return None
    try:
        return Writer(folder, split.about, where=split.out)
    except FormatError:  # shorter than the journal says: the machine went down
        return None


def _chained(note: str, digest: str, job: Job) -> str:
    return hashlib.sha256(f"{note} {digest} {job.most}".encode()).hexdigest()


def _budgets(parts: Sequence[Path], most: int, workers: int) -> list[int | None]:
    """Tokens that each part may give: its share of the text."""
    if not most:
        return [None] * len(parts)
    sizes = [sum(found.values()) for found in engine.map(documents.sizes, parts, workers)]
    upto = np.cumsum([0, *sizes], dtype=object) * most // max(sum(sizes), 1)
    return [int(end - start) for start, end in itertools.pairwise(upto)]


def _documents(job: Job, cut: Tokenizer) -> Block:
    rows = engine.walk(documents.read_texts(job.part, "source", "id"), job.part)
    encoded: Iterable[tuple[bytes, int, str]]
    if job.most is None:
        encoded = ((_framed(text, cut), len(text.encode()), source) for text, source, _ in rows)
    else:
        encoded = _some(list(rows), job.most, cut)
    held: list[bytes] = []
    sizes: list[int] = []
    sources: list[str] = []
    for packed, size, source in encoded:
        held.append(packed)
        sizes.append(size)
        sources.append(source)
    lengths = np.array([len(packed) // 4 for packed in held], dtype=np.int64)
    ids = np.frombuffer(b"".join(held), dtype="<u4")
    ids = shardwriting.narrowed(ids, job.about, job.part)
    return Block(ids, lengths, np.array(sizes, dtype=np.int64), sources)


def _framed(text: str, cut: Tokenizer) -> bytes:
    return struct.pack("<I", cut.begin) + cut.packed(text) + struct.pack("<I", cut.end)


def _some(
    rows: Sequence[tuple[str, ...]], most: int, cut: Tokenizer
) -> list[tuple[bytes, int, str]]:
    """Documents of about `most` tokens, chosen by their hashes, in the order of the rows.

    The one that crosses the limit is taken as often as would be right on average, so no length and no source is
    preferred however small the share of a part is.
    """
    places = [_place(identity) for _, _, identity in rows]
    chosen: dict[int, bytes] = {}
    left = most
    for row in sorted(range(len(rows)), key=places.__getitem__):
        packed = _framed(rows[row][0], cut)
        length = len(packed) // 4
        if length > left and _place(rows[row][2] + "/limit") * length >= left:
            break
        chosen[row] = packed
        left -= length
        if left <= 0:
            break
    return [(chosen[i], len(rows[i][0].encode()), rows[i][1]) for i in sorted(chosen)]


def _place(name: str) -> float:
    """A number in [0, 1) that only the name decides."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) / 2**64


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
        scratch.remove(place, everyone / f"{place.name}.lock")
