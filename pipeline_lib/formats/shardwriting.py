"""Shards in the making: blocks of documents go in, in order, and what a kill leaves can be gone on from.

After each block a journal says how far every file had come. A writer that finds one cuts the files
back to it and takes the next block, so the bytes are those of an undisturbed run.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import files
from pipeline_lib.formats.columns import ColumnWriter, cast
from pipeline_lib.formats.shards import (
    ANSWERS,
    INDEX,
    Array,
    Encoded,
    Index,
    Kind,
    Prompt,
    dtype_of,
    stored,
)

Item = TypeVar("Item")

FILE_TOKENS = 2**25
_BLOCK_DOCUMENTS = 1000
_JOURNAL = "journal.json"


@dataclass(frozen=True)
class About:
    """What is known of shards before the first document."""

    kind: Kind
    split: str
    vocab_size: int
    tokenizer: str
    """SHA-256 of its model."""
    file_tokens: int = FILE_TOKENS
    """Most that one file holds."""


@dataclass(frozen=True)
class Block:
    """Documents as token ids, end to end."""

    ids: Array
    lengths: Array
    """Tokens of each document."""
    bytes: Array
    """UTF-8 bytes of the text of each."""
    sources: Sequence[str]
    """Source of each."""
    mask: Array | None = None
    """Of ids, where sft learns from them."""
    answers: Sequence[tuple[str, str]] = ()
    """(answer, verifier) of each prompt."""

    def within(self, tokens: int) -> "Block":
        """The first documents, as many as have `tokens` in all."""
        ends = np.cumsum(self.lengths)
        count = int(np.searchsorted(ends, tokens, side="right"))
        if count == len(ends):
            return self
        length = int(ends[count - 1]) if count else 0
        mask = None if self.mask is None else self.mask[:length]
        kept = (self.lengths[:count], self.bytes[:count], self.sources[:count])
        return Block(self.ids[:length], *kept, mask, self.answers[:count])


class Journal(BaseModel):
    """How far shards have come."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: dict[str, Any]
    blocks: int = 0
    note: str = ""
    """What the caller wants to know again."""
    tokens: int = 0
    documents: int = 0
    bytes: int = 0
    sources: dict[str, int] = {}
    answers: int = 0
    """Bytes of the answers."""


class Writer:
    """Fills `folder`, going on from the journal that lies there if it is of the same shards.

    FormatError for an id that is not in the vocabulary, and for masks where none belong.
    """

    def __init__(self, folder: Path, about: About, where: Path | None = None) -> None:
        self.about, self._folder, self._where = about, folder, where or folder
        at = read_journal(folder) or Journal(about=asdict(about))
        if at.about != asdict(about):
            raise FormatError(f"{folder}: expected the journal of other shards")
        self.blocks, self.note = at.blocks, at.note
        self._dtype, limit = dtype_of(about.vocab_size), about.file_tokens
        masked = at.tokens if about.kind == "sft" else 0
        self._tokens = ColumnWriter(folder, "tokens", self._dtype, limit, at.tokens)
        self._masks = ColumnWriter(folder, "mask", "bool", limit, masked)
        self._ends = ColumnWriter(folder, "doc_ends", "uint64", None, at.documents)
        self._answers = _reopen(folder / ANSWERS, at.answers) if about.kind == "rl" else None
        self._bytes, self._sources = at.bytes, Counter(at.sources)

    def add(self, block: Block) -> None:
        """Take the next documents."""
        _refuse_unfit(block, self.about, self._where)
        before = self._tokens.length
        self._tokens.append(block.ids)
        if block.mask is not None:
            self._masks.append(block.mask)
        self._ends.append(np.cumsum(block.lengths, dtype=np.uint64) + np.uint64(before))
        self._bytes += int(block.bytes.sum())
        self._sources.update(block.sources)
        if self._answers:
            rows = ({"answer": answer, "verifier": verifier} for answer, verifier in block.answers)
            lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            self._answers.write("".join(lines).encode())

    def save(self, note: str = "") -> None:
        """Remember that one more block is done."""
        for column in (self._tokens, self._masks, self._ends):
            column.sync()
        self.blocks, self.note = self.blocks + 1, note
        if self._answers:
            self._answers.flush()
            os.fsync(self._answers.fileno())
        journal = Journal(
            about=asdict(self.about),
            blocks=self.blocks,
            note=note,
            tokens=self._tokens.length,
            documents=self._ends.length,
            bytes=self._bytes,
            sources=dict(self._sources),
            answers=self._answers.tell() if self._answers else 0,
        )
        files.write_bytes(self._folder / _JOURNAL, journal.model_dump_json().encode())

    @property
    def tokens(self) -> int:
        """How many there are so far."""
        return self._tokens.length

    def close(self) -> None:
        """Let go of the files; they can be gone on from."""
        for column in (self._tokens, self._masks, self._ends):
            column.close()
        if self._answers:
            self._answers.close()

    def finish(self) -> Index:
        """Close the files and write the index."""
        self.close()
        answered = files.sha256(self._folder / ANSWERS) if self._answers else ""
        index = Index(
            kind=self.about.kind,
            split=self.about.split,
            dtype=self._dtype,
            vocab_size=self.about.vocab_size,
            tokenizer=self.about.tokenizer,
            documents=self._ends.length,
            tokens=self._tokens.length,
            bytes=self._bytes,
            sources=dict(sorted(self._sources.items())),
            files=self._tokens.close(),
            masks=self._masks.close(),
            ends=self._ends.close(),
            answers=answered,
        )
        files.write_json(self._folder / INDEX, stored(index))
        return index


def read_journal(folder: Path) -> Journal | None:
    """How far the shards in `folder` had come; None where nothing can be gone on from."""
    try:
        return Journal.model_validate_json((folder / _JOURNAL).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def settle(folder: Path, out: Path) -> None:
    """Put finished shards where they belong, without their journal; they stay in `folder`, too, and take room once."""
    with files.whole_folder(out) as fresh:
        for path in folder.iterdir():
            if path.name != _JOURNAL:
                files.link(path, fresh / path.name)


def write(
    folder: Path,
    kind: Kind,
    split: str,
    documents: Iterable[Encoded],
    vocab_size: int,
    tokenizer: str,
    file_tokens: int = FILE_TOKENS,
) -> Index:
    """Stream `documents` into `folder`, whole or not at all; raises as `Writer` does."""
    about = About(kind, split, vocab_size, tokenizer, file_tokens)
    return _write(folder, about, documents, joined)


def write_prompts(
    folder: Path,
    prompts: Iterable[Prompt],
    vocab_size: int,
    tokenizer: str,
    file_tokens: int = FILE_TOKENS,
) -> Index:
    """Stream `prompts` into `folder`, whole or not at all."""
    about = About("rl", "train", vocab_size, tokenizer, file_tokens)
    return _write(folder, about, prompts, joined_prompts)


def _write(
    folder: Path,
    about: About,
    items: Iterable[Item],
    joined: Callable[[Iterable[Item], About, Path], Block],
) -> Index:
    rest = iter(items)
    with (
        files.whole_folder(folder) as fresh,
        closing(Writer(fresh, about, where=folder)) as writer,
    ):
        while some := list(islice(rest, _BLOCK_DOCUMENTS)):
            writer.add(joined(some, about, folder))
        return writer.finish()


def joined(documents: Iterable[Encoded], about: About, where: Path) -> Block:
    """Documents as one block."""
    held = list(documents)
    for document in held:
        masked = None if document.mask is None else len(document.mask)
        _refuse_mask(masked, len(document.ids), about.kind, where)
    return Block(
        ids=_end_to_end([document.ids for document in held], about, where),
        lengths=np.array([len(document.ids) for document in held], dtype=np.int64),
        bytes=np.array([document.bytes for document in held], dtype=np.int64),
        sources=[document.source for document in held],
        mask=_masks(held) if about.kind == "sft" else None,
    )


def joined_prompts(prompts: Iterable[Prompt], about: About, where: Path) -> Block:
    """Prompts as one block."""
    held = list(prompts)
    return Block(
        ids=_end_to_end([prompt.ids for prompt in held], about, where),
        lengths=np.array([len(prompt.ids) for prompt in held], dtype=np.int64),
        bytes=np.zeros(len(held), dtype=np.int64),
        sources=[""] * len(held),
        answers=[(prompt.answer, prompt.verifier) for prompt in held],
    )


def _end_to_end(rows: list[Array], about: About, where: Path) -> Array:
    ids = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    return narrowed(ids, about, where)


def narrowed(ids: Array, about: About, where: Path) -> Array:
    """Ids in the shards' dtype; FormatError where one is not in the vocabulary."""
    if ids.size and not 0 <= ids.min() <= ids.max() < about.vocab_size:
        raise FormatError(
            f"{where}: expected token ids from 0 to {about.vocab_size - 1}, "
            f"found {ids.min()} to {ids.max()}; use the tokenizer of that vocabulary"
        )
    return cast(ids, dtype_of(about.vocab_size), str(where))


def _reopen(path: Path, size: int) -> BinaryIO:
    """A file to append to behind its first `size` bytes."""
    found = path.stat().st_size if path.exists() else 0
    if found < size:
        raise FormatError(f"{path}: expected {size} bytes to go on from, found {found}")
    file = path.open("ab")
    file.truncate(size)
    file.seek(size)
    return file


def _masks(held: list[Encoded]) -> Array:
    masks = [np.asarray(document.mask, dtype=np.bool_) for document in held]
    return np.concatenate(masks) if masks else np.zeros(0, dtype=np.bool_)


def _refuse_unfit(block: Block, about: About, where: Path) -> None:
    narrowed(block.ids, about, where)
    if int(block.lengths.sum()) != len(block.ids):
        raise FormatError(
            f"{where}: expected documents of {len(block.ids)} ids in all, "
            f"found {int(block.lengths.sum())}; see formats/shardwriting.py"
        )
    masked = None if block.mask is None else len(block.mask)
    _refuse_mask(masked, len(block.ids), about.kind, where)


def _refuse_mask(masked: int | None, ids: int, kind: Kind, where: Path) -> None:
    if masked != (ids if kind == "sft" else None):
        raise FormatError(
            f"{where}: expected a mask as long as the ids for sft and none else, "
            f"found {masked} for {ids} ids of kind {kind}; see tokens/chat.py"
        )
