import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.evaluation.statistics import (
    Interval,
    clustered,
    mean,
    pass_at_k,
    ratio,
    wilson,
)


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


def test_a_share_of_grouped_trials_is_as_wide_as_its_groups_stray() -> None:
    rng = np.random.default_rng(1)
    covered, widths = 0, []
    for _ in range(400):
        chances = rng.beta(6, 2, 100)  # a text is good or bad as a whole, mean 0.75
        sentences = rng.integers(2, 12, 100)
        right = rng.binomial(sentences, chances)
        share, interval = clustered(right.tolist(), sentences.tolist())
        assert share == pytest.approx(right.sum() / sentences.sum())
        covered += interval.low <= 0.75 <= interval.high
        widths.append((interval.high - interval.low) / width(right.sum(), sentences.sum()))
    assert 0.91 < covered / 400 < 0.98
    assert np.mean(widths) > 1.2


def width(right: int, asked: int) -> float:
    interval = wilson(int(right), int(asked))
    return interval.high - interval.low


def test_where_every_group_succeeds_each_counts_once() -> None:
    assert clustered([4, 7, 9], [4, 7, 9]) == (1.0, wilson(3, 3))
    assert clustered([0, 0], [4, 7]) == (0.0, wilson(0, 2))
    assert clustered([], []) == clustered([0], [0]) == (0.0, Interval(0.0, 1.0))


def test_a_mean_strays_by_its_standard_error() -> None:
    found = mean([1.0, 3.0, 5.0])
    assert found.value == 3.0
    assert found.standard_error == pytest.approx(2 / math.sqrt(3))
    assert found.interval.low == pytest.approx(3 - 1.96 * 2 / math.sqrt(3), abs=1e-3)
    assert mean([1.0]).standard_error == math.inf
