"""A model folder, whole in itself: weights, shape, tokenizer, and where it came from.

`model.safetensors`, `config.json` (the `model` section and the vocabulary's size), `tokenizer.model`, `provenance.json`. No
clock, host, commit or experiment name: they would change the bytes of an out; they are tags in MLflow.
"""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import files
from pipeline_lib.params import ModelParams

BEFORE: Mapping[str, Any] = {
    "size": "given",
    "budget": {"parameters": 0, "flops": 0.0, "tokens_per_parameter": 20.0},
    "norm": "rmsnorm",
    "norm_gain": False,
    "positions": "rope",
    "attention": "mha",
    "mla": {"latent": 64, "query_latent": 0, "rope_width": 16, "value_width": 32},
    "moe": {
        "every": 0,
        "experts": 4,
        "active": 1,
        "shared": 1,
        "hidden": 256,
        "balance_rate": 1e-3,
        "balance_loss": 0.0,
        "z_loss": 1e-3,
    },
    "bias": False,
    "logit_softcap": 0.0,
    "token_shift": False,
}
"""What a shape was before it had a word for it: folders written then are still read."""


@dataclass(frozen=True)
class Checkpoint:
    shape: ModelParams
    vocab_size: int
    weights: Mapping[str, Tensor]
    tokenizer: bytes
    """What tokenizer.model holds."""
    provenance: Mapping[str, Any]
    """`stage` (pretrain, sft or grpo), digests of data, tokenizer and params, library versions, precision, threads."""

    @property
    def digest(self) -> str:
        """SHA-256 over the weights, in the order of their names."""
        content = hashlib.sha256()
        for name in sorted(self.weights):
            content.update(name.encode())
            content.update(self.weights[name].numpy().tobytes())
        return content.hexdigest()

    @property
    def tokenizer_digest(self) -> str:
        return hashlib.sha256(self.tokenizer).hexdigest()


def write(folder: Path, checkpoint: Checkpoint) -> None:
    """Leave the whole folder or nothing."""
    with files.whole_folder(folder) as temporary:
        weights = {name: tensor.contiguous().cpu() for name, tensor in checkpoint.weights.items()}
        save_file(weights, temporary / "model.safetensors")
        config = {"vocab_size": checkpoint.vocab_size, "model": checkpoint.shape.model_dump()}
        files.write_json(temporary / "config.json", config)
        files.write_bytes(temporary / "tokenizer.model", checkpoint.tokenizer)
        files.write_json(temporary / "provenance.json", dict(checkpoint.provenance))


def read(folder: Path, made_by: str = "pretrain") -> Checkpoint:
    """Raise FormatError in words where a part is missing, damaged, or of another version."""
    config = files.read_json(folder / "config.json", made_by)
    try:
        shape = ModelParams.model_validate({**BEFORE, **config["model"]})
        vocab_size = int(config["vocab_size"])
    except (KeyError, TypeError, ValidationError):
        raise FormatError(
            f"{folder / 'config.json'}: expected a model's shape, found another layout; "
            f"run `dvc repro -f -s {made_by}`"
        ) from None
    try:
        weights = load_file(folder / "model.safetensors")
        tokenizer = (folder / "tokenizer.model").read_bytes()
    except (SafetensorError, OSError) as error:
        raise FormatError(
            f"{folder}: expected model.safetensors and tokenizer.model, found {error}; "
            f"run `dvc repro -f -s {made_by}`"
        ) from None
    provenance = files.read_json(folder / "provenance.json", made_by)
    return Checkpoint(shape, vocab_size, weights, tokenizer, provenance)


def hand_on(source: Path, folder: Path, stage: str) -> None:
    """Copy a model folder for a stage that had nothing to learn from, and say so in its provenance."""
    read(source)
    with files.whole_folder(folder) as temporary:
        shutil.copytree(source, temporary, dirs_exist_ok=True)
        provenance = files.read_json(temporary / "provenance.json", stage)
        skipped = {**provenance, "skipped": [*provenance.get("skipped", []), stage]}
        (temporary / "provenance.json").unlink()  # what DVC linked in is read-only
        files.write_json(temporary / "provenance.json", skipped)


def expect_tokenizer(folder: Path, checkpoint: Checkpoint, shards: Path, digest: str) -> None:
    """Refuse a model whose tokenizer is not the one the shards were made with; FormatError."""
    if checkpoint.tokenizer_digest != digest:
        raise FormatError(
            f"{folder}: expected the tokenizer of {shards} ({digest[:12]}), "
            f"found {checkpoint.tokenizer_digest[:12]}; run `dvc repro` so that both come from one tokenizer"
        )
