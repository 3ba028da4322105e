from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.errors import DataError
from pipeline_lib.formats.documents import document_id
from pipeline_lib.text.split import by_rank, by_share, position


def positions(count: int) -> list[float]:
    return [position(document_id(str(i)), seed=1) for i in range(count)]


def test_shares_are_kept_on_many_texts() -> None:
    counts = Counter(map(by_share(0.02, 0.05), positions(20_000)))
    assert abs(counts["test"] / 20_000 - 0.02) < 0.004
    assert abs(counts["validation"] / 20_000 - 0.05) < 0.006


def test_a_texts_part_does_not_change_as_data_grows() -> None:
    split = by_share(0.1, 0.1)
    before = dict(zip(positions(500), map(split, positions(500)), strict=True))
    after = dict(zip(positions(900), map(split, positions(900)), strict=True))
    assert before.items() <= after.items()


def test_another_seed_holds_out_other_texts() -> None:
    assert position(document_id("a"), 1) != position(document_id("a"), 2)
    assert position(document_id("a"), 1) != position(document_id("a"), 1, "weight")


@given(st.integers(3, 60), st.floats(0.001, 0.49), st.floats(0.001, 0.49))
def test_three_texts_are_enough_for_three_parts(count: int, test: float, validation: float) -> None:
    split = by_rank(positions(count), test, validation, "pretrain")
    assert {split(p) for p in positions(count)} == {"train", "validation", "test"}


@given(st.integers(2, 60), st.floats(0.001, 0.49))
def test_two_texts_are_enough_where_no_test_is_asked_for(count: int, validation: float) -> None:
    split = by_rank(positions(count), 0.0, validation, "sft")
    assert {split(p) for p in positions(count)} == {"train", "validation"}


def test_enough_texts_are_split_by_share_alone() -> None:
    assert by_rank(positions(2000), 0.1, 0.1, "pretrain") == by_share(0.1, 0.1)


def test_too_few_texts_are_refused() -> None:
    with pytest.raises(
        DataError, match=r"pretrain: expected at least 3 different texts, .* found 2"
    ):
        by_rank(positions(2) * 5, 0.1, 0.1, "pretrain")
