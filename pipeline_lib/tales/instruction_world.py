"""The world of a conversation: a story that somebody asked for, or asks about.

It goes from stage to stage: a request; the sentences of a story, told by one of the two; questions,
each with its answer, which follows from the story's world. The request says how many questions
there will be, so that nothing is drawn that the text does not show.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

from pipeline_lib.tales.draw import Weighted
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.lexicon import AMOUNTS, ITEMS, THINGS, Item, Person, Place
from pipeline_lib.tales.patterns import Event, Roles, Rule
from pipeline_lib.tales.story_rules import NEW_ITEM, NEW_PERSON, NEW_PLACE
from pipeline_lib.tales.story_world import StoryWorld
from pipeline_lib.tales.world import Menu

TURN, LINE = "\n\n", "\n"
"""What stands between two turns, and between the parts of one."""


class Options:
    """Events by what they need, in words; each answer is worked out once."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._needs = [(event, frozenset(event.needs.split())) for event in events]
        self._known: dict[tuple[frozenset[str], frozenset[str]], Weighted[Event]] = {}

    def given(self, held: frozenset[str], said: frozenset[str] = frozenset()) -> Weighted[Event]:
        """Those whose needs hold, but for those whose names were said before; else any."""
        known = self._known.get((held, said))
        if known is None:
            fit = [e for e, needs in self._needs if needs <= held and e.name not in said]
            chosen = fit or [event for event, _ in self._needs]
            known = self._known[held, said] = Weighted((event, event.weight) for event in chosen)
        return known


class Menus(NamedTuple):
    """What may happen at each stage."""

    requests: Options
    with_item: Menu
    with_person: Menu
    middle: Menu
    late: Menu
    """Any event, and the endings."""
    closing: Menu
    questions: Options
    answers: Options


class Conversation(StoryWorld):
    """`stop`: the story alone, cut after so many sentences; 0: a conversation from its request on."""

    def __init__(self, menus: Menus, stop: int = 0) -> None:
        super().__init__(menus.middle)
        self.menus = menus
        self.stage = "story" if stop else "request"
        self.stop = stop
        self.least, self.most = 4, 7
        """Sentences of a story before its ending."""
        self.cut = 0
        """Sentences after which the story passes to the other one; 0: it does not."""
        self.told = 0
        self.to_ask = 0
        """Questions to come."""
        self.gap: str | None = None
        """What stands before the next sentence, where a turn or a part of one starts."""
        self.wanted_people: list[Person] = []
        self.wanted_item: Item | None = None
        self.wanted_place: Place | None = None
        self.first_place: Place | None = None
        self.asked: frozenset[str] = frozenset()
        self.about: Roles = {}
        """What the question was about."""
        self.expected = ""
        """What the answer needs."""
        self.listed = ""
        """How many of what were listed, to be counted."""
        self.told_by_assistant = False

    def possible(self) -> Weighted[Event]:
        if self.stage == "story":
            self.menu = self._story_menu()
            return super().possible()
        if self.stage == "request":
            return self.menus.requests.given(frozenset())
        if self.stage == "answer":
            return self.menus.answers.given(frozenset((self.expected,)))
        return self.menus.questions.given(self._facts(), self.asked)

    def _story_menu(self) -> Menu:
        menus = self.menus
        if self.told >= self.most or self.question is not None:
            return menus.closing
        if self.told == 0:
            return menus.middle
        if self.wanted_item is not None and not self.items:
            return menus.with_item
        if len(self.people) < len(self.wanted_people):
            return menus.with_person
        return menus.middle if self.told < self.least else menus.late

    def _facts(self) -> frozenset[str]:
        """What one can ask about."""
        if self.listed:
            return frozenset((self.listed.partition("-")[2],))
        facts = {
            "story": True,
            "items": bool(self.items),
            "held": any(isinstance(self.where[item], Person) for item in self.items),
            "found": bool(self.finder),
            "nouns": bool(self.nouns),
            "others": len(self.people) > 1,
        }
        return frozenset(name for name, holds in facts.items() if holds)

    def joint(self, event: Event, space: str) -> str:
        return super().joint(event, space) if self.gap is None else self.gap

    def tell_on(self) -> None:
        """One more sentence of the story has been told."""
        self.told += 1
        self.gap = TURN if self.told == self.cut else None
        self.done = self.told == self.stop
        if self.told == 1:
            self.first_place = self.place

    def end_story(self) -> None:
        """Who was told it asks in a turn of its own; who told it asks at once."""
        self.gap = TURN if self.told_by_assistant else LINE
        self.stage, self.done = "question", self.to_ask == 0

    def ask(self, event: str, expected: str, about: Roles) -> None:
        self.stage, self.gap = "answer", TURN
        self.asked, self.expected, self.about = self.asked | {event}, expected, dict(about)

    def answer(self) -> None:
        self.to_ask -= 1
        self.stage, self.gap = "question", TURN
        self.done = self.to_ask <= 0


def wanted_person(world: Conversation, roles: Roles) -> Sequence[Entity]:
    for person in world.wanted_people:
        if person not in world.people:
            return (person,)
    return NEW_PERSON.candidates(world, roles)


def wanted_item(world: Conversation, roles: Roles) -> Sequence[Entity]:
    if world.wanted_item is not None and world.wanted_item not in world.items:
        return (world.wanted_item,)
    return NEW_ITEM.candidates(world, roles)


def wanted_place(world: Conversation, roles: Roles) -> Sequence[Entity]:
    if world.wanted_place is not None and world.told == 0:
        return (world.wanted_place,)
    return NEW_PLACE.candidates(world, roles)


WANTED: dict[Rule, Rule] = {
    NEW_PERSON: Rule(wanted_person, "is known already, or not the one asked for"),
    NEW_ITEM: Rule(wanted_item, "is known already, or not the one asked for"),
    NEW_PLACE: Rule(wanted_place, "is where they are, or not the one asked for"),
}
"""The rules of stories, and what becomes of them where something was asked for."""


def about(role: str) -> Rule:
    """What the question named."""
    return Rule(
        lambda w, _: [w.about[role]] if role in w.about else [], "is not what was asked about"
    )


def holder(world: Conversation, _: Roles) -> Sequence[Entity]:
    at = world.where.get(world.about["item"]) if "item" in world.about else None
    return [at] if at is not None else []


def amount(world: Conversation, roles: Roles) -> Sequence[Entity]:
    noun = world.about.get("noun")
    return [AMOUNTS[noun][world.counts.get((roles["agent"], noun), 0)]] if noun in AMOUNTS else []


def finder(world: Conversation, _: Roles) -> Sequence[Entity]:
    person = world.finder.get(world.about["item"]) if "item" in world.about else None
    return [] if person is None else [person]


def fresh_items(_: Conversation, roles: Roles) -> Sequence[Entity]:
    """Those of another kind than what the list has."""
    nouns = [entity.noun for entity in roles.values() if isinstance(entity, Item)]
    rows = zip(ITEMS, THINGS, strict=True)
    return tuple(chain.from_iterable(row for row, noun in rows if noun not in nouns))


def fresh_people(people: Sequence[Person]) -> Callable[[Conversation, Roles], Sequence[Entity]]:
    """Those whom the list does not have."""
    return lambda _, roles: [person for person in people if person not in roles.values()]
