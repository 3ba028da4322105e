"""grpo: learn to answer right, by reinforcement on answers that can be checked."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import progress, stage
from pipeline_lib.formats import checkpoints, shards
from pipeline_lib.model.hardware import choose
from pipeline_lib.model.transformer import restore
from pipeline_lib.params import GrpoParams, RuntimeParams
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import distributed, loop, preflight, provenance, resume
from pipeline_lib.training.grpo import Reinforcement
from pipeline_lib.training.run import Run


def main(
    runtime: RuntimeParams,
    params: GrpoParams,
    sft: Path,
    rl_shards: Path,
    chat: Path,
    grpo_plots: Path,
) -> Iterator[stage.Metrics]:
    prompts = shards.read_prompts(rl_shards / "train")
    if not len(prompts):
        progress.say("grpo: no source with role rl in params.yaml: the sft model is handed on")
        if distributed.leads():
            checkpoints.hand_on(sft, chat, "grpo")
            grpo_plots.mkdir(parents=True, exist_ok=True)
        yield {"skipped": 1}
        return
    hardware = choose(runtime)
    before = checkpoints.read(sft, made_by="sft")
    checkpoints.expect_tokenizer(sft, before, rl_shards, prompts.index.tokenizer)
    inputs = {"prompts": prompts.index.digest, "sft": before.digest}
    with resume.states("grpo", {"grpo": params}, inputs, runtime, hardware.describe()) as kept:
        job = preflight.reinforcement(before.shape, before.vocab_size, params, runtime, hardware)
        preflight.clear(job, kept)
        run = Run("grpo", restore(before), params, runtime, hardware, kept)
        run.forecast.update(job.row())
        yield from Reinforcement(run, params, prompts, Tokenizer(before.tokenizer)).rows()
        origin = provenance.describe("grpo", {"grpo": params}, inputs, kept, before.provenance)
        made = run.checkpoint(before.tokenizer, origin)
        if run.ranks.leads:
            checkpoints.write(chat, made)
            loop.write_notes(grpo_plots, "rollouts.jsonl", run.notes)


if __name__ == "__main__":
    stage.run(main, trains=True)
