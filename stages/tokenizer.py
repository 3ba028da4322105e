"""tokenizer: learn the pieces that text is cut into."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import pinned, stage
from pipeline_lib.formats import files, tables
from pipeline_lib.params import RuntimeParams, TokenizerParams
from pipeline_lib.tokenizing import fit, sample
from pipeline_lib.tokens import diagnostics, trainer


def main(
    params: TokenizerParams,
    runtime: RuntimeParams,
    pretrain_corpus: Path,
    tokenizer: Path,
    tokenizer_plots: Path,
) -> Iterator[stage.Metrics]:
    if params.existing:
        trained = trainer.adopt(pinned.read(params.existing), params.existing.address)
    else:
        parts = tables.parts(pretrain_corpus / "train")
        drawn = sample.draw(parts, params.sample_bytes, params.seed, runtime.workers)
        trained = trainer.fit(drawn, params)
    made = trainer.write(tokenizer, trained, params)
    yield trained.metrics
    held_out = fit.fit(tables.parts(pretrain_corpus / "validation"), tokenizer, runtime.workers)
    with files.whole_folder(tokenizer_plots) as fresh:
        diagnostics.leave(fresh, held_out, made)
    yield held_out.metrics(made)


if __name__ == "__main__":
    stage.run(main)
