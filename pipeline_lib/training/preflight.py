"""What a training stage will need, said before it takes it: weights, memory, tokens, FLOPs, disk.

A stage whose tensors alone are more than the free memory, or whose states are more than the free disk, is refused at once,
in a sentence that names the nearest that fits. Memory is guessed (`memory.py`), so the estimate only advises; what refuses
is its lower bound.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pipeline_lib import progress
from pipeline_lib.errors import TrainingError
from pipeline_lib.model.counting import Counts, count, flops_per_token
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.params import (
    BatchedParams,
    GrpoParams,
    ModelParams,
    OptimizerParams,
    PretrainParams,
    RuntimeParams,
    SftParams,
)
from pipeline_lib.training.memory import FLOAT, Batches, Footprint, footprint
from pipeline_lib.training.resume import States
from pipeline_lib.training.room import free_memory

GIB = 2**30
MOST_EPOCHS = 4.0
"""Times over a text, up to which reading it again is nearly worth new text. Muennighoff et al. 2023, section 5,
arxiv.org/abs/2305.16264."""
Smaller = Iterable[tuple[str, ModelParams]]
"""Shapes to try in place of one that does not fit, each with the words that ask for it; from large to small."""


@dataclass(frozen=True)
class Job:
    """A stage that is about to train; the numbers follow from the parameters alone."""

    stage: str
    shape: ModelParams
    vocab_size: int
    params: OptimizerParams
    at: Batches
    tokens_a_step: int
    """At most, for grpo: its completions may end sooner."""
    copies: int
    """Of the weights, beside those that learn and their average."""
    stored_copies: int
    """Of them, those that a state holds."""
    held: int = 0
    """Tokens of training text; 0: not known, or not what a step reads."""

    @cached_property
    def counts(self) -> Counts:
        return count(self.shape, self.vocab_size)

    @cached_property
    def memory(self) -> Footprint:
        return footprint(self.shape, self.vocab_size, self.params, self.at, self.copies)

    @property
    def least(self) -> int:
        """Bytes that the stage cannot do without; of grpo's completions none, as they may be short, and not the weights
        that a stage began with, which were read before free memory was looked at."""
        least = self.memory.lasting if self.stage == "grpo" else self.memory.least
        read_before = self.at.on_cpu and self.stage != "pretrain"
        return least - FLOAT * self.counts.total * read_before

    @property
    def tokens(self) -> int:
        return self.params.steps * self.tokens_a_step

    @property
    def flops(self) -> float:
        return self.tokens * flops_per_token(self.shape, self.counts.worked)

    @property
    def epochs(self) -> float:
        return self.tokens / self.held if self.held else 0.0

    @property
    def state_bytes(self) -> int:
        """Of one saved state."""
        kept = 1 + bool(self.params.ema) + self.stored_copies
        return self.at.shards * self.memory.optimizer + kept * FLOAT * self.counts.total

    @property
    def disk(self) -> int:
        """Bytes at the most: a state is written beside the one it replaces, then the model's folder."""
        return max(2 * self.state_bytes, self.state_bytes + FLOAT * self.counts.total)

    def row(self) -> dict[str, float]:
        """For MLflow alone: it depends on the machine."""
        return {"machine.predicted_memory_gib": self.memory.peak / GIB}


def pretraining(
    shape: ModelParams,
    vocab_size: int,
    params: PretrainParams,
    runtime: RuntimeParams,
    hardware: Hardware,
    held: int = 0,
) -> Job:
    best = int(params.patience > 0)
    at = _batches(shape, params, runtime, hardware, masked=params.documents == "whole")
    read = params.batch * shape.context
    return Job("pretrain", shape, vocab_size, params, at, read, best, best, held)


def fine_tuning(
    shape: ModelParams,
    vocab_size: int,
    params: SftParams,
    runtime: RuntimeParams,
    hardware: Hardware,
) -> Job:
    """The best weights are kept; those it began with stay in the machine's memory."""
    at = _batches(shape, params, runtime, hardware, masked=True)
    return Job("sft", shape, vocab_size, params, at, params.batch * shape.context, 1 + at.on_cpu, 1)


def reinforcement(
    shape: ModelParams,
    vocab_size: int,
    params: GrpoParams,
    runtime: RuntimeParams,
    hardware: Hardware,
) -> Job:
    """Rows are as long as the context at most; a copy draws the completions, another is what beta measures against."""
    at = _batches(shape, params, runtime, hardware, masked=False)
    drawn = params.prompts * params.group * params.max_new_tokens
    copies = 1 + at.on_cpu + (params.beta > 0)
    return Job("grpo", shape, vocab_size, params, at, drawn, copies, 0)


def _batches(
    shape: ModelParams,
    params: BatchedParams | GrpoParams,
    runtime: RuntimeParams,
    hardware: Hardware,
    masked: bool,
) -> Batches:
    return Batches(
        params.micro_batch,
        shape.context,
        hardware.device.type,
        hardware.dtype,
        runtime.recompute,
        masked,
        int(os.environ.get("WORLD_SIZE", "1")) if runtime.parallel == "fsdp" else 1,
    )


def clear(job: Job, kept: States, smaller: Smaller = ()) -> None:
    """Say what lies ahead, and refuse what cannot fit, before anything of its size is made.

    TrainingError where memory, of any rank, or disk is short.
    """
    if kept.is_finished:
        return  # the result is taken, nothing is trained
    known = [free for free in kept.ranks.all(free_memory(job.at.device)) if free is not None]
    free = min(known, default=None)
    for sentence in sentences(job, kept.folder, free):
        progress.say(f"{job.stage}: {sentence}")
    expect_memory(job, free, smaller)
    expect_disk(job, kept.folder)


def sentences(job: Job, folder: Path, free: int | None) -> Iterator[str]:
    """Weights, tokens and FLOPs; memory, of which `free` bytes are there, and disk; a text that is read too often.
    `folder`: of the stage's states."""
    active = (
        "" if job.counts.active == job.counts.total else f" ({short(job.counts.active)} active)"
    )
    most = "at most " if job.stage == "grpo" else ""
    often = f", {job.epochs:.2f} times the text" if job.held else ""
    yield (
        f"{short(job.counts.total)} parameters{active}, {job.params.steps:,} steps of {most}{job.tokens_a_step:,} "
        f"tokens ({short(job.tokens)}{often}), {job.flops:.2e} FLOPs"
    )
    yield f"{_memory(job, free)}; {gib(job.disk)} of {gib(_free_disk(folder))} free on the disk"
    if job.epochs > MOST_EPOCHS:
        fitting = int(MOST_EPOCHS * job.held / job.tokens_a_step)
        yield (
            f"the text holds {short(job.held)} tokens, which {job.params.steps:,} steps read {job.epochs:.1f} times; beyond "
            f"{MOST_EPOCHS:g} times new text is worth far more: add text, or have at most {fitting:,} steps"
        )


def _memory(job: Job, free: int | None) -> str:
    parts = job.memory
    of = "" if free is None else f" of {gib(free)} free"
    return (
        f"about {gib(parts.peak)}{of} on {job.at.device} at the peak (weights, gradients and optimizer "
        f"{gib(parts.lasting)}, activations {gib(parts.activations)})"
    )


def expect_memory(job: Job, free: int | None, smaller: Smaller = ()) -> None:
    """TrainingError where the tensors of a step are more than `free` bytes, which names the nearest that fits."""
    if free is None or job.least <= free:
        return
    raise TrainingError(
        f"{job.stage}: expected at most {gib(free)}, which are free on {job.at.device}, found at least "
        f"{gib(job.least)} for {short(job.counts.total)} parameters and {job.at.rows} x {job.at.width:,} tokens at "
        f"once; the nearest that fits: {' | '.join(fitting(job, free, smaller)) or 'nothing of this kind'}"
    )


def fitting(job: Job, free: int, smaller: Smaller = ()) -> list[str]:
    """What to change so that it fits: fewer rows at once or recomputing, each alone or both, or else a smaller shape."""

    def fits(tried: Job) -> bool:
        return tried.memory.peak <= free

    fewer = [_cut(job, rows) for rows in _rows_below(job)]
    found = [_words(tried) for tried in [*fewer, _recomputing(job)] if fits(tried)]
    options = [*found[:1], *[words for words in found[1:] if "recompute" in words]]
    if not options:
        both = (_recomputing(tried) for tried in fewer)
        options = [f"{_words(tried)} with {_rows(tried)}" for tried in both if fits(tried)][:1]
    if not options:
        least = _recomputing(fewer[-1] if fewer else job)
        of_shape = ((words, replace(least, shape=shape)) for words, shape in smaller)
        words = next((words for words, tried in of_shape if fits(tried)), "")
        options = [f"{words} with {_words(least)} and {_rows(least)}"] if words else []
    return options


def _rows_below(job: Job) -> list[int]:
    """Smaller micro-batches, from large to small; where there is a batch they divide it."""
    batch = job.params.batch if isinstance(job.params, BatchedParams) else 0
    return [rows for rows in range(job.at.rows - 1, 0, -1) if batch % rows == 0]


def _cut(job: Job, rows: int) -> Job:
    return replace(job, at=replace(job.at, rows=rows))


def _recomputing(job: Job) -> Job:
    return replace(job, at=replace(job.at, recompute=True))


def _words(job: Job) -> str:
    return "runtime.recompute: true" if job.at.recompute else _rows(job)


def _rows(job: Job) -> str:
    return f"{job.stage}.micro_batch: {job.at.rows}"


def expect_disk(job: Job, folder: Path) -> None:
    """TrainingError where the states, beside what is there of them, and the model do not fit on the disk."""
    there = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    free = _free_disk(folder)
    if job.disk - there > free:
        raise TrainingError(
            f"{folder}: expected room for {gib(job.disk - there)} (two states of {gib(job.state_bytes)} while one "
            f"replaces the other), found {gib(free)} free; make room, or have a smaller model"
        )


def _free_disk(folder: Path) -> int:
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    return shutil.disk_usage(os.fspath(there)).free


def gib(size: float | int) -> str:
    return f"{size / GIB:.2f} GiB" if size < 10 * GIB else f"{size / GIB:,.0f} GiB"


def short(number: float | int) -> str:
    """1,353,376 as 1.35 M."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:.4g} {name}"
    return f"{number:g}"


def duration(seconds: float | int) -> str:
    if seconds < 60:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.1f} minutes" if seconds < 3600 else f"{seconds / 3600:,.1f} hours"
