"""Compression against vocabulary size: what a larger vocabulary would buy, from one that is learnt.

The smaller vocabularies are those inside it (`smaller`), so nothing is learnt anew, and each chunk
that comes again in the text is encoded once for each size. The text is a sample of passages chosen
by their hashes, the same in whatever order and in however many parts the documents come.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline_lib.tokens.passages import passages
from pipeline_lib.tokens.smaller import Vocabularies
from pipeline_lib.tokens.tokenizer import CHUNK, Tokenizer

ALL, UNKNOWN = "all", "unknown"
"""Names beside those of the languages: all of them, and text of which nobody knows."""
MOST = 2_000_000
"""Bytes of text that are encoded at each size; one passage may go beyond it."""

Passage = tuple[bytes, str, str]
"""Hash, language, text."""


@dataclass(slots=True)
class Excerpts:
    """The passages with the smallest hashes, of all that it was given."""

    most: int = MOST
    _held: list[Passage] = field(default_factory=list)
    _size: int = 0
    _below: bytes = b"\xff" * 9

    def take(self, language: str, text: str) -> None:
        """Consider the passages of a text."""
        for passage in passages(text) if text else ():
            encoded = passage.encode()
            place = hashlib.blake2b(encoded, digest_size=8).digest()
            if place <= self._below:
                self._held.append((place, language, passage))
                self._size += len(encoded)
        if self._size > 2 * self.most:
            self._trim()

    def add(self, other: "Excerpts") -> None:
        """Consider what another chose."""
        self._held += other._held
        self._size += other._size
        self._trim()

    def chosen(self) -> list[Passage]:
        """In the order of their hashes."""
        self._trim()
        return self._held

    def _trim(self) -> None:
        """Keep up to the passage that reaches `most`: were it left out, one that a part had dropped could be missed."""
        held, self._held, self._size = sorted(self._held), [], 0
        for passage in held:
            if self._size >= self.most:
                self._below = self._held[-1][0]
                return
            self._held.append(passage)
            self._size += len(passage[2].encode())


@dataclass(frozen=True, slots=True)
class Point:
    size: int
    """Of the vocabulary."""
    language: str
    """ISO 639-1 code, ALL or UNKNOWN."""
    bytes_per_token: float


def curve(model: bytes, excerpts: Excerpts) -> list[Point]:
    """Bytes per token at each of the `Vocabularies`' sizes, in all and by language; empty without text.

    Of a unigram model it is about what a smaller one gives: learnt anew, half of 32,768 pieces did 0.5 % better, a
    quarter 1.8 % (docs/tokenizer.md).
    """
    within = Vocabularies(model)
    chunks = _chunks(excerpts, Tokenizer(model).by_chunk)
    sizes = {name: sum(len(c.encode()) * n for c, n in of.items()) for name, of in chunks.items()}
    points = []
    for size in within.sizes() if chunks else ():
        tokens = _tokens(Tokenizer(within.model(size)), chunks)
        for name in (ALL, *sorted(chunks)):
            of = [name] if name in chunks else list(chunks)
            points.append(Point(size, name, sum(sizes[n] for n in of) / sum(tokens[n] for n in of)))
    return points


def _chunks(excerpts: Excerpts, by_chunk: bool) -> dict[str, Counter[str]]:
    """Language -> chunk -> how often."""
    found: dict[str, Counter[str]] = {}
    for _, language, text in excerpts.chosen():
        of = found.setdefault(language or UNKNOWN, Counter())
        of.update(CHUNK.findall(text) if by_chunk else [text])
    return found


def _tokens(tokenizer: Tokenizer, chunks: Mapping[str, Counter[str]]) -> dict[str, int]:
    return {
        name: sum(len(tokenizer.packed(chunk)) // 4 * times for chunk, times in of.items())
        for name, of in chunks.items()
    }
