"""Instructions: conversations about stories, with requests, questions and answers.

Most are one story with what is said about it, told as stories are (`instruction_events`); some give
a passage to correct or to translate. Turns are the user's and the assistant's by turns, between
blank lines; everything that is drawn shows in them, so a conversation's probability is exact.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pipeline_lib.tales import instruction_passages as passages
from pipeline_lib.tales import instruction_translation as translation
from pipeline_lib.tales.draw import Draw, Weighted
from pipeline_lib.tales.forms import LANGUAGE, Tongue
from pipeline_lib.tales.instruction_events import LISTS, MENUS, REQUESTS
from pipeline_lib.tales.instruction_passages import GRAMMAR
from pipeline_lib.tales.instruction_world import TURN, Conversation
from pipeline_lib.tales.reading import Report, Told
from pipeline_lib.tales.sentences import first_event
from pipeline_lib.tales.telling import Reader, Writer, tell

ROLES = ("user", "assistant")
FIRST = frozenset(REQUESTS + LISTS)
"""Events that a conversation begins with."""


class Task(NamedTuple):
    write: Callable[[Tongue, Draw, Draw], str]
    read: Callable[[str, Tongue], Report]
    opens: Callable[[str, Tongue], bool]


def _converse(tongue: Tongue, events: Draw, words: Draw) -> str:
    writer = Writer(GRAMMAR, tongue, events, words)
    tell(writer, Conversation(MENUS))
    return writer.text


def _read_conversation(text: str, tongue: Tongue) -> Report:
    return Reader(GRAMMAR, tongue, text).read(Conversation(MENUS))


def _opens_conversation(text: str, tongue: Tongue) -> bool:
    return first_event(GRAMMAR, tongue, text) in FIRST


CONVERSATION = Task(_converse, _read_conversation, _opens_conversation)
CORRECTION = Task(passages.write, passages.read, passages.opens)
TRANSLATION = Task(translation.write, translation.read, translation.opens)

JAPANESE = Weighted([(CORRECTION, 3), (TRANSLATION, 3), (CONVERSATION, 14)])
TASKS: Mapping[Tongue, Weighted[Task]] = {
    "en": Weighted([(CORRECTION, 3), (CONVERSATION, 17)]),
    "polite": JAPANESE,
    "plain": JAPANESE,
}


def write(tongue: Tongue, events: Draw, words: Draw) -> Told:
    """A conversation; the draws hold its probability afterwards."""
    text = events.pick(TASKS[tongue]).write(tongue, events, words)
    turns = text.split(TURN)
    return Told(
        text=text,
        question=turns[0],
        solution=turns[-1],
        turns=tuple((ROLES[number % 2], turn) for number, turn in enumerate(turns)),
    )


def read(text: str, tongue: Tongue) -> Report:
    """What there is to say of `text` as a conversation."""
    tasks = TASKS[tongue]
    special = (task for task in tasks.items[:-1] if task.opens(text, tongue))
    task = next(special, CONVERSATION)
    weighed = passages.behind(task.read(text, tongue), (), 0, tasks.log2_probability(task))
    return weighed._replace(language=LANGUAGE[tongue])


def opens(text: str, tongue: Tongue) -> bool:
    """Whether it begins as a conversation does."""
    return any(task.opens(text, tongue) for task in TASKS[tongue].items)
