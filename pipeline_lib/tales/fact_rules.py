"""Who or what may stand in a sentence of facts, and what the sentence changes.

Rules look up what is true in tables made from the ontology once. A recogniser may ask them about
anything at all: of what is no topic nothing is true.
"""

from collections.abc import Callable, Mapping, Sequence

from pipeline_lib.tales.fact_forms import BARE, MANY, TOPICS, Number, Topic
from pipeline_lib.tales.fact_lexicon import ABILITIES, DEGREES, MATERIALS, PART, SIZES, USES
from pipeline_lib.tales.fact_world import (
    BIT,
    EXCEEDED,
    PAIRS,
    FactWorld,
    common,
    fresh,
    greatest,
    related,
    shared,
)
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.ontology import Kind
from pipeline_lib.tales.patterns import Roles, Rule

Entities = tuple[Entity, ...]
Effect = Callable[[FactWorld, Roles], None]


def _table(told: Callable[[Kind], Sequence[Entity]]) -> Mapping[Entity, Entities]:
    return {topic: tuple(told(topic.kind)) for topic in TOPICS}


def _true(told: Callable[[Kind], Sequence[Entity]], reason: str) -> Rule:
    """What is true of the topic."""
    table = _table(told)
    return Rule(lambda _, roles: table.get(roles["topic"], ()), reason)


def _if_any(entity: Entity) -> Entities:
    return () if entity is None else (entity,)


TOPIC = Rule(lambda world, _: world.topic, "is not what this is about")


def new(feature: str, number: Number) -> Rule:
    """A topic that has not been there."""
    return Rule(
        lambda world, _: fresh(feature, number, world.kinds),
        "has been told of, or nothing like that is true of it",
    )


def kin(number: Number) -> Rule:
    return Rule(lambda world, _: related(number, world.kinds), "is not of the same class")


CLASS = _true(lambda kind: kind.classes, "it is of another class")
CLASS_OF_SIZE = Rule(
    lambda world, roles: [
        BARE[known] if roles["topic"].gender == "it" else known
        for known in CLASS.candidates(world, roles)
    ],
    CLASS.reason,
)
NEAREST = _true(lambda kind: kind.classes[:1], CLASS.reason)
PARTS = _true(lambda kind: kind.parts, "it has another number of them")
ASKED_PARTS = Rule(
    lambda world, roles: [
        parts for parts in PARTS.candidates(world, roles) if world.about in (None, parts.part)
    ],
    PARTS.reason,
)
FIRST_PARTS = _true(lambda kind: kind.parts[:1], PARTS.reason)
SECOND_PARTS = _true(lambda kind: kind.parts[1:], PARTS.reason)
ASKED_PART = _true(
    lambda kind: [parts.part for parts in kind.parts] + [PART["legs"]] * kind.is_legless,
    "it has none of them",
)
COAT = _true(lambda kind: _if_any(kind.coat), "it looks otherwise")
HOME = _true(lambda kind: _if_any(kind.home), "it is somewhere else")
FOOD = _true(lambda kind: kind.foods, "it does not eat that")
REFUSED = _true(lambda kind: kind.refused, "it may eat that")
MEAL = _true(lambda kind: kind.foods + kind.refused, "nobody knows whether it eats that")
MORE_FOOD = Rule(
    lambda world, roles: [
        food for food in FOOD.candidates(world, roles) if food is not roles["food"]
    ],
    FOOD.reason,
)
ABLE = _true(lambda kind: kind.able, "it cannot do that")
UNABLE = _true(lambda kind: kind.unable, "it can do that")
SKILL = _true(
    lambda kind: [a for a in ABILITIES.values() if a in kind.able + kind.unable],
    "nobody knows whether it can",
)
COMPANY = _true(lambda kind: _if_any(kind.company), "it lives otherwise")
SLEEP = _true(lambda kind: _if_any(kind.sleep), "it sleeps at another time")
GIFT = _true(lambda kind: _if_any(kind.gift), "it does not give that")
SEASON = _true(lambda kind: _if_any(kind.season), "it blooms at another time")
PICKED = _true(lambda kind: _if_any(kind.picked), "its time is another")
TASTE = _true(lambda kind: _if_any(kind.taste), "it tastes otherwise")
NEED = _true(lambda kind: _if_any(kind.need), "it needs something else")
USE = _true(lambda kind: _if_any(kind.use), "it is for something else")
NO_USE = _true(
    lambda kind: [use for use in USES.values() if kind.use and use is not kind.use],
    "that is what it is for",
)
MATERIAL = _true(lambda kind: _if_any(kind.material), "it is made of something else")
NO_MATERIAL = _true(
    lambda kind: [m for m in MATERIALS.values() if kind.material and m is not kind.material],
    "that is what it is made of",
)
SIZE = _true(
    lambda kind: _if_any(SIZES.get(kind.size) if kind.realm == "animal" else None),
    "it has another size",
)
DEGREE = _true(
    lambda kind: [degree for degree in DEGREES if EXCEEDED[kind, degree]], "none is like that"
)
OPPOSITE = {
    degree: next(d for d in DEGREES if d.axis == degree.axis and d is not degree)
    for degree in DEGREES
}
LACKED = _true(
    lambda kind: [degree for degree in DEGREES if EXCEEDED[kind, OPPOSITE[degree]]],
    "all are like that",
)
MEASURED = _true(
    lambda kind: [d for d in DEGREES if EXCEEDED[kind, d] or EXCEEDED[kind, OPPOSITE[d]]],
    "it cannot be compared like that",
)


def _like(topic: Topic, kinds: Sequence[Kind]) -> Entities:
    """The kinds, in the number of the topic."""
    return tuple(t for t in TOPICS if t.gender == topic.gender and t.kind in kinds)


LESS: Mapping[tuple[Entity, Entity], Entities] = {
    (t, d): _like(t, EXCEEDED[t.kind, d]) for t in TOPICS for d in DEGREES
}
EXCEEDED_ONE = Rule(
    lambda _, r: LESS.get((r["topic"], r["degree"]), ()), "it is the other way round"
)
EXCEEDING = Rule(
    lambda _, r: LESS.get((r["topic"], OPPOSITE.get(r["degree"])), ()), EXCEEDED_ONE.reason
)
UNEQUAL = {(t, d): LESS[t, d] + LESS[t, OPPOSITE[d]] for t, d in LESS}
COMPARED = Rule(
    lambda _, r: UNEQUAL.get((r["topic"], r["degree"]), ()), "the two cannot be told apart by that"
)
ASKED = Rule(lambda world, _: _if_any(world.about), "is not what was asked")


def _firsts(tie: str) -> Rule:
    """Topics that have another to be compared with."""
    bit = BIT[tie]
    return Rule(
        lambda world, _: [
            MANY[one]
            for one in world.kinds
            if any(PAIRS.get((one, other), 0) & bit for other in world.kinds)
        ],
        "there is no other to compare it with",
    )


def _seconds(tie: str) -> Rule:
    bit = BIT[tie]
    return Rule(
        lambda world, roles: [
            MANY[other]
            for other in world.kinds
            if isinstance(roles["first"], Topic)
            and PAIRS.get((roles["first"].kind, other), 0) & bit
        ],
        "the two do not compare like that",
    )


def pair(tie: str) -> dict[str, Rule]:
    return {"first": _firsts(tie), "second": _seconds(tie)}


def _of_both(told: Callable[[Kind, Kind], Sequence[Entity]], reason: str) -> Rule:
    def candidates(_: FactWorld, roles: Roles) -> Sequence[Entity]:
        one, other = roles["first"], roles["second"]
        if isinstance(one, Topic) and isinstance(other, Topic):
            return told(one.kind, other.kind)
        return ()

    return Rule(candidates, reason)


SHARED_CLASS = _of_both(shared, "they are not both that")
FIRST_CLASS = _of_both(lambda one, _: one.classes[:1], CLASS.reason)
SECOND_CLASS = _of_both(lambda _, other: other.classes[:1], CLASS.reason)
BOTH_ABLE = _of_both(lambda one, other: common(one.able, other.able), "not both can do that")
BOTH_UNABLE = _of_both(lambda one, other: common(one.unable, other.unable), "one can do that")
ONE_ABLE = _of_both(lambda one, other: common(one.able, other.unable), "it is the other way round")
SAME_HOME = _of_both(
    lambda one, other: _if_any(one.home) if one.home is other.home else (), "they live apart"
)
DEGREE_OF_BOTH = _of_both(
    lambda one, other: [degree for degree in DEGREES if other in EXCEEDED[one, degree]],
    "it is the other way round",
)
UTMOST = Rule(
    lambda world, _: [degree for degree in DEGREES if greatest(world.kinds, degree)],
    "two of them are alike in that",
)
GREATEST = Rule(
    lambda world, roles: (
        [MANY[k] for k in _if_any(greatest(world.kinds, roles["degree"]))]
        if roles["degree"] in OPPOSITE
        else ()
    ),
    "another one is",
)


def _bits(aspects: str) -> int:
    return sum(BIT[name] for name in aspects.split())


def begins(aspects: str = "") -> Effect:
    """A paragraph opens, and tells these."""
    told = _bits(aspects)

    def effect(world: FactWorld, roles: Roles) -> None:
        if isinstance(roles["topic"], Topic):
            world.begin(roles["topic"], told)

    return effect


def tells(aspects: str = "") -> Effect:
    """One more fact; what was asked is answered."""
    told = _bits(aspects)

    def effect(world: FactWorld, _: Roles) -> None:
        world.told |= told
        world.facts += 1
        world.answer, world.about = "", None

    return effect


def asks(aspects: str, answer: Callable[[Roles], str], about: str = "") -> Effect:
    """A question about these, and the event that must answer it."""
    told = _bits(aspects)

    def effect(world: FactWorld, roles: Roles) -> None:
        world.told |= told
        world.answer, world.about = answer(roles), roles.get(about)

    return effect


def is_true(rule: Rule, role: str, yes: str, no: str) -> Callable[[Roles], str]:
    """The answer to a question whether something holds."""
    return lambda roles: yes if roles[role] in rule.candidates(None, roles) else no


def how_many(roles: Roles) -> str:
    return "parts" if PARTS.candidates(None, roles) else "no legs"


def end(world: FactWorld, _: Roles) -> None:
    world.done = True
