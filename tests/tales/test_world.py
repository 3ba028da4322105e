import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.tales.deeds import CASES, GAINS, LOSSES, Case, Event, happen
from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.stories import Telling, begin, scene
from pipeline_lib.tales.words import ANIMALS, COINS, PEOPLE, PLACES, THING
from pipeline_lib.tales.world import Person, Pet, World

SEEDS = st.integers(0, 2**64)


def peopled(seed: int) -> tuple[Telling, Draw]:
    """A world with some history."""
    draw = Draw(seed, 0)
    telling = Telling(draw, begin(draw))
    scene(telling)
    return telling, draw


def goods(world: World) -> int:
    return sum(n for person in (world.hero, *world.cast) for n in person.holds.values())


def change_of(event: Event) -> int:
    """How many more things there should be in all."""
    price = event.price * {"buy": -1, "sell": 1}.get(event.change, 0)
    gained, lost = event.change in GAINS, event.change in LOSSES
    return price + event.count * (gained - lost)


@given(SEEDS)
def test_things_only_appear_and_vanish_as_told(seed: int) -> None:
    telling, draw = peopled(seed)
    world = telling.world
    for change, cases in CASES.items():
        possible: list[Case] = list(cases(world))
        if possible:
            before = goods(world)
            event = happen(change, draw.one_of(possible), draw)
            assert goods(world) == before + change_of(event)
        for person in (world.hero, *world.cast):
            assert all(count > 0 for count in person.holds.values())


@given(SEEDS)
def test_nobody_parts_with_what_they_do_not_hold(seed: int) -> None:
    telling, _ = peopled(seed)
    for change in ("eat", "lose", "steal", "give", "refuse", "trade", "sell", "count"):
        for case in CASES[change](telling.world):
            assert 1 <= case.most <= max(1, case.actor.has(case.thing))


@given(SEEDS)
def test_the_hero_keeps_what_the_goal_takes(seed: int) -> None:
    world = peopled(seed)[0].world
    for change in ("eat", "give", "trade", "sell"):
        for case in CASES[change](world):
            assert not (case.actor is world.hero and case.thing is world.wanted)


def test_losing_what_was_never_held_is_refused() -> None:
    person = Person(PEOPLE[0], {"coins": 2})
    with pytest.raises(ValueError, match="cannot lose 3 of 2"):
        person.lose(COINS, 3)
    with pytest.raises(ValueError, match="cannot lose 1 of 0"):
        person.lose(THING["books"], 1)
    person.lose(COINS, 2)
    assert person.holds == {}


def test_a_pet_fetches_only_where_things_lie_about() -> None:
    world = peopled(1)[0].world
    world.pet = Pet("Pip", ANIMALS[0])
    for place in PLACES:
        world.place = place
        assert bool(list(CASES["fetch"](world))) is not place.shop


def test_places_and_goals_name_things_that_exist() -> None:
    from pipeline_lib.tales.story_grammar import GOALS

    assert {name for place in PLACES for name in place.things} <= set(THING)
    lying = {name for place in PLACES for name in place.things}
    assert {goal.things for goal in GOALS} <= lying
