import numpy as np
import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.training.batches import Order, Windows, random_numbers


def test_an_epoch_visits_every_item_once_and_the_next_in_another_order() -> None:
    order = Order(7, "digest", seed=1)
    places = [order.at(place) for place in range(14)]
    first, second = places[:7], places[7:]
    assert sorted(item for _, item in first) == sorted(item for _, item in second) == list(range(7))
    assert {epoch for epoch, _ in first} == {0}
    assert [item for _, item in first] != [item for _, item in second]


def test_the_order_is_a_function_of_digest_seed_and_step_alone() -> None:
    def steps(digest: str, seed: int) -> list[list[tuple[int, int]]]:
        return [Order(50, digest, seed).batch(step, 8) for step in (9, 2, 30)]

    assert steps("a", 1) == steps("a", 1)
    assert steps("a", 1) != steps("b", 1)
    assert steps("a", 1) != steps("a", 2)
    whole = Order(50, "a", 1)
    assert [whole.batch(step, 8) for step in (9, 2, 30)] == steps("a", 1)


def test_random_numbers_do_not_depend_on_the_platforms_hash() -> None:
    assert random_numbers("x", 1, "epoch", 2).integers(1000, size=3).tolist() == [684, 289, 567]


def test_no_token_is_seen_twice_in_an_epoch(train: Shards) -> None:
    windows = Windows(train, context=16, seed=0)
    count = windows.order.count
    starts = [windows._window(0, item) for item in range(count)]
    numbers = random_numbers(train.index.digest, 0, "offset", 0)
    offset = int(numbers.integers(16))
    inputs = np.concatenate([window[:-1] for window in starts])
    assert inputs.tolist() == train.tokens[offset : offset + count * 16].tolist()


def test_targets_are_inputs_one_token_later(train: Shards) -> None:
    batch = Windows(train, context=16, seed=0).batch(3, 4)
    whole = train.tokens[0 : len(train.tokens)].tolist()
    assert batch.inputs[:, 1:].tolist() == batch.targets[:, :-1].tolist()
    for row, target in zip(batch.inputs.tolist(), batch.targets[:, -1].tolist(), strict=True):
        assert any(whole[k : k + 17] == [*row, target] for k in range(len(whole) - 16))


def test_a_context_longer_than_the_shards_is_refused(validation: Shards) -> None:
    tokens = len(validation.tokens)
    with pytest.raises(
        DataError, match=rf"model.context: expected at most {(tokens - 1) // 2} .* found 4000"
    ):
        Windows(validation, context=4000, seed=0)
