"""The pipeline, in order: download, clean, corpus, tokenizer, shard, pretrain, sft, grpo, evaluate. See dvc.yaml."""
