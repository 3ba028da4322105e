import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline_lib import engine
from pipeline_lib.errors import DataError, FormatError


def double(number: int) -> int:
    return 2 * number


def refuse(number: int) -> int:
    raise FormatError(f"part {number}: expected rows, found none; run `dvc repro` again")


def own_process(_: int) -> int:
    return os.getpid()


def third_row(number: int) -> int:
    for row in engine.walk(range(5), f"part-{number}.parquet"):
        if number == 3 and row == 2:
            raise RuntimeError("a sign that no rule foresaw")
    return number


def stumble(path: Path) -> int:
    """Fails when first called."""
    if path.exists():
        return 1
    path.touch()
    raise OSError("the disk is busy")


def die(path: Path) -> str:
    """Takes its process with it, once for each of the letters in the file."""
    if path.name.startswith("deadly") and len(path.read_text()) < 9:
        path.write_text(path.read_text() + "x")
        if path.name != "deadly-once" or path.read_text() == "x":
            os.kill(os.getpid(), signal.SIGKILL)
    return path.name


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
    with pytest.raises(FormatError, match=r"^part 1: expected rows, found none"):
        list(engine.map(refuse, [1, 2, 3, 4], workers))


def test_no_pieces_give_no_results() -> None:
    assert list(engine.map(double, [], 0)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failed_piece_names_its_document_and_the_others_are_finished(workers: int) -> None:
    with pytest.raises(DataError) as failed:
        list(engine.map(third_row, [1, 2, 3, 4, 5], workers))
    assert "part-3.parquet, row 3: RuntimeError: a sign that no rule foresaw" in str(failed.value)
    assert "found 1 that failed 3 times" in str(failed.value)


def test_the_others_are_handed_on_before_the_failure_is_told() -> None:
    results = engine.map(third_row, [1, 2, 3, 4, 5], 2)
    assert [next(results) for _ in range(4)] == [1, 2, 4, 5]
    with pytest.raises(DataError):
        next(results)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_piece_that_stumbles_is_tried_again(workers: int, tmp_path: Path) -> None:
    pieces = [tmp_path / str(number) for number in range(4)]
    assert list(engine.map(stumble, pieces, workers)) == [1, 1, 1, 1]


def pieces_in(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_text("")
    return [folder / name for name in names]


def test_a_process_that_is_killed_once_costs_nothing(tmp_path: Path) -> None:
    pieces = pieces_in(tmp_path, "a", "b", "deadly-once", "c", "d", "e")
    assert list(engine.map(die, pieces, 2)) == [piece.name for piece in pieces]


def test_a_piece_that_kills_each_process_is_named_and_the_others_are_done(tmp_path: Path) -> None:
    pieces = pieces_in(tmp_path, "a", "b", "deadly", "c", "d", "e")
    results = engine.map(die, pieces, 2)
    assert [next(results) for _ in range(5)] == ["a", "b", "c", "d", "e"]
    with pytest.raises(DataError, match="deadly: its process died each time"):
        next(results)


WAITS = """
import time
from pathlib import Path
from pipeline_lib import engine
from tests.test_engine import linger
if __name__ == "__main__":
    list(engine.map(linger, [Path({folder!r}) / str(n) for n in range(4)], 2))
"""


def linger(path: Path) -> None:
    path.write_text(str(os.getpid()))
    time.sleep(60)


@pytest.mark.skipif(sys.platform == "win32", reason="processes have other parents there")
def test_the_processes_end_with_a_stage_that_is_killed(tmp_path: Path) -> None:
    script = WAITS.format(folder=str(tmp_path))
    running = subprocess.Popen([sys.executable, "-c", script])
    while not all((tmp_path / str(n)).exists() for n in (0, 1)):
        assert running.poll() is None
        time.sleep(0.1)
    time.sleep(0.2)
    workers = [int((tmp_path / str(n)).read_text()) for n in (0, 1)]
    running.kill()
    running.wait()
    for _ in range(100):
        if not any(is_running(worker) for worker in workers):
            return
        time.sleep(0.1)
    raise AssertionError("a worker outlived its stage by ten seconds")


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text().rsplit(") ", 1)[1][0] != "Z"
