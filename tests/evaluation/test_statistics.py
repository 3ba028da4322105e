import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.evaluation.statistics import Interval, pass_at_k, ratio, wilson


@pytest.mark.parametrize(
    ("right", "asked", "low", "high"),
    [(10, 20, 0.299298, 0.700702), (0, 10, 0.0, 0.277533), (81, 263, 0.255266, 0.366185)],
)
def test_wilson_gives_the_published_intervals(
    right: int, asked: int, low: float, high: float
) -> None:
    interval = wilson(right, asked)
    assert interval.low == pytest.approx(low, abs=2e-4)
    assert interval.high == pytest.approx(high, abs=2e-4)


@given(asked=st.integers(1, 5000), share=st.floats(0, 1))
def test_wilson_holds_the_share_and_stays_between_nothing_and_all(asked: int, share: float) -> None:
    right = round(share * asked)
    interval = wilson(right, asked)
    assert 0 <= interval.low <= right / asked + 1e-12
    assert right / asked - 1e-12 <= interval.high <= 1


def test_nothing_asked_is_nothing_known() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize(("samples", "right", "k"), [(8, 3, 2), (8, 0, 8), (8, 8, 1), (5, 4, 2)])
def test_pass_at_k_is_the_share_of_draws_with_a_right_one(samples: int, right: int, k: int) -> None:
    draws = list(combinations([i < right for i in range(samples)], k))
    assert pass_at_k(samples, right, k) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_pass_at_k_needs_k_samples() -> None:
    with pytest.raises(ValueError, match="expected k from 1 to 4, found 5"):
        pass_at_k(4, 1, 5)


def test_a_ratio_covers_the_truth_about_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        sizes = rng.integers(50, 500, 80)
        costs = sizes * 2.0 + rng.normal(0, 1, 80) * sizes**0.5 * 5
        value, interval = ratio(costs.tolist(), sizes.tolist())
        assert math.isclose(value, costs.sum() / sizes.sum())
        covered += interval.low <= 2.0 <= interval.high
    assert 0.91 < covered / 400 < 0.98
