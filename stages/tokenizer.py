"""tokenizer: learn the pieces that text is cut into."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import progress, stage
from pipeline_lib.formats import documents
from pipeline_lib.params import TokenizerParams
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.measure import measure


def main(
    params: TokenizerParams, pretrain_corpus: Path, tokenizer: Path
) -> Iterator[stage.Metrics]:
    read = progress.watch(documents.read(pretrain_corpus / "train"), None, "documents")
    trained = trainer.train((document.text for document in read), params)
    made = trainer.write(tokenizer, trained, params)
    yield trained.metrics
    yield measure(documents.read(pretrain_corpus / "validation"), made)


if __name__ == "__main__":
    stage.run(main)
