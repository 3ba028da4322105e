import threading
from collections.abc import Callable

import pytest
import torch

from pipeline_lib.errors import DataError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.training.batches import Batch, Windows
from pipeline_lib.training.prefetch import Prefetch

CPU = torch.device("cpu")


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("batches")]


class Kitchen:
    """Makes batches that say their step, and remembers in which thread it made each."""

    def __init__(self) -> None:
        self.made: list[tuple[int, bool]] = []
        self.fails_at = -1

    def prepare(self, step: int) -> Batch:
        is_ahead = threading.current_thread() is not threading.main_thread()
        self.made.append((step, is_ahead))
        if step == self.fails_at:
            raise DataError(f"step {step} is spoilt")
        ids = torch.full((1, 2), step)
        return Batch(ids, ids)

    def ahead(self, steps: int) -> Prefetch:
        return Prefetch(self.prepare, steps, CPU)


def test_each_step_is_made_once_and_ahead_of_its_time_but_the_first() -> None:
    kitchen = Kitchen()
    with kitchen.ahead(4) as ahead:
        assert [int(ahead.batch(step).inputs[0, 0]) for step in range(4)] == [0, 1, 2, 3]
    assert kitchen.made == [(0, False), (1, True), (2, True), (3, True)]


def test_the_next_batch_is_made_while_the_step_runs() -> None:
    begun = threading.Event()

    def prepare(step: int) -> Batch:
        if step == 1:
            begun.set()
        return Batch(torch.zeros(1, 1).long(), torch.zeros(1, 1).long())

    with Prefetch(prepare, 4, CPU) as ahead:
        ahead.batch(0)
        assert begun.wait(5), "nobody has asked for step 1 yet"


@pytest.mark.parametrize("steps", [[0, 0, 0, 1, 2], [5, 6, 2, 3, 9, 0]])
def test_steps_out_of_order_are_made_when_they_are_asked_for(steps: list[int]) -> None:
    with Kitchen().ahead(10) as ahead:
        assert [int(ahead.batch(step).inputs[0, 0]) for step in steps] == steps


def test_an_error_comes_out_in_the_step_that_needs_the_batch() -> None:
    kitchen = Kitchen()
    kitchen.fails_at = 2
    with kitchen.ahead(5) as ahead:
        ahead.batch(0)
        ahead.batch(1)
        with pytest.raises(DataError, match="step 2 is spoilt"):
            ahead.batch(2)
    assert (2, True) in kitchen.made


def leave_by_the_end(ahead: Prefetch) -> None:
    for step in range(5):
        ahead.batch(step)


def leave_early(ahead: Prefetch) -> None:
    ahead.batch(0)


def leave_by_an_error(ahead: Prefetch) -> None:
    ahead.batch(0)
    raise KeyboardInterrupt


@pytest.mark.parametrize("leave", [leave_by_the_end, leave_early, leave_by_an_error])
def test_no_thread_stays_behind(leave: Callable[[Prefetch], None]) -> None:
    kitchen = Kitchen()
    try:
        with kitchen.ahead(5) as ahead:
            leave(ahead)
    except KeyboardInterrupt:
        pass
    assert threads() == []
    count = len(kitchen.made)
    ahead.batch(3)
    assert kitchen.made[count:] == [(3, False)], "without a thread it is made on the spot"


def test_batches_made_ahead_have_the_bits_of_those_that_are_not(train: Shards) -> None:
    reader = Windows(train, 16, seed=0)
    with Prefetch(lambda step: reader.batch(step, 4), 30, CPU) as ahead:
        for step in range(30):
            found, expected = ahead.batch(step), reader.batch(step, 4)
            assert torch.equal(found.inputs, expected.inputs)
            assert torch.equal(found.targets, expected.targets)


def test_a_batch_for_a_gpu_is_pinned_by_whoever_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen, pinned = Kitchen(), []

    def pin(batch: Batch) -> Batch:
        pinned.append(threading.current_thread() is not threading.main_thread())
        return batch

    monkeypatch.setattr(Batch, "pinned", pin)
    with Prefetch(kitchen.prepare, 2, torch.device("cuda")) as ahead:
        ahead.batch(0)
        ahead.batch(1)
    assert pinned == [False, True]
