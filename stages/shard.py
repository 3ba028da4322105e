"""shard: lay the token ids of every document end to end in memory-mapped arrays."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import stage
from pipeline_lib.formats.shardwriting import About
from pipeline_lib.params import RuntimeParams, ShardParams
from pipeline_lib.tokenizing.sharding import Split, shard
from pipeline_lib.tokens.tokenizer import Tokenizer


def main(
    params: ShardParams,
    runtime: RuntimeParams,
    pretrain_corpus: Path,
    sft_corpus: Path,
    rl_corpus: Path,
    tokenizer: Path,
    pretrain_shards: Path,
    sft_shards: Path,
    rl_shards: Path,
) -> Iterator[stage.Metrics]:
    cut = Tokenizer.load(tokenizer)
    made_of = (cut.vocab_size, cut.digest, params.file_tokens)
    most = {"train": params.max_train_tokens}
    splits = [
        Split(
            pretrain_corpus / name,
            pretrain_shards / name,
            About("pretrain", name, *made_of),
            most.get(name, params.max_validation_tokens),
        )
        for name in ("train", "validation", "test")
    ]
    splits += [
        Split(sft_corpus / name, sft_shards / name, About("sft", name, *made_of))
        for name in ("train", "validation")
    ]
    splits.append(Split(rl_corpus / "train", rl_shards / "train", About("rl", "train", *made_of)))
    for index in shard(splits, tokenizer, runtime.workers):
        yield index.counts


if __name__ == "__main__":
    stage.run(main)
