"""The words of the world: names, things, animals, places. Data to read and extend; the machinery is elsewhere.

One entry is one line. A new entry changes every tale drawn after it, and so every digest in tests/tales.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """Who a sentence can be about, and the pronouns that stand for them."""

    text: str
    he: str
    him: str
    his: str
    himself: str


@dataclass(frozen=True, slots=True)
class Thing:
    """What can be held and counted."""

    one: str
    """With its article: an apple."""
    many: str
    eaten: bool = False


def _people(he: str, him: str, his: str, himself: str, names: str) -> tuple[Name, ...]:
    return tuple(Name(name, he, him, his, himself) for name in names.split())


WOMEN = _people(
    "she",
    "her",
    "her",
    "herself",
    "Anna Mia Lucy Rosa Emma Nora Ruth Lily Clara Ivy Grace Hana Zoe Maya Alice Ella",
)
MEN = _people(
    "he",
    "him",
    "his",
    "himself",
    "Tom Ben Max Leo Sam Jack Omar Paul Finn Hugo Noah Kenji Adam Luis Felix Oscar",
)
PEOPLE = WOMEN + MEN

FOOD = (
    Thing("an apple", "apples", eaten=True),
    Thing("a pear", "pears", eaten=True),
    Thing("a plum", "plums", eaten=True),
    Thing("an egg", "eggs", eaten=True),
    Thing("a cookie", "cookies", eaten=True),
    Thing("a carrot", "carrots", eaten=True),
    Thing("a nut", "nuts", eaten=True),
    Thing("a cherry", "cherries", eaten=True),
    Thing("an orange", "oranges", eaten=True),
    Thing("a peach", "peaches", eaten=True),
)
GOODS = (
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
THINGS = FOOD + GOODS
