"""The words of the world: names, things, animals, places. Data to read and extend.

One entry is one line. A new entry changes every tale drawn after it, and so the digests that
tests/tales/test_tales.py pins.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """Whom a sentence can be about, and the words that agree with them."""

    text: str
    he: str
    him: str
    his: str
    himself: str
    child: str
    sibling: str

    @property
    def He(self) -> str:  # noqa: N802 - a slot of the grammar, at the start of a sentence
        """The pronoun that starts a sentence."""
        return self.he.capitalize()

    @property
    def His(self) -> str:  # noqa: N802
        """The possessive that starts a sentence."""
        return self.his.capitalize()


@dataclass(frozen=True, slots=True)
class Thing:
    """What can be held and counted."""

    one: str
    """With its article: an apple."""
    many: str
    eaten: bool = False

    @property
    def bare(self) -> str:
        """Without its article: apple."""
        return self.one.partition(" ")[2]


@dataclass(frozen=True, slots=True)
class Place:
    """Where people are, what lies there and what can be seen there."""

    noun: str
    """the garden"""
    at: str
    """in the garden"""
    things: tuple[str, ...]
    """What is found there, or where there is a shop, sold there; by its plural."""
    spots: tuple[str, ...]
    """Where exactly it is found."""
    scenery: tuple[str, ...]
    shop: bool = False


@dataclass(frozen=True, slots=True)
class Animal:
    """A companion; what its kind does, and no other kind."""

    noun: str
    deeds: tuple[str, ...]
    """{pet} is its name."""


def _women(names: str) -> tuple[Name, ...]:
    return tuple(
        Name(name, "she", "her", "her", "herself", "girl", "sister") for name in names.split()
    )


def _men(names: str) -> tuple[Name, ...]:
    return tuple(
        Name(name, "he", "him", "his", "himself", "boy", "brother") for name in names.split()
    )


PEOPLE = (
    *_women("Anna Mia Lucy Rosa Emma Nora Ruth Lily Clara Ivy Grace Hana Zoe Maya Alice Ella"),
    *_men("Tom Ben Max Leo Sam Jack Omar Paul Finn Hugo Noah Kenji Adam Luis Felix Oscar"),
)

THINGS = (
    Thing("an apple", "apples", eaten=True),
    Thing("a pear", "pears", eaten=True),
    Thing("a plum", "plums", eaten=True),
    Thing("a cookie", "cookies", eaten=True),
    Thing("a carrot", "carrots", eaten=True),
    Thing("a nut", "nuts", eaten=True),
    Thing("a cherry", "cherries", eaten=True),
    Thing("an orange", "oranges", eaten=True),
    Thing("a peach", "peaches", eaten=True),
    Thing("an egg", "eggs"),
    Thing("a book", "books"),
    Thing("a coin", "coins"),
    Thing("a marble", "marbles"),
    Thing("a shell", "shells"),
    Thing("a button", "buttons"),
    Thing("a stamp", "stamps"),
    Thing("a pencil", "pencils"),
    Thing("a candle", "candles"),
    Thing("a flower", "flowers"),
    Thing("a feather", "feathers"),
    Thing("a ribbon", "ribbons"),
    Thing("a stone", "stones"),
    Thing("a key", "keys"),
    Thing("a ball", "balls"),
    Thing("a card", "cards"),
    Thing("a bead", "beads"),
)
THING = {thing.many: thing for thing in THINGS}
COINS = THING["coins"]

HOME = Place("home", "at home", (), (), ())
PLACES = (
    Place(
        "the garden",
        "in the garden",
        ("carrots", "flowers", "plums", "stones"),
        ("under the bench", "beside the wall", "in the tall grass"),
        ("Bees hummed around the roses.", "The tomatoes were almost ripe."),
    ),
    Place(
        "the orchard",
        "in the orchard",
        ("apples", "pears", "plums", "cherries", "peaches"),
        ("under an old tree", "beside a ladder", "at the end of the first row"),
        ("The branches were heavy with fruit.", "A thrush sang in the highest tree."),
    ),
    Place(
        "the beach",
        "on the beach",
        ("shells", "stones", "feathers", "coins"),
        ("near the water", "between two rocks", "under a blue boat"),
        ("The waves were small and slow.", "Far away, a white ship passed by."),
    ),
    Place(
        "the forest",
        "in the forest",
        ("nuts", "feathers", "flowers", "stones"),
        ("under a tall oak", "beside the path", "near a little stream"),
        ("It was quiet among the trees.", "Somewhere a woodpecker was at work."),
    ),
    Place(
        "the river",
        "by the river",
        ("stones", "shells", "feathers", "flowers"),
        ("under the bridge", "among the reeds", "on the muddy bank"),
        ("The water was cold and clear.", "Two ducks swam past the bridge."),
    ),
    Place(
        "the market",
        "at the market",
        ("apples", "oranges", "eggs", "candles", "ribbons", "cookies", "beads", "buttons"),
        ("behind a cart", "next to a fountain", "under an empty stall"),
        ("Everybody was talking at once.", "It smelled of bread and cheese."),
        shop=True,
    ),
    Place(
        "the farm",
        "on the farm",
        ("eggs", "carrots", "apples", "feathers"),
        ("in the barn", "behind the hen house", "beside the gate"),
        ("The hens ran in all directions.", "A tired horse looked over the fence."),
    ),
    Place(
        "the school",
        "at the school",
        ("pencils", "cards", "books", "balls"),
        ("under a desk", "on a dusty shelf", "behind the door"),
        ("The blackboard was full of numbers.", "All the windows were open."),
    ),
    Place(
        "the old mill",
        "in the old mill",
        ("books", "keys", "buttons", "candles", "marbles", "stamps"),
        ("in an old chest", "behind a broken chair", "under a blanket"),
        ("Dust danced in the light.", "The floor creaked at every step."),
    ),
    Place(
        "the park",
        "in the park",
        ("balls", "coins", "flowers", "nuts", "marbles"),
        ("near the pond", "under a hedge", "beside the swings"),
        ("Children were flying their kites.", "An old man was feeding the pigeons."),
    ),
    Place(
        "the shop",
        "in the shop",
        ("stamps", "pencils", "candles", "cookies", "marbles", "cards", "beads"),
        ("under the counter", "beside the scales", "on the doorstep"),
        ("A bell rang above the door.", "The shelves went up to the ceiling."),
        shop=True,
    ),
    Place(
        "the hill",
        "on the hill",
        ("flowers", "feathers", "stones", "cherries"),
        ("in the heather", "behind a big rock", "at the foot of the old tower"),
        ("From there one could see the whole valley.", "The wind blew hard up there."),
    ),
)

ANIMALS = (
    Animal(
        "dog",
        (
            "{pet} barked at a cloud.",
            "{pet} wagged its tail.",
            "{pet} chased its own shadow.",
            "{pet} dug a deep hole.",
        ),
    ),
    Animal(
        "cat",
        (
            "{pet} purred.",
            "{pet} licked its paws.",
            "{pet} watched a sparrow.",
            "{pet} slept for a while in the sun.",
        ),
    ),
    Animal(
        "goat",
        (
            "{pet} nibbled at a bush.",
            "{pet} climbed on a wall.",
            "{pet} shook its beard.",
            "{pet} bleated loudly.",
        ),
    ),
    Animal(
        "parrot",
        (
            '"Good day, good day!" cried {pet}.',
            "{pet} spread its green wings.",
            "{pet} whistled a song.",
            '"Who is there?" screamed {pet}.',
        ),
    ),
    Animal(
        "donkey",
        (
            "{pet} refused to move for a minute.",
            "{pet} rolled in the dust.",
            "{pet} flicked its long ears.",
            "{pet} ate a thistle.",
        ),
    ),
)
PETS = ("Pip", "Dot", "Coco", "Biscuit", "Star", "Nell", "Bruno", "Pepper")
