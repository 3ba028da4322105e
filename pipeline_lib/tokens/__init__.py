"""Text to token ids and back: the tokenizer, its training, the chat template. No torch, no Parquet."""
