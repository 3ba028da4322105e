"""Texts that hold evaluation items, found as they are read, and the record of them.

Texts are looked at some at a time, since numpy does many in the time it takes for one. All turns of
a conversation are read, not the user's alone: an answer may quote a question.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, TypeVar

from pipeline_lib.formats.conversations import Conversation, conversation_id
from pipeline_lib.formats.documents import Document
from pipeline_lib.text.contamination import Index, Match

Learnt = TypeVar("Learnt", Document, Conversation)

BATCH = 256
"""Texts held while they are looked at."""


def text_of(learnt: Document | Conversation) -> str:
    """What is learnt from: a text, or all turns, each on lines of its own."""
    if isinstance(learnt, Document):
        return learnt.text
    return "\n".join(turn.content for turn in learnt.messages)


def checked(learnt: Iterable[Learnt], index: Index) -> Iterator[tuple[Learnt, list[Match]]]:
    """Every text, and the evaluation items it holds: none, and it may be learnt from."""
    texts = iter(learnt)
    while some := list(islice(texts, BATCH)):
        yield from zip(some, index.scan([text_of(one) for one in some]), strict=True)


def id_of(learnt: Document | Conversation) -> str:
    """The id that its kind goes by."""
    return learnt.id if isinstance(learnt, Document) else conversation_id(learnt)


class Report:
    """What decontamination.json says: counts, and a record of every match."""

    def __init__(self, sets: Mapping[str, int]) -> None:
        """`sets`: items by evaluation set."""
        self._sets = dict(sets)
        self._dropped: Counter[str] = Counter()
        self._texts: Counter[str] = Counter()
        self._found: dict[str, set[int]] = {name: set() for name in sets}
        self._records: list[dict[str, Any]] = []

    def add(self, source: str, document: str, matches: Sequence[Match]) -> None:
        """The text with the id `document` in `source` is dropped for these matches."""
        self._dropped[source] += bool(matches)
        self._texts.update({match.set for match in matches})
        for match in matches:
            self._found[match.set].add(match.item)
            self._records.append({"source": source, "document": document, **asdict(match)})

    def content(self) -> dict[str, Any]:
        """By set: its items, those found, the texts dropped for it; dropped texts by source; records."""
        return {
            "sets": {
                name: {"items": items, "found": len(self._found[name]), "texts": self._texts[name]}
                for name, items in self._sets.items()
            },
            "dropped": dict(sorted(self._dropped.items())),
            "records": self._records,
        }
