from collections import Counter
from itertools import islice
from math import log2

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline_lib.tales.draw import AHEAD, GOLDEN, Draw, Weighted, mix, stream


def test_the_stream_is_splitmix64() -> None:
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert list(islice(stream(1234567), 3)) == expected


@given(st.integers(), st.integers(0), st.integers(0))
@example(seed=1, index=(1 << 64) - 1, salt=0)
@example(seed=-1, index=1 << 64, salt=1 << 70)
def test_numbers_worked_out_together_are_those_of_the_stream(
    seed: int, index: int, salt: int
) -> None:
    draw = Draw(seed, index, salt)
    state = mix(mix(mix(seed) + GOLDEN * (index + 1)) ^ mix(~salt))
    numbers = stream(state)
    for _ in range(AHEAD + 3):
        assert draw._next(1 << 64) == next(numbers)


@given(st.integers(), st.integers(0), st.integers(1, 1024))
def test_a_choice_is_within_bounds(seed: int, index: int, n: int) -> None:
    draw = Draw(seed, index)
    assert all(0 <= draw.below(n) < n for _ in range(5))
    assert 3 <= draw.whole(3, 3 + n - 1) < 3 + n


def test_choices_are_as_frequent_as_their_weights() -> None:
    draw = Draw(1, 0)
    weighted = Weighted([("a", 1), ("b", 3), ("never", 0)])
    picked = Counter(draw.pick(weighted) for _ in range(4000))
    weighed = Counter(draw.weigh(["a", "b", "never"], [1, 3, 0]) for _ in range(4000))
    happened = sum(draw.chance(25) for _ in range(4000))
    for count in (picked["a"], weighed["a"], happened):
        assert 900 < count < 1100
    assert picked["never"] == weighed["never"] == 0


def test_the_log_probability_is_the_sum_over_the_choices() -> None:
    draw = Draw(2, 0)
    draw.below(8)
    draw.one_of("ab")
    expected = -4.0
    expected += log2(0.25) if draw.chance(25) else log2(0.75)
    expected += {"a": log2(0.1), "b": log2(0.9)}[draw.pick(Weighted([("a", 1), ("b", 9)]))]
    expected += {"a": log2(0.2), "b": log2(0.8)}[draw.weigh("ab", [1, 4])]
    assert draw.log2_probability == pytest.approx(expected, abs=1e-12)


def test_what_is_certain_costs_nothing_and_draws_nothing() -> None:
    draw = Draw(3, 0)
    draw.below(1)
    draw.one_of(["only"])
    draw.pick(Weighted([("only", 7)]))
    draw.weigh(["only"], [7])
    assert (draw.chance(0), draw.chance(100)) == (False, True)
    assert draw.log2_probability == 0.0
    assert draw._next(1 << 64) == Draw(3, 0)._next(1 << 64)


def test_an_empty_distribution_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one item"):
        Weighted([("never", 0)])
