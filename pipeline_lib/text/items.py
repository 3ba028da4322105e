"""Documents and conversations cleaned one at a time, and what they have in common.

The stages treat both alike: parts are read, items judged, parts written. What differs stands here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline_lib.formats import conversations, documents
from pipeline_lib.formats.conversations import Conversation, Message, conversation_id
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params import CleanParams
from pipeline_lib.text import filters
from pipeline_lib.text.normalise import normalise, without_calculator

SPEAKERS = {"system", "user", "assistant"}
CONVERSATION_RULES = ("unknown_role", "empty", "no_question", "no_answer", "too_long")


@dataclass(frozen=True)
class Kind:
    """How one kind of item is read, written, named, weighed, shown and cleaned."""

    read: Callable[[Path], Iterator[Any]]
    write: Callable[[Path, Iterable[Any]], None]
    id: Callable[[Any], str]
    size: Callable[[Any], int]
    text: Callable[[Any], str]
    clean: Callable[[Any, str, CleanParams], tuple[Any, str | None]]


def clean_document(
    document: Document, role: str, params: CleanParams
) -> tuple[Document, str | None]:
    """The document normalised, and the rule it breaks (None: it is kept)."""
    text = normalise(document.text, params.normal_form)
    return replace(document, id=document_id(text), text=text), filters.reason(text, params)


def clean_conversation(
    conversation: Conversation, role: str, params: CleanParams
) -> tuple[Conversation, str | None]:
    """The conversation normalised, and the rule it breaks (None: it is kept)."""
    said = (Message(turn.role, _turn(turn.content, params)) for turn in conversation.messages)
    turns = [turn for turn in said if turn.content or turn.role != "system"]
    cleaned = replace(
        conversation,
        messages=tuple(_answered(turns) if role == "sft" else turns),
        answer=_turn(conversation.answer, params),
    )
    return cleaned, conversation_reason(cleaned, role, params)


def _answered(turns: list[Message]) -> list[Message]:
    """The turns up to the last answer: what the user says after it teaches nothing."""
    answers = [number for number, turn in enumerate(turns, start=1) if turn.role == "assistant"]
    return turns[: answers[-1]] if answers else turns


def conversation_reason(conversation: Conversation, role: str, params: CleanParams) -> str | None:
    """The name of the first of CONVERSATION_RULES that is broken."""
    speakers = [turn.role for turn in conversation.messages]
    answered = speakers[-1:] == ["assistant"] if role == "sft" else bool(conversation.answer)
    broken = (
        not SPEAKERS.issuperset(speakers),
        not speakers or not all(turn.content for turn in conversation.messages),
        "user" not in speakers,
        not answered,
        conversations.size(conversation) > params.max_chars,
    )
    return next(
        (rule for rule, it_is in zip(CONVERSATION_RULES, broken, strict=True) if it_is), None
    )


def _turn(content: str, params: CleanParams) -> str:
    return without_calculator(normalise(content, params.normal_form)).strip()


def _document_id(document: Document) -> str:
    return document.id


def _document_text(document: Document) -> str:
    return document.text


def _conversation_text(conversation: Conversation) -> str:
    said = [f"{turn.role}: {turn.content}" for turn in conversation.messages]
    return "\n".join([*said, f"answer: {conversation.answer}"] if conversation.answer else said)


DOCUMENTS = Kind(
    documents.read_part,
    documents.write_part,
    _document_id,
    documents.size,
    _document_text,
    clean_document,
)
CONVERSATIONS = Kind(
    conversations.read_part,
    conversations.write_part,
    conversation_id,
    conversations.size,
    _conversation_text,
    clean_conversation,
)


def kind_of(role: str) -> Kind:
    """What a source of this role holds."""
    return DOCUMENTS if role == "pretrain" else CONVERSATIONS
