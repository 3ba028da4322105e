"""Text to token ids and back: tokenizer, its training, chat template. No torch, no Parquet."""
