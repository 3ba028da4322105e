"""Minimal pairs: the recogniser accepts the one and refuses the other, which differs in one place."""

import pytest

from pipeline_lib.tales import Break, Language, Reading, inspect, recognise
from pipeline_lib.tales.pairs import CATALOGUE, PHENOMENA, Pair, first_difference, pair

ROUNDS = 6
"""Pairs of each phenomenon."""


@pytest.fixture(scope="module", params=["en", "ja"])
def drawn(request: pytest.FixtureRequest) -> list[Pair]:
    language: Language = request.param
    return [pair(4, index, language) for index in range(ROUNDS * len(PHENOMENA[language]))]


def test_there_are_enough_phenomena() -> None:
    assert len(PHENOMENA["en"]) >= 20
    assert len(PHENOMENA["ja"]) >= 10
    assert all(len(set(names)) == len(names) for names in PHENOMENA.values())
    assert all(name.replace("_", "").islower() for names in PHENOMENA.values() for name in names)


def test_every_phenomenon_comes_up_as_often(drawn: list[Pair]) -> None:
    for name in PHENOMENA[drawn[0].language]:
        assert sum(one.phenomenon == name for one in drawn) == ROUNDS


def test_the_good_text_is_accepted_and_the_bad_one_refused(drawn: list[Pair]) -> None:
    faults = {one.name: one.fault for one in CATALOGUE[drawn[0].language]}
    for one in drawn:
        accepted, refused = recognise(one.good), recognise(one.bad)
        assert isinstance(accepted, Reading), one
        assert isinstance(refused, Break), one
        assert accepted.language == one.language
        assert refused.fault == faults[one.phenomenon], one


def test_the_two_differ_in_one_sentence(drawn: list[Pair]) -> None:
    for one in drawn:
        start = first_difference(one.good, one.bad)
        end = first_difference(one.good[::-1], one.bad[::-1])
        good = one.good[start : len(one.good) - end]
        assert len(good) <= 45, one
        assert "\n" not in good, one


def test_the_first_sentence_called_wrong_is_the_one_that_was_changed(drawn: list[Pair]) -> None:
    for one in drawn:
        if one.phenomenon == "politeness":
            continue  # it is the rest that is wrong where the first sentence sets another tone
        wrong = next(verdict for verdict in inspect(one.bad).verdicts if verdict.fault)
        assert wrong.start <= first_difference(one.good, one.bad) < wrong.end, one


def test_pairs_are_short(drawn: list[Pair]) -> None:
    assert all(len(one.good.encode()) <= 620 for one in drawn)


def test_pairs_are_the_same_every_time_and_none_is_drawn_twice(drawn: list[Pair]) -> None:
    assert [pair(4, index, drawn[0].language) for index in range(10)] == drawn[:10]
    assert len({one.bad for one in drawn}) == len(drawn)
    assert pair(5, 0, drawn[0].language) != drawn[0]
