"""The corpus becomes token ids: each Parquet part alone, on whatever engine, then one after the other."""
