"""Rows become documents or conversations, as the source's role asks.

Each role knows one or more forms that rows come in; a source's `columns` says where a form's parts
stand if they bear other names. Nothing is judged here: an empty text or a role nobody knows is
passed on, and `clean` drops it under a name.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params import Role
from pipeline_lib.sources.origin import Item
from pipeline_lib.sources.readers import Row

FORMS: dict[Role, list[dict[str, str]]] = {
    "pretrain": [{"text": "text"}],
    "sft": [
        {"messages": "messages"},
        {"messages": "conversations"},
        {"user": "user", "assistant": "assistant"},
    ],
    "rl": [{"prompt": "prompt", "answer": "answer"}],
    "evaluation": [{"prompt": "prompt", "answer": "answer"}],
}
"""Our names, and the columns they stand in where the source says nothing else."""

META = ("title", "url", "file")
"""Columns kept beside a document's text, where the source has them."""

SPEAKERS = {"human": "user", "prompter": "user", "gpt": "assistant"}
"""ShareGPT's and OpenAssistant's names for who speaks."""


@dataclass(frozen=True)
class Shape:
    """How one source's rows are read."""

    source: str
    role: Role
    language: str
    columns: Mapping[str, str]

    def wanted(self, found: Collection[str], where: str) -> list[str]:
        """The columns to read; SourceError naming those found where one is missing."""
        needed = [*self._form(found, where).values()]
        extra = [name for name in META if name in found and name not in needed]
        return needed + (extra if self.role == "pretrain" else [])

    def items(self, rows: Iterator[Row]) -> Iterator[Item]:
        for row in rows:
            yield self.item(row)

    def item(self, row: Row) -> Item:
        """The document or conversation that a row holds."""
        form = self._form(row.values, row.where)
        parts = {ours: row.values[column] for ours, column in form.items()}
        match self.role:
            case "pretrain":
                return self._document(parts["text"], row)
            case "sft":
                return Conversation(self._turns(parts, row.where), "", "", self.source)
            case "rl" | "evaluation":
                question = Message("user", _text(parts["prompt"], row.where))
                answer = _text(parts["answer"], row.where)
                return Conversation((question,), answer, "number", self.source)

    def _document(self, value: object, row: Row) -> Document:
        text = _text(value, row.where)
        meta = {name: row.values[name] for name in META if isinstance(row.values.get(name), str)}
        return Document(document_id(text), text, self.source, self.language, meta)

    def _turns(self, parts: dict[str, Any], where: str) -> tuple[Message, ...]:
        if "messages" in parts:
            return tuple(_message(turn, where) for turn in _listed(parts["messages"], where))
        return tuple(Message(name, _text(parts[name], where)) for name in ("user", "assistant"))

    def _form(self, found: Collection[str], where: str) -> dict[str, str]:
        forms = FORMS[self.role]
        fitting = [{**f, **self.columns} for f in forms if self.columns.keys() <= f.keys()]
        if not fitting:
            known = " or ".join(" and ".join(form) for form in forms)
            raise SourceError(
                f"columns: expected {known} for role {self.role}, "
                f"found {', '.join(self.columns)}; write our name: the column's"
            )
        for form in fitting:
            if all(column in found for column in form.values()):
                return form
        raise SourceError(
            f"{where}: expected the column {' and '.join(fitting[0].values())}, "
            f"found {', '.join(sorted(found))}; name the right ones in `columns`"
        )


def _text(value: object, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value if value.isascii() else _sound(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise SourceError(
        f"{where}: expected text, found {type(value).__name__}; name another column in `columns`"
    )


def _sound(text: str) -> str:
    """JSON may spell half a character (a lone surrogate), which no UTF-8 file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _listed(value: object, where: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise SourceError(
        f"{where}: expected a list of messages, found {type(value).__name__}; "
        "name the right column in `columns`"
    )


def _message(turn: object, where: str) -> Message:
    """`{role, content}`, or ShareGPT's `{from, value}`."""
    for speaker, said in (("role", "content"), ("from", "value")):
        if isinstance(turn, dict) and speaker in turn and said in turn:
            role = _text(turn[speaker], where)
            return Message(SPEAKERS.get(role, role), _text(turn[said], where))
    found = ", ".join(turn) if isinstance(turn, dict) else type(turn).__name__
    raise SourceError(f"{where}: expected messages of role and content, found {found}; mend them")
