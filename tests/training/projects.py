"""A project as small as one can be, with what the pretrain stage reads."""

from pathlib import Path
from typing import Any

import yaml

from pipeline_lib.formats import shardwriting
from pipeline_lib.tokens.tokenizer import Tokenizer
from tests.training.conftest import documents
from tests.training.ranks import ROOT, SHAPE, SMALL

COMMAND = ["-m", "stages.pretrain", "shards", "tokenizer", "base", "plots"]


def write(folder: Path, tokenizer: Tokenizer, *, steps: int, **runtime: Any) -> None:
    """params.yaml, shards and tokenizer of a run of `steps`."""
    stored = yaml.safe_load((ROOT / "params.yaml").read_text())
    stored["runtime"] |= {"device": "cpu", "precision": "fp32", "threads": 1, "log_every": 5}
    stored["runtime"] |= {"save_seconds": 0, **runtime}
    stored["model"] |= {**SHAPE, "moe": {**stored["model"]["moe"], "every": 0}}
    stored["pretrain"] |= {**SMALL, "steps": steps, "evaluate_every": 1000, "sample_every": 1000}
    (folder / "params.yaml").write_text(yaml.safe_dump(stored, sort_keys=False))
    (folder / "dvc.yaml").touch()
    (folder / "tokenizer").mkdir()
    (folder / "tokenizer" / "tokenizer.model").write_bytes(tokenizer.model)
    for split, count in (("train", 100), ("validation", 20)):
        made = documents(count, count)
        to = folder / "shards" / split
        shardwriting.write(to, "pretrain", split, made, tokenizer.vocab_size, tokenizer.digest, 500)
