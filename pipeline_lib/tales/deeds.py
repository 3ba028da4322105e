"""What can happen: for each kind of deed the cases that the world allows, and what it changes.

Pure bookkeeping, no words: `cases` says who may do what to how many, `Case.happen` does it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.story_grammar import Change
from pipeline_lib.tales.words import COINS, THING, Thing
from pipeline_lib.tales.world import Person, World

HANDFUL = 4
"""The most that changes hands at once."""
GREED = 8
"""How much likelier a deed is that has to do with the goal."""


class Case(NamedTuple):
    """Who does it, with whom, to how many of what at most; `price` is given in return."""

    actor: Person
    other: Person | None
    thing: Thing
    most: int = 1
    price: Thing | None = None
    price_most: int = 1
    weight: int = 1


def _held(world: World) -> Iterator[tuple[Person, Person | None, Thing, int]]:
    for actor, other in world.pairs:
        for things, count in actor.holds.items():
            yield actor, other, THING[things], min(HANDFUL, count)


def _weight(world: World, thing: Thing, gainer: Person | None) -> int:
    if gainer is not world.hero:
        return 1
    return 2 * GREED if thing is world.wanted else 2


def find(world: World) -> Iterator[Case]:
    """Things lie about, but in a shop only coins do."""
    lying = ("coins",) if world.place.shop else world.place.things
    for actor, other in world.pairs:
        for thing in map(THING.__getitem__, lying):
            yield Case(actor, other, thing, HANDFUL, weight=_weight(world, thing, actor))


def fetch(world: World) -> Iterator[Case]:
    """The pet brings the hero one thing."""
    if world.pet and not world.place.shop:
        for case in find(world):
            if case.actor is world.hero:
                yield Case(world.hero, world.friend, case.thing, weight=case.weight)


def eat(world: World) -> Iterator[Case]:
    """Food goes."""
    for actor, other, thing, most in _held(world):
        if thing.eaten and world.spares(actor, thing):
            yield Case(actor, other, thing, most)


def lose(world: World) -> Iterator[Case]:
    """Anything may get lost."""
    for actor, other, thing, most in _held(world):
        yield Case(actor, other, thing, most)


def steal(world: World) -> Iterator[Case]:
    """Wild animals take food, wanted or not."""
    for actor, other, thing, most in _held(world):
        if thing.eaten:
            yield Case(actor, other, thing, most)


def give(world: World) -> Iterator[Case]:
    """From one who spares it to the other."""
    for actor, other, thing, most in _held(world):
        if other and world.spares(actor, thing):
            yield Case(actor, other, thing, most, weight=_weight(world, thing, other))


def refuse(world: World) -> Iterator[Case]:
    """The hero keeps what the goal takes, the friend keeps anything."""
    for actor, other, thing, most in _held(world):
        if other and (actor is not world.hero or thing is world.wanted):
            yield Case(actor, other, thing, most)


def lack(world: World) -> Iterator[Case]:
    """Something that matters here and that the actor has none of."""
    if world.friend:
        for actor, other in world.pairs:
            if other:
                known = dict.fromkeys([world.goal.things, *other.holds])
                for things in known:
                    if things not in actor.holds:
                        yield Case(actor, other, THING[things])


def count(world: World) -> Iterator[Case]:
    """Something held, in company."""
    for actor, other, thing, _ in _held(world):
        if other:
            yield Case(actor, other, thing)


def more(world: World) -> Iterator[Case]:
    """Both hold it, the actor more."""
    for actor, other, thing, _ in _held(world):
        if other and actor.has(thing) > other.has(thing) > 0:
            yield Case(actor, other, thing)


def same(world: World) -> Iterator[Case]:
    """Both hold as many, told of the hero."""
    if world.friend:
        for things, held in world.hero.holds.items():
            if world.friend.holds.get(things) == held:
                yield Case(world.hero, world.friend, THING[things])


def none(world: World) -> Iterator[Case]:
    """The actor holds it, the other does not."""
    for actor, other, thing, _ in _held(world):
        if other and not other.has(thing):
            yield Case(actor, other, thing)


def trade(world: World) -> Iterator[Case]:
    """Something the actor spares for something else the friend spares, told of the hero."""
    hero, friend = world.hero, world.friend
    if friend:
        for things, held in hero.holds.items():
            for wanted, stock in friend.holds.items():
                thing, price = THING[things], THING[wanted]
                if thing is not price and world.spares(hero, thing):
                    most, price_most = min(HANDFUL, held), min(HANDFUL, stock)
                    weight = _weight(world, price, hero)
                    yield Case(hero, friend, thing, most, price, price_most, weight)


def buy(world: World) -> Iterator[Case]:
    """For coins, in a shop."""
    if world.place.shop:
        for actor, other in world.pairs:
            coins = min(HANDFUL, actor.has(COINS)) if world.spares(actor, COINS) else 0
            for thing in map(THING.__getitem__, world.place.things if coins else ()):
                weight = _weight(world, thing, actor)
                yield Case(actor, other, thing, HANDFUL, COINS, coins, weight)


def sell(world: World) -> Iterator[Case]:
    """For coins, in a shop."""
    if world.place.shop:
        for actor, other, thing, most in _held(world):
            if thing is not COINS and world.spares(actor, thing):
                yield Case(actor, other, thing, most, COINS, HANDFUL)


def need(world: World) -> Iterator[Case]:
    """The hero has not got enough."""
    if world.short:
        yield Case(world.hero, world.friend, world.wanted)


def pet(world: World) -> Iterator[Case]:
    """There is a pet."""
    if world.pet:
        yield Case(world.hero, world.friend, world.wanted)


def scenery(world: World) -> Iterator[Case]:
    """There is always something to see."""
    yield Case(world.hero, world.friend, world.wanted)


CASES: dict[Change, Callable[[World], Iterator[Case]]] = {
    "find": find,
    "eat": eat,
    "lose": lose,
    "give": give,
    "ask": give,
    "refuse": refuse,
    "lack": lack,
    "count": count,
    "trade": trade,
    "buy": buy,
    "sell": sell,
    "more": more,
    "same": same,
    "none": none,
    "need": need,
    "steal": steal,
    "scenery": scenery,
    "pet": pet,
    "fetch": fetch,
}
"""What each kind of deed asks of the world."""

GAINS: frozenset[Change] = frozenset({"find", "fetch", "buy"})
LOSSES: frozenset[Change] = frozenset({"eat", "lose", "steal", "sell"})
PASSES: frozenset[Change] = frozenset({"give", "ask", "trade"})
UNCOUNTED: frozenset[Change] = frozenset(CASES) - GAINS - LOSSES - PASSES - {"refuse"}
"""Deeds that draw no count of their own."""


@dataclass(frozen=True, slots=True)
class Event:
    """A case with its numbers: what happened."""

    change: Change
    case: Case
    count: int
    price: int
    held: int
    """What the actor had of it before."""


def happen(change: Change, case: Case, draw: Draw) -> Event:
    """Draw the numbers and change the world."""
    number = 0 if change in UNCOUNTED else draw.whole(1, case.most)
    price = draw.whole(1, case.price_most) if case.price else 0
    event = Event(change, case, number, price, case.actor.has(case.thing))
    _move_things(event)
    if case.price:
        _pay(event, case.price)
    return event


def _move_things(event: Event) -> None:
    case, change = event.case, event.change
    if change in GAINS:
        case.actor.gain(case.thing, event.count)
    if change in LOSSES or change in PASSES:
        case.actor.lose(case.thing, event.count)
    if change in PASSES and case.other:
        case.other.gain(case.thing, event.count)


def _pay(event: Event, price: Thing) -> None:
    """The buyer pays, the seller is paid, and in a trade the other one pays."""
    case = event.case
    if event.change == "buy":
        case.actor.lose(price, event.price)
        return
    case.actor.gain(price, event.price)
    if event.change == "trade" and case.other:
        case.other.lose(price, event.price)
