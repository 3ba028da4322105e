"""A stage that trains starts its ranks, watches them, and starts them again; torchrun may do so instead."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import yaml

from pipeline_lib import launching
from pipeline_lib.params import Params

ROOT = Path(__file__).parents[1]
HEADER = """
import os, signal, sys, time
from collections.abc import Iterator
from pathlib import Path
from pipeline_lib import stage
from pipeline_lib.errors import DataError, RankError
from pipeline_lib.params import RuntimeParams

RANK = os.environ.get("RANK", "")

def main(runtime: RuntimeParams, made: Path) -> Iterator[stage.Metrics]:
    first = not (made / RANK).exists()
    (made / RANK).touch()
"""
FOOTER = """
    yield {"pieces": 3}

if __name__ == "__main__":
    stage.run(main, trains=True)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    stored = yaml.safe_load((ROOT / "params.yaml").read_text())
    stored["runtime"] |= {"parallel": "ddp", "processes": 2, "device": "cpu"}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(stored, sort_keys=False))
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "__init__.py").touch()
    (tmp_path / "made").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(project: Path, body: str) -> "subprocess.Popen[str]":
    text = HEADER + textwrap.indent(textwrap.dedent(body), "    ") + FOOTER
    (project / "stages" / "demo.py").write_text(text)
    command = [sys.executable, "-m", "stages.demo", "made"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    told = process.communicate(timeout=60)[1]
    return process.returncode, told


def test_rank_0_alone_says_and_writes_what_there_is(project: Path) -> None:
    status, told = ended(start(project, "pass"))
    assert status == 0
    assert told.count("demo: done in") == 1
    assert sorted(p.name for p in (project / "made").iterdir()) == ["0", "1"]
    assert (project / "metrics" / "demo.json").exists()


def test_when_a_rank_dies_the_others_are_stopped_and_all_start_again(project: Path) -> None:
    body = """
    if first and RANK == "1":
        while not (made / "0").exists():  # else it would still be the first time for rank 0, after the restart
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGKILL)
    if first:
        time.sleep(50)
    """
    began = time.monotonic()
    status, told = ended(start(project, body))
    assert status == 0
    assert "demo: rank 1 of 2 was ended by SIGKILL; starting again from the newest state" in told
    assert time.monotonic() - began < 45


def test_ranks_that_die_again_and_again_are_given_up(project: Path) -> None:
    status, told = ended(start(project, "raise RuntimeError('a bug')"))
    assert status == 1
    assert told.count("starting again from the newest state") == launching.RESTARTS
    assert told.rstrip().endswith("left with 1; giving up")
    assert "RuntimeError: a bug" in told


def test_a_mistake_is_said_once_and_nothing_is_started_again(project: Path) -> None:
    status, told = ended(start(project, "raise DataError('data: expected some, found none')"))
    assert (status, told) == (1, "data: expected some, found none\n")


def test_who_only_lost_another_leaves_the_word_to_it(project: Path) -> None:
    body = """
    if first and RANK == "0":
        raise RankError("rank 0: expected all ranks at work, found one gone")
    if first:
        time.sleep(0.5)
        raise RuntimeError("why")
    """
    status, told = ended(start(project, body))
    assert status == 0
    assert "RuntimeError: why" in told
    assert "found one gone" not in told


def test_a_mistake_of_one_rank_alone_is_said_and_nothing_is_started_again(project: Path) -> None:
    body = """
    if RANK == "0":
        raise RankError("rank 0: expected all ranks at work, found one gone")
    raise DataError("data: expected some, found none")
    """
    assert ended(start(project, body)) == (1, "data: expected some, found none\n")


def test_a_full_disk_that_all_ranks_find_is_said_once(project: Path) -> None:
    body = "raise OSError(28, 'No space left on device', 'state.pt')"
    status, told = ended(start(project, body))
    assert status == 1
    assert told == (
        "state.pt: expected room on the disk, found it full; make room and run it again\n"
    )


def test_a_stop_of_one_rank_stops_all_once_they_have_saved(project: Path) -> None:
    body = """
    if RANK == "0":
        time.sleep(1)
    (made / f"saved-{RANK}").touch()
    raise SystemExit(128 + signal.SIGTERM)
    """
    assert ended(start(project, body)) == (128 + signal.SIGTERM, "")
    assert len(list((project / "made").glob("saved-*"))) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_reaches_the_ranks_and_is_waited_for(project: Path, number: signal.Signals) -> None:
    body = """
    stopped = []
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda number, _: stopped.append(number))
    (made / f"ready-{RANK}").touch()
    while not stopped:
        time.sleep(0.05)
    time.sleep(int(RANK))
    (made / f"saved-{RANK}").touch()
    if stopped == [signal.SIGINT]:
        raise KeyboardInterrupt
    raise SystemExit(128 + signal.SIGTERM)
    """
    process = start(project, body)
    limit = time.monotonic() + 60
    while len(list((project / "made").glob("ready-*"))) < 2 and time.monotonic() < limit:
        time.sleep(0.05)
    process.send_signal(number)
    status, told = ended(process)
    assert status == 128 + number
    assert told.count("interrupted; run it again") == (number == signal.SIGINT)
    assert len(list((project / "made").glob("saved-*"))) == 2


def test_a_process_that_is_a_rank_starts_none(
    params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = params.runtime.model_copy(update={"parallel": "ddp", "processes": 4})
    assert launching.wanted(runtime) == 4
    assert launching.wanted(runtime.model_copy(update={"parallel": "none"})) == 1
    assert launching.wanted(runtime.model_copy(update={"processes": 0, "device": "cpu"})) == 1
    monkeypatch.setenv("RANK", "0")
    assert launching.wanted(runtime) == 1


def test_nothing_of_torch_is_needed_to_watch() -> None:
    code = "import sys, pipeline_lib.launching; print('torch' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.strip() == "False", told.stderr
