"""A model made ready to be examined: weights in the precision it computes in, its tokenizer."""

from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.formats import checkpoints
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.model.generation import for_inference
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.model.transformer import Transformer, restore
from pipeline_lib.tokens.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Subject:
    model: Transformer
    tokenizer: Tokenizer
    checkpoint: Checkpoint


def load(folder: Path, shards: Path, tokenizer_digest: str, hardware: Hardware) -> Subject:
    """Read the model in `folder`; FormatError where its tokenizer is not that of `shards`."""
    checkpoint = checkpoints.read(folder)
    checkpoints.expect_tokenizer(folder, checkpoint, shards, tokenizer_digest)
    model = restore(checkpoint).to(hardware.device)
    model.dtype = hardware.dtype
    ready = for_inference(model)
    return Subject(ready, Tokenizer(checkpoint.tokenizer), checkpoint)
