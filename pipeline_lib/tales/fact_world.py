"""The world of facts: what the paragraph is about, what has been said of it, what was asked.

All else is the ontology, which no text changes. A paragraph opens with its topic, tells two or three
facts, none of them twice, and the last one is followed by a sentence that compares two topics.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import permutations

from pipeline_lib.tales.draw import Weighted
from pipeline_lib.tales.fact_forms import MANY, ONE, Number, Topic
from pipeline_lib.tales.fact_lexicon import DEGREES, SIZES, Class, Degree, Word
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.ontology import KINDS, Kind
from pipeline_lib.tales.patterns import Event
from pipeline_lib.tales.world import Menu, World

MOST_TOPICS, FEWEST_FACTS, MOST_FACTS = 3, 2, 3

BODY = "parts two legless coat sized compared"
LIFE = "lives eats foods diet refused able unable skills company sleep gift"
USE = "grows blooms picked taste needs used unused material unmade found"
ASPECTS = tuple(f"{BODY} {LIFE} {USE}".split(" "))
"""What can be said of a kind, each at most once in a paragraph."""
STAGES = "open animal plant thing still kin more end asked"
TIES = "same differ able_both unable_both contrast near compared_both three"
"""What two topics have in common, or not: a text ends with one of these."""
BIT = {name: 1 << number for number, name in enumerate((*ASPECTS, *f"{STAGES} {TIES}".split(" ")))}
"""What an event may need, by name."""


class FactWorld(World):
    """What the text is about, now and so far."""

    def __init__(self, menu: Menu) -> None:
        self.menu = menu
        self.topic: tuple[Topic, ...] = ()
        """One, once there is one."""
        self.kinds: tuple[Kind, ...] = ()
        self.told = 0
        """Bits of the aspects told in this paragraph."""
        self.facts = 0
        self.answer = ""
        """The event that must answer what was just asked, if anything was."""
        self.about: Entity = None

    def possible(self) -> Weighted[Event]:
        if self.answer:
            return self.menu.named[self.answer]
        if not self.topic:
            return self.menu.given(START)
        kind = self.topic[0].kind
        untold = KNOWN[kind] & ~self.told if self.facts < MOST_FACTS else 0
        held = untold and BIT["more"] | untold
        if (self.facts >= FEWEST_FACTS or not untold) and len(self.kinds) < MOST_TOPICS:
            held |= REALMS[kind.realm]
            if related("it", self.kinds):
                held |= BIT["kin"]
        if not untold and len(self.kinds) > 1:
            held |= BIT["end"] | ties(self.kinds)
        return self.menu.given(held)

    def begin(self, topic: Topic, told: int) -> None:
        """A paragraph on `topic`, of which these aspects have been told."""
        self.topic, self.told, self.facts = (topic,), told, 0
        self.kinds = (*self.kinds, topic.kind)[-MOST_TOPICS:]
        self.subject = self.item = topic
        self.answer = ""


def menu_of(events: Sequence[Event]) -> Menu:
    """Which of the events may happen; those without needs are answers, which have their question."""
    return Menu(events, BIT, otherwise="asked")


START = sum(BIT[name] for name in ("open", "animal", "plant", "thing", "still"))
REALMS = {
    "animal": BIT["open"] | BIT["animal"],
    "plant": BIT["open"] | BIT["plant"] | BIT["still"],
    "thing": BIT["open"] | BIT["thing"] | BIT["still"],
}


def exceeded(kind: Kind, degree: Degree) -> tuple[Kind, ...]:
    """Those of its realm that `kind` is bigger, smaller, faster or slower than."""
    value = getattr(kind, degree.axis)
    return tuple(
        other
        for other in KINDS
        if other.realm == kind.realm
        and value
        and getattr(other, degree.axis)
        and degree.sign * (value - getattr(other, degree.axis)) > 0
    )


EXCEEDED = {(kind, degree): exceeded(kind, degree) for kind in KINDS for degree in DEGREES}


def _aspects(kind: Kind) -> dict[str, bool]:
    return {
        "parts": bool(kind.parts),
        "two": len(kind.parts) > 1,
        "legless": kind.is_legless,
        "coat": kind.coat is not None,
        "lives": kind.realm == "animal",
        "grows": kind.realm == "plant",
        "found": kind.realm == "thing",
        "eats": bool(kind.foods),
        "foods": len(kind.foods) > 1,
        "diet": bool(kind.foods),
        "refused": bool(kind.refused),
        "able": bool(kind.able),
        "unable": bool(kind.unable),
        "skills": bool(kind.able or kind.unable),
        "sized": kind.realm == "animal" and kind.size in SIZES,
        "compared": any(EXCEEDED[kind, degree] for degree in DEGREES),
        "company": kind.company is not None,
        "sleep": kind.sleep is not None,
        "gift": kind.gift is not None,
        "blooms": kind.season is not None,
        "picked": kind.picked is not None,
        "taste": kind.taste is not None,
        "needs": kind.need is not None,
        "used": kind.use is not None,
        "unused": kind.use is not None,
        "material": kind.material is not None,
        "unmade": kind.material is not None,
    }


KNOWN: Mapping[Kind, int] = {
    kind: sum(BIT[name] for name, is_so in _aspects(kind).items() if is_so) for kind in KINDS
}
"""What there is to say of a kind."""

FEATURES: Mapping[str, frozenset[Kind]] = {
    "any": frozenset(KINDS),
    **{name: frozenset(k for k in KINDS if KNOWN[k] & BIT[name]) for name in ASPECTS},
    "wild": frozenset(
        k for k in KINDS if k.realm == "animal" and k.home and k.home.en != "with people"
    ),
    "still": frozenset(k for k in KINDS if k.realm != "animal"),
}


@lru_cache(1 << 16)
def fresh(feature: str, number: Number, kinds: tuple[Kind, ...]) -> tuple[Topic, ...]:
    """What the next paragraph may be about: of the realm of the others, and none of them."""
    topics, known = (ONE if number == "it" else MANY), FEATURES[feature]
    return tuple(
        topics[kind]
        for kind in KINDS
        if kind in known and kind not in kinds and (not kinds or kind.realm == kinds[0].realm)
    )


@lru_cache(1 << 16)
def related(number: Number, kinds: tuple[Kind, ...]) -> tuple[Topic, ...]:
    """Those of the class of the last topic."""
    if not kinds:
        return ()
    near = kinds[-1].classes[0]
    return tuple(t for t in fresh("any", number, kinds) if t.kind.classes[0] is near)


def shared(one: Kind, other: Kind) -> tuple[Class, ...]:
    return tuple(known for known in one.classes if known in other.classes)


def common(one: tuple[Word, ...], other: tuple[Word, ...]) -> tuple[Word, ...]:
    return tuple(word for word in one if word in other)


def _ties(one: Kind, other: Kind) -> dict[str, bool]:
    near, far = one.classes[0], other.classes[0]
    return {
        "same": bool(shared(one, other)),
        "differ": near not in other.classes and far not in one.classes,
        "able_both": bool(common(one.able, other.able)),
        "unable_both": bool(common(one.unable, other.unable)),
        "contrast": bool(common(one.able, other.unable)),
        "near": one.realm == "animal" and one.home is other.home,
        "compared_both": any(other in EXCEEDED[one, degree] for degree in DEGREES),
    }


PAIRS: Mapping[tuple[Kind, Kind], int] = {
    (one, other): sum(BIT[name] for name, is_so in _ties(one, other).items() if is_so)
    for one, other in permutations(KINDS, 2)
    if one.realm == other.realm
}


def ties(kinds: tuple[Kind, ...]) -> int:
    """The bits of how any two of them compare, and whether one of three exceeds the others."""
    held = BIT["three"] if any(greatest(kinds, degree) for degree in DEGREES) else 0
    for pair in permutations(kinds, 2):
        held |= PAIRS.get(pair, 0)
    return held


def greatest(kinds: tuple[Kind, ...], degree: Degree) -> Kind | None:
    """The one of three that exceeds both others."""
    if len(kinds) < MOST_TOPICS:
        return None
    for kind in kinds:
        if sum(other in EXCEEDED[kind, degree] for other in kinds) == MOST_TOPICS - 1:
            return kind
    return None
