"""Who, what and how many may stand in a sentence of a word problem, and what it does to the quantity."""

from collections.abc import Callable, Sequence

from pipeline_lib.tales import lexicon
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.patterns import Roles, Rule
from pipeline_lib.tales.problem_words import (
    DAYS,
    FRIENDS,
    LEAST,
    MEASURES,
    SETS,
    TIMES,
    YEARS,
    Measure,
)
from pipeline_lib.tales.problem_world import FACTORS, LIMITS, OPERANDS, ProblemWorld, Rival, parts

ITEMS = tuple(item for row in lexicon.ITEMS for item in row)
OTHERS = tuple(noun for noun in lexicon.COUNTED if noun.en != "coin")
Effect = Callable[[ProblemWorld, Roles], None]


def _up_to(counter: str, most: int) -> tuple[Measure, ...]:
    return MEASURES[counter][LEAST : max(most, 0) + 1]


def _operand(world: ProblemWorld) -> int:
    return OPERANDS[min(world.steps, len(OPERANDS) - 1)]


def _strangers(world: ProblemWorld, _: Roles) -> Sequence[Entity]:
    people = world.people
    return [p for p in lexicon.PEOPLE if p not in people] if people else lexicon.PEOPLE


def _more(world: ProblemWorld, _: Roles) -> Sequence[Entity]:
    return _another_number(world, world.room() - world.value)


def _fewer(world: ProblemWorld, _: Roles) -> Sequence[Entity]:
    return _another_number(world, world.value - 1)


def _another_number(world: ProblemWorld, most: int) -> Sequence[Entity]:
    """Not the number of the last step, which would undo it."""
    numbers = _up_to(world.counter, min(_operand(world), most))
    place = world.operand - LEAST
    if 0 <= place < len(numbers):
        return numbers[:place] + numbers[place + 1 :]
    return numbers


def _in_all(world: ProblemWorld, roles: Roles, room: int) -> Sequence[Entity]:
    """So many to each, that all of them get no more than `room`."""
    return _up_to(world.counter, min(9, room // roles["k"].count))


def _sets(counter: str, most: Callable[[ProblemWorld], int]) -> Rule:
    return Rule(lambda w, _: _up_to(counter, min(most(w), FACTORS[-1])), "is more than it can be")


def _rivals(world: ProblemWorld, _: Roles) -> Sequence[Entity]:
    row = MEASURES[world.counter]
    return [row[n] for n in range(LEAST, world.room(0) + 1) if n != world.value]


OWNER = Rule(lambda w, _: [w.owner], "is not the one whom it is about")
NEW_PERSON = Rule(_strangers, "has been named already")
THIS_NOUN = Rule(lambda w, _: [w.noun], "is not what is counted")
OTHER_NOUN = Rule(
    lambda w, _: [noun for noun in OTHERS if noun is not w.noun], "is counted already, or money"
)
SOME_NOUN = Rule(lambda _w, _r: lexicon.COUNTED, "is not one of these")
THIS_THING = Rule(lambda w, _: [w.thing], "is not the one at hand")
THIS_PLACE = Rule(lambda w, _: [w.place], "is not where it goes")
MORE = Rule(_more, "is too many to be added, or they are counted in another way")
FEWER = Rule(_fewer, "is more than there is, or they are counted in another way")
BACK = Rule(
    lambda w, _: _another_number(w, w.distance - w.value),
    "is farther than where it began",
)
MULTIPLE = Rule(
    lambda w, _: _up_to(TIMES, min(4, w.room() // w.value if w.value > 0 else 0)),
    "is too many times",
)
PARTS = Rule(lambda w, _: [MEASURES[SETS][k] for k in parts(w.value)], "does not divide it evenly")
SHARERS = Rule(
    lambda w, _: [MEASURES[FRIENDS][k] for k in parts(w.value)], "does not divide it evenly"
)
RUN = Rule(
    lambda w, _: _up_to(DAYS, min(5, w.room() // w.value if w.value > 0 else 0)), "is too many days"
)
AGE = Rule(lambda _w, _r: MEASURES[YEARS][5:16], "is not the age of a child")
RIVALS = Rule(_rivals, "is too many here, or just as many")
RIVAL = Rule(lambda w, _: [w.rival.person] if w.rival else [], "is not the other one who has some")
ASIDE = Rule(lambda _, r: _up_to(r["noun"].counter, LIMITS[0]), "is too many here")
GIVERS = _sets(FRIENDS, lambda w: min(5, (w.room(2) - w.value) // 2))
GIFTS = Rule(lambda w, r: _in_all(w, r, w.room(2) - w.value), "is too many in all")
GUESTS = _sets(FRIENDS, lambda w: min(5, (w.value - 1) // 2))
TREATS = Rule(lambda w, r: _in_all(w, r, w.value - 1), "is more than there is")
WARES = Rule(
    lambda w, r: _up_to(r["noun"].counter, min(5, (w.value - 1) // 2)),
    "is more than one can pay for",
)
PRICE = TREATS
BOXES = _sets(SETS, lambda _: 6)
FILLING = Rule(
    lambda _, r: _up_to(r["noun"].counter, min(9, LIMITS[1] // r["k"].count)),
    "is too many in all",
)


def beginning(counter: str, least: int = 5) -> Rule:
    """The first number; "" stands for the counter of the noun."""
    return Rule(
        lambda _, r: MEASURES[counter or r["noun"].counter][least : LIMITS[0] + 1],
        "is no number to begin with, or it is counted in another way",
    )


def one_of(entities: Sequence[Entity]) -> Rule:
    return Rule(lambda _w, _r: entities, "is not one of these")


def another(entities: Sequence[Entity]) -> Rule:
    """Any but the one that was told last."""
    return Rule(lambda w, _: [e for e in entities if e is not w.thing], "was told just now")


def opening(theme: str, counter: str = "") -> Effect:
    def effect(world: ProblemWorld, roles: Roles) -> None:
        world.theme, world.owner, world.noun = theme, roles["agent"], roles.get("noun")
        world.counter = counter or roles["noun"].counter
        world.name(roles["agent"])
        world.thing, world.place = roles.get("thing"), roles.get("place")
        world.subject = None if theme == "way" else roles["agent"]
        if "k" in roles:
            world.value = world.note(roles["k"].count, "*", roles["n"].count)
        else:
            world.value = roles["n"].count
        world.distance = world.value if theme == "way" else 0
        world.operand = 0

    return effect


def step(sign: str) -> Effect:
    """The owner does something that changes the quantity by `n`."""

    def effect(world: ProblemWorld, roles: Roles) -> None:
        world.work(sign, roles["n"].count)
        world.is_new, world.last = False, effect
        world.subject = roles.get("agent")
        world.name(*(roles[role] for role in ("whom", "other") if role in roles))

    return effect


def groups(sign: str) -> Effect:
    """`k` times `n` is added or taken: two steps."""

    def effect(world: ProblemWorld, roles: Roles) -> None:
        world.work(sign, world.note(roles["k"].count, "*", roles["n"].count))
        world.is_new, world.last = False, effect
        world.subject = roles["agent"]

    return effect


def share(world: ProblemWorld, roles: Roles) -> None:
    """The last that happens: what each gets is asked for."""
    world.work("/", roles["n"].count)
    world.is_shared = world.is_over = True


def repeat(world: ProblemWorld, roles: Roles) -> None:
    """The last that happens, too."""
    world.work("*", roles["n"].count)
    world.is_over = True


def compare(sign: str) -> Effect:
    """Another one has so many more or fewer, and is followed from now on."""
    change = step(sign)

    def effect(world: ProblemWorld, roles: Roles) -> None:
        change(world, roles)
        world.owner = world.subject = roles["other"]
        world.is_new = True

    return effect


def go(world: ProblemWorld, roles: Roles) -> None:
    """Something else than before, so that it may come twice in a row."""
    _go_on(world, roles, "-")


def spend(world: ProblemWorld, roles: Roles) -> None:
    """On top of the time already spent."""
    _go_on(world, roles, "+")


def _go_on(world: ProblemWorld, roles: Roles, sign: str) -> None:
    world.work(sign, roles["n"].count)
    world.is_new, world.last = False, None
    world.thing, world.subject = roles["thing"], roles["agent"]


def mention(world: ProblemWorld, roles: Roles) -> None:
    """It does not matter."""
    world.has_aside = True
    world.subject = roles["agent"]


def meet_rival(world: ProblemWorld, roles: Roles) -> None:
    world.has_aside = True
    world.rival = Rival(roles["other"], roles["n"].count)
    world.name(roles["other"])
    world.subject = roles["other"]


def ask(world: ProblemWorld, roles: Roles) -> None:
    world.done = True


def ask_difference(world: ProblemWorld, roles: Roles) -> None:
    count = world.rival.number if world.rival else 0
    large, small = max(world.value, count), min(world.value, count)
    world.value = world.note(large, "-", small)
    world.done = True


def ask_sum(world: ProblemWorld, roles: Roles) -> None:
    world.work("+", world.rival.number if world.rival else 0)
    world.done = True
