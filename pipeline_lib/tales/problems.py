"""Word problems of levels 1 to 5, with worked steps; a level is the number of its steps.

The question is told sentence by sentence like any other text, and the solution follows from it: a
line for each step, `12 + 7 = 19`, and `#### 19`. It adds nothing to the probability. Answered
off-hand, a problem has the last line alone. Japanese problems are polite, as in school books.
"""

import math
import re
from itertools import chain, repeat

from pipeline_lib.tales import problem_events, problem_units
from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.forms import Entity, Tongue
from pipeline_lib.tales.patterns import Grammar, Roles, Rule
from pipeline_lib.tales.problem_words import Measure
from pipeline_lib.tales.problem_world import Menu, ProblemWorld, calculated
from pipeline_lib.tales.reading import Break, Report, Told, Verdict
from pipeline_lib.tales.sentences import first_event
from pipeline_lib.tales.telling import Reader, Writer, tell
from pipeline_lib.tales.world import World

GROUPS = {
    "openings": problem_events.OPENINGS + problem_units.OPENINGS,
    "asides": problem_events.ASIDES + problem_units.ASIDES,
    "steps": problem_events.STEPS + problem_units.STEPS,
    "asks": problem_events.ASKS + problem_units.ASKS,
}
GRAMMAR = Grammar([event for events in GROUPS.values() for event in events])
OPENINGS = frozenset(GROUPS["openings"])
MENU = Menu(GROUPS)
MARKER = "####"
STEP = re.compile(r"([0-9]{1,6}) ([-+*/]) ([0-9]{1,6}) = ([0-9]{1,6})")
ANSWER = re.compile(MARKER + " [0-9]{1,6}")


class ProblemReader(Reader):
    """Knows that a wrong counter is a fault of grammar: りんごを3枚."""

    def choose(self, role: str, rule: Rule, world: World, roles: Roles) -> Entity:
        entity = super().choose(role, rule, world, roles)
        if self._fault is not None and self.language == "ja" and isinstance(entity, Measure):
            due = next(iter(rule.candidates(world, roles)), entity)
            if due.counter != entity.counter:
                reason = f"{due.counter} is counted here, not {entity.counter}"
                self._ungrammatical(self._where(role), due.counter, reason)
        return entity


def write(tongue: Tongue, events: Draw, words: Draw) -> Told:
    """A problem, worked; the draws hold its probability afterwards."""
    return _told(tongue, events, words, is_worked=True)


def write_answered(tongue: Tongue, events: Draw, words: Draw) -> Told:
    """A problem, answered off-hand."""
    return _told(tongue, events, words, is_worked=False)


def _told(tongue: Tongue, events: Draw, words: Draw, *, is_worked: bool) -> Told:
    world = ProblemWorld(MENU)
    writer = Writer(GRAMMAR, tongue, events, words)
    tell(writer, world)
    question, solution = writer.text, "\n".join(_solved(world, is_worked=is_worked))
    return Told(f"{question}\n{solution}", question, solution, str(world.value), len(world.lines))


def _solved(world: ProblemWorld, *, is_worked: bool) -> list[str]:
    answer = f"{MARKER} {world.value}"
    return [*world.lines, answer] if is_worked else [answer]


def read(text: str, tongue: Tongue) -> Report:
    """What there is to say of `text` as a problem with worked steps."""
    return _read(text, tongue, is_worked=True)


def read_answered(text: str, tongue: Tongue) -> Report:
    """What there is to say of `text` as a problem answered off-hand."""
    return _read(text, tongue, is_worked=False)


def _read(text: str, tongue: Tongue, *, is_worked: bool) -> Report:
    question, newline, solution = text.partition("\n")
    world = ProblemWorld(MENU)
    report = ProblemReader(GRAMMAR, tongue, question).read(world)
    expected = _solved(world, is_worked=is_worked)
    lines = solution.split("\n") if newline else []
    verdicts = list(report.verdicts)
    start = len(question) + 1
    for line, due in zip(lines, chain(expected, repeat(None)), strict=False):
        verdicts.append(Verdict(start, start + len(line), _fault(line, due, start)))
        start += len(line) + 1
    ending = report.ending
    if ending is None and len(lines) < len(expected):
        ending = Break(len(text), expected[len(lines)], "the solution ends too early", "world")
    ill = ending is not None or any(not verdict.derivable for verdict in verdicts)
    return report._replace(
        verdicts=tuple(verdicts),
        log2_probability=-math.inf if ill else report.log2_probability,
        ending=ending,
        level=len(world.lines),
    )


def _fault(line: str, due: str | None, start: int) -> Break | None:
    """What is wrong with a line of a solution; `due` follows from the question, None: it has ended."""
    if line == due:
        return None
    expected = due or "the end of the text"
    step = STEP.fullmatch(line)
    if step is None and ANSWER.fullmatch(line) is None:
        return Break(start, expected, "this is no step of a solution", "grammar")
    if step is not None and calculated(int(step[1]), step[2], int(step[3])) != int(step[4]):
        return Break(start, expected, "it is calculated wrong", "world")
    reason = "this does not follow from the question" if due else "it stands after the end"
    return Break(start, expected, reason, "world")


def opens(text: str, tongue: Tongue) -> bool:
    """Whether its first sentence opens a problem, and its solution begins with a step, if at all."""
    return not _is_answered(text) and first_event(GRAMMAR, tongue, text) in OPENINGS


def opens_answered(text: str, tongue: Tongue) -> bool:
    """Whether its first sentence opens a problem, and its solution begins with the answer."""
    return _is_answered(text) and first_event(GRAMMAR, tongue, text) in OPENINGS


def _is_answered(text: str) -> bool:
    return text.partition("\n")[2].startswith(MARKER)
