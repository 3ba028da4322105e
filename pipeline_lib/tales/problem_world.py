"""The world of a word problem: one quantity, whose it is, and the steps that it has gone through.

Going on or asking is a choice at each sentence, so the level, which is the number of steps, is never
hidden: who reads has seen it by the time it counts. All numbers follow from what was told. A rule
keeps them whole and within `LIMITS`; effects hold for any arguments, since a model may tell anything.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from pipeline_lib.tales.draw import Weighted
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.lexicon import COUNTED, FOOD, Noun, Person, Place
from pipeline_lib.tales.patterns import Event, Roles
from pipeline_lib.tales.world import World

LEVELS = 5
LIMITS = (18, 20, 20, 40, 70, 99)
"""The largest number after so many steps."""
OPERANDS = (20, 20, 20, 30, 40)
"""The largest number that is added or taken after so many steps."""
ASKED = (0, 310, 430, 470, 610, 1000)
"""How often in a thousand a problem is asked for after so many steps, and not gone on with."""
ASIDE = 13
"""How often in a hundred something is told that does not matter, or not yet."""
BOUND = 10**12
"""A model may multiply without end; its numbers stay short."""
FACTORS = range(2, 10)
FOODS = frozenset(FOOD)


class Rival(NamedTuple):
    """Another one who has some."""

    person: Person
    number: int


class ProblemWorld(World):
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
        self.operand = 0
        """The number of the last step."""
        self.lines: list[str] = []
        """The steps, worked."""
        self.rival: Rival | None = None
        self.is_new = True
        """Nothing has happened to the quantity yet."""
        self.is_over = False
        """Nothing more can happen; it is asked for."""
        self.is_shared = False
        self.has_aside = False
        self.last: object = None
        """The effect of the last step; it does not come twice in a row."""
        self.thing: Entity = None
        """What is measured, or else what was done last."""
        self.place: Place | None = None
        """Where the way goes."""
        self.distance = 0
        """How long the whole way is."""

    @property
    def steps(self) -> int:
        return min(len(self.lines), LEVELS)

    def room(self, steps: int = 1) -> int:
        """The largest value after so many more steps."""
        return LIMITS[min(self.steps + steps, LEVELS)]

    def possible(self) -> Weighted[Event]:
        return self.menu.given(self.theme, holds(self), self.steps, self.last)

    def pointed_at(self, gender: str, roles: Roles) -> Entity:
        """Problems name whom they mean, if it is not their subject."""
        return None

    def name(self, *people: Person) -> None:
        """Who was named is nobody new."""
        self.people += [person for person in people if person not in self.people]

    def work(self, sign: str, number: int) -> None:
        """Carry the quantity through one calculation."""
        self.operand = number
        self.value = self.note(self.value, sign, number)

    def note(self, left: int, sign: str, right: int) -> int:
        """Write one calculation down."""
        result = calculated(left, sign, right)
        self.lines.append(f"{left} {sign} {right} = {result}")
        return result


def calculated(left: int, sign: str, right: int) -> int:
    """Exact by the rules; what breaks them is rounded down and kept within `BOUND`."""
    result = {"+": left + right, "-": left - right, "*": left * right}.get(sign)
    if result is None:
        result = left // right if right else 0
    return max(-BOUND, min(BOUND, result))


def parts(value: int) -> Sequence[int]:
    """Into how many like parts of more than one it can be divided."""
    return [k for k in FACTORS if value % k == 0 and value // k > 1]


MOMENT = "whole shared over new changed food quiet"
NUMBERS = "more fewer times parts gifts treats above below both back"
STATES = tuple(f"{MOMENT} {NUMBERS}".split(" "))
BIT = {name: 1 << number for number, name in enumerate(STATES)}
"""What an event may need, by name."""
WHOLE, SHARED, OVER, NEW, CHANGED, FED, QUIET = (BIT[name] for name in STATES[:7])
MORE, FEWER, TIMES, PARTS, GIFTS, TREATS, ABOVE, BELOW, BOTH, BACK = (
    BIT[name] for name in STATES[7:]
)


def holds(world: ProblemWorld) -> int:
    """The bits of what holds."""
    if world.is_over:
        return SHARED if world.is_shared else OVER
    held = (
        WHOLE
        | _numbers(world.value, world.steps, world.operand)
        | (NEW if world.is_new else CHANGED)
    )
    if world.noun in FOODS:
        held |= FED
    if _leaves(world.distance - world.value, world.operand):
        held |= BACK
    rival = world.rival
    if rival is not None:
        held |= _compared(world.value, rival.number, world.room())
    return held if world.has_aside else held | QUIET


@lru_cache(maxsize=4096)
def _numbers(value: int, steps: int, last: int) -> int:
    """Which calculations can be done."""
    held, room = 0, LIMITS[min(steps + 1, LEVELS)]
    held |= MORE * _leaves(room - value, last) | FEWER * _leaves(value - 1, last)
    held |= TIMES * (1 < value <= room // 2)
    held |= PARTS * bool(parts(value))
    if steps + 2 <= LEVELS:
        held |= GIFTS * (value + 4 <= LIMITS[steps + 2]) | TREATS * (value > 4)
    return held


def _leaves(most: int, last: int) -> bool:
    """Whether there is a number from 2 to `most` other than the last."""
    return most > 2 or (most == 2 and last != 2)


def _compared(value: int, other: int, room: int) -> int:
    return (
        ABOVE * (value - other > 1) | BELOW * (other - value > 1) | BOTH * (value + other <= room)
    )


class Menu:
    """What may be told next; each answer is worked out once."""

    def __init__(self, groups: Mapping[str, Sequence[Event]]) -> None:
        self.groups = groups
        """openings, asides, steps, asks."""
        self._known: dict[object, Weighted[Event]] = {}

    def given(self, theme: str, held: int, steps: int, last: object) -> Weighted[Event]:
        key = (theme, held, steps, last)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._weighed(theme, held, steps, last)
        return known

    def _weighed(self, theme: str, held: int, steps: int, last: object) -> Weighted[Event]:
        if not theme:
            return Weighted((event, event.weight) for event in self.groups["openings"])
        fitting = {
            name: [e for e in events if e.effect is not last and _fits(e, theme, held)]
            for name, events in self.groups.items()
        }
        fitting["asks"] = fitting["asks"] or list(self.groups["asks"])
        aside = ASIDE if fitting["asides"] and steps < LEVELS else 0
        ask = ASKED[steps] if fitting["steps"] else 1000
        shares = {
            "asides": aside * 1000,
            "steps": (100 - aside) * (1000 - ask),
            "asks": (100 - aside) * ask,
        }
        told = {name: share for name, share in shares.items() if share and fitting[name]}
        totals = {name: sum(event.weight for event in fitting[name]) for name in told}
        return Weighted(
            (event, event.weight * share * prod(totals.values()) // totals[name])
            for name, share in told.items()
            for event in fitting[name]
        )


def _fits(event: Event, theme: str, held: int) -> bool:
    themes, _, needs = event.needs.partition(":")
    needed = sum(BIT[name] for name in needs.split())
    return (not themes or theme in themes.split()) and needed & held == needed
