"""How numbers, things and possessions are said: plurals, articles, determiners, lists."""

from collections.abc import Mapping

from pipeline_lib.tales.words import THING, Name, Thing

DIGITS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    *(f"{n}teen" for n in ("fif", "six", "seven", "eigh", "nine")),
)
TENS = tuple(
    f"{ten}-{DIGITS[one]}" if one else ten
    for ten in ("twenty", "thirty", "forty")
    for one in range(10)
)
NUMBERS = DIGITS + TEENS + TENS
"""Words up to 49: more than anybody can gather in one story."""


def noun(thing: Thing, count: int) -> str:
    """apple or apples."""
    return thing.bare if count == 1 else thing.many


def amount(thing: Thing, count: int) -> str:
    """no apples, an apple, two apples."""
    return thing.one if count == 1 else f"{NUMBERS[count]} {thing.many}"


def part(owner: str, thing: Thing, count: int, held: int) -> str:
    """two of her apples, one of Tom's apples, all his apples, her only apple."""
    if count < held:
        return f"{NUMBERS[count]} of {owner} {thing.many}"
    return f"{owner} only {thing.bare}" if held == 1 else f"all {owner} {thing.many}"


def it(count: int) -> str:
    """it or them."""
    return "it" if count == 1 else "them"


def possessions(holds: Mapping[str, int]) -> str:
    """three apples, a coin and two shells; nothing."""
    named = [amount(THING[things], count) for things, count in holds.items()]
    if not named:
        return "nothing"
    if len(named) == 1:
        return named[0]
    return f"{', '.join(named[:-1])} and {named[-1]}"


def start(sentence: str) -> str:
    """The sentence with a capital letter, also behind a quotation mark."""
    first = 1 if sentence[0] == '"' else 0
    return sentence[:first] + sentence[first].upper() + sentence[first + 1 :]


def by_name(name: Name) -> Name:
    """The same person with the name for a pronoun: for sentences where it could be either."""
    text = name.text
    return Name(text, text, text, f"{text}'s", name.himself, name.child, name.sibling)
