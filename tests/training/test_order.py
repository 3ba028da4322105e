import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.training.order import (
    ROUNDS,
    Numbers,
    Order,
    Words,
    permuted,
    random_numbers,
    share,
)


def keys(seed: int, rounds: int = ROUNDS) -> Words:
    return random_numbers("keys", seed).integers(1 << 64, size=rounds, dtype=np.uint64)


def shuffles(count: int, times: int, rounds: int = ROUNDS) -> list[Numbers]:
    return [permuted(np.arange(count), count, keys(n, rounds)) for n in range(times)]


def surprise(counts: Counter[int], cells: int) -> float:
    """Pearson's chi-square against equal counts, in standard deviations from what chance gives."""
    mean = counts.total() / cells
    chi = sum((counts[cell] - mean) ** 2 / mean for cell in range(cells))
    return (chi - (cells - 1)) / math.sqrt(2 * (cells - 1))


def test_every_count_up_to_300_is_permuted() -> None:
    for count in range(1, 301):
        assert sorted(permuted(np.arange(count), count, keys(count)).tolist()) == [*range(count)]


@given(st.integers(1, 2**62), st.integers(0, 2**32), st.data())
def test_no_two_items_of_any_count_go_to_the_same_place(
    count: int, seed: int, data: st.DataObject
) -> None:
    some = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=50))
    found = permuted(np.array(sorted(some)), count, keys(seed))
    assert len(set(found.tolist())) == len(some)
    assert found.min() >= 0
    assert found.max() < count


@pytest.mark.parametrize("count", [2**20, 1_000_003])
def test_a_million_items_are_permuted(count: int) -> None:
    found = permuted(np.arange(count), count, keys(0))
    assert (np.bincount(found, minlength=count) == 1).all()


@pytest.mark.parametrize("count", [3, 4, 5])
def test_all_orders_of_few_items_come_equally_often(count: int) -> None:
    every = math.factorial(count)
    orders = [tuple(order.tolist()) for order in shuffles(count, 20 * every)]
    number = {order: n for n, order in enumerate(itertools.permutations(range(count)))}
    assert abs(surprise(Counter(number[order] for order in orders), every)) < 4


@pytest.mark.parametrize("count", [64, 101])
def test_neighbours_part_as_chance_has_it(count: int) -> None:
    def steps(rounds: int) -> float:
        """How uneven the distances are, around the circle, of items that stood side by side."""
        apart = [(np.diff(x) % count - 1).tolist() for x in shuffles(count, 400, rounds)]
        return surprise(Counter(d for each in apart for d in each), count - 1)

    assert abs(steps(ROUNDS)) < 4
    assert steps(4) > 10, "the measure sees too few rounds"


def test_items_do_not_stay_where_they_were() -> None:
    count = 100_000
    moved = permuted(np.arange(count), count, keys(1)) - np.arange(count)
    assert abs(np.abs(moved).mean() / count - 1 / 3) < 0.01  # of two uniform places
    assert abs(np.corrcoef(np.arange(count), np.arange(count) + moved)[0, 1]) < 0.02


def test_an_epoch_visits_every_item_once_and_the_next_in_another_order() -> None:
    epochs, items = Order(7, "digest", seed=1).at(np.arange(14))
    assert epochs.tolist() == [0] * 7 + [1] * 7
    assert sorted(items[:7].tolist()) == sorted(items[7:].tolist()) == list(range(7))
    assert items[:7].tolist() != items[7:].tolist()


def test_a_batch_runs_over_the_ends_of_epochs() -> None:
    order = Order(3, "digest", seed=1)
    epochs, items = order.batch(1, 8)
    assert epochs.tolist() == [2, 3, 3, 3, 4, 4, 4, 5]
    assert items.tolist() == [int(order.at(np.array([place]))[1][0]) for place in range(8, 16)]


def test_the_order_is_a_function_of_digest_seed_and_step_alone() -> None:
    def steps(digest: str, seed: int) -> list[list[int]]:
        return [Order(50, digest, seed).batch(step, 8)[1].tolist() for step in (9, 2, 30)]

    assert steps("a", 1) == steps("a", 1)
    assert steps("a", 1) != steps("b", 1)
    assert steps("a", 1) != steps("a", 2)
    whole = Order(50, "a", 1)
    assert [whole.batch(step, 8)[1].tolist() for step in (9, 2, 30)] == steps("a", 1)


def test_the_order_does_not_depend_on_the_platform() -> None:
    assert random_numbers("x", 1, "epoch", 2).integers(1000, size=3).tolist() == [684, 289, 567]
    _, items = Order(10**12, "a", 1).at(np.array([0, 1, 10**12]))
    assert items.tolist() == [356910954797, 909037200173, 250209550620]


def test_an_order_of_more_items_than_memory_holds_is_asked_at_once() -> None:
    epochs, items = Order(10**15, "a", 1).batch(10**9, 8)
    assert epochs.tolist() == [0] * 8
    assert len(set(items.tolist())) == 8


@given(st.integers(0, 600), st.integers(1, 70))
def test_the_shares_of_all_ranks_are_the_batch(size: int, ranks: int) -> None:
    shares = [share(size, rank, ranks) for rank in range(ranks)]
    assert [row for rows in shares for row in rows] == list(range(size))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
