"""sft: learn to answer in conversations."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import progress, stage
from pipeline_lib.formats import checkpoints, shards
from pipeline_lib.model.hardware import choose, keep_freed_memory
from pipeline_lib.model.transformer import restore
from pipeline_lib.params import RuntimeParams, SftParams
from pipeline_lib.training import distributed, preflight, provenance, resume
from pipeline_lib.training.run import Run
from pipeline_lib.training.sft import FineTuning


def main(
    runtime: RuntimeParams,
    params: SftParams,
    base: Path,
    sft_shards: Path,
    sft: Path,
    sft_plots: Path,
) -> Iterator[stage.Metrics]:
    train, validation = (shards.read(sft_shards / s, "sft", s) for s in ("train", "validation"))
    if not train.index.documents:
        progress.say("sft: no source with role sft in params.yaml: the base model is handed on")
        if distributed.leads():
            checkpoints.hand_on(base, sft, "sft")
            sft_plots.mkdir(parents=True, exist_ok=True)
        yield {"skipped": 1}
        return
    keep_freed_memory()
    hardware = choose(runtime)
    before = checkpoints.read(base)
    checkpoints.expect_tokenizer(base, before, sft_shards, train.index.tokenizer)
    inputs = {
        "train": train.index.digest,
        "validation": validation.index.digest,
        "base": before.digest,
    }
    with resume.states("sft", {"sft": params}, inputs, runtime, hardware.describe()) as kept:
        job = preflight.fine_tuning(before.shape, before.vocab_size, params, runtime, hardware)
        preflight.clear(job, kept)
        run = Run("sft", restore(before), params, runtime, hardware, kept)
        run.forecast.update(job.row())
        yield from FineTuning(run, params, (train, validation)).rows()
        origin = provenance.describe("sft", {"sft": params}, inputs, kept, before.provenance)
        made = run.checkpoint(before.tokenizer, origin)
        if run.ranks.leads:
            checkpoints.write(sft, made)


if __name__ == "__main__":
    stage.run(main, trains=True)
