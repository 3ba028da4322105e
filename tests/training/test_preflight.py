"""What is said before the first step, and what is refused."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import TrainingError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.model.counting import flops_per_token
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.params import Params, RuntimeParams
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import preflight, room, sizing, speed
from pipeline_lib.training.loop import announce
from pipeline_lib.training.preflight import Job
from pipeline_lib.training.pretrain import Pretraining
from pipeline_lib.training.resume import States
from pipeline_lib.training.sft import FineTuning
from tests.model.shapes import SHIPPED, shaped
from tests.training.conftest import SMALL, Begin, Ear

VOCAB = 2048
WIDE = shaped(layers=12, channels=768, heads=12, kv_heads=12, head_width=64, hidden=3072)


@pytest.fixture
def job(params: Params, runtime: RuntimeParams, hardware: Hardware) -> Job:
    """Twelve layers of 768, eight rows at once."""
    section = params.pretrain.model_copy(update={"batch": 32, "micro_batch": 8})
    return preflight.pretraining(WIDE, VOCAB, section, runtime, hardware, 8_000_000)


def test_tokens_and_flops_are_those_of_the_run(job: Job) -> None:
    assert job.tokens == job.params.steps * 32 * 256
    each = 6 * job.counts.worked + 12 * 12 * 768 * 256
    assert job.flops == pytest.approx(job.tokens * each)
    assert job.epochs == pytest.approx(job.tokens / 8_000_000)


def test_what_fits_is_let_through(job: Job) -> None:
    preflight.expect_memory(job, job.least)
    preflight.expect_memory(job, None)  # nobody knows


def test_what_cannot_fit_is_refused_with_fewer_rows_at_once_and_recomputing(job: Job) -> None:
    free = replace(job, at=replace(job.at, rows=2)).memory.peak
    assert job.least > free
    with pytest.raises(TrainingError) as told:
        preflight.expect_memory(job, free)
    words = str(told.value)
    assert words.startswith("pretrain: expected at most ")
    assert "8 x 256 tokens at once" in words
    assert words.endswith(
        "the nearest that fits: pretrain.micro_batch: 2 | runtime.recompute: true"
    )


def test_a_smaller_shape_is_named_only_where_nothing_else_fits(job: Job) -> None:
    smaller = list(sizing.smaller(WIDE, WIDE, VOCAB))
    free = replace(job, shape=smaller[3][1], at=replace(job.at, rows=1, recompute=True)).memory.peak
    (words,) = preflight.fitting(job, free, smaller)
    assert words == "model.layers: 8 with runtime.recompute: true and pretrain.micro_batch: 1"
    assert preflight.fitting(job, 1000, smaller) == []
    with pytest.raises(TrainingError, match="nearest that fits: nothing of this kind"):
        preflight.expect_memory(job, 1000, smaller)


@pytest.mark.parametrize("share", [0.9, 0.6, 0.4, 0.3])
def test_each_thing_that_is_named_fits_and_keeps_the_batch(job: Job, share: float) -> None:
    free = int(share * job.memory.peak)
    for words in preflight.fitting(job, free):
        rows = job.at.rows
        if "micro_batch" in words:
            rows = int(words.split("micro_batch: ")[1])
        at = replace(job.at, rows=rows, recompute="recompute" in words)
        assert replace(job, at=at).memory.peak <= free
        assert 32 % rows == 0


def test_a_disk_that_cannot_hold_two_states_is_refused(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert job.state_bytes == job.memory.optimizer + 4 * job.counts.total
    monkeypatch.setattr(preflight, "_free_disk", lambda _: job.disk)
    preflight.expect_disk(job, tmp_path / "not there yet")
    monkeypatch.setattr(preflight, "_free_disk", lambda _: job.disk - 10)
    with pytest.raises(TrainingError, match=r"expected room for .* \(two states of"):
        preflight.expect_disk(job, tmp_path)
    (tmp_path / "state.pt").write_bytes(b"x" * 10)  # what is there need not fit again
    preflight.expect_disk(job, tmp_path)


def test_what_lies_ahead_is_said_and_a_finished_run_says_nothing(
    job: Job, tmp_path: Path, runtime: RuntimeParams, ear: Ear
) -> None:
    kept = States(tmp_path, runtime, {"code": "as it is"})
    preflight.clear(job, kept)
    first, second = ear.heard
    assert f"{job.params.steps:,} steps of 8,192 tokens" in first
    assert "times the text), " in first
    assert first.endswith(" FLOPs")
    assert "GiB free on cpu at the peak" in second
    assert "free on the disk" in second
    kept.mark_finished()
    preflight.clear(job, States(tmp_path, runtime, {"code": "as it is", "compiled": True}))
    assert len(ear.heard) == 2
    preflight.clear(job, States(tmp_path, runtime, {"code": "another"}))  # trains anew
    assert len(ear.heard) == 4


def test_a_text_that_is_read_too_often_is_told_of(job: Job, tmp_path: Path) -> None:
    assert len(list(preflight.sentences(replace(job, held=job.tokens // 4), tmp_path, None))) == 2
    short = replace(job, held=job.tokens // 10)
    *_, told = preflight.sentences(short, tmp_path, None)
    assert "read 10.0 times" in told
    fitting = int(told.split("at most ")[1].split(" ")[0].replace(",", ""))
    assert fitting == pytest.approx(0.4 * job.params.steps, rel=0.01)


def test_of_short_completions_nobody_knows_so_only_what_lasts_refuses(
    params: Params, runtime: RuntimeParams, hardware: Hardware
) -> None:
    job = preflight.reinforcement(WIDE, VOCAB, params.grpo, runtime, hardware)
    held_before = 4 * job.counts.total  # the weights it begins with
    assert job.least == job.memory.lasting - held_before
    plain = preflight.fine_tuning(SHIPPED, VOCAB, params.sft, runtime, hardware)
    assert plain.memory.copies == 8 * plain.counts.total  # the best, and those it began with


def test_memory_is_what_the_machine_and_its_container_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(name: str, text: Any) -> None:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(str(text))

    monkeypatch.setattr(room, "PROC", tmp_path / "proc")
    monkeypatch.setattr(room, "CGROUPS", tmp_path / "cg")
    write("proc/meminfo", "MemTotal: 900 kB\nMemAvailable: 600 kB\nSwapFree: 100 kB\n")
    assert room.free_memory("cpu") == 700 * 1024
    write("proc/self/cgroup", "0::/box/inner\n")
    write("cg/box/inner/memory.max", "max")
    write("cg/box/memory.max", 300 * 1024)
    write("cg/box/memory.current", 200 * 1024)
    write("cg/box/memory.stat", f"anon 1\ninactive_file {50 * 1024}\n")
    assert room.free_memory("cpu") == (150 + 100) * 1024
    write("proc/self/cgroup", "4:cpu,memory:/old\n")
    write("cg/memory/old/memory.limit_in_bytes", 80 * 1024)
    write("cg/memory/old/memory.usage_in_bytes", 20 * 1024)
    write("cg/memory/old/memory.stat", "total_inactive_file 0\n")
    assert room.free_memory("cpu") == (60 + 100) * 1024


def test_ranks_share_memory_and_under_fsdp_weights(
    job: Job,
    params: Params,
    runtime: RuntimeParams,
    hardware: Hardware,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = room.free_memory("cpu")
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    shared = room.free_memory("cpu")
    assert alone is not None
    assert shared is not None
    assert shared < 0.75 * alone
    divided = runtime.model_copy(update={"parallel": "fsdp"})
    section = params.pretrain.model_copy(update={"batch": 32, "micro_batch": 8})
    one = preflight.pretraining(WIDE, VOCAB, section, divided, hardware)
    assert one.memory.lasting == pytest.approx(job.memory.lasting / 4, rel=1e-6)
    assert one.memory.activations == job.memory.activations


def test_here_some_memory_is_free() -> None:
    free = room.free_memory("cpu")
    assert free is not None
    assert free > 10_000_000


def test_how_long_it_takes_is_said_once_steps_were_tried_and_max_minutes_counts(
    params: Params, begin: Begin, train: Shards, validation: Shards, tokenizer: Tokenizer, ear: Ear
) -> None:
    changes = {**SMALL, "evaluate_every": 6, "evaluate_batches": 2, "sample_every": 0}
    section = params.pretrain.model_copy(update=changes)
    with begin("pretrain", section) as run:
        *_, last = Pretraining(run, section, (train, validation), tokenizer).rows()
    (told,) = [sentence for sentence in ear.heard if "when tried" in sentence]
    assert "12 steps of 64 tokens" in told
    assert last["machine.predicted_hours"] > 0
    with begin("pretrain", section.model_copy(update={"max_minutes": 1e-6, "decay": "wsd"})) as run:
        announce(run, lambda: time.sleep(0.01), 64)
        assert "of which max_minutes leaves" in ear.heard[-1]
        assert run.forecast["machine.predicted_hours"] == pytest.approx(1e-6 / 60)


def test_fine_tuning_too_says_its_share_of_the_matrix_peak(
    params: Params,
    begin: Begin,
    talks: tuple[Shards, Shards],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speed, "matrix_peak", lambda _: 1e9)
    section = params.sft.model_copy(update={**SMALL, "evaluate_every": 6})
    with begin("sft", section) as run:
        rows = list(FineTuning(run, section, talks).rows())
        each = flops_per_token(run.model.shape, run.model.worked_parameters)
    for row in rows:
        if "machine.tokens_per_second" in row:
            assert row["machine.mfu"] == row["machine.tokens_per_second"] * each / 1e9
    assert rows[-1]["flops"] == 12 * 4 * 16 * each
    assert sum("machine.mfu" in row for row in rows) == 12
