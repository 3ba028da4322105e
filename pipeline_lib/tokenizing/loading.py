"""A worker loads the tokenizer once, and sees that it is the one that was meant."""

from functools import lru_cache
from pathlib import Path

from pipeline_lib.errors import FormatError
from pipeline_lib.tokens.tokenizer import Tokenizer


@lru_cache(maxsize=1)
def loaded(model: Path, digest: str) -> Tokenizer:
    """The tokenizer in `model`; FormatError where its SHA-256 is not `digest`."""
    found = Tokenizer.load(model)
    if found.digest != digest:
        raise FormatError(
            f"{model}: expected the tokenizer {digest[:16]}, found {found.digest[:16]}; "
            "leave it alone while a stage uses it"
        )
    return found
