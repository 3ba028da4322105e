"""Who or what may take part in the events of a story, given who and what was chosen before."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from pipeline_lib.tales import lexicon
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.lexicon import Amount, Noun, Place
from pipeline_lib.tales.patterns import Roles, Rule
from pipeline_lib.tales.sayings import Phrase
from pipeline_lib.tales.story_world import FOODS, MOST_NOUNS, StoryWorld

HANDFUL = 5
"""The most that is found at once."""
ITEMS = tuple(item for row in lexicon.ITEMS for item in row)
ELSEWHERE: Mapping[Place | None, Sequence[Place]] = {
    here: tuple(place for place in lexicon.PLACES if place is not here)
    for here in (None, *lexicon.PLACES)
}
HANDFULS = tuple(
    amount for noun in lexicon.COUNTED for amount in lexicon.AMOUNTS[noun][1 : HANDFUL + 1]
)


def _here(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    return world.here


def _others(world: StoryWorld, roles: Roles) -> Sequence[Entity]:
    agent = roles["agent"]
    return [person for person in world.here if person is not agent]


def _holders(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    where = world.where
    holders = [where[item] for item in world.items]
    return [person for person in world.here if person in holders]


def _owners(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    counts, nouns = world.counts, world.nouns
    return [p for p in world.here if any(counts.get((p, noun)) for noun in nouns)]


def _eaters(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    counts, nouns = world.counts, world.nouns
    return [p for p in world.here if any(counts.get((p, n)) for n in nouns if n in FOODS)]


def _lackers(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    return [person for person in world.here if _lacked(world, {"agent": person})]


def _lacked(world: StoryWorld, roles: Roles) -> Sequence[Entity]:
    agent, counts, said = roles["agent"], world.counts, world.said
    return [n for n in world.nouns if not counts.get((agent, n)) and (agent, n) not in said]


def _held(world: StoryWorld, roles: Roles) -> Sequence[Entity]:
    return world.held_by(roles["agent"])


def _up_to(amounts: Sequence[Amount], most: int) -> list[Entity]:
    return [lexicon.AMOUNTS[a.noun][n] for a in amounts for n in range(1, min(a.count, most) + 1)]


def _some(world: StoryWorld, roles: Roles) -> Sequence[Entity]:
    return _up_to(world.amounts_of(roles["agent"]), HANDFUL)


def _bites(world: StoryWorld, roles: Roles) -> Sequence[Entity]:
    return _up_to([a for a in world.amounts_of(roles["agent"]) if a.noun in FOODS], 3)


def _handfuls(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    if len(world.nouns) < MOST_NOUNS:
        return HANDFULS
    return [amount for noun in world.nouns for amount in lexicon.AMOUNTS[noun][1 : HANDFUL + 1]]


def _unknown_people(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    if not world.people:
        return lexicon.PEOPLE
    return [person for person in lexicon.PEOPLE if person not in world.people]


def _unknown_items(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    return _items_but(tuple([item.noun for item in world.items]))


@lru_cache(maxsize=1 << 12)
def _items_but(nouns: tuple[Noun, ...]) -> Sequence[Entity]:
    rows = zip(lexicon.ITEMS, lexicon.THINGS, strict=True)
    return tuple(item for row, noun in rows if noun not in nouns for item in row)


def _elsewhere(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    return ELSEWHERE[world.place]


def _asked(world: StoryWorld) -> Sequence[Entity]:
    """Who may answer: the one asked, the holder, or anybody but the asker."""
    question = world.question
    if question is None:
        return ()
    if question.asked is not None:
        return (question.asked,)
    holder = world.where.get(question.about)
    if holder in world.here:
        return (holder,)
    return [person for person in world.here if person is not question.asker]


def _seekers(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    where = world.where
    return [p for p in world.here if any(where[item] is not p for item in world.items)]


def _wishers(world: StoryWorld, _: Roles) -> Sequence[Entity]:
    holders = [world.where[item] for item in world.items]
    here = world.here
    return [p for p in here if any(q is not p and q in holders for q in here)]


def _missed(world: StoryWorld, roles: Roles) -> Sequence[Entity]:
    return [item for item in world.items if world.where[item] is not roles["agent"]]


def _wanted(world: StoryWorld, roles: Roles) -> Sequence[Entity]:
    others = _others(world, roles)
    return [item for item in world.items if world.where[item] in others]


def _is_here(world: StoryWorld, _: Roles, entity: Entity) -> bool:
    return entity in world.here


def _has(world: StoryWorld, roles: Roles, noun: Noun) -> int:
    return world.counts.get((roles["agent"], noun), 0)


HERE = Rule(_here, "is not here")
OTHER = Rule(_others, "is not another one who is here")
HERO = Rule(lambda w, _: w.here[:1], "is not the hero", _is_here)
COMPANION = Rule(lambda w, _: w.here[1:], "is not with the hero", _is_here)
ABSENT = Rule(lambda w, _: [p for p in w.people if p not in w.here], "has not been away")
HOLDER = Rule(_holders, "does not hold anything")
OWNER = Rule(_owners, "does not have any of them")
EATER = Rule(_eaters, "has nothing to eat")
LACKER = Rule(_lackers, "does not lack anything of which it was not said", _is_here)
LACKED = Rule(_lacked, "has some of them, or it was said", lambda w, r, noun: not _has(w, r, noun))
HELD = Rule(_held, "does not hold that")
LYING = Rule(lambda w, _: [i for i in w.items if w.where[i] is w.place], "does not lie here")
LOST = Rule(lambda w, _: [i for i in w.items if w.where[i] is None], "is not lost")
FOUND = Rule(
    lambda w, _: [
        i
        for i in w.items
        if i in w.finder and i not in w.mentioned["look"] and w.where[i] is not None
    ],
    "was not found, has another look, or it has been told",
    lambda w, _, item: item in w.finder and w.where[item] is not None,
)
FINDER = Rule(
    lambda w, r: [w.finder[r["item"]]] if r["item"] in w.finder else [], "did not find it"
)
SOME = Rule(_some, "does not have that many", lambda w, r, a: _has(w, r, a.noun) >= a.count)
ALL = Rule(lambda w, r: w.amounts_of(r["agent"]), "has another number of them")
BITES = Rule(
    _bites,
    "does not have that much to eat",
    lambda w, r, a: a.noun in FOODS and _has(w, r, a.noun) >= a.count,
)
HANDFULS_RULE = Rule(
    _handfuls, "is more than one finds, or the third kind in a story", lambda _w, _r, _a: True
)
NEW_PERSON = Rule(_unknown_people, "is known already")
NEW_ITEM = Rule(_unknown_items, "is known already", lambda w, _, item: item not in w.where)
NEW_PLACE = Rule(_elsewhere, "is where they are")
THIS_PLACE = Rule(lambda w, _: [w.place], "is not where they are")
STRANGER = Rule(lambda w, _: [p for p in w.here if p in w.strangers], "is no stranger")
FRIEND = Rule(
    lambda w, _: [p for p in w.here if p in w.friends and p not in w.mentioned["friend"]],
    "is no friend, or it has been said",
    lambda w, _, person: person in w.here and person in w.friends,
)
NEWCOMER = Rule(lambda w, _: [w.subject] if w.fresh else [], "has not just come", _is_here)
UNDESCRIBED = Rule(
    lambda w, _: [w.subject] if w.undescribed else [],
    "has not just come, or has been described",
    _is_here,
)
COUNTER = Rule(lambda w, _: [w.subject] if w.changed else [], "had no change of number", _is_here)
CHANGED = Rule(
    lambda w, _: [w.changed] if w.changed else [],
    "is not how many there are",
    lambda w, r, a: _has(w, r, a.noun) == a.count,
)
SEEKER = Rule(_seekers, "has everything")
WISHER = Rule(_wishers, "has everything that is held here")
MISSED = Rule(_missed, "is no thing that one would ask for")
WANTED = Rule(_wanted, "is not held by another one here")
NOUN = Rule(lambda w, _: w.nouns, "has not been told of")
ANSWERER = Rule(lambda w, _: _asked(w), "is not the one to answer")
ASKER = Rule(lambda w, _: [w.question.asker] if w.question else [], "did not ask")
ASKED_ITEM = Rule(
    lambda w, _: [w.question.about] if w.question else [], "is not what was asked for"
)
ASKED_PLACE = Rule(
    lambda w, _: [w.where.get(w.question.about)] if w.question else [], "is not where it is"
)
ASKED_HOLDER = ASKED_PLACE
ASKED_AMOUNT = Rule(
    lambda w, r: (
        [lexicon.AMOUNTS[w.question.about][w.counts.get((r["agent"], w.question.about), 0)]]
        if w.question and w.question.about in lexicon.AMOUNTS
        else []
    ),
    "is not how many there are",
)


def any_of(phrases: Sequence[Entity]) -> Rule:
    """A rule that leaves everything open."""
    return Rule(lambda _w, _r: phrases, "is not one of these")


def once(deed: str) -> Rule:
    """Who is here and has not done that yet."""
    return Rule(
        lambda w, _: [person for person in w.here if person not in w.mentioned[deed]],
        "has done so already",
        _is_here,
    )


def new_of(phrases: Sequence[Phrase]) -> Rule:
    """What has not been said of who acts; anything again when all has."""

    def candidates(world: StoryWorld, roles: Roles) -> Sequence[Entity]:
        said, agent = world.said, roles.get("agent")
        return [phrase for phrase in phrases if (agent, phrase) not in said] or phrases

    return Rule(candidates, "has been said already", lambda _w, _r, _phrase: True)
