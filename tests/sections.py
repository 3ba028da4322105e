"""Sections of parameters that many tests begin with; a new key is entered here, once."""

from typing import Any

from pipeline_lib.params import RuntimeParams, TokenizerParams, read_params


def cutting(**changed: Any) -> TokenizerParams:
    """A small byte-pair vocabulary."""
    asked: dict[str, Any] = {
        "existing": None,
        "kind": "bpe",
        "seed": 1,
        "vocab_size": 300,
        "character_coverage": 1.0,
        "sample_bytes": 10_000,
        "split_digits": True,
        "across_words": False,
        "katakana_apart": False,
        "user_defined": [],
    }
    return TokenizerParams(**(asked | changed))


def running(**changed: Any) -> RuntimeParams:
    """As shipped, on one thread in float32."""
    asked = {"device": "cpu", "precision": "fp32", "threads": 1, "workers": 1, "log_every": 1}
    return RuntimeParams(**(read_params().runtime.model_dump() | asked | changed))
