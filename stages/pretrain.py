"""pretrain: learn to predict the next token of the corpus."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import stage
from pipeline_lib.formats import checkpoints, shards
from pipeline_lib.model.hardware import choose, keep_freed_memory
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, PretrainParams, RuntimeParams
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import batches, loop, preflight, pretrain, provenance, resume, sizing
from pipeline_lib.training.run import Run


def main(
    runtime: RuntimeParams,
    model: ModelParams,
    params: PretrainParams,
    pretrain_shards: Path,
    tokenizer: Path,
    base: Path,
    pretrain_plots: Path,
) -> Iterator[stage.Metrics]:
    keep_freed_memory()
    hardware = choose(runtime)
    train, validation = (
        shards.read(pretrain_shards / s, "pretrain", s) for s in ("train", "validation")
    )
    vocab = train.index.vocab_size
    shape, section = sizing.resolve(model, params, vocab)
    batches.expect_room(train, shape.context)  # before a model of that context takes the memory
    pieces = Tokenizer.load(tokenizer)
    for split in (train, validation):
        shards.expect_tokenizer(pretrain_shards, split.index, pieces.digest)
    sections = {"model": shape, "pretrain": section}
    inputs = {"train": train.index.digest, "validation": validation.index.digest}
    with resume.states("pretrain", sections, inputs, runtime, hardware.describe()) as kept:
        job = preflight.pretraining(shape, vocab, section, runtime, hardware, train.index.tokens)
        preflight.clear(job, kept, sizing.smaller(model, shape, vocab))
        run = Run(
            "pretrain", Transformer(shape, vocab, section.seed), section, runtime, hardware, kept
        )
        run.forecast.update(job.row())
        yield from pretrain.Pretraining(run, section, (train, validation), pieces).rows()
        origin = provenance.describe("pretrain", sections, inputs, kept, {})
        made = run.checkpoint(pieces.model, origin)
        if run.ranks.leads:
            checkpoints.write(base, made)
            loop.write_notes(pretrain_plots, "samples.jsonl", run.notes)


if __name__ == "__main__":
    stage.run(main, trains=True)
