import os

import pytest

from pipeline_lib import engine
from pipeline_lib.errors import FormatError


def double(number: int) -> int:
    return 2 * number


def refuse(number: int) -> int:
    raise FormatError(f"part {number}: expected rows, found none; run `dvc repro` again")


def own_process(_: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_pieces(workers: int) -> None:
    assert list(engine.map(double, list(range(9)), workers)) == list(range(0, 18, 2))


def test_one_worker_or_few_pieces_start_no_process() -> None:
    assert set(engine.map(own_process, [1, 2, 3, 4], 1)) == {os.getpid()}
    assert set(engine.map(own_process, [1, 2, 3], 2)) == {os.getpid()}


def test_two_workers_are_other_processes() -> None:
    assert os.getpid() not in set(engine.map(own_process, [1, 2, 3, 4], 2))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_words_comes_through_as_it_is(workers: int) -> None:
    with pytest.raises(FormatError, match=r"^part \d: expected rows, found none"):
        list(engine.map(refuse, [1, 2, 3, 4], workers))


def test_no_pieces_give_no_results() -> None:
    assert list(engine.map(double, [], 0)) == []
