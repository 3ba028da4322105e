"""No question of an evaluation set is among what is learnt: exact matches are dropped and counted.

A prompt is compared with whitespace evened out. A conversation is contaminated where a user's turn
equals a prompt; a document, where its first lines do, as when a problem precedes its solution.
"""

from collections.abc import Iterable

import xxhash

from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.formats.documents import Document


class Prompts:
    """The questions of every evaluation set, as hashes: 16 bytes each."""

    def __init__(self, evaluation: Iterable[Conversation]) -> None:
        self._known: set[bytes] = set()
        self._heights: set[int] = set()
        for conversation in evaluation:
            for question in _questions(conversation):
                self._known.add(_digest(question))
                self._heights.add(question.strip().count("\n") + 1)

    def are_in(self, item: Document | Conversation) -> bool:
        """Whether `item` asks one of them."""
        if isinstance(item, Conversation):
            return any(_digest(question) in self._known for question in _questions(item))
        return any(_digest(start) in self._known for start in self._starts(item.text))

    def _starts(self, text: str) -> Iterable[str]:
        if not self._heights:
            return []
        lines = text.split("\n", max(self._heights))
        return ("\n".join(lines[:height]) for height in sorted(self._heights))


def _questions(conversation: Conversation) -> list[str]:
    return [turn.content for turn in conversation.messages if turn.role == "user"]


def _digest(text: str) -> bytes:
    return xxhash.xxh3_128_digest(" ".join(text.split()).encode())
