"""Two processes learn what one learns, act as one, and go on from one another's states."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline_lib.errors import ParamsError, RankError, ResumeError
from pipeline_lib.formats import shardwriting
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import speed
from pipeline_lib.training.distributed import Ranks, expect_share, lost_in_words
from tests.training import ranks
from tests.training.conftest import documents, made_prompts

PATIENCE = 900
"""Seconds for ranks that wait for one another in vain, on a slow machine."""
Found = dict[str, Any]
KINDS = ("ddp", "fsdp")
QUICK = [f"{kind} {name}" for kind in KINDS for name in ranks.QUICK[kind]]
REST = [f"{k} {name}" for k in KINDS for name in ranks.CASES if name not in ranks.QUICK[k]]


def write_world(folder: Path, tokenizer: Tokenizer) -> None:
    """What the ranks share: shards of each stage, and the tokenizer."""
    (folder / "tokenizer.model").write_bytes(tokenizer.model)
    for stage in ("pretrain", "sft"):
        for split, count in (("train", 100), ("validation", 20)):
            made = documents(count, count, masked=stage == "sft")
            to = folder / stage / split
            shardwriting.write(to, stage, split, made, tokenizer.vocab_size, "t", 500)
    made_prompts(folder, tokenizer)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def on_two_ranks(folder: Path, what: str) -> list[Found]:
    common = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    env = {**os.environ, **common, "MASTER_PORT": str(free_port())}
    command = [sys.executable, "-m", "tests.training.ranks", str(folder), what]
    started = [
        subprocess.Popen(
            command,
            env={**env, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            cwd=ranks.ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        told = [process.communicate(timeout=PATIENCE)[1] for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()
    assert [process.returncode for process in started] == [0, 0], told
    assert told == ["", ""]
    return [torch.load(folder / f"found-{rank}.pt", weights_only=False) for rank in range(2)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, tokenizer)
    return folder


@pytest.fixture(scope="module")
def left_by_one(world: Path) -> None:
    """A state for each kind that one process left, before two go on from it."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in KINDS:
            patch.setenv("DVC_ROOT", str(world / "by one" / kind))
            ranks.World(world).killed(ranks.STEADY)


@pytest.fixture(scope="module")
def found(world: Path, left_by_one: None) -> list[Found]:
    """What each of two ranks found."""
    return on_two_ranks(world, "quick")


@pytest.fixture(scope="module")
def alone(world: Path) -> "Alone":
    return Alone(world)


class Alone:
    """What one process finds, once for each case."""

    def __init__(self, world: Path) -> None:
        self.world = world
        self.found: dict[str, Found] = {}

    def of(self, name: str, case: ranks.Case) -> Found:
        if name not in self.found:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("DVC_ROOT", str(self.world / "alone" / name))
                self.found[name] = ranks.World(self.world, save_seconds=3600).result(case)
        return self.found[name]


@pytest.fixture(autouse=True)
def known_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "matrix_peak", lambda *_: 1e12)


def numbers(found: Found, name: str) -> list[float]:
    return [row[name] for row in found["rows"] if name in row]


def expect_alike(found: Found, expected: Found, tolerance: float = 1e-6) -> None:
    assert len(numbers(found, "loss")) == len(numbers(expected, "loss")) > 0
    for name in ("loss", "validation.loss", "entropy", "reward", "experts.busiest"):
        assert numbers(found, name) == pytest.approx(numbers(expected, name), abs=tolerance)
    assert numbers(found, "gradient_norm") == pytest.approx(
        numbers(expected, "gradient_norm"), abs=10 * tolerance
    )
    assert any(numbers(expected, "gradient_norm"))
    assert found["notes"] == expected["notes"]


@pytest.mark.parametrize("name", QUICK)
def test_two_ranks_have_the_losses_of_one(found: list[Found], alone: Alone, name: str) -> None:
    case = name.partition(" ")[2]
    expect_alike(found[0][name], alone.of(case, ranks.CASES[case]))


def same_bits(one: Found, other: Found) -> bool:
    pairs = zip(one["weights"].items(), other["weights"].items(), strict=True)
    return repr(one["rows"]) == repr(other["rows"]) and all(  # nan is not itself
        a == b and torch.equal(x, y) for (a, x), (b, y) in pairs
    )


def test_ranks_have_the_same_rows_and_weights_to_the_bit(found: list[Found]) -> None:
    for name, one in found[0].items():
        if isinstance(one, dict):
            assert same_bits(one, found[1][name]), name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_run_that_was_stopped_anywhere_ends_with_the_same_bits(
    found: list[Found], kind: str, how: str
) -> None:
    for rank in range(2):
        assert same_bits(found[rank][f"{kind} {how}"], found[rank][f"{kind} alone"])


@pytest.mark.parametrize("kind", KINDS)
def test_all_ranks_stop_when_one_is_told_to(found: list[Found], kind: str) -> None:
    assert [one[f"{kind} told"] for one in found] == [143, 143]


@pytest.mark.parametrize("kind", KINDS)
def test_all_ranks_skip_the_step_that_one_could_not_learn_from(
    found: list[Found], kind: str
) -> None:
    for one in found:
        assert one[f"{kind} alone"]["rows"][-1]["skipped_steps"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_time_budget_goes_by_the_clock_of_rank_0(found: list[Found], kind: str) -> None:
    for one in found:
        assert one[f"{kind} alone"]["rows"][-1]["steps"] == 9  # rank 1's says 5, and earlier


@pytest.mark.parametrize("kind", KINDS)
def test_two_ranks_go_on_where_one_left_off(found: list[Found], alone: Alone, kind: str) -> None:
    expect_alike(found[0][f"{kind} by one"], alone.of("steady", ranks.STEADY))


@pytest.mark.parametrize("kind", KINDS)
def test_one_rank_goes_on_where_two_left_off(
    found: list[Found], alone: Alone, world: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = world / "taken by one" / kind
    shutil.copytree(world / "by two" / kind, folder)
    monkeypatch.setenv("DVC_ROOT", str(folder))
    with pytest.raises(ResumeError, match=rf"made with other ranks \(then 2 by {kind}, now None\)"):
        ranks.World(world).result(ranks.STEADY)
    result = ranks.World(world, resume="any").result(ranks.STEADY)
    expect_alike(result, alone.of("steady", ranks.STEADY))


@pytest.fixture(scope="module")
def all_found(
    tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer
) -> tuple[Path, list[Found]]:
    folder = tmp_path_factory.mktemp("all")
    write_world(folder, tokenizer)
    return folder, on_two_ranks(folder, "all")


@pytest.mark.slow
@pytest.mark.parametrize("name", REST)
def test_two_ranks_have_the_losses_of_one_in_all_cases(
    all_found: tuple[Path, list[Found]], alone: Alone, name: str
) -> None:
    case = name.partition(" ")[2]
    expect_alike(all_found[1][0][name], alone.of(case, ranks.CASES[case]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parallel": "none"}, "runtime.parallel: expected ddp or fsdp, as 2 processes"),
        ({"parallel": "fsdp", "compile": True}, "runtime.compile: expected false or auto"),
    ],
)
def test_what_cannot_work_together_is_told_in_words(
    world: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    words: str,
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ParamsError, match=words):
        ranks.World(world, **changes).result(ranks.STEADY)


def test_a_batch_that_ranks_cannot_share_is_told_in_words() -> None:
    with pytest.raises(
        ParamsError, match=r"sft.batch: expected a multiple of the 3 ranks, found 8"
    ):
        expect_share("sft.batch", 8, Ranks(0, 3))


NCCL = "NCCL error in: ProcessGroupNCCL.cpp:1, {}, NCCL version 2.27\n{}\nLast error:\n{}\n"
REMOTE = NCCL.format(
    "remote process exited or there was a network error",
    "ncclRemoteError: A call failed",
    "socketProgress: Connection closed by remote peer",
)
TWICE = NCCL.format("invalid usage", "ncclInvalidUsage: as it says", "Duplicate GPU detected")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            f"{REMOTE}\nException raised from get at x.cpp:1\nframe #0: main",
            "socketProgress: .*peer",
        ),
        ("[pair.cc:538] Connection closed by peer [::1]:80", r"\[pair.cc:538\] Connection .*:80"),
        ("NCCL communicator was aborted on rank 1. ", "NCCL communicator was aborted on rank 1."),
    ],
)
def test_who_lost_another_says_how_it_knows(
    monkeypatch: pytest.MonkeyPatch, error: str, said: str
) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    words = rf"rank 0: expected all 2 ranks at work, found one gone \({said}\); its own error"
    with pytest.raises(RankError, match=words), lost_in_words():
        raise RuntimeError(error)


def test_a_mistake_that_nccl_found_is_not_taken_for_a_death() -> None:
    with pytest.raises(RuntimeError, match="Duplicate GPU"), lost_in_words():
        raise RuntimeError(TWICE)
