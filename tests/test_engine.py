import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_lib import engine
from pipeline_lib.engine import mapping
from pipeline_lib.engine.work import Failure, Work
from pipeline_lib.errors import DataError, FormatError, ParamsError


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


def after_the_rows(label: str) -> None:
    for _ in engine.walk(range(5), label):
        pass
    raise RuntimeError("the file could not be closed")


def in_an_outer_row(label: str) -> None:
    for _ in engine.walk(range(2), label):
        after_the_rows("inner.parquet")


def run_out_of_room(path: Path) -> None:
    number = int(path.name)
    path.write_text(path.read_text() + "x" if path.exists() else "x")
    raise OSError(number, os.strerror(number), "out/part.parquet")


def write_to_a_full_disk(_: int) -> None:
    with Path("/dev/full").open("w") as file:
        file.write("more than there is room for")


def stumble(path: Path) -> int:
    """Fails when first called."""
    if path.exists():
        return 1
    path.touch()
    raise OSError("the disk is busy")


def die_noting(path: Path) -> str:
    """Notes each run; what is deadly waits for the word, or a slow start of the other process would go with it."""
    with path.with_name(f"{path.name}.runs").open("a") as runs:
        runs.write("x")
    while path.name.startswith("deadly") and not path.with_name("now").exists():
        time.sleep(0.01)
    return die(path)


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


@pytest.mark.parametrize("workers", [1, 2])
def test_of_many_errors_in_words_some_are_told_and_the_others_counted(workers: int) -> None:
    with pytest.raises(
        FormatError, match=r"part 3: [^;]*; run `dvc repro` again; and 2 more"
    ) as told:
        list(engine.map(refuse, [1, 2, 3, 4, 5], workers))
    assert "part 4" not in str(told.value)
    with pytest.raises(FormatError, match=r"again$"):
        list(engine.map(refuse, [1, 2, 3], workers))


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


def test_after_the_last_row_a_failure_names_no_document() -> None:
    with pytest.raises(DataError, match=r"^part-3: expected .* \(part-3: RuntimeError: the file"):
        list(engine.map(after_the_rows, ["part-3"], 1))


def test_after_an_inner_walk_a_failure_names_the_outer_row() -> None:
    with pytest.raises(DataError, match=r"^part-3, row 1: expected"):
        list(engine.map(in_an_outer_row, ["part-3"], 1))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_as_such_and_not_tried_again(number: int, tmp_path: Path) -> None:
    told = (
        "^out/part.parquet: expected room on the disk, found it full; make room and run it again$"
    )
    with pytest.raises(DataError, match=told):
        list(engine.map(run_out_of_room, [tmp_path / str(number)], 1))
    assert (tmp_path / str(number)).read_text() == "x"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_disk_that_runs_full_in_a_write_names_the_piece() -> None:
    with pytest.raises(DataError, match=r"^7: expected room on the disk, found it full"):
        list(engine.map(write_to_a_full_disk, [7], 1))


def test_a_machine_that_does_not_see_the_folder_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "cwd", lambda: tmp_path / "away")
    told = (
        rf"^runtime.cluster: expected its machines to see {tmp_path}/away, found No such file .*; "
        "share the folder under the same path$"
    )
    with pytest.raises(ParamsError, match=told):
        list(engine.map(double, [1, 2, 3, 4], 2))


def test_a_worker_whose_own_folder_is_gone_comes_into_that_of_the_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert Work(double, str(tmp_path))(4) == 8
    assert Path.cwd() == tmp_path
    refused = Work(double, str(tmp_path / "gone"))(4)
    assert isinstance(refused, Failure)
    assert isinstance(refused.known, ParamsError)


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


def test_a_process_that_dies_while_nobody_waits_for_it_costs_nothing(tmp_path: Path) -> None:
    pieces = pieces_in(tmp_path, "a", "b", "deadly-once", *"cdefgh")
    results = engine.map(die_noting, pieces, 2)
    done = [next(results)]
    (tmp_path / "now").touch()
    while not (tmp_path / "deadly-once").read_text():
        time.sleep(0.05)
    time.sleep(0.5)  # the pool has seen it: from here on it takes no more
    assert done + list(results) == [piece.name for piece in pieces]
    assert (tmp_path / "a.runs").read_text() == (tmp_path / "h.runs").read_text() == "x"


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


def test_pieces_are_made_a_few_ahead_of_the_results() -> None:
    made: list[int] = []

    def pieces() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            yield number

    results = engine.map(double, pieces(), 2, count=20)
    assert next(results) == 0
    assert len(made) == mapping.AHEAD * 2 + 1
    assert list(results) == list(range(2, 40, 2))


def test_few_pieces_are_not_worth_a_process() -> None:
    assert [engine.spreads(count, 2) for count in (0, 3, 4, 99)] == [False, False, True, True]
    assert not engine.spreads(99, 1)
    with engine.on("dask"):
        assert engine.spreads(2, 1)
