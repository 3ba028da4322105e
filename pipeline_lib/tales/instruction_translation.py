"""The task to translate a passage: the same events, told in two languages at once.

What happens is drawn once. Each language points at people and things in its own way, by its own
draws; the patterns correspond, so that the translation says no more and no less.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pipeline_lib.tales.draw import LOG2, Draw, Weighted
from pipeline_lib.tales.forms import Entity, Tongue
from pipeline_lib.tales.instruction_passages import GRAMMAR, behind, passage
from pipeline_lib.tales.instruction_world import LINE, TURN
from pipeline_lib.tales.patterns import Event, Roles, Rule
from pipeline_lib.tales.reading import Report, Verdict
from pipeline_lib.tales.telling import Reader, Writer, tell
from pipeline_lib.tales.world import World


class Task(NamedTuple):
    request: str
    source: Tongue
    target: Tongue


TASKS: Mapping[Tongue, tuple[Task, ...]] = {
    "en": (),
    "polite": (
        Task("Translate this into polite Japanese.", "en", "polite"),
        Task("次の文を英語に訳してください。", "polite", "en"),
    ),
    "plain": (
        Task("Translate this into plain Japanese.", "en", "plain"),
        Task("次の文を英語に訳してほしい。", "plain", "en"),
    ),
}
"""A text with any Japanese in it counts as Japanese."""


class Echo(Writer):
    """Says what another one says, in its own tongue."""

    number = 0

    def wording(self, count: int) -> int:
        return self.number % count


class Interpreter(Writer):
    """Tells a story, and has it echoed."""

    def __init__(self, task: Task, events: Draw, words: Draw) -> None:
        super().__init__(GRAMMAR, task.source, events, words)
        self.echo = Echo(GRAMMAR, task.target, events, words)

    def wording(self, count: int) -> int:
        self.echo.number = super().wording(count)
        return self.echo.number

    def say(self, event: Event, world: World, roles: Roles) -> None:
        super().say(event, world, roles)
        self.echo.say(event, world, roles)


class Only(World):
    """Nothing may happen but what the other language told."""

    def __init__(self, event: Event, world: World) -> None:
        self.event, self.world = event, world

    def possible(self) -> Weighted[Event]:
        return Weighted([(self.event, 1)])

    def joint(self, event: Event, space: str) -> str:
        return self.world.joint(event, space)


class EchoReader(Reader):
    """Reads a translation, sentence by sentence, beside what it translates."""

    number = 0
    keeps_up = False
    """Whether this sentence tells the same event."""

    def follow(self, event: Event, world: World) -> None:
        found = self.event(Only(event, world))
        self.keeps_up = found is event
        if found is not None and found is not event:
            self._close()

    def weigh_wording(self, number: int, count: int) -> None:
        if number != self.number % count:
            self._blame(self._start, "the corresponding words", "it says it in another way")


class Comparer(Reader):
    """Reads a text and its translation together."""

    def __init__(self, task: Task, source: str, target: str) -> None:
        super().__init__(GRAMMAR, task.source, source)
        self.echo = EchoReader(GRAMMAR, task.target, target)

    def event(self, world: World) -> Event | None:
        event = super().event(world)
        if event is not None:
            self.echo.follow(event, world)
        return event

    def choose(self, role: str, rule: Rule, world: World, roles: Roles) -> Entity:
        entity = super().choose(role, rule, world, roles)
        if self.echo.keeps_up:
            same = Rule(lambda _world, _roles: (entity,), "is not what the other language says")
            self.echo.choose(role, same, world, roles)
        return entity

    def weigh_wording(self, number: int, count: int) -> None:
        super().weigh_wording(number, count)
        self.echo.number = number

    def say(self, event: Event, world: World, roles: Roles) -> None:
        super().say(event, world, roles)
        if self.echo.keeps_up:
            self.echo.say(event, world, roles)


def write(tongue: Tongue, events: Draw, words: Draw) -> str:
    """A request, a passage and its translation."""
    task = words.one_of(TASKS[tongue])
    writer = Interpreter(task, events, words)
    tell(writer, passage())
    return f"{task.request}{LINE}{writer.text}{TURN}{writer.echo.text}"


def opens(text: str, tongue: Tongue) -> bool:
    """Whether it begins with a request to translate."""
    return text.startswith(tuple(task.request + LINE for task in TASKS[tongue]))


def read(text: str, tongue: Tongue) -> Report:
    """What there is to say of a text that opens so."""
    task = next(known for known in TASKS[tongue] if text.startswith(known.request + LINE))
    head, _, target = text.partition(TURN)
    start = len(task.request) + len(LINE)
    reader = Comparer(task, head[start:], target)
    source = reader.read(passage())
    asked = behind(source, (Verdict(0, len(task.request)),), start, -LOG2[len(TASKS[tongue])])
    echoed = reader.echo.report()
    told = behind(echoed, asked.verdicts, len(head) + len(TURN), asked.log2_probability)
    return told if asked.ending is None else told._replace(ending=asked.ending)
