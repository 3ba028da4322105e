"""The world of a dialogue: who speaks, what was asked, what each has told of themselves.

A line answers what the line before it asked or told, then asks or tells something itself; so who
reads one line knows what the next one begins with. What was told stays true: asked again, one says
the same.
"""

from collections.abc import Sequence
from functools import lru_cache

from pipeline_lib.tales import lexicon, sayings
from pipeline_lib.tales.dialogue_forms import LIKED
from pipeline_lib.tales.draw import Weighted
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.lexicon import Amount, Item, Noun, Person, Place
from pipeline_lib.tales.patterns import Event, Roles
from pipeline_lib.tales.sayings import Phrase
from pipeline_lib.tales.world import Menu, World

MOST_ITEMS, MOST_NOUNS, MOST_FEATS, MOST_LIKED, MOST_OTHERS = 2, 2, 2, 2, 1
LONG_AGO = 4
"""Lines after which one may ask again what was told."""
HANDFUL = 6
"""The most of a kind that one has at first."""
FEWEST_LINES, MOST_LINES = 4, 7

SETTINGS = "start together apart first must"
HAVING = (
    "new_item new_noun theirs_noun theirs_unknown mine_item theirs_item mine_some theirs_some "
    "counted item_found noun_found"
)
DOING = "can new_feat like new_like going will mine_going doing other mine_place more bye"
ASKED = (
    "re_name re_feeling re_here re_have re_many re_any re_item_found re_noun_found re_give_item "
    "re_give_some re_thanks re_told re_can re_able re_like re_likes re_go re_will re_deed re_where "
    "re_with re_bye yes no"
)
STATES = tuple(f"{SETTINGS} {HAVING} {DOING} {ASKED}".split(" "))
BIT = {name: 1 << number for number, name in enumerate(STATES)}
"""What an event may need, by name."""
YES, NO = BIT["yes"], BIT["no"]


class DialogueWorld(World):
    """What has been said."""

    def __init__(self, menu: Menu) -> None:
        self.menu = menu
        self.speaker: Person | None = None
        self.listener: Person | None = None
        self.setting = 0
        """Together or apart; 0: nobody has spoken."""
        self.must = ""
        """The event that comes next whatever else may."""
        self.asked = ""
        """What the next line answers; "": the line goes on."""
        self.about: Entity = None
        self.lines = 0
        self.items: dict[Item, Person | None] = {}
        self.counts: dict[tuple[Person | None, Noun], int] = {}
        self.nouns: list[Noun] = []
        self.told: dict[object, int] = {}
        """What was told, and in which line."""
        self.searched: list[Entity] = []
        """Whose finding has been asked for, and who has been asked what they have."""
        self.asked_for: list[Person | None] = []
        """Who has asked for something: one does so once."""
        self.gave: list[Person | None] = []
        """Likewise, who has offered something."""
        self.feats: dict[tuple[Person | None, Phrase], bool] = {}
        self.likes: dict[tuple[Person | None, Entity], bool] = {}
        self.plans: dict[Person | None, Place] = {}
        self.doers: list[Person | None] = []
        """Who has been asked what they will do where they go."""
        self.places: dict[Person | None, Place] = {}
        self.others: list[Person] = []

    def possible(self) -> Weighted[Event]:
        if self.must:
            return self.menu.named[self.must]
        if not self.setting:
            return self.menu.given(BIT["start"])
        if self.asked:
            return self.menu.given(answers(self))
        return self.menu.given(holds(self))

    def pointed_at(self, gender: str, roles: Roles) -> Entity:
        """The one who was asked for."""
        return self.about if isinstance(self.about, Person) else None

    def turn(self, asked: str, about: Entity = None) -> None:
        """The line ends; the other one answers."""
        self.speaker, self.listener = self.listener, self.speaker
        self.asked, self.about, self.must = asked, about, ""
        self.lines += 1

    def is_old(self, *known: Entity) -> bool:
        """Whether it was told so long ago that one may ask."""
        line = self.told.get(known)
        return line is not None and self.lines - line >= LONG_AGO

    def counted(self) -> list[Noun]:
        """What the listener has told the number of, long ago."""
        return [noun for noun in self.nouns if self.is_old(self.listener, noun)]

    def feats_to_ask(self) -> list[Phrase]:
        """What the listener has not said, or long ago."""
        fresh = self.feats_to_tell(self.listener) if len(self.feats) < MOST_FEATS else []
        return fresh + [f for f in sayings.FEATS if self.is_old(self.listener, f)]

    def feats_to_tell(self, person: Person | None) -> list[Phrase]:
        return [feat for feat in sayings.FEATS if (person, feat) not in self.feats]

    def likes_to_ask(self) -> list[Entity]:
        fresh = self.likes_to_tell(self.listener) if len(self.likes) < MOST_LIKED else []
        return fresh + [liked for liked in LIKED if self.is_old(self.listener, liked)]

    def likes_to_tell(self, person: Person | None) -> list[Entity]:
        return [liked for liked in LIKED if (person, liked) not in self.likes]

    def held_by(self, person: Person | None) -> list[Item]:
        return [item for item, owner in self.items.items() if owner is person]

    def amounts_of(self, person: Person | None) -> list[Amount]:
        return [
            lexicon.AMOUNTS[noun][self.counts[person, noun]]
            for noun in self.nouns
            if self.counts.get((person, noun))
        ]

    def add(self, person: Person | None, noun: Noun, change: int) -> None:
        count = self.counts.get((person, noun), 0) + change
        self.counts[person, noun] = min(max(count, 0), lexicon.MOST)
        if noun not in self.nouns:
            self.nouns.append(noun)

    def may_count(self, person: Person | None) -> bool:
        """Whether there is a noun of which the person may yet tell a number."""
        return len(self.nouns) < MOST_NOUNS or bool(self.uncounted(person))

    def uncounted(self, person: Person | None) -> tuple[Noun, ...]:
        """Nouns of which the person may yet tell a number."""
        if len(self.nouns) < MOST_NOUNS:
            return tuple(n for n in lexicon.COUNTED if (person, n) not in self.counts)
        return tuple(noun for noun in self.nouns if (person, noun) not in self.counts)


def menu_of(events: Sequence[Event]) -> Menu:
    """Which of the events may happen, by the bits of what they need."""
    return Menu(events, BIT)


def answers(world: DialogueWorld) -> int:
    """The bits of what was asked, and of what the answer may be."""
    asked, about, speaker = world.asked, world.about, world.speaker
    held = BIT[asked]
    if asked in {"re_can", "re_able"}:
        return held | _either(world.feats.get((speaker, about)))
    if asked in {"re_like", "re_likes"}:
        return held | _either(world.likes.get((speaker, about)))
    if asked == "re_will":
        plan = world.plans.get(speaker)
        return held | _either(None if plan is None else plan is about)
    if asked in {"re_many", "re_any"}:
        count = world.counts.get((speaker, about))
        return held | _either(None if count is None else count > 0)
    if asked == "re_have":
        return held | _news(world)
    return held


def _either(known: bool | None) -> int:
    if known is None:
        return YES | NO
    return YES if known else NO


def _news(world: DialogueWorld) -> int:
    """What the speaker may yet tell of having."""
    held = BIT["new_item"] if len(world.items) < MOST_ITEMS else 0
    if world.may_count(world.speaker):
        held |= BIT["new_noun"]
    return held


def holds(world: DialogueWorld) -> int:
    """The bits of what the speaker may ask or tell."""
    held = world.setting
    if world.lines < MOST_LINES:
        held |= BIT["more"]
    if not world.lines:
        held |= BIT["first"]
    if world.lines >= FEWEST_LINES:
        held |= BIT["bye"]
    if world.lines >= MOST_LINES:
        return held
    return held | _news(world) | _having(world) | _doing(world)


def _having(world: DialogueWorld) -> int:
    held = _items(world) | _amounts(world)
    if world.listener not in world.searched:
        held |= BIT["theirs_unknown"]
    if world.may_count(world.listener):
        held |= BIT["theirs_noun"]
    if world.counted():
        held |= BIT["counted"]
    return held


def _items(world: DialogueWorld) -> int:
    held = 0
    for item, owner in world.items.items():
        if owner is world.speaker:
            held |= BIT["mine_item"] if world.speaker not in world.gave else 0
        elif owner is world.listener:
            held |= BIT["theirs_item"] if world.speaker not in world.asked_for else 0
            held |= BIT["item_found"] if item not in world.searched else 0
    return held


def _amounts(world: DialogueWorld) -> int:
    held = 0
    for noun in world.nouns:
        if world.counts.get((world.speaker, noun)):
            held |= BIT["mine_some"] if world.speaker not in world.gave else 0
        if world.counts.get((world.listener, noun)):
            held |= BIT["theirs_some"] if world.speaker not in world.asked_for else 0
            held |= BIT["noun_found"] if noun not in world.searched else 0
    return held


def _doing(world: DialogueWorld) -> int:
    held = 0
    if len(world.feats) < MOST_FEATS:
        held |= BIT["can"] | BIT["new_feat"]
    elif world.feats_to_ask():
        held |= BIT["can"]
    if len(world.likes) < MOST_LIKED:
        held |= BIT["like"] | BIT["new_like"]
    elif world.likes_to_ask():
        held |= BIT["like"]
    return held | _going(world)


def _going(world: DialogueWorld) -> int:
    speaker, listener = world.speaker, world.listener
    held = 0
    if listener not in world.plans:
        held |= BIT["going"] | BIT["will"]
    else:
        if listener not in world.doers:
            held |= BIT["doing"]
        if world.is_old(listener, "plan"):
            held |= BIT["will"]
    if speaker not in world.plans:
        held |= BIT["mine_going"]
    if len(world.others) < MOST_OTHERS:
        held |= BIT["other"]
    if speaker not in world.places:
        held |= BIT["mine_place"]
    return held


@lru_cache(1 << 12)
def fresh_items(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Items of other kinds than these."""
    nouns = [item.noun for item in items]
    return tuple(i for row in lexicon.ITEMS for i in row if i.noun not in nouns)


@lru_cache(1 << 12)
def handfuls(nouns: tuple[Noun, ...]) -> tuple[Amount, ...]:
    return tuple(amount for noun in nouns for amount in lexicon.AMOUNTS[noun][1 : HANDFUL + 1])


@lru_cache(1 << 12)
def fresh_people(people: tuple[Person | None, ...]) -> tuple[Person, ...]:
    return tuple(person for person in lexicon.PEOPLE if person not in people)
