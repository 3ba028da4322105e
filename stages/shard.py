"""shard: lay the token ids of every document end to end in memory-mapped arrays."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import progress, stage
from pipeline_lib.formats import conversations, documents, shards
from pipeline_lib.params import ShardParams
from pipeline_lib.tokens import encoding
from pipeline_lib.tokens.tokenizer import Tokenizer


def main(
    params: ShardParams,
    pretrain_corpus: Path,
    sft_corpus: Path,
    rl_corpus: Path,
    tokenizer: Path,
    pretrain_shards: Path,
    sft_shards: Path,
    rl_shards: Path,
) -> Iterator[stage.Metrics]:
    cut = Tokenizer.load(tokenizer)
    same = (cut.vocab_size, cut.digest, params.file_tokens)
    for split in ("train", "validation", "test"):
        texts = progress.watch(documents.read(pretrain_corpus / split), None, "documents")
        encoded = encoding.documents(texts, cut)
        yield shards.write(pretrain_shards / split, "pretrain", split, encoded, *same).counts
    for split in ("train", "validation"):
        encoded = encoding.conversations(conversations.read(sft_corpus / split), cut)
        yield shards.write(sft_shards / split, "sft", split, encoded, *same).counts
    prompts = encoding.prompts(conversations.read(rl_corpus / "train"), cut)
    yield shards.write_prompts(rl_shards / "train", prompts, *same).counts


if __name__ == "__main__":
    stage.run(main)
