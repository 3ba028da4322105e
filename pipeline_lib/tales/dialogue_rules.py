"""Who or what may stand in a line of a dialogue, and what the line changes."""

from collections.abc import Callable, Sequence

from pipeline_lib.tales import lexicon
from pipeline_lib.tales.dialogue_forms import LIKED
from pipeline_lib.tales.dialogue_world import (
    BIT,
    HANDFUL,
    LONG_AGO,
    MOST_NOUNS,
    DialogueWorld,
    fresh_items,
    fresh_people,
    handfuls,
)
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.lexicon import Amount, Item, Noun, Person, Place
from pipeline_lib.tales.patterns import Roles, Rule

Effect = Callable[[DialogueWorld, Roles], None]
ASKABLE = 3
"""The most that one asks for, or gives."""
TRIPS = tuple(place for place in lexicon.PLACES if place.ja != "台所")
"""Where one goes, who plans to."""


def _if_any(entity: Entity) -> Sequence[Entity]:
    return () if entity is None else (entity,)


def _but(places: Sequence[Place], one: Place | None) -> Sequence[Place]:
    return places if one is None else [place for place in places if place is not one]


def _up_to(amounts: Sequence[Amount]) -> list[Amount]:
    return [
        lexicon.AMOUNTS[a.noun][count]
        for a in amounts
        for count in range(1, min(a.count, ASKABLE) + 1)
    ]


def _askable_nouns(world: DialogueWorld, _: Roles) -> Sequence[Entity]:
    return world.uncounted(world.listener)


def _count_of(world: DialogueWorld, _: Roles) -> Sequence[Entity]:
    """How many the speaker has of what was asked; anything where that is unknown."""
    noun = world.about
    if noun not in lexicon.AMOUNTS:
        return ()
    count = world.counts.get((world.speaker, noun))
    amounts = lexicon.AMOUNTS[noun]
    return amounts[1 : HANDFUL + 1] if count is None else amounts[count : count + 1]


def _elsewhere(world: DialogueWorld, _: Roles) -> Sequence[Entity]:
    """Where one goes who does not go where was asked."""
    plan = world.plans.get(world.speaker)
    return [p for p in TRIPS if p is not world.about] if plan is None else (plan,)


SPEAKER = Rule(lambda world, _: _if_any(world.speaker), "is not the one to speak")
LISTENER = Rule(lambda world, _: _if_any(world.listener), "is not the one to speak to")
ANYBODY = Rule(lambda _, roles: fresh_people(tuple(roles.values())), "speaks already")
SECOND = Rule(lambda world, _: fresh_people((world.listener,)), "speaks already")
OTHER = Rule(
    lambda world, _: fresh_people((world.speaker, world.listener, *world.others)),
    "is one of the two, or was asked for before",
)
ASKED = Rule(lambda world, _: _if_any(world.about), "is not what was asked")
NEW_ITEM = Rule(lambda world, _: fresh_items(tuple(world.items)), "is known already")
NEW_AMOUNT = Rule(
    lambda world, _: handfuls(world.uncounted(world.speaker)), "is not what one may have there"
)
NEW_NOUN = Rule(_askable_nouns, "has been told of")
COUNTED = Rule(lambda world, _: world.counted(), "has not been told of, or just now")
COUNT = Rule(_count_of, "has another number of them")
MINE = Rule(lambda world, _: world.held_by(world.speaker), "the speaker does not have that")
THEIRS = Rule(lambda world, _: world.held_by(world.listener), "the listener does not have that")
SOME_OF_MINE = Rule(
    lambda world, _: _up_to(world.amounts_of(world.speaker)), "the speaker does not have that many"
)
SOME_OF_THEIRS = Rule(
    lambda world, _: _up_to(world.amounts_of(world.listener)),
    "the listener does not have that many",
)
ITEM_TO_FIND = Rule(
    lambda world, _: [i for i in world.held_by(world.listener) if i not in world.searched],
    "the listener does not have that, or has told where it was",
)
NOUN_TO_FIND = Rule(
    lambda world, _: [
        a.noun for a in world.amounts_of(world.listener) if a.noun not in world.searched
    ],
    "the listener does not have any, or has told where they were",
)
FEAT_TO_ASK = Rule(lambda world, _: world.feats_to_ask(), "has been said just now")
FEAT_TO_TELL = Rule(lambda world, _: world.feats_to_tell(world.speaker), "has been said already")
LIKED_TO_ASK = Rule(lambda world, _: world.likes_to_ask(), "has been said just now")
LIKED_TO_TELL = Rule(lambda world, _: world.likes_to_tell(world.speaker), "has been said already")
PLAN = Rule(
    lambda world, _: (
        _if_any(world.plans.get(world.speaker)) or _but(TRIPS, world.places.get(world.speaker))
    ),
    "is not where the speaker will go",
)
OTHER_PLAN = Rule(_elsewhere, "is not where the speaker will go")
HERE = Rule(
    lambda world, _: (
        _if_any(world.places.get(world.speaker))
        or _but(lexicon.PLACES, world.plans.get(world.speaker))
    ),
    "is not where the speaker is",
)


def any_of(entities: Sequence[Entity]) -> Rule:
    return Rule(lambda _w, _r: entities, "is not one of these")


PLACE = any_of(lexicon.PLACES)
TRIP = any_of(TRIPS)
NEW_LIKED = any_of(LIKED)


def opens(setting: str, must: str = "") -> Effect:
    """The first line begins, of one who speaks to another."""

    def effect(world: DialogueWorld, roles: Roles) -> None:
        world.speaker, world.listener = roles["agent"], roles.get("whom")
        world.setting, world.must = BIT[setting], must

    return effect


def names_self(world: DialogueWorld, roles: Roles) -> None:
    world.speaker = roles["agent"]
    world.asked = ""


def asks(asked: str, about: str = "", tells: Effect | None = None) -> Effect:
    """The line ends with a question, or with something to answer to."""

    def effect(world: DialogueWorld, roles: Roles) -> None:
        if tells is not None:
            tells(world, roles)
        world.turn(asked, roles.get(about))

    return effect


def answers(tells: Effect | None = None) -> Effect:
    """What was asked is answered, and the line goes on."""

    def effect(world: DialogueWorld, roles: Roles) -> None:
        if tells is not None:
            tells(world, roles)
        world.asked, world.about = "", None

    return effect


def has_item(world: DialogueWorld, roles: Roles) -> None:
    item = roles["item"]
    if isinstance(item, Item):
        world.items[item] = world.speaker
    world.searched.append(world.speaker)


def has_amount(world: DialogueWorld, roles: Roles) -> None:
    _count(world, world.speaker, roles["amount"])
    world.searched.append(world.speaker)


def _count(world: DialogueWorld, person: Person | None, amount: Amount) -> None:
    if (person, amount.noun) not in world.counts:
        world.add(person, amount.noun, amount.count)
    world.told[person, amount.noun] = world.lines


def tells_count(world: DialogueWorld, roles: Roles) -> None:
    """The number may stand for any noun; what was asked says which."""
    if isinstance(world.about, Noun) and world.about in lexicon.AMOUNTS:
        _count(world, world.speaker, lexicon.AMOUNTS[world.about][roles["amount"].count])


def has_none(world: DialogueWorld, roles: Roles) -> None:
    if isinstance(world.about, Noun):
        world.counts.setdefault((world.speaker, world.about), 0)
        world.told[world.speaker, world.about] = world.lines


def is_asked_what(world: DialogueWorld, roles: Roles) -> None:
    world.searched.append(world.listener)


def is_asked_whether(world: DialogueWorld, roles: Roles) -> None:
    noun = roles["noun"]
    if len(world.nouns) < MOST_NOUNS and noun not in world.nouns and noun in lexicon.AMOUNTS:
        world.nouns.append(roles["noun"])


def is_searched(role: str) -> Effect:
    return lambda world, roles: world.searched.append(roles[role])


def gives_item(world: DialogueWorld, roles: Roles) -> None:
    """The speaker to the listener."""
    item = roles["item"]
    if isinstance(item, Item):
        world.items[item] = world.listener
        world.searched.append(item)
    world.gave.append(world.speaker)


def gives_some(world: DialogueWorld, roles: Roles) -> None:
    """After that one may soon ask how many there are now."""
    amount = roles["amount"]
    world.gave.append(world.speaker)
    world.add(world.speaker, amount.noun, -amount.count)
    world.add(world.listener, amount.noun, amount.count)
    world.searched.append(amount.noun)
    for person in (world.speaker, world.listener):
        world.told[person, amount.noun] = world.lines - LONG_AGO + 1


def asks_for(world: DialogueWorld, _: Roles) -> None:
    world.asked_for.append(world.speaker)


def grants(world: DialogueWorld, _: Roles) -> None:
    """What was asked for is given; the one who asked says thank you."""
    if isinstance(world.about, Item):
        gives_item(world, {"item": world.about})
    elif isinstance(world.about, Amount):
        gives_some(world, {"amount": world.about})
    world.turn("re_thanks")


def _can(*, is_so: bool) -> Effect:
    def effect(world: DialogueWorld, roles: Roles) -> None:
        feat = roles["feat"]
        world.feats.setdefault((world.speaker, feat), is_so)
        world.told[world.speaker, feat] = world.lines

    return effect


def _likes(*, is_so: bool) -> Effect:
    def effect(world: DialogueWorld, roles: Roles) -> None:
        liked = roles.get("liked", world.about)
        world.likes.setdefault((world.speaker, liked), is_so)
        world.told[world.speaker, liked] = world.lines

    return effect


CAN, CANNOT = _can(is_so=True), _can(is_so=False)
LIKES, DISLIKES = _likes(is_so=True), _likes(is_so=False)


def goes(world: DialogueWorld, roles: Roles) -> None:
    world.plans.setdefault(world.speaker, roles["place"])
    world.told[world.speaker, "plan"] = world.lines


def goes_where_asked(world: DialogueWorld, _: Roles) -> None:
    if world.about is not None:
        goes(world, {"place": world.about})


def does(world: DialogueWorld, roles: Roles) -> None:
    world.doers.append(world.speaker)


def is_here(world: DialogueWorld, roles: Roles) -> None:
    world.places.setdefault(world.speaker, roles["place"])


def is_elsewhere(world: DialogueWorld, roles: Roles) -> None:
    world.others.append(roles["other"])


def end(world: DialogueWorld, _: Roles) -> None:
    world.done = True
