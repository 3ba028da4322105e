"""The world of a word problem: one quantity, whose it is, and the steps that it has gone through.

Going on or asking is a choice at each sentence, so the level, which is the number of steps, is never
hidden: who reads has seen it by the time it counts. All numbers follow from what was told. A rule
keeps them whole and within `LIMITS`; effects hold for any arguments, since a model may tell anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import NamedTuple

from pipeline_lib.tales.draw import Weighted
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.lexicon import COUNTED, FOOD, Noun, Person, Place
from pipeline_lib.tales.patterns import Event, Roles

LEVELS = 5
LIMITS = (18, 20, 20, 40, 70, 99)
"""The largest number after so many steps."""
OPERANDS = (20, 20, 20, 30, 40)
"""The largest number that is added or taken after so many steps."""
ASKED = (0, 370, 440, 460, 600, 1000)
"""How often in a thousand a problem is asked for after so many steps, and not gone on with."""
ASIDE = 13
"""How often in a hundred something is told that does not matter, or not yet."""
FACTORS = range(2, 10)


class Rival(NamedTuple):
    """Another one who has some."""

    person: Person
    count: int


class ProblemWorld:
    """What has been told."""

    def __init__(self, menu: "Menu") -> None:
        self.menu = menu
        self.theme = ""
        self.people: list[Person] = []
        self.owner: Person | None = None
        """Whose quantity is followed."""
        self.noun: Noun | None = None
        self.counter = COUNTED[0].counter
        self.value = 0
        self.lines: list[str] = []
        """The steps, worked."""
        self.rival: Rival | None = None
        self.is_new = True
        """Nothing has happened to the quantity yet."""
        self.is_shared = False
        self.has_aside = False
        self.last: object = None
        """The effect of the last step; it does not come twice in a row."""
        self.thing: Entity = None
        """What is measured, or else what was done last."""
        self.place: Place | None = None
        """Where the way goes."""
        self.subject: Entity = None
        self.item: Entity = None
        self.done = False

    @property
    def steps(self) -> int:
        return min(len(self.lines), LEVELS)

    def room(self, steps: int = 1) -> int:
        """The largest value after so many more steps."""
        return LIMITS[min(self.steps + steps, LEVELS)]

    @property
    def time(self) -> int:
        """The minutes that can be spent."""
        return self.value - 1 if self.theme == "wait" else self.room() - self.value

    def possible(self) -> Weighted[Event]:
        return self.menu.given(self.theme, frozenset(holds(self)), self.steps, self.last)

    def pointed_at(self, gender: str, roles: Roles) -> Entity:
        """Problems name whom they mean, if it is not their subject."""
        return None

    def work(self, sign: str, number: int) -> None:
        """Carry the quantity through one calculation."""
        self.value = self.note(self.value, sign, number)

    def note(self, left: int, sign: str, right: int) -> int:
        """Write one calculation down."""
        result = calculated(left, sign, right)
        self.lines.append(f"{left} {sign} {right} = {result}")
        return result


def calculated(left: int, sign: str, right: int) -> int:
    """Exact by the rules; else rounded down, and a division by nothing is nothing."""
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    return left // right if right else 0


def parts(value: int) -> Sequence[int]:
    """Into how many like parts of more than one it can be divided."""
    return [k for k in FACTORS if value % k == 0 and value // k > 1]


def holds(world: ProblemWorld) -> Iterator[str]:
    """What events may need, by name."""
    if world.is_shared:
        yield "shared"
        return
    yield "whole"
    yield "new" if world.is_new else "changed"
    yield from _numbers(world)
    if world.noun in FOOD:
        yield "food"
    if world.theme in {"things", "money", "line"} and world.rival is None:
        yield "alone"
    if not world.has_aside:
        yield "quiet"
    if world.rival is not None:
        yield from _compared(world, world.rival)


def _numbers(world: ProblemWorld) -> Iterator[str]:
    """Which calculations can be done."""
    value, steps = world.value, world.steps
    if value + 2 <= world.room():
        yield "more"
    if value > 2:
        yield "fewer"
    if world.time > 1:
        yield "spend"
    if value * 2 <= world.room():
        yield "times"
    if parts(value):
        yield "parts"
    if steps + 2 <= LEVELS:
        if value + 4 <= world.room(2):
            yield "gifts"
        if value > 4:
            yield "treats"


def _compared(world: ProblemWorld, rival: Rival) -> Iterator[str]:
    if world.value - rival.count > 1:
        yield "above"
    if rival.count - world.value > 1:
        yield "below"
    if world.value + rival.count <= world.room():
        yield "both"


class Menu:
    """What may be told next; each answer is worked out once."""

    def __init__(self, groups: Mapping[str, Sequence[Event]]) -> None:
        self.groups = groups
        """openings, asides, steps, asks."""
        self._known: dict[object, Weighted[Event]] = {}

    def given(
        self, theme: str, held: frozenset[str], steps: int, last: object
    ) -> Weighted[Event]:
        key = (theme, held, steps, last)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._weighed(theme, held, steps, last)
        return known

    def _weighed(
        self, theme: str, held: frozenset[str], steps: int, last: object
    ) -> Weighted[Event]:
        if not theme:
            return Weighted((event, event.weight) for event in self.groups["openings"])
        fitting = {
            name: [e for e in events if e.effect is not last and _fits(e, theme, held)]
            for name, events in self.groups.items()
        }
        aside = ASIDE if fitting["asides"] and steps < LEVELS else 0
        ask = ASKED[steps] if fitting["steps"] and "shared" not in held else 1000
        shares = {"asides": aside * 1000, "steps": (100 - aside) * (1000 - ask), "asks": (100 - aside) * ask}
        told = {name: share for name, share in shares.items() if share and fitting[name]}
        totals = {name: sum(event.weight for event in fitting[name]) for name in told}
        return Weighted(
            (event, event.weight * share * prod(totals.values()) // totals[name])
            for name, share in told.items()
            for event in fitting[name]
        )


def _fits(event: Event, theme: str, held: frozenset[str]) -> bool:
    themes, _, needs = event.needs.partition(":")
    return (not themes or theme in themes.split()) and held.issuperset(needs.split())
