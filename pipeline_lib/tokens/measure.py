"""How well a tokenizer fits text that it did not learn from: in all, by language and by source.

Counting is apart from dividing: `Counts` of parts of the text add up, in any order, to those of the
whole. Ids are counted a block at a time, never one by one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from pipeline_lib.spacing import is_spaced
from pipeline_lib.tokens.compression import UNKNOWN, Excerpts
from pipeline_lib.tokens.tokenizer import Tokenizer

NEWLINE = "<0x0A>"
"""A byte, but no fallback: SentencePiece learns no piece for the end of a line, and this one is its own."""
MOST_SHOWN = 50
"""Pieces listed as longest and as most used."""
_BLOCK = 1 << 20
"""Bytes of packed ids counted at once."""

Uses = npt.NDArray[np.int64]
Group = tuple[str, str]
"""Source and language."""


@runtime_checkable
class Text(Protocol):
    """A document, as far as it matters here."""

    @property
    def text(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def language(self) -> str: ...


class Sums(NamedTuple):
    """What there was of one kind of text."""

    bytes: int = 0
    characters: int = 0
    words: int = 0
    """Between spaces."""
    tokens: int = 0
    byte_tokens: int = 0
    """Single bytes of characters without a piece of their own."""

    def plus(self, *others: "Sums") -> "Sums":
        return Sums(*map(sum, zip(self, *others, strict=True)))


@dataclass(slots=True)
class Counts:
    """Of some documents, encoded."""

    uses: Uses
    """(V,): how often each id came."""
    groups: dict[Group, Sums] = field(default_factory=dict)
    excerpts: Excerpts = field(default_factory=Excerpts)
    """For `compression.curve`."""

    def add(self, other: "Counts") -> None:
        """Count what another has counted, too."""
        self.uses = self.uses + other.uses
        for group, sums in other.groups.items():
            self.groups[group] = self.groups.get(group, Sums()).plus(sums)
        self.excerpts.add(other.excerpts)

    def metrics(self, tokenizer: Tokenizer) -> dict[str, float]:
        """Shares in all, by language and by source, each with its name behind it; unused pieces in all."""
        found = _shares(self.groups)
        for place, kind in ((1, "language"), (0, "source")):
            for name in sorted({group[place] for group in self.groups}):
                of = {group: sums for group, sums in self.groups.items() if group[place] == name}
                found |= _named(_shares(of), f"{kind}.{name or UNKNOWN}")
        if found:
            learnt = tokenizer.learnt
            unused = int(np.count_nonzero(self.uses[learnt] == 0))
            found |= {"unused_pieces": unused, "unused_share": unused / max(len(learnt), 1)}
        return found

    def pieces(self, tokenizer: Tokenizer) -> dict[str, dict[str, int]]:
        """Pieces of text and how often each came: the `longest` and the `most_used`, and all `unused`."""
        written = tokenizer.pieces(ids := tokenizer.learnt)
        uses = self.uses[ids]
        lengths = np.array([len(piece) for piece in written])
        used = np.flatnonzero(uses)
        orders = {
            "longest": used[np.lexsort((-uses[used], -lengths[used]))][:MOST_SHOWN],
            "most_used": used[np.argsort(-uses[used], kind="stable")][:MOST_SHOWN],
            "unused": np.flatnonzero(uses == 0),
        }
        return {name: {written[i]: int(uses[i]) for i in at} for name, at in orders.items()}


def nothing(tokenizer: Tokenizer) -> Counts:
    """Of no document, to add to."""
    return Counts(np.zeros(tokenizer.vocab_size, dtype=np.int64))


def count(documents: Iterable[Text], tokenizer: Tokenizer) -> Counts:
    """Encode and count."""
    counts = nothing(tokenizer)
    pieces = tokenizer.pieces(range(tokenizer.vocab_size))
    falls_back = np.array([tokenizer.is_byte(i) and p != NEWLINE for i, p in enumerate(pieces)])
    held: dict[Group, bytearray] = defaultdict(bytearray)

    def fold(group: Group) -> None:
        ids = np.frombuffer(held.pop(group), dtype="<u4")
        counts.uses += np.bincount(ids, minlength=len(counts.uses))
        sums = Sums(tokens=len(ids), byte_tokens=int(np.count_nonzero(falls_back[ids])))
        counts.groups[group] = counts.groups[group].plus(sums)

    for document in documents:
        text, group = document.text, (document.source, document.language)
        sums = Sums(len(text.encode()), len(text), len(text.split()))
        counts.groups[group] = counts.groups.get(group, Sums()).plus(sums)
        counts.excerpts.take(document.language, text)
        held[group] += tokenizer.packed(text)
        if len(held[group]) > _BLOCK:
            fold(group)
    for group in list(held):
        fold(group)
    return counts


def _shares(groups: Mapping[Group, Sums]) -> dict[str, float]:
    """Nothing without tokens; tokens per word where any text is spaced."""
    of = Sums().plus(*groups.values())
    spaced = Sums().plus(
        *(
            sums
            for (_, name), sums in groups.items()
            if is_spaced(name, sums.characters, sums.words)
        )
    )
    if not of.tokens:
        return {}
    per_word = {"tokens_per_word": spaced.tokens / spaced.words} if spaced.words else {}
    return {
        "bytes_per_token": of.bytes / of.tokens,
        "tokens_per_character": of.tokens / of.characters,
        **per_word,
        "byte_fallback": of.byte_tokens / of.tokens,
    }


def _named(shares: Mapping[str, float], end: str) -> dict[str, float]:
    return {f"{name}.{end}": value for name, value in shares.items()}
