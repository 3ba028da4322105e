"""Rows become documents or conversations, as the source's role asks.

FORMS is the whole of it: for each role, the forms that rows come in, each a set of columns that
tells it from the others. The first whose columns are all there is taken; a source's `columns` says
where a form's parts stand if they bear other names. Nothing is judged here: an empty text or a role
nobody knows is passed on, and `clean` drops it under a name.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params import Role
from pipeline_lib.sources import trees, turns
from pipeline_lib.sources.labels import labels
from pipeline_lib.sources.origin import Item
from pipeline_lib.sources.row import Row
from pipeline_lib.sources.turns import Parts, Talk


@dataclass(frozen=True)
class Form:
    """One way of writing rows down: our names for the parts, and the columns they stand in."""

    name: str
    """What people call it."""
    parts: Mapping[str, str]
    """All must be there."""
    read: Callable[[Parts, str], Iterator[Talk]] | None = None
    """Parts and place to conversations; None: a document."""
    optional: Mapping[str, str] = field(default_factory=dict)
    """Read where they are there."""
    gather: Callable[[Iterator[Row]], Iterator[Row]] | None = None
    """Makes one row, which `read` takes, of many that say these parts."""


def _exchange(name: str, user: str, assistant: str, about: str = "") -> Form:
    parts = {"user": user, "assistant": assistant}
    return Form(name, parts, turns.exchange, {"input": about} if about else {})


def _question(name: str, prompt: str, answer: str) -> Form:
    return Form(name, {"prompt": prompt, "answer": answer}, turns.question)


QUESTIONS = (
    _question("prompt and answer", "prompt", "answer"),
    _question("GSM8K", "question", "answer"),
    _question("problem and answer", "problem", "answer"),
)
DOCUMENTS = (Form("text", {"text": "text"}),)
CONVERSATIONS = (
    Form("OpenAI messages", {"messages": "messages"}, turns.dialogue),
    Form("ShareGPT", {"messages": "conversations"}, turns.dialogue),
    _exchange("user and assistant", "user", "assistant"),
    _exchange("Alpaca", "instruction", "output", about="input"),
    _exchange("Dolly", "instruction", "response", about="context"),
    _exchange("question and answer, GSM8K", "question", "answer"),
    _exchange("prompt and response", "prompt", "response"),
    _exchange("prompt and completion", "prompt", "completion"),
    Form(
        "SQuAD",
        {"user": "question", "assistant": "answers", "input": "context"},
        turns.about_a_passage,
    ),
    Form("OpenAssistant trees", {"tree": "prompt", "id": "message_tree_id"}, turns.tree),
    Form(
        "OpenAssistant messages",
        {name: name for name in ("message_tree_id", "message_id", "parent_id", "role", "text")},
        turns.tree,
        {name: name for name in ("rank", "deleted", "review_result")},
        gather=trees.grown,
    ),
    Form(
        "Super-NaturalInstructions",
        {"definition": "Definition", "instances": "Instances"},
        turns.task,
    ),
)

FORMS: Mapping[Role, tuple[Form, ...]] = {
    "pretrain": DOCUMENTS,
    "sft": CONVERSATIONS,
    "rl": QUESTIONS,
    "evaluation": QUESTIONS,
}
"""The first form that fits is taken, so what is told by more columns, or is surer, stands first."""

META = ("title", "url", "file", "markup")
"""Columns kept beside a document's text, where the source has them."""


@dataclass(frozen=True)
class Shape:
    """How one source's rows are read."""

    source: str
    role: Role
    language: str
    columns: Mapping[str, str]

    @property
    def gathers(self) -> bool:
        """Whether rows may come of which several make one: those before and after a file's end, too."""
        return any(form.gather for form in FORMS[self.role])

    def wanted(self, found: Collection[str], where: str) -> list[str]:
        """The columns to read; SourceError naming those found where one is missing."""
        form = self._form(found, where)
        extra = META if self.role == "pretrain" else tuple(form.optional.values())
        needed = [*dict.fromkeys(form.parts.values())]
        return needed + [name for name in extra if name in found and name not in needed]

    def items(self, rows: Iterator[Row]) -> Iterator[Item]:
        """Every row's documents or conversations, in order; SourceError where a row fits no form."""
        for first in rows:
            form = self._form(first.values, first.where)
            if form.gather is None:
                yield from self._read(form, first)
            else:
                yield from self._gathered(form, chain([first], rows))

    def _read(self, form: Form, row: Row) -> Iterator[Item]:
        parts = _parts(form, row)
        if form.read is None:
            yield self._document(parts["text"], row)
            return
        yield from self._conversations(form.read(parts, row.where))

    def _gathered(self, form: Form, rows: Iterator[Row]) -> Iterator[Item]:
        """All rows from here on: what is gathered cannot stand beside other forms."""
        if form.gather is None or form.read is None:
            return
        for row in form.gather(Row(row.where, _parts(form, row)) for row in rows):
            yield from self._conversations(form.read(row.values, row.where))

    def _conversations(self, talks: Iterator[Talk]) -> Iterator[Item]:
        checked = self.role in ("rl", "evaluation")
        for messages, answer in talks:
            yield Conversation(messages, answer, "number" if checked else "", self.source)

    def _document(self, value: object, row: Row) -> Document:
        text = turns.text(value, row.where)
        meta = {
            name: turns.text(row.values[name], row.where)
            for name in META
            if isinstance(row.values.get(name), str)
        }
        if "file" not in meta:
            meta["from"] = row.where
        return Document(document_id(text), text, self.source, self.language, meta)

    def _form(self, found: Collection[str], where: str) -> Form:
        for form in self._fitting:
            if all(column in found for column in form.parts.values()):
                return form
        known = dict.fromkeys(" and ".join(form.parts.values()) for form in self._fitting)
        raise SourceError(
            f"{where}: expected the column {' or '.join(known)}, "
            f"found {labels(sorted(map(str, found)))}; name the right ones in `columns`"
        )

    @cached_property
    def _fitting(self) -> list[Form]:
        """The role's forms that have the parts which `columns` names, with its columns."""
        forms = FORMS[self.role]
        fitting = [
            replace(form, parts={**form.parts, **self.columns})
            for form in forms
            if self.columns.keys() <= form.parts.keys() | form.optional.keys()
        ]
        if not fitting:
            known = dict.fromkeys(" and ".join(form.parts) for form in forms)
            raise SourceError(
                f"columns: expected {' or '.join(known)} for role {self.role}, "
                f"found {', '.join(self.columns)}; write our name: the column's"
            )
        return fitting


def _parts(form: Form, row: Row) -> dict[str, Any]:
    """What stands under our names; SourceError where rows gathered with others lack a column."""
    lacking = [column for column in form.parts.values() if column not in row.values]
    if lacking:
        raise SourceError(
            f"{row.where}: expected the column {lacking[0]} as in the rows before, found "
            f"{labels(row.values)}; mend the row"
        )
    columns = {**form.optional, **form.parts}
    return {ours: row.values.get(column) for ours, column in columns.items()}
