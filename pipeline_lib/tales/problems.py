"""Word problems with worked steps: a quantity is set, changed a few times, and asked for.

The operands are drawn so that no value on the way is negative, broken or above `LIMIT`, and no
plural ever counts one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline_lib.tales.draw import Draw
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
NAME_PERCENT = 30
LARGEST_ASIDE = 60
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
    owner: Name
    other: Name | None = None
    """{B}, drawn when first spoken of."""
    known: list[Name] = field(default_factory=list)
    value: int = 0
    subject: Name | None = None
    """Whom a pronoun would stand for."""
    asks: Asks = "owner"
    still: bool = True
    """Nothing has happened yet, so the question does not say `now`."""
    told: list[Step] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def say(self, template: str, n: int = 0, k: int = 0) -> None:
        """Add a sentence, its slots filled."""
        owner, said = self.owner, ""
        if "{S}" in template:
            by_name = self.subject is not owner or self.draw.chance(NAME_PERCENT)
            pronoun = owner.He if template.startswith("{S}") else owner.he
            said = owner.text if by_name else pronoun
        slots = {"A": owner.text, "S": said, "things": self.thing.many}
        slots["him"] = owner.him if self.subject is owner else owner.text
        if "{B}" in template:
            slots["B"] = self.somebody_else().text
        if "{others}" in template:
            slots["others"] = self.draw.one_of([t for t in THINGS if t is not self.thing]).many
        self.sentences.append(template.format(n=n, k=k, **slots))
        self.subject = None if "{B}" in template else owner

    def somebody_else(self) -> Name:
        """{B}: nobody who was spoken of before the last `turn`."""
        if self.other is None:
            known = [self.owner, *self.known]
            self.other = self.draw.one_of([name for name in PEOPLE if name not in known])
            self.known.append(self.other)
        return self.other

    def turn(self) -> None:
        """Let the next {B} be somebody new."""
        self.other = None

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


def answer(draw: Draw) -> Problem:
    """Draw one problem, answered off-hand: its solution is `#### n` alone."""
    made = problem(draw)
    return replace(made, solution=f"#### {made.answer}")


def operands(step: Step, value: int, level: Level) -> Sequence[int]:
    """The numbers that `step` may use on `value`."""
    if step.operation == "+":
        return range(SMALLEST, min(level.largest, LIMIT - value) + 1)
    if step.operation == "-":
        return range(SMALLEST, min(level.largest, value - SMALLEST) + 1)
    if step.operation == "*":
        return range(SMALLEST, min(level.factor, LIMIT // value) + 1)
    return [k for k in range(SMALLEST, level.factor + 1) if value % k == 0 and value // k > 1]


def problem(draw: Draw) -> Problem:
    """Draw one problem, worked.

    The level is the one choice that the text does not show: an easy problem may be of several.
    """
    telling = Telling(draw, draw.pick(LEVELS), draw.one_of(THINGS), draw.one_of(PEOPLE))
    steps = draw.pick(telling.level.steps)
    open_with(telling)
    if draw.chance(telling.level.asides):
        telling.say(draw.one_of(ASIDES), n=draw.whole(SMALLEST, LARGEST_ASIDE))
        telling.turn()
    while len(telling.lines) < steps:
        take_step(telling, last=len(telling.lines) == steps - 1)
    ask(telling)
    solution = "\n".join([*telling.lines, f"#### {telling.value}"])
    return Problem(" ".join(telling.sentences), solution, str(telling.value), telling.level.level)


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
    fitting = [step for step in STEPS if fits(step, telling, last=last)]
    step = draw.weigh(fitting, [step.weight for step in fitting])
    number = draw.one_of(operands(step, telling.value, telling.level))
    telling.say(step.sentence, n=number, k=number)
    telling.work(step.operation, number)
    telling.told.append(step)
    telling.asks, telling.still = step.asks, step.moves
    if step.moves:
        telling.known.append(telling.owner)
        telling.owner = telling.somebody_else()
    if not last:
        telling.turn()


def fits(step: Step, telling: Telling, *, last: bool) -> bool:
    """Whether the step may come next."""
    return (
        (last or step.asks == "owner")
        and step not in telling.told
        and (telling.thing.eaten or not step.eaten)
        and bool(operands(step, telling.value, telling.level))
    )


def ask(telling: Telling) -> None:
    """Put the question."""
    still = telling.asks == "owner" and telling.still
    questions = STILL_QUESTIONS if still else QUESTIONS[telling.asks]
    telling.say(telling.draw.one_of(questions))
