"""Documents and conversations cleaned one at a time, and what they have in common.

The stages treat both alike: parts are read, items judged, parts written. What differs stands here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline_lib.formats import conversations, documents
from pipeline_lib.formats.conversations import Conversation, Message, conversation_id
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params import CleanParams
from pipeline_lib.text import filters, language, markup, personal, quality
from pipeline_lib.text.normalise import normalise, without_calculator

SPEAKERS = {"system", "user", "assistant"}
LANGUAGE = "language"
"""The rule that a document breaks which is in none of the languages asked for, or must be prose and is in none that
anybody is sure of."""
CONVERSATION_RULES = ("unknown_role", "empty", "no_question", "no_answer", "too_long")


@dataclass(frozen=True)
class Kind:
    """How one kind of item is read, written, named, weighed, shown and cleaned."""

    read: Callable[[Path], Iterator[Any]]
    write: Callable[[Path, Iterable[Any]], None]
    id: Callable[[Any], str]
    size: Callable[[Any], int]
    text: Callable[[Any], str]
    clean: "Callable[[Any, str, CleanParams], Judged]"


@dataclass(frozen=True)
class Judged:
    """An item as it came out of cleaning, and what there is to say of that."""

    item: Any
    reason: str | None
    """The rule that it breaks; None: it is kept."""
    notes: Sequence[str] = ()
    """What was done to it, to be counted: `markup.html`, `masked.email`, `language.ja`."""


def clean_document(document: Document, role: str, params: CleanParams) -> Judged:
    """The document without its packaging, normalised, its language known, judged, and masked."""
    text, notes = _bare(document, params)
    meta = {key: value for key, value in document.meta.items() if key != "markup"}
    code = document.language
    if not code:
        found = language.identify(text)
        code = found.code if found.confidence >= params.language_confidence else ""
        meta["language"] = f"{found.code or 'unknown'} {found.confidence:.2f}"
    text, reason = _judged(text, code, document.source, params)
    text, masked = personal.mask(text, params.mask)  # what is dropped is shown, too
    if reason is None:
        notes += [f"masked.{kind}" for kind in masked.elements()]
        notes.append(f"language.{code or 'unknown'}")
    made = replace(document, id=document_id(text), text=text, language=code, meta=meta)
    return Judged(made, reason, notes)


def _bare(document: Document, params: CleanParams) -> tuple[str, list[str]]:
    """The text proper in its one spelling, and what was taken off it."""
    if not params.markup:
        return normalise(document.text, params.normal_form), []
    bare = markup.strip(document.text, document.meta)
    notes = [f"markup.{kind}" for kind in bare.kinds] + ["flagged"] * bool(bare.flagged)
    return normalise(bare.text, params.normal_form), notes


def _judged(text: str, code: str, source: str, params: CleanParams) -> tuple[str, str | None]:
    """What is left of the text, and the rule it breaks."""
    reason = filters.reason(text, params)
    is_prose = source in params.prose
    is_unwanted = bool(params.languages) and code not in params.languages
    # no rule knows what prose in an unknown language looks like
    if reason is None and (is_unwanted or (is_prose and not code)):
        reason = LANGUAGE
    if reason is None and is_prose:
        verdict = quality.judge(text, code, params.quality)
        return verdict.text, verdict.reason
    return text, reason


def clean_conversation(conversation: Conversation, role: str, params: CleanParams) -> Judged:
    """The conversation normalised, judged and masked."""
    said = (Message(turn.role, _turn(turn.content, params)) for turn in conversation.messages)
    turns = [turn for turn in said if turn.content or turn.role != "system"]
    cleaned = replace(
        conversation,
        messages=tuple(_answered(turns) if role == "sft" else turns),
        answer=_turn(conversation.answer, params),
    )
    reason = conversation_reason(cleaned, role, params)
    if not params.mask:
        return Judged(cleaned, reason)
    notes, messages = [], []
    for turn in cleaned.messages:
        content, masked = personal.mask(turn.content, params.mask)
        messages.append(replace(turn, content=content))
        notes += [f"masked.{kind}" for kind in masked.elements()]
    made = replace(cleaned, messages=tuple(messages))
    return Judged(made, reason, [] if reason else notes)


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
