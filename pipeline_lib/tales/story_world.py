"""The world of a story: who is here, who holds what and how many, who knows whom, what was asked.

Rules say who or what may take part in an event; effects say what it changes. Effects hold for any
arguments, also those that no rule would offer: a recogniser follows a model's story wherever it
goes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline_lib.tales import lexicon
from pipeline_lib.tales.draw import Weighted
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.lexicon import Amount, Item, Noun, Person, Place
from pipeline_lib.tales.patterns import Event, Roles
from pipeline_lib.tales.sayings import Phrase
from pipeline_lib.tales.world import Menu, World

MOST_PEOPLE, MOST_ITEMS, MOST_NOUNS, MOST_SCENES = 3, 3, 2, 3


class Question(NamedTuple):
    """What waits for an answer."""

    kind: str
    asker: Person
    about: Entity
    asked: Person | None = None


class StoryWorld(World):
    """Where everything is. `menu` finds what may happen from what holds."""

    def __init__(self, menu: Menu) -> None:
        self.menu = menu
        self.people: list[Person] = []
        self.here: list[Person] = []
        self.place: Place | None = None
        self.items: list[Item] = []
        self.where: dict[Item, Person | Place | None] = {}
        """Holder or place; None: lost."""
        self.finder: dict[Item, Person] = {}
        self.nouns: list[Noun] = []
        self.counts: dict[tuple[Person | None, Noun], int] = {}
        self.strangers: set[Person] = set()
        self.friends: set[Person] = set()
        self.fresh = False
        """Whether the subject has just come into the story."""
        self.undescribed = False
        """And nothing has been said of what kind of person it is."""
        self.changed: Amount | None = None
        """What the subject has after the last event, if that changed it."""
        self.scenes = 0
        self.settled = False
        """Whether something has happened in this scene."""
        self.mentioned: dict[str, set[Entity]] = {name: set() for name in ONCE}
        """Of whom or what has been told what may be told once."""
        self.said: set[tuple[Entity, Phrase | Noun]] = set()
        """Of whom which set expression was used, or what was said to be lacking."""
        self.question: Question | None = None
        self.subject: Entity = None
        self.item: Entity = None
        self.done = False

    def possible(self) -> Weighted[Event]:
        if self.question is not None:
            return self.menu.given(answers(self, self.question))
        return self.menu.given(holds(self))

    def is_odd(self, event: Event) -> bool:
        """Where only what the bits of ODD mean is missing; a question that is passed over is odd, too."""
        if event not in self.menu.needs:
            return False
        missing = self.menu.needs[event] & ~holds(self)
        return not missing & ~ODD and (not missing & WATER or self.place in lexicon.WATERS)

    def pointed_at(self, gender: str, roles: Roles) -> Entity:
        """The only one here of that gender, but for who acts."""
        agent = roles.get("agent")
        found = None
        for person in self.here:
            if person is not agent and person.gender == gender:
                if found is not None:
                    return None
                found = person
        return found

    def add(self, person: Person, noun: Noun, change: int) -> None:
        count = self.counts.get((person, noun), 0) + change
        self.counts[person, noun] = min(max(count, 0), lexicon.MOST)
        if noun not in self.nouns:
            self.nouns.append(noun)

    def held_by(self, person: Person) -> list[Item]:
        return [item for item in self.items if self.where[item] is person]

    def amounts_of(self, person: Person) -> list[Amount]:
        """What the person has, by kind."""
        return [
            lexicon.AMOUNTS[noun][self.counts[person, noun]]
            for noun in self.nouns
            if self.counts.get((person, noun))
        ]


SITUATION = "start company alone room away unknown lying lost mine held found known counted stock"
MOMENT = "own food none fresh undescribed changed settled early late water quiet stranger friend"
ANSWERS = "question with absent here there nowhere some nothing request"
STATES = tuple(f"{SITUATION} {MOMENT} {ANSWERS}".split(" "))
"""What an event may need, by name."""
BIT = {name: 1 << number for number, name in enumerate(STATES)}
ONCE = ("mirror", "self", "friend", "look")
"""Of one person or thing told once in a story."""
SPECIAL = BIT["start"] | BIT["question"]
"""At the start and after a question nothing else happens."""
SPACE = "room unknown early late settled quiet"
JUDGED = "fresh undescribed changed water stranger friend found none"
ODD = sum(BIT[name] for name in f"{SPACE} {JUDGED}".split(" "))
"""What keeps a tale short and in order, or is judged by who and what takes part."""
FOODS = frozenset(lexicon.FOOD)


def menu_of(events: Sequence[Event]) -> Menu:
    """Which of the events may happen, by the bits of STATES."""
    return Menu(events, BIT, alone=SPECIAL)


def holds(world: StoryWorld) -> int:
    """The bits of what holds between questions."""
    if world.place is None or not world.here:
        return BIT["start"]
    return _company(world) | _moment(world, world.place) | _things(world) | _counted(world)


COMPANY, ALONE, ROOM, AWAY = (BIT[name] for name in STATES[1:5])
STRANGER, FRIEND = BIT["stranger"], BIT["friend"]


def _company(world: StoryWorld) -> int:
    here, people = world.here, world.people
    held = COMPANY if len(here) > 1 else ALONE
    if len(people) < MOST_PEOPLE:
        held |= ROOM
    if len(here) < len(people):
        held |= AWAY
    for person in here:
        if person in world.strangers:
            held |= STRANGER
        elif person in world.friends and person not in world.mentioned["friend"]:
            held |= FRIEND
    return held


FRESH, UNDESCRIBED, CHANGED, SETTLED, EARLY, LATE, WATER, QUIET = (
    BIT[name] for name in STATES[17:25]
)


def _moment(world: StoryWorld, place: Place) -> int:
    held = EARLY if world.scenes < MOST_SCENES else 0
    if world.scenes > 1:
        held |= LATE
    if world.settled:
        held |= SETTLED
    if world.fresh:
        held |= FRESH | UNDESCRIBED if world.undescribed else FRESH
    if world.changed is not None:
        held |= CHANGED
    if place in lexicon.WATERS and not world.mentioned["mirror"].issuperset(world.here):
        held |= WATER
    if not world.mentioned["self"].issuperset(world.here):
        held |= QUIET
    return held


UNKNOWN, LYING, LOST, MINE, HELD, FOUND, KNOWN = (BIT[name] for name in STATES[5:12])


def _things(world: StoryWorld) -> int:
    held = KNOWN if world.items else 0
    if len(world.items) < MOST_ITEMS:
        held |= UNKNOWN
    hero = world.people[0] if world.people else None
    for item in world.items:
        at = world.where[item]
        if at is None:
            held |= LOST
            continue
        if at is world.place:
            held |= LYING
        elif at is hero:
            held |= MINE | HELD
        elif at in world.here:
            held |= HELD
        if item in world.finder and item not in world.mentioned["look"]:
            held |= FOUND
    return held


COUNTED, STOCK, OWN, FOOD, NONE = (BIT[name] for name in STATES[12:17])


def _counted(world: StoryWorld) -> int:
    held = COUNTED if world.nouns else 0
    hero, counts = world.people[0] if world.people else None, world.counts
    for noun in world.nouns:
        for person in world.here:
            if not counts.get((person, noun)):
                held |= NONE if (person, noun) not in world.said else 0
                continue
            held |= STOCK
            if person is hero:
                held |= OWN
            if noun in FOODS:
                held |= FOOD
    return held


def answers(world: StoryWorld, question: Question) -> int:
    """The bits of what a question allows."""
    return BIT["question"] | BIT[_answer(world, question)]


def _answer(world: StoryWorld, question: Question) -> str:
    if question.kind == "request":
        return "request"
    if question.kind == "many":
        return "some" if world.counts.get((question.asked, question.about)) else "nothing"
    at = world.where.get(question.about)
    if at is None:
        return "nowhere"
    if isinstance(at, Place):
        return "here" if at is world.place else "there"
    return "with" if at in world.here else "absent"
