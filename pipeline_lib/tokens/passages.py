"""The lines a tokenizer is trained on: short enough, and drawn evenly from any amount of text.

SentencePiece drops a line above `max_sentence_length` in silence, so text is cut here: at newlines,
in lines that are too long after sentences, then at spaces. Which passages are taken is decided by
their hash and the seed, so a sample is the same in whatever order the texts come and however many
processes look at them. It is stratified: of every kind of text (source and language) it holds the
share that the corpus holds.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

Stratum = tuple[str, ...]
"""Source and language."""

LONGEST = 4096
"""Bytes of a passage."""
MARGIN = 1.1
"""Candidates a stratum is drawn from, as a multiple of its share: hashes scatter."""
_ALL = 2**64

_CUTS = (
    re.compile(r"(?<=\n)(?=[^\n])"),
    re.compile(r"(?<=[.!?。！？])"),
    re.compile(r"(?= )"),
)


@dataclass(slots=True)
class Candidates:
    """What some texts offer: passages of a low hash, and how much there was."""

    passages: dict[Stratum, list[tuple[int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    lines: int = 0
    bytes: int = 0
    dropped_lines: int = 0
    dropped_bytes: int = 0

    def add(self, other: "Candidates") -> None:
        for stratum, found in other.passages.items():
            self.passages[stratum] += found
        self.lines += other.lines
        self.bytes += other.bytes
        self.dropped_lines += other.dropped_lines
        self.dropped_bytes += other.dropped_bytes


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn, and the shares of the text that no cut made short enough for SentencePiece."""

    passages: list[str]
    bytes: int
    dropped_lines: float
    dropped_bytes: float


def passages(text: str, cuts: tuple[re.Pattern[str], ...] = _CUTS) -> Iterator[str]:
    """Parts of `text` of at most LONGEST bytes, where it can be cut; joined, they are `text`."""
    if not cuts or _size(text) <= LONGEST:
        yield text
        return
    held: list[str] = []
    room = LONGEST
    for part in cuts[0].split(text):
        size = _size(part)
        if held and size > room:
            yield "".join(held)
            held, room = [], LONGEST
        if size > LONGEST:
            yield from passages(part, cuts[1:])
        else:
            held.append(part)
            room -= size
    if held:
        yield "".join(held)


def rate(limit: int, size: int) -> float:
    """Share of `size` bytes of text to offer, so that `limit` can be chosen among them."""
    return min(1.0, MARGIN * limit / max(size, 1))


def candidates(texts: Iterable[tuple[Stratum, str]], share: float, seed: int) -> Candidates:
    """The `share` of the passages with the smallest hashes."""
    offered = Candidates()
    below = int(share * _ALL)
    for stratum, text in texts:
        for passage in passages(text) if text else ():
            size = _size(passage)
            offered.lines += 1
            offered.bytes += size
            if size > LONGEST:
                offered.dropped_lines += 1
                offered.dropped_bytes += size
            elif (place := _place(passage, seed)) < below:
                offered.passages[stratum].append((place, passage))
    return offered


def choose(offered: Candidates, limit: int, sizes: Mapping[Stratum, int]) -> Sample:
    """Passages of at most `limit` bytes, of each stratum its share of `sizes` (bytes of text)."""
    total = sum(sizes.values())
    chosen: list[tuple[int, str]] = []
    held = 0
    for stratum, found in sorted(offered.passages.items()):
        room = limit if total <= limit else limit * sizes[stratum] // total
        for place, passage in sorted(found):
            room -= (size := _size(passage))
            if room < 0:
                break
            chosen.append((place, passage))
            held += size
    return Sample(
        [passage for _, passage in sorted(chosen)],
        held,
        offered.dropped_lines / max(offered.lines, 1),
        offered.dropped_bytes / max(offered.bytes, 1),
    )


def draw(texts: Iterable[str], limit: int, seed: int) -> Sample:
    """A sample of texts that are held in memory and are all of one kind."""
    offered = candidates((((), text) for text in texts), 1.0, seed)
    return choose(offered, limit, {(): offered.bytes})


def _place(passage: str, seed: int) -> int:
    """A number from 0 to 2^64 - 1 that only the passage and the seed decide."""
    key = seed.to_bytes(8, "little", signed=True)
    return int.from_bytes(hashlib.blake2b(passage.encode(), digest_size=8, key=key).digest())


def _size(text: str) -> int:
    return len(text.encode())
