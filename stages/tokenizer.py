"""tokenizer: learn the pieces that text is cut into."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import stage
from pipeline_lib.formats import documents, tables
from pipeline_lib.params import RuntimeParams, TokenizerParams
from pipeline_lib.tokenizing import sample
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.measure import measure


def main(
    params: TokenizerParams, runtime: RuntimeParams, pretrain_corpus: Path, tokenizer: Path
) -> Iterator[stage.Metrics]:
    parts = tables.parts(pretrain_corpus / "train")
    drawn = sample.draw(parts, params.sample_bytes, params.seed, runtime.workers)
    trained = trainer.fit(drawn, params)
    made = trainer.write(tokenizer, trained, params)
    yield trained.metrics
    yield measure(documents.read(pretrain_corpus / "validation"), made)


if __name__ == "__main__":
    stage.run(main)
