"""A model made ready to be examined: weights in the precision it computes in, its tokenizer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.formats import checkpoints, shards
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


def load_all(folders: Mapping[str, Path], pretrain: Path, hardware: Hardware) -> dict[str, Subject]:
    """Every model by its name; FormatError where one's tokenizer is not that of the shards."""
    digest = shards.read_index(pretrain / "train", "pretrain").tokenizer
    return {name: load(folder, pretrain, digest, hardware) for name, folder in folders.items()}


def load(folder: Path, made_from: Path, tokenizer_digest: str, hardware: Hardware) -> Subject:
    """Read the model in `folder`; FormatError where its tokenizer is not that of the shards."""
    checkpoint = checkpoints.read(folder)
    checkpoints.expect_tokenizer(folder, checkpoint, made_from, tokenizer_digest)
    model = restore(checkpoint).to(hardware.device)
    model.dtype = hardware.dtype
    ready = for_inference(model)
    return Subject(ready, Tokenizer(checkpoint.tokenizer), checkpoint)
