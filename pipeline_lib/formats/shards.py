"""Token ids end to end in memory-mapped .npy files, where each document ends, what is learnt from.

Files are real .npy of a bounded size: their headers say dtype and length, so no reader guesses and
no zero tail is ever trained on. Documents run across files; `doc_ends` counts from the first token
of the first file. The index holds the hash of every file and the digest of the tokenizer, so its
own digest names the data set.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import files
from pipeline_lib.formats.columns import Column, ColumnWriter, Part

Kind = Literal["pretrain", "sft", "rl"]
Array = npt.NDArray[Any]

FILE_TOKENS = 2**25
_INDEX = "index.json"
_ANSWERS = "answers.jsonl"


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


def write(
    folder: Path,
    kind: Kind,
    split: str,
    documents: Iterable[Encoded],
    vocab_size: int,
    tokenizer: str,
    file_tokens: int = FILE_TOKENS,
) -> Index:
    """Stream `documents` into `folder`, whole or not at all; FormatError for an id out of range."""
    with files.whole_folder(folder) as fresh:
        with closing(_Tally(fresh, kind, vocab_size, file_tokens)) as tally:
            for document in documents:
                tally.add(document)
        index = tally.index(split, tokenizer, answers="")
        files.write_json(fresh / _INDEX, index.model_dump(mode="json"))
    return index


def write_prompts(
    folder: Path,
    prompts: Iterable[Prompt],
    vocab_size: int,
    tokenizer: str,
    file_tokens: int = FILE_TOKENS,
) -> Index:
    """Stream `prompts` into `folder`, whole or not at all."""
    with files.whole_folder(folder) as fresh:
        path = fresh / _ANSWERS
        with (
            closing(_Tally(fresh, "rl", vocab_size, file_tokens)) as tally,
            path.open("w", encoding="utf-8", newline="\n") as answers,
        ):
            for prompt in prompts:
                tally.add(Encoded(prompt.ids, bytes=0))
                row = {"answer": prompt.answer, "verifier": prompt.verifier}
                answers.write(json.dumps(row, ensure_ascii=False) + "\n")
        index = tally.index("train", tokenizer, answers=files.sha256(path))
        files.write_json(fresh / _INDEX, index.model_dump(mode="json"))
    return index


class _Tally:
    """Columns being written, and the counts that go into the index."""

    def __init__(self, folder: Path, kind: Kind, vocab_size: int, file_tokens: int) -> None:
        self.kind, self.vocab_size = kind, vocab_size
        self.dtype = dtype_of(vocab_size)
        self.tokens = ColumnWriter(folder, "tokens", self.dtype, file_tokens)
        self.masks = ColumnWriter(folder, "mask", "bool", file_tokens)
        self.ends = ColumnWriter(folder, "doc_ends", "uint64", None)
        self.bytes = 0
        self.sources: Counter[str] = Counter()
        self.where = folder.parent / folder.name.removeprefix(".").partition(".")[0]

    def close(self) -> None:
        for column in (self.tokens, self.masks, self.ends):
            column.close()

    def add(self, document: Encoded) -> None:
        self._check(document)
        self.tokens.append(document.ids)
        if self.kind == "sft":
            self.masks.append(np.asarray(document.mask))
        self.ends.append(np.array([self.tokens.length]))
        self.bytes += document.bytes
        self.sources[document.source] += 1

    def _check(self, document: Encoded) -> None:
        """NumPy casts 70,000 to 4,464 in silence, so the range is looked at first."""
        ids = document.ids
        if ids.size and not 0 <= ids.min() <= ids.max() < self.vocab_size:
            raise FormatError(
                f"{self.where}: expected token ids from 0 to {self.vocab_size - 1}, "
                f"found {ids.min()} to {ids.max()}; use the tokenizer of that vocabulary"
            )
        masked = None if document.mask is None else len(document.mask)
        if masked != (len(ids) if self.kind == "sft" else None):
            raise FormatError(
                f"{self.where}: expected a mask as long as the ids for sft and none else, "
                f"found {masked} for {len(ids)} ids of kind {self.kind}; see tokens/chat.py"
            )

    def index(self, split: str, tokenizer: str, answers: str) -> Index:
        return Index(
            kind=self.kind,
            split=split,
            dtype=self.dtype,
            vocab_size=self.vocab_size,
            tokenizer=tokenizer,
            documents=self.ends.length,
            tokens=self.tokens.length,
            bytes=self.bytes,
            sources=dict(sorted(self.sources.items())),
            files=self.tokens.close(),
            masks=self.masks.close(),
            ends=self.ends.close(),
            answers=answers,
        )


def read_index(folder: Path, expect: Kind | None = None) -> Index:
    """What lies in `folder`; FormatError where it is missing, damaged or of another kind."""
    stored = files.read_json(folder / _INDEX, made_by="shard")
    try:
        index = Index.model_validate(stored)
    except ValidationError as error:
        raise FormatError(
            f"{folder / _INDEX}: expected the index of a folder of shards, "
            f"found {error.error_count()} faults; run `dvc repro -f -s shard`"
        ) from None
    if expect and index.kind != expect:
        raise FormatError(
            f"{folder}: expected shards of kind {expect}, found {index.kind}; "
            f"give the folder of {expect} shards"
        )
    return index


def read(folder: Path, expect: Kind | None = None) -> Shards:
    """Open the shards in `folder`; nothing is read but headers and `doc_ends`."""
    index = read_index(folder, expect)
    tokens = Column(folder, index.files, index.dtype)
    mask = Column(folder, index.masks, "bool") if index.kind == "sft" else None
    ends = Column(folder, index.ends, "uint64")[:]
    _refuse_other_lengths(folder, index, tokens, ends, mask)
    return Shards(index, tokens, ends, mask)


def read_prompts(folder: Path) -> Prompts:
    """Open the prompts in `folder`."""
    shards = read(folder, expect="rl")
    path = folder / _ANSWERS
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        answers = [(str(row["answer"]), str(row["verifier"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError(
            f"{path}: expected one answer a line, found {error!r}; run `dvc repro -f -s shard`"
        ) from None
    if len(answers) != shards.index.documents:
        raise FormatError(
            f"{path}: expected {shards.index.documents} answers, found {len(answers)}; "
            "run `dvc repro -f -s shard`"
        )
    return Prompts(shards.index, shards.tokens, shards.doc_ends, answers)


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
