"""The state of a small world: who is here, who holds what, what the hero is after."""

from dataclasses import dataclass, field

from pipeline_lib.tales.story_grammar import Goal
from pipeline_lib.tales.words import THING, Animal, Name, Place, Thing


@dataclass(slots=True, eq=False)
class Person:
    """Somebody, and what they hold: the plural of a thing -> how many, never zero."""

    name: Name
    holds: dict[str, int] = field(default_factory=dict)

    def has(self, thing: Thing) -> int:
        """How many of it are held."""
        return self.holds.get(thing.many, 0)

    def gain(self, thing: Thing, count: int) -> None:
        """Hold so many more."""
        if count < 0:
            raise ValueError(f"{self.name.text}: expected a count to gain, found {count}")
        self.holds[thing.many] = self.has(thing) + count

    def lose(self, thing: Thing, count: int) -> None:
        """Hold so many fewer; nobody loses what was never held."""
        left = self.has(thing) - count
        if left < 0 or count < 0:
            raise ValueError(f"{self.name.text}: cannot lose {count} of {self.has(thing)}")
        if left:
            self.holds[thing.many] = left
        else:
            self.holds.pop(thing.many, None)


@dataclass(slots=True, eq=False)
class Pet:
    """The hero's animal."""

    name: str
    animal: Animal


@dataclass(slots=True, eq=False)
class World:
    """The scene as it stands."""

    hero: Person
    goal: Goal
    need: int
    place: Place
    friend: Person | None = None
    """Who is here beside the hero."""
    pet: Pet | None = None
    cast: list[Person] = field(default_factory=list)
    """Everybody met so far."""

    @property
    def wanted(self) -> Thing:
        """What the goal takes."""
        return THING[self.goal.things]

    @property
    def short(self) -> int:
        """How many more the goal takes; 0: enough."""
        return max(0, self.need - self.hero.has(self.wanted))

    @property
    def pairs(self) -> list[tuple[Person, Person | None]]:
        """Each person here with the other one."""
        if self.friend is None:
            return [(self.hero, None)]
        return [(self.hero, self.friend), (self.friend, self.hero)]

    def spares(self, person: Person, thing: Thing) -> bool:
        """Whether the person would part with it: the hero keeps what the goal takes."""
        return person is not self.hero or thing.many != self.goal.things
