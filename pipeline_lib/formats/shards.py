"""Token ids end to end in memory-mapped .npy files, where each document ends, what is learnt from.

Files are real .npy of a bounded size: their headers say dtype and length, so no reader guesses and
no zero tail is ever trained on. Documents run across files; `doc_ends` counts from the first token
of the first file. The index holds the hash of every file and the digest of the tokenizer, so its
own digest names the data set.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import files
from pipeline_lib.formats.columns import Column, Part, verify

Kind = Literal["pretrain", "sft", "rl"]
Array = npt.NDArray[Any]
_BLOCK = 1 << 24

INDEX = "index.json"
ANSWERS = "answers.jsonl"


@dataclass(frozen=True, slots=True)
class Encoded:
    """One document or conversation as token ids; `bytes` counts the UTF-8 bytes of its text."""

    ids: Array
    bytes: int
    mask: Array | None = None
    """True where sft learns from the token; only for kind sft."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a completion is asked for, and the answer it is checked against."""

    ids: Array
    answer: str
    verifier: str


class Index(BaseModel):
    """What lies in a folder of shards, said before any of it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    split: str
    dtype: Literal["uint16", "uint32"]
    vocab_size: int
    tokenizer: str
    """SHA-256 of tokenizer.model."""
    documents: int
    tokens: int
    bytes: int
    """UTF-8 bytes of the texts."""
    sources: dict[str, int]
    """Documents by source."""
    files: tuple[Part, ...]
    masks: tuple[Part, ...]
    ends: tuple[Part, ...]
    answers: str
    """SHA-256 of answers.jsonl; empty where there is none."""

    @property
    def digest(self) -> str:
        """SHA-256 of the index, and so of all it speaks of."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """Tokens and documents, under the names metrics have."""
        part = f"{self.kind}.{self.split}"
        return {f"{part}.tokens": self.tokens, f"{part}.documents": self.documents}


@dataclass(frozen=True, slots=True)
class Shards:
    """Tokens of a split, read from disk as they are sliced."""

    index: Index
    tokens: Column
    doc_ends: Array
    """Absolute end of each document in `tokens`, uint64."""
    mask: Column | None


@dataclass(frozen=True, slots=True)
class Prompts:
    """Prompts in the order they were written."""

    index: Index
    _tokens: Column
    _ends: Array
    _answers: list[tuple[str, str]]

    def __len__(self) -> int:
        return self.index.documents

    def __getitem__(self, i: int) -> Prompt:
        if not 0 <= i < len(self):
            raise IndexError(i)
        start = int(self._ends[i - 1]) if i else 0
        ids = self._tokens[start : int(self._ends[i])]
        return Prompt(ids, *self._answers[i])

    def __iter__(self) -> Iterator[Prompt]:
        return (self[i] for i in range(len(self)))


def dtype_of(vocab_size: int) -> Literal["uint16", "uint32"]:
    """The smallest type that holds every id."""
    return "uint16" if vocab_size <= 2**16 else "uint32"


def stored(index: Index) -> dict[str, Any]:
    """What index.json holds: the index, and its digest, which no edit of it survives."""
    return {**index.model_dump(mode="json"), "digest": index.digest}


def read_index(folder: Path, expect: Kind | None = None, split: str = "") -> Index:
    """What lies in `folder`; FormatError where it is missing, damaged, of another kind or of another split."""
    found = files.read_json(folder / INDEX, made_by="shard")
    digest = found.pop("digest", "") if isinstance(found, dict) else ""
    again = "run `dvc repro -f -s shard`"
    try:
        index = Index.model_validate(found)
    except ValidationError as error:
        raise FormatError(
            f"{folder / INDEX}: expected the index of a folder of shards, "
            f"found {error.error_count()} faults; {again}"
        ) from None
    if digest != index.digest:
        raise FormatError(
            f"{folder / INDEX}: expected the index as it was written, found one that was changed; {again}"
        )
    if expect and index.kind != expect:
        raise FormatError(
            f"{folder}: expected shards of kind {expect}, found {index.kind}; "
            f"give the folder of {expect} shards"
        )
    if split and index.split != split:
        raise FormatError(f"{folder}: expected the split {split}, found {index.split}; {again}")
    return index


def expect_tokenizer(folder: Path, index: Index, digest: str) -> None:
    """Refuse shards that another tokenizer made than the one whose SHA-256 is `digest`; FormatError."""
    if index.tokenizer != digest:
        raise FormatError(
            f"{folder}: expected shards of the tokenizer {digest[:12]}, found those of {index.tokenizer[:12]}; "
            "run `dvc repro` so that both come from one tokenizer"
        )


def read(folder: Path, expect: Kind | None = None, split: str = "") -> Shards:
    """Open the shards in `folder`; nothing is read but headers, the ends of files and `doc_ends`."""
    index = read_index(folder, expect, split)
    tokens = Column(folder, index.files, index.dtype)
    mask = Column(folder, index.masks, "bool") if index.kind == "sft" else None
    ends = Column(folder, index.ends, "uint64")[:]
    _refuse_other_lengths(folder, index, tokens, ends, mask)
    return Shards(index, tokens, ends, mask)


def read_prompts(folder: Path) -> Prompts:
    """Open the prompts in `folder`."""
    shards = read(folder, expect="rl")
    path = folder / ANSWERS
    for fault in verify(path, shards.index.answers):
        raise FormatError(f"{fault}; run `dvc repro -f -s shard`")
    with path.open(encoding="utf-8", newline="\n") as lines:
        rows = [json.loads(line) for line in lines]
    answers = [(row["answer"], row["verifier"]) for row in rows]
    return Prompts(shards.index, shards.tokens, shards.doc_ends, answers)


def faults(folder: Path) -> Iterator[str]:
    """A sentence for all that is wrong in a folder of shards; every byte of it is read.

    FormatError where it cannot be read at all.
    """
    index = read_index(folder)
    for part in (*index.files, *index.masks, *index.ends):
        yield from verify(folder / part.name, part.sha256)
    if index.answers:
        yield from verify(folder / ANSWERS, index.answers)
    shards = read(folder)
    if len(shards.doc_ends) and (np.diff(shards.doc_ends.astype(np.int64), prepend=0) < 0).any():
        yield f"{folder}: expected documents that end one after the other, found them out of order"
    yield from _foreign(folder, index, shards.tokens)


def _foreign(folder: Path, index: Index, tokens: Column) -> Iterator[str]:
    for start in range(0, len(tokens), _BLOCK):
        highest = int(tokens[start : start + _BLOCK].max())
        if highest >= index.vocab_size:
            yield f"{folder}: expected ids below {index.vocab_size}, found {highest}"
            return


def _refuse_other_lengths(
    folder: Path, index: Index, tokens: Column, ends: Array, mask: Column | None
) -> None:
    last = int(ends[-1]) if len(ends) else 0
    masked = index.tokens if mask is None else len(mask)
    found = (len(tokens), masked, len(ends), last)
    expected = (index.tokens, index.tokens, index.documents, index.tokens)
    if found != expected:
        raise FormatError(
            f"{folder}: expected {index.tokens} tokens (and as many mask entries) in "
            f"{index.documents} documents, found {found[0]} tokens, {found[1]} mask entries, "
            f"{found[2]} documents that end at {last}; run `dvc repro -f -s shard`"
        )
