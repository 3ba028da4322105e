"""The tales as a source: told here and now, from a seed."""

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params import TalesSource
from pipeline_lib.sources.origin import Item, Origin
from pipeline_lib.tales import Tale, tale

if TYPE_CHECKING:
    from hashlib import _Hash


def origin(name: str, source: TalesSource) -> Origin:
    """`source.rows` tales, shaped for the source's role."""
    if source.role != "pretrain" and source.texts == "stories":
        raise SourceError(
            f"texts: expected problems or answers for role {source.role}, found {source.texts}; "
            "stories hold no question"
        )
    digest = hashlib.sha256()
    return Origin(
        address=f"tales:{source.texts}/seed={source.seed}",
        items=_items(name, source, digest),
        licence=source.licence or "Apache-2.0",
        digest=digest,
    )


def _items(name: str, source: TalesSource, digest: "_Hash") -> Iterator[Item]:
    for index in range(source.rows):
        told = tale(source.seed, index, source.texts)
        digest.update(told.text.encode())
        yield (
            _document(told, name)
            if source.role == "pretrain"
            else _conversation(told, name, with_solution=source.role == "sft")
        )


def _document(told: Tale, name: str) -> Document:
    meta = {"kind": told.kind}
    return Document(document_id(told.text), told.text, name, told.language, meta)


def _conversation(told: Tale, name: str, *, with_solution: bool) -> Conversation:
    question = Message("user", told.question)
    if with_solution:
        return Conversation((question, Message("assistant", told.solution)), "", "", name)
    return Conversation((question,), told.answer, "number", name)
