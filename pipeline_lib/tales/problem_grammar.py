"""The grammar of word problems: how hard each level is, and the sentences a problem is told in.

`LEVELS` is the one table to tune. In the sentences, {A} owns what is counted, {B} is somebody else,
{S} is {A} by name or by pronoun, {n} a number, {k} a small factor, {things} what is counted.
"""

from dataclasses import dataclass
from typing import Literal

from pipeline_lib.tales.draw import Weighted

Operation = Literal["+", "-", "*", "/"]
Asks = Literal["owner", "together", "more", "each friend", "each bag", "dollars"]


@dataclass(frozen=True, slots=True)
class Level:
    """How hard the problems of one level are."""

    level: int
    steps: Weighted[int]
    """How many calculations."""
    largest: int
    """The largest number that is added, taken away or started from."""
    factor: int
    """The largest number that is multiplied or divided by."""
    asides: int
    """Per cent of problems with a number that does not matter."""
    times: int
    """Per cent of problems that start from so many of so many."""


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence that changes what is counted, or whose it is."""

    operation: Operation
    sentence: str
    weight: int = 10
    asks: Asks = "owner"
    """What the question must be after it; anything but the owner's share ends the problem."""
    moves: bool = False
    """From here on {B} is the one who is asked about."""
    eaten: bool = False
    """Only said of food."""


ONE, MOSTLY_ONE, TWO, MOSTLY_TWO, THREE = (
    Weighted(steps) for steps in ([(1, 1)], [(1, 2), (2, 1)], [(2, 1)], [(2, 2), (3, 1)], [(3, 1)])
)

# level, steps, largest, factor, asides %, times %
LEVELS = Weighted(
    # each level, and how often
    [
        (Level(1, ONE, 12, 3, 0, 10), 35),
        (Level(2, MOSTLY_ONE, 25, 5, 0, 20), 30),
        (Level(3, TWO, 40, 6, 10, 25), 17),
        (Level(4, MOSTLY_TWO, 80, 8, 40, 30), 11),
        (Level(5, THREE, 120, 10, 50, 40), 7),
    ]
)

OPENINGS = (
    "{A} has {n} {things}.",
    "{A} starts the day with {n} {things}.",
    "There are {n} {things} in {A}'s basket.",
    "{A} keeps {n} {things} in a box.",
    "In the morning {A} finds {n} {things}.",
)
TIMES_OPENINGS = (
    "{A} has {k} boxes with {n} {things} in each box.",
    "{A} buys {k} bags of {n} {things}.",
    "{A} lays {k} rows of {n} {things}.",
    "{A} gets {n} {things} every day for {k} days.",
)

STEPS = (
    Step("+", "{S} finds {n} more."),
    Step("+", "{B} gives {him} {n} more."),
    Step("+", "{S} buys {n} more {things}."),
    Step("+", "Then {S} gets {n} {things} from {B}."),
    Step("-", "{S} gives {n} {things} to {B}."),
    Step("-", "{S} loses {n} of them."),
    Step("-", "{S} sells {n} {things}."),
    Step("-", "{B} takes {n} of them away."),
    Step("-", "{S} eats {n} of them.", weight=30, eaten=True),
    Step("+", "{B} has {n} more {things} than {A}.", moves=True, weight=8),
    Step("-", "{B} has {n} fewer {things} than {A}.", moves=True, weight=8),
    Step("*", "{B} has {k} times as many {things} as {A}.", moves=True, weight=12),
    Step("+", "{B} has {n} {things} too.", asks="together", weight=12),
    Step("-", "{B} has only {n} {things}.", asks="more", weight=10),
    Step("/", "{S} shares them equally among {k} friends.", asks="each friend"),
    Step("/", "{S} puts them into {k} bags, the same number in each.", asks="each bag"),
    Step("*", "Each of them costs {k} dollars.", asks="dollars"),
)

QUESTIONS: dict[Asks, tuple[str, ...]] = {
    "owner": (
        "How many {things} does {A} have now?",
        "How many {things} does {A} have in the end?",
    ),
    "together": (
        "How many {things} do they have together?",
        "How many {things} do {A} and {B} have in all?",
    ),
    "more": ("How many more {things} does {A} have than {B}?",),
    "each friend": ("How many {things} does each friend get?",),
    "each bag": ("How many {things} are in each bag?",),
    "dollars": ("How many dollars do {A}'s {things} cost?",),
}
STILL_QUESTIONS = ("How many {things} does {A} have?", "How many {things} does {A} have in all?")
"""Where nothing happened, only something was compared or multiplied."""

ASIDES = (
    "{A} is {n} years old.",
    "{B} has {n} {others}.",
    "{A} also has {n} {others}.",
    "{B} lives {n} miles away.",
)
