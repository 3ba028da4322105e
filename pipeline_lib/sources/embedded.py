"""The tales as a source: told here and now, from a seed, on every core.

Tellers take blocks of indices, whose size no number of workers changes, so the rows and their digest are the same however
many there are.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipeline_lib import engine
from pipeline_lib.errors import SourceError
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params import Role, TalesSource
from pipeline_lib.sources.origin import Item, Origin
from pipeline_lib.tales import Tale, tale

if TYPE_CHECKING:
    from hashlib import _Hash

TEXTS: dict[Role, tuple[str, ...]] = {
    "pretrain": ("stories", "facts", "dialogues", "problems"),
    "sft": ("instructions", "problems", "answers"),
    "rl": ("problems",),
    "evaluation": ("problems",),
}
"""What a role has use for: running text, conversations, questions whose answers can be checked."""

BLOCK = 500
"""Tales told at once: about a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Told:
    """The items of one block, and the SHA-256 of its texts."""

    items: list[Item]
    digest: bytes


def origin(name: str, source: TalesSource, workers: int = 1) -> Origin:
    """`source.rows` tales, shaped for the source's role; SourceError: the role has no use for these texts."""
    fitting = TEXTS[source.role]
    if source.texts not in fitting:
        raise SourceError(
            f"texts: expected {' or '.join(fitting)} for role {source.role}, found {source.texts}; "
            f"set texts to {'one of these' if len(fitting) > 1 else 'that'} or give the source another role"
        )
    digest = hashlib.sha256()
    spoken = f"/{source.language}" if source.language else ""
    return Origin(
        address=f"tales:{source.texts}{spoken}/seed={source.seed}",
        items=_items(name, source, digest, workers),
        licence=source.licence or "Apache-2.0",
        digest=digest,
    )


def _items(name: str, source: TalesSource, digest: "_Hash", workers: int) -> Iterator[Item]:
    starts = range(0, source.rows, BLOCK)
    blocks = [range(start, min(start + BLOCK, source.rows)) for start in starts]
    for told in engine.map(partial(tell, name, source), blocks, workers):
        digest.update(told.digest)
        yield from told.items


def tell(name: str, source: TalesSource, indices: range) -> Told:
    """The tales of these indices as the source's role takes them."""
    items: list[Item] = []
    digest = hashlib.sha256()
    for index in indices:
        told = tale(source.seed, index, source.texts, source.language or None)
        digest.update(told.text.encode())
        items.append(_shaped(told, name, source.role))
    return Told(items, digest.digest())


def _shaped(told: Tale, name: str, role: Role) -> Item:
    if role == "pretrain":
        return Document(document_id(told.text), told.text, name, told.language, {"kind": told.kind})
    if role == "sft":
        turns = told.turns or (("user", told.question), ("assistant", told.solution))
        return Conversation(tuple(Message(*turn) for turn in turns), "", "", name)
    return Conversation((Message("user", told.question),), told.answer, "number", name)
