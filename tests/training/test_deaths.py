"""The pretrain stage on two ranks, one of which dies or is told to stop: a minute each, so marked slow."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import torch

from pipeline_lib.tokens.tokenizer import Tokenizer
from tests.training import projects
from tests.training.ranks import ROOT

STEPS = 150
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
Stage = Callable[..., tuple[Path, "subprocess.Popen[str]"]]


@pytest.fixture
def begin(tmp_path: Path, tokenizer: Tokenizer) -> Stage:
    def start(name: str, kind: str, *launcher: str) -> tuple[Path, "subprocess.Popen[str]"]:
        folder = tmp_path / name
        if not folder.exists():
            folder.mkdir()
            projects.write(folder, tokenizer, steps=STEPS, parallel=kind, processes=2)
        env = {**os.environ, "PYTHONPATH": str(ROOT), "DVC_ROOT": str(folder)}
        command = [sys.executable, *launcher, *projects.COMMAND]
        return folder, subprocess.Popen(
            command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True
        )

    return start


def saved_step(folder: Path) -> int:
    states = list((folder / ".scratch" / "pretrain").glob("*/state.pt"))
    return int(torch.load(states[0], weights_only=True)["step"]) if states else 0


def wait_for_steps(folder: Path) -> None:
    limit = time.monotonic() + 120
    while saved_step(folder) < 10 and time.monotonic() < limit:
        time.sleep(0.2)


def rank(number: int, process: "subprocess.Popen[str]") -> psutil.Process:
    children = psutil.Process(process.pid).children(recursive=True)
    return next(child for child in children if child.environ().get("RANK") == str(number))


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    told = process.communicate(timeout=240)[1]
    return process.returncode, told


def model(folder: Path) -> bytes:
    return (folder / "base" / "model.safetensors").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "launcher"), [("ddp", []), ("fsdp", [*TORCHRUN, "--max-restarts", "1"])]
)
def test_a_run_whose_rank_was_killed_ends_with_the_bits_of_an_undisturbed_one(
    begin: Stage, kind: str, launcher: list[str]
) -> None:
    undisturbed, process = begin("undisturbed", kind)
    assert ended(process)[0] == 0
    folder, process = begin("killed", kind, *launcher)
    wait_for_steps(folder)
    rank(1, process).kill()
    status, told = ended(process)
    assert status == 0, told
    assert "pretrain: goes on from step" in told
    assert "SIGKILL" in told or "exitcode: -9" in told
    assert model(folder) == model(undisturbed)


@pytest.mark.slow
def test_without_a_restart_the_others_stop_within_a_minute_and_the_error_is_shown(
    begin: Stage,
) -> None:
    folder, process = begin("killed", "ddp", *TORCHRUN)
    wait_for_steps(folder)
    rank(1, process).kill()
    began = time.monotonic()
    status, told = ended(process)
    assert status == 1
    assert time.monotonic() - began < 60
    assert "Signal 9 (SIGKILL)" in told


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ddp", "fsdp"])
def test_a_stopped_stage_saves_and_goes_on_to_the_same_bits(begin: Stage, kind: str) -> None:
    undisturbed, process = begin("undisturbed", kind)
    assert ended(process)[0] == 0
    folder, process = begin("stopped", kind)
    wait_for_steps(folder)
    before = saved_step(folder)
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 128 + signal.SIGTERM
    assert saved_step(folder) >= before
    folder, process = begin("stopped", kind)
    status, told = ended(process)
    assert status == 0, told
    assert "pretrain: goes on from step" in told
    assert model(folder) == model(undisturbed)
