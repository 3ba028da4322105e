"""The pipeline, in order: download, clean, corpus, tokenizer, shard, pretrain, sft, grpo, evaluate. See dvc.yaml."""

import gc

# Looked for rubbish every 700 objects, as Python does unless told, torch and MLflow take a tenth longer to import.
gc.set_threshold(100_000, 20, 20)
