"""What a row's parts say, as turns of a conversation."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.conversations import Message
from pipeline_lib.sources.encodings import decode, sound
from pipeline_lib.sources.labels import labels
from pipeline_lib.sources.trees import best_path

Parts = Mapping[str, Any]
Talk = tuple[tuple[Message, ...], str]
"""Turns, and the answer that a right completion arrives at (empty where there is none to check)."""

SPEAKERS = {
    **dict.fromkeys(("human", "prompter"), "user"),
    **dict.fromkeys(("gpt", "chatgpt", "bard", "bing", "model", "ai", "bot"), "assistant"),
}
"""ShareGPT's, OpenAssistant's and Gemma's names for who speaks."""
SPELLINGS = (("role", "content"), ("from", "value"), ("role", "text"))
"""Who speaks and what is said: OpenAI's, ShareGPT's and OpenAssistant's keys."""


def text(value: object, where: str) -> str:
    """What a cell says; SourceError where it holds no text. Nothing and NaN say nothing."""
    match value:
        case str():
            if value.isascii() and "\0" not in value:
                return value
            return sound(value).replace("\0", "\ufffd")
        case bytes():
            return text(decode(value), where)
        case None:
            return ""
        case int() | float() if not isinstance(value, bool):
            return str(value) if math.isfinite(value) else ""
    raise SourceError(
        f"{where}: expected text, found {type(value).__name__}; name another column in `columns`"
    )


def exchange(parts: Parts, where: str) -> Iterator[Talk]:
    """A question and its reply; `input` is what the question is asked about."""
    asked = _said(parts["user"], "user", where)
    about = text(parts.get("input"), where).strip()
    if about and len(asked) == 1:
        asked = (Message("user", f"{asked[0].content}\n\n{about}"),)
    yield (*asked, *_said(parts["assistant"], "assistant", where)), ""


def about_a_passage(parts: Parts, where: str) -> Iterator[Talk]:
    """A question about `input`, and the first of the answers marked in it; an empty reply where none is."""
    marked = parts["assistant"]
    if not isinstance(marked, Mapping) or not isinstance(marked.get("text"), list):
        raise SourceError(
            f"{where}: expected answers with a list of text, found {_found(marked)}; "
            "name another column in `columns`"
        )
    yield from exchange({**parts, "assistant": next(iter(marked["text"]), "")}, where)


def dialogue(parts: Parts, where: str) -> Iterator[Talk]:
    """A list of messages, or of texts by turns."""
    yield _messages(parts["messages"], where), ""


def question(parts: Parts, where: str) -> Iterator[Talk]:
    """What is asked, and the answer, which `answers` reads (GSM8K: after the last ####)."""
    yield _said(parts["prompt"], "user", where), text(parts["answer"], where)


def tree(parts: Parts, where: str) -> Iterator[Talk]:
    """The best-ranked path through a tree of messages; nothing where nobody answered."""
    if path := best_path(parts["tree"], where):
        yield _messages(path, where), ""


def task(parts: Parts, where: str) -> Iterator[Talk]:
    """A conversation for each instance: the definition and the input, then the first of the outputs."""
    asked = _definition(parts["definition"], where)
    for number, instance in enumerate(_listed(parts["instances"], where), start=1):
        place = f"{where}: instance {number}"
        if not isinstance(instance, Mapping) or not {"input", "output"} <= instance.keys():
            raise SourceError(
                f"{place}: expected input and output, found {_found(instance)}; mend the task"
            )
        output = instance["output"]
        first = output[0] if isinstance(output, list) and output else output
        about = text(instance["input"], place)
        yield (
            (
                Message("user", f"{asked}\n\n{about}"),
                Message("assistant", text(first or None, place)),
            ),
            "",
        )


def _definition(value: object, where: str) -> str:
    if isinstance(value, list):
        return "\n".join(text(part, where) for part in value)
    return text(value, where)


def _said(value: object, speaker: str, where: str) -> tuple[Message, ...]:
    """One text, or messages where a column for a text holds a list of them."""
    if isinstance(value, list):
        return _messages(value, where)
    return (Message(speaker, text(value, where)),)


def _messages(value: object, where: str) -> tuple[Message, ...]:
    listed = _listed(value, where)
    if listed and all(isinstance(turn, str) for turn in listed):
        speakers = ("user", "assistant")
        return tuple(Message(speakers[n % 2], text(turn, where)) for n, turn in enumerate(listed))
    return tuple(_message(turn, where) for turn in listed)


def _listed(value: object, where: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise SourceError(
        f"{where}: expected a list of messages, found {type(value).__name__}; "
        "name the right column in `columns`"
    )


def _message(turn: object, where: str) -> Message:
    for speaker, said in SPELLINGS:
        if isinstance(turn, Mapping) and speaker in turn and said in turn:
            role = text(turn[speaker], where)
            return Message(SPEAKERS.get(role.lower(), role), _content(turn[said], where))
    raise SourceError(
        f"{where}: expected messages of role and content, found {_found(turn)}; mend them"
    )


def _content(value: object, where: str) -> str:
    """A text, or OpenAI's list of parts, which must all be texts."""
    if not isinstance(value, list):
        return text(value, where)
    parts = [part.get("text") if isinstance(part, Mapping) else part for part in value]
    if all(isinstance(part, str) for part in parts):
        return "".join(text(part, where) for part in parts)
    raise SourceError(
        f"{where}: expected content of text, found parts of another type; leave those rows out"
    )


def _found(value: object) -> str:
    return labels(value) if isinstance(value, Mapping) else type(value).__name__
