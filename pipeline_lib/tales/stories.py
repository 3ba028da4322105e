"""Stories: somebody sets out to do something, goes places, meets others; at night we hear the end.

Each sentence is true of the world at that moment. What is said is drawn in a fixed order (kind of
deed, case, numbers, sentence, pronouns), so that a reader who knows the world can follow the
derivation from the text.
"""

from dataclasses import dataclass, field

from pipeline_lib.tales import phrases
from pipeline_lib.tales.deeds import CASES, GAINS, GREED, Case, Event, happen
from pipeline_lib.tales.draw import Draw, Weighted
from pipeline_lib.tales.story_grammar import (
    DEEDS,
    EMPTY_HANDS,
    FAILURES,
    FAREWELLS,
    GOALS,
    JOURNEYS,
    MEETINGS,
    MORALS,
    OPENINGS,
    PARTINGS,
    PET_OPENINGS,
    POSSESSIONS,
    RELATIONS,
    SHARED_JOURNEYS,
    SUCCESSES,
    TALLIES,
    TRAITS,
    WHENS,
    Deed,
)
from pipeline_lib.tales.words import ANIMALS, HOME, PEOPLE, PETS, PLACES, THINGS, Name
from pipeline_lib.tales.world import Person, Pet, World

GO_ON_PERCENT = (100, 80, 20)
"""How often a first, second and third place is gone to, as long as there is not enough."""
DEEDS_PER_SCENE = Weighted([(1, 2), (2, 5), (3, 3)])
KINDS_AT_FIRST = Weighted([(0, 2), (1, 4), (2, 4)])
KINDS_OF_FRIEND = Weighted([(1, 5), (2, 5)])
PET_PERCENT, MEETING_PERCENT, COMPANY_PERCENT = 35, 75, 60
TALLY_PERCENT, PRONOUN_PERCENT, MORAL_PERCENT = 40, 80, 40


@dataclass(slots=True)
class Telling:
    """A story under way: the world, what was said, and whom a pronoun would stand for."""

    draw: Draw
    world: World
    paragraphs: list[list[str]] = field(default_factory=lambda: [[]])
    clear: tuple[Person, ...] = ()
    """Those the last sentence spoke of, if each has a pronoun of their own."""
    told: set[str] = field(default_factory=set)
    """Sentences used up: none is told twice in one story."""

    def fresh(self, sentences: tuple[str, ...]) -> list[str]:
        """Those not told yet."""
        return [sentence for sentence in sentences if sentence not in self.told]

    def say(
        self,
        sentences: tuple[str, ...],
        actor: Person,
        other: Person | None = None,
        **slots: str | tuple[str, ...],
    ) -> None:
        """Draw one of the fresh sentences, fill its slots and tell it.

        Where a slot offers several words, one is drawn if the sentence has that slot: nothing is
        drawn that the text does not show.
        """
        template = self.draw.one_of(self.fresh(sentences))
        self.told.add(template)
        filled = template.format_map(self._slots(template, actor, other, slots))
        self.paragraphs[-1].append(phrases.start(filled))
        self.clear = _clear(template, actor, other)

    def _slots(
        self,
        template: str,
        actor: Person,
        other: Person | None,
        slots: dict[str, str | tuple[str, ...]],
    ) -> dict[str, str | Name]:
        values: dict[str, str | Name] = {"A": actor.name, "a": actor.name}
        for slot, words in slots.items():
            if isinstance(words, str):
                values[slot] = words
            elif f"{{{slot}}}" in template:
                values[slot] = self.draw.one_of(words)
        if other:
            values |= {"B": other.name, "b": other.name}
            if _alike(actor, other):
                values |= {"a": phrases.by_name(actor.name), "b": phrases.by_name(other.name)}
        if "{S}" in template:
            values["S"] = actor.name.he if self._pronoun(actor) else actor.name.text
        if "{O}" in template and other:
            values["O"] = other.name.him if self._pronoun(other) else other.name.text
        return values

    def _pronoun(self, person: Person) -> bool:
        return person in self.clear and self.draw.chance(PRONOUN_PERCENT)


def _clear(template: str, actor: Person, other: Person | None) -> tuple[Person, ...]:
    """Whom a pronoun in the next sentence can stand for, beyond doubt."""
    if '"' in template or not ("{S}" in template or "{A" in template):
        return ()
    if other is None or not any(slot in template for slot in ("{B", "{b", "{O")):
        return (actor,)
    return () if _alike(actor, other) else (actor, other)


def _alike(one: Person, other: Person | None) -> bool:
    return other is not None and one.name.he == other.name.he


def story(draw: Draw) -> str:
    """Draw one story."""
    telling = Telling(draw, begin(draw))
    open_story(telling)
    for percent in GO_ON_PERCENT:
        if not (telling.world.short and draw.chance(percent)):
            break
        scene(telling)
    close_story(telling)
    return "\n".join(" ".join(paragraph) for paragraph in telling.paragraphs)


def begin(draw: Draw) -> World:
    """Draw the hero, the goal, where it starts and what is at hand."""
    hero = Person(draw.one_of(PEOPLE))
    goal = draw.one_of(GOALS)
    world = World(hero, goal, draw.whole(goal.low, goal.high), HOME)
    endow(draw, world, hero, draw.pick(KINDS_AT_FIRST))
    if draw.chance(PET_PERCENT):
        world.pet = Pet(draw.one_of(PETS), draw.one_of(ANIMALS))
    return world


def endow(draw: Draw, world: World, person: Person, kinds: int) -> None:
    """Give the person so many kinds of things, coins and what the goal takes before others."""
    likely = {world.goal.things: 20, "coins": 10}
    for _ in range(kinds):
        left = [thing for thing in THINGS if thing.many not in person.holds]
        thing = draw.weigh(left, [likely.get(thing.many, 1) for thing in left])
        most = min(3, world.need - 1) if thing is world.wanted else 5
        person.gain(thing, draw.whole(1, most))


def open_story(telling: Telling) -> None:
    """Who, when, where, what for, with what."""
    world, hero = telling.world, telling.world.hero
    telling.say(
        OPENINGS,
        hero,
        when=WHENS,
        trait=TRAITS,
        wish=world.goal.wish.format(A=hero.name),
        need=phrases.amount(world.wanted, world.need),
    )
    has = phrases.possessions(hero.holds)
    telling.say(POSSESSIONS if hero.holds else EMPTY_HANDS, hero, has=has)
    if world.pet:
        telling.say(PET_OPENINGS, hero, animal=world.pet.animal.noun, pet=world.pet.name)


def scene(telling: Telling) -> None:
    """Go somewhere, perhaps meet somebody, do a few things."""
    travel(telling)
    draw, world = telling.draw, telling.world
    if world.friend is None and draw.chance(MEETING_PERCENT):
        meet(telling)
    last: Deed | None = None
    for _ in range(draw.pick(DEEDS_PER_SCENE)):
        last = do_something(telling, last)


def travel(telling: Telling) -> None:
    """On to another place, with or without the friend."""
    draw, world = telling.draw, telling.world
    telling.paragraphs.append([])
    left = [place for place in PLACES if place is not world.place]
    world.place = draw.weigh(left, [GREED if world.goal.things in p.things else 1 for p in left])
    if world.friend is None:
        telling.say(JOURNEYS, world.hero, noun=world.place.noun)
    elif draw.chance(COMPANY_PERCENT):
        telling.say(SHARED_JOURNEYS, world.hero, world.friend, noun=world.place.noun)
    else:
        telling.say(PARTINGS, world.hero, world.friend, noun=world.place.noun)
        world.friend = None


def meet(telling: Telling) -> None:
    """Somebody new is there, and holds something."""
    draw, world = telling.draw, telling.world
    known = {world.hero.name.text, *(person.name.text for person in world.cast)}
    friend = Person(draw.one_of([name for name in PEOPLE if name.text not in known]))
    endow(draw, world, friend, draw.pick(KINDS_OF_FRIEND))
    relation = draw.one_of(RELATIONS).format(B=friend.name)
    has = phrases.possessions(friend.holds)
    telling.say(MEETINGS, world.hero, friend, relation=relation, B_has=has)
    world.friend = friend
    world.cast.append(friend)


def do_something(telling: Telling, last: Deed | None) -> Deed:
    """Draw a deed that the world allows, let it happen and tell it."""
    draw, world = telling.draw, telling.world
    possible = [
        deed
        for deed in DEEDS
        if deed is not last
        and not telling.told.issuperset(ways(deed, world))
        and next(CASES[deed.change](world), None)
    ]
    deed = draw.weigh(possible, [deed.weight for deed in possible])
    cases = list(CASES[deed.change](world))
    case = draw.weigh(cases, [case.weight for case in cases])
    event = happen(deed.change, case, draw)
    telling.say(ways(deed, world), case.actor, case.other, **described(world, event))
    if event.change in GAINS and event.held:
        tally(telling, case)
    return deed


def tally(telling: Telling, case: Case) -> None:
    """Perhaps say how many that makes."""
    if telling.fresh(TALLIES) and telling.draw.chance(TALLY_PERCENT):
        total = phrases.amount(case.thing, case.actor.has(case.thing))
        telling.say(TALLIES, case.actor, total=total)


def ways(deed: Deed, world: World) -> tuple[str, ...]:
    """The sentences that can tell a deed."""
    if deed.change == "scenery":
        return world.place.scenery
    if deed.change == "pet" and world.pet:
        return world.pet.animal.deeds
    return deed.sentences


def described(world: World, event: Event) -> dict[str, str | tuple[str, ...]]:
    """The slots that an event fills."""
    case = event.case
    name, thing = case.actor.name, case.thing
    now = case.actor.has(thing)
    slots: dict[str, str | tuple[str, ...]] = {
        "things": thing.many,
        "total": phrases.amount(thing, now),
        "held": phrases.NUMBERS[now],
        "Held": phrases.NUMBERS[now].capitalize(),
        "amount": phrases.amount(thing, event.count),
        "it": phrases.it(event.count),
        "part": phrases.part(name.his, thing, event.count, event.held),
        "part_of": phrases.part(f"{name.text}'s", thing, event.count, event.held),
        "spot": world.place.spots,
        "Spot": tuple(map(phrases.start, world.place.spots)),
    }
    if case.price:
        slots["price"] = phrases.amount(case.price, event.price)
    if event.change == "need":
        slots |= _shortage(world)
    if world.pet:
        slots["pet"] = world.pet.name
    return slots


def _shortage(world: World) -> dict[str, str]:
    return {
        "short": phrases.NUMBERS[world.short],
        "short_things": phrases.noun(world.wanted, world.short),
    }


def close_story(telling: Telling) -> None:
    """Whether it was enough, and what became of the friend."""
    draw, world = telling.draw, telling.world
    telling.paragraphs.append([])
    hero = world.hero
    telling.say(
        FAILURES if world.short else SUCCESSES,
        hero,
        None,
        total=phrases.amount(world.wanted, hero.has(world.wanted)),
        needed=phrases.NUMBERS[world.need],
        done=world.goal.done.format(A=hero.name),
        **_shortage(world),
    )
    if world.cast and draw.chance(60):
        friend = world.cast[-1]
        telling.say(FAREWELLS, hero, friend, B_has=phrases.possessions(friend.holds))
    if draw.chance(MORAL_PERCENT):
        telling.say(MORALS, hero)
