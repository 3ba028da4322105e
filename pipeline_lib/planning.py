"""What `bonsai plan` says: what the training stages will need with the parameters as they stand, nothing trained."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline_lib import launching
from pipeline_lib.errors import DataError, FormatError
from pipeline_lib.formats import shards
from pipeline_lib.model.hardware import Hardware, choose
from pipeline_lib.params import Params, project_root
from pipeline_lib.training import preflight, sizing
from pipeline_lib.training.preflight import Job
from pipeline_lib.training.room import free_memory
from pipeline_lib.training.speed import ASSUMED, matrix_peak


def plan(params: Params, data: Path) -> Iterator[str]:
    """Line by line; the last sentences say what does not fit. Raises TrainingError and ParamsError as the stages would."""
    vocab_size, held = _text(data / "shards" / "pretrain")
    if not vocab_size:
        vocab_size = params.tokenizer.vocab_size
        yield f"no shards in {data}: a vocabulary of {vocab_size:,} pieces, as tokenizer.vocab_size says, is taken"
    hardware, model = choose(params.runtime), params.model
    shape, section = sizing.resolve(model, params.pretrain, vocab_size)
    if model.size == "auto":
        yield f"pretrain: {sizing.told(shape, section, vocab_size, params.pretrain)}"
    rest = (params.runtime, hardware)
    ranks = launching.wanted(params.runtime)
    planned = [
        preflight.pretraining(shape, vocab_size, section, *rest, held),
        preflight.fine_tuning(shape, vocab_size, params.sft, *rest),
        preflight.reinforcement(shape, vocab_size, params.grpo, *rest),
    ]
    shards = ranks if params.runtime.parallel == "fsdp" else 1
    jobs = [replace(job, at=replace(job.at, shards=shards)) for job in planned]
    free = free_memory(hardware.device.type, ranks)
    for job in jobs:
        yield from _job(job, hardware, ranks, free)
    smaller = sizing.smaller(model, shape, vocab_size)
    for job in jobs:
        preflight.expect_memory(job, free, smaller if job.stage == "pretrain" else ())
        preflight.expect_disk(job, _states(job))


def _text(folder: Path) -> tuple[int, int]:
    """Pieces of the vocabulary, and tokens to train on; 0 and 0 where nothing is there yet."""
    try:
        index = shards.read(folder / "train", "pretrain", "train").index
    except (FormatError, DataError):
        return 0, 0
    return index.vocab_size, index.tokens


def _job(job: Job, hardware: Hardware, ranks: int, free: int | None) -> Iterator[str]:
    for sentence in preflight.sentences(job, _states(job), free):
        yield f"{job.stage}: {sentence}"
    if job.stage == "grpo":
        return  # most of its time goes into drawing completions, which no FLOPs tell
    peak = matrix_peak(hardware) * (ranks if hardware.device.type == "cuda" else 1)
    seconds = job.flops / (ASSUMED * peak)
    most = 60 * job.params.max_minutes
    cut = f", of which max_minutes leaves {preflight.duration(most)}" if 0 < most < seconds else ""
    yield (
        f"{job.stage}: about {preflight.duration(seconds)}{cut}, were it done at {ASSUMED:.0%} of the {peak / 1e12:.2f} "
        f"TFLOP/s that matrices are multiplied at on {hardware.device.type} in {hardware.describe()['precision']}"
    )


def _states(job: Job) -> Path:
    return project_root() / ".scratch" / job.stage
