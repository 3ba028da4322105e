"""Text in, text out: normalise, filter, deduplicate, split, mix. No torch."""
