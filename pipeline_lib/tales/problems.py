"""Word problems with worked steps: a quantity is set, changed a few times, and asked for.

The operands are drawn so that no value on the way is negative, broken or above `LIMIT`, and no plural ever counts one.
"""

from dataclasses import dataclass, field

from pipeline_lib.tales.draw import Draw, Weighted
from pipeline_lib.tales.problem_grammar import (
    ASIDES,
    LEVELS,
    OPENINGS,
    QUESTIONS,
    STEPS,
    STILL_QUESTIONS,
    TIMES_OPENINGS,
    Asks,
    Level,
    Step,
)
from pipeline_lib.tales.words import PEOPLE, THINGS, Name, Thing

LIMIT = 999
SMALLEST = 2
"""The smallest number in a question: one of something would need a singular."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A question, its worked solution and its answer."""

    question: str
    solution: str
    answer: str
    level: int


@dataclass(slots=True)
class Telling:
    """A problem under way: what is counted, whose it is, what was said and worked out so far."""

    draw: Draw
    level: Level
    thing: Thing
    others: Thing
    owner: Name
    strangers: list[Name]
    value: int = 0
    subject: Name | None = None
    """Whom a pronoun would stand for."""
    asks: Asks = "owner"
    still: bool = True
    """Nothing has happened yet, so the question does not say `now`."""
    sentences: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def say(self, template: str, n: int = 0, k: int = 0) -> None:
        """Add a sentence, its slots filled."""
        owner, by_name = self.owner, True
        if "{S}" in template:
            by_name = self.subject is not owner or self.draw.chance(30)
        start = template.startswith("{S}")
        pronoun = owner.he.capitalize() if start else owner.he
        self.sentences.append(
            template.format(
                A=owner.text,
                B=self.strangers[-1].text,
                S=owner.text if by_name else pronoun,
                him=owner.him,
                n=n,
                k=k,
                things=self.thing.many,
                others=self.others.many,
            )
        )
        self.subject = None if "{B}" in template else owner

    def work(self, operation: str, number: int) -> None:
        """Carry the value through one calculation and write the line down."""
        before = self.value
        self.value = calculate(before, operation, number)
        self.lines.append(f"{before} {operation} {number} = {self.value}")


def calculate(value: int, operation: str, number: int) -> int:
    """value operation number; division is exact by construction."""
    if operation == "+":
        return value + number
    if operation == "-":
        return value - number
    return value * number if operation == "*" else value // number


def operands(step: Step, value: int, level: Level) -> list[int]:
    """The numbers that `step` may use on `value`."""
    if step.operation == "+":
        return list(range(SMALLEST, min(level.largest, LIMIT - value) + 1))
    if step.operation == "-":
        return list(range(SMALLEST, min(level.largest, value - SMALLEST) + 1))
    if step.operation == "*":
        return list(range(SMALLEST, min(level.factor, LIMIT // value) + 1))
    return [k for k in range(SMALLEST, level.factor + 1) if value % k == 0 and value // k > 1]


def problem(draw: Draw) -> Problem:
    """Draw one problem."""
    telling = begin(draw)
    steps = draw.pick(telling.level.steps)
    open_with(telling)
    aside = draw.chance(telling.level.asides)
    if aside:
        telling.say(draw.one_of(ASIDES), n=draw.whole(SMALLEST, 60))
        telling.subject = None
    while len(telling.lines) < steps:
        take_step(telling, last=len(telling.lines) == steps - 1)
    ask(telling)
    solution = "\n".join([*telling.lines, f"#### {telling.value}"])
    return Problem(" ".join(telling.sentences), solution, str(telling.value), telling.level.level)


def begin(draw: Draw) -> Telling:
    """Draw the level, the thing and the people."""
    level = draw.pick(LEVELS)
    thing, others = distinct(draw, THINGS, 2)
    owner, *strangers = distinct(draw, PEOPLE, 3)
    return Telling(draw, level, thing, others, owner, strangers)


def distinct(draw: Draw, items: tuple, count: int) -> list:
    """So many different items, in the order drawn."""
    left = list(items)
    return [left.pop(draw.below(len(left))) for _ in range(count)]


def open_with(telling: Telling) -> None:
    """Say what there is at first."""
    draw, level = telling.draw, telling.level
    if draw.chance(level.times):
        n, k = draw.whole(SMALLEST, 12), draw.whole(SMALLEST, level.factor)
        telling.value = k
        telling.say(draw.one_of(TIMES_OPENINGS), n=n, k=k)
        telling.work("*", n)
    else:
        telling.value = draw.whole(2 * SMALLEST, level.largest)
        telling.say(draw.one_of(OPENINGS), n=telling.value)


def take_step(telling: Telling, *, last: bool) -> None:
    """Draw a step that fits, say it and work it out."""
    draw = telling.draw
    fitting = [
        (step, step.weight)
        for step in STEPS
        if (last or step.asks == "owner")
        and (telling.thing.eaten or not step.eaten)
        and operands(step, telling.value, telling.level)
    ]
    step = draw.pick(Weighted(fitting))
    number = draw.one_of(operands(step, telling.value, telling.level))
    telling.say(step.sentence, n=number, k=number)
    telling.work(step.operation, number)
    telling.asks = step.asks
    if step.moves:
        telling.owner, telling.strangers = telling.strangers[-1], [telling.owner, *telling.strangers[:-1]]
    telling.still = step.moves


def ask(telling: Telling) -> None:
    """Put the question."""
    still = telling.asks == "owner" and telling.still
    questions = STILL_QUESTIONS if still else QUESTIONS[telling.asks]
    telling.say(telling.draw.one_of(questions))
