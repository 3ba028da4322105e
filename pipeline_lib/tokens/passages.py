"""The lines a tokenizer is trained on: short enough, and drawn evenly from any amount of text.

SentencePiece drops a line above `max_sentence_length` in silence, so text is cut here: at newlines,
in lines that are too long after sentences, then at spaces. Which passages are taken is decided by
their hash, so a sample is even over the corpus, bounded in memory, and the same in whatever order
the texts come.
"""

import hashlib
import heapq
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST = 4096
"""Bytes of a passage."""

_CUTS = (
    re.compile(r"(?<=\n)(?=[^\n])"),
    re.compile(r"(?<=[.!?。！？])"),
    re.compile(r"(?= )"),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn, and the share of the text's bytes that no cut made short enough."""

    passages: list[str]
    bytes: int
    dropped: float


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


def draw(texts: Iterable[str], limit: int) -> Sample:
    """Passages of `texts` of at most `limit` bytes in all: those whose hashes are the smallest."""
    heap: list[tuple[int, str]] = []
    held = seen = dropped = 0
    ceiling = 1  # hashes are negated, so that the heap's first is the largest; all are below this
    for passage in (p for text in texts for p in passages(text) if p):
        size = _size(passage)
        seen += size
        if size > LONGEST:
            dropped += size
            continue
        place = _place(passage)
        if ceiling <= 0 and place <= ceiling:
            continue
        heapq.heappush(heap, (place, passage))
        held += size
        while held > limit and len(heap) > 1:
            ceiling, out = heapq.heappop(heap)
            held -= _size(out)
    drawn = [passage for _, passage in sorted(heap, reverse=True)]
    return Sample(drawn, held, dropped / seen if seen else 0.0)


def _place(passage: str) -> int:
    """A number from -2^64 to 0 that only the passage decides."""
    return -int.from_bytes(hashlib.blake2b(passage.encode(), digest_size=8).digest())


def _size(text: str) -> int:
    return len(text.encode())
