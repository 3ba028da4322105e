"""A model that is quick to ask: one layer, random weights, a tokenizer of the tales."""

from pathlib import Path

import pytest
import torch

from pipeline_lib.evaluation import subject
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.formats import checkpoints
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.tales import tale
from pipeline_lib.tokens import trainer
from tests.model.shapes import shaped
from tests.sections import cutting

SHAPE = shaped(
    layers=1,
    channels=8,
    heads=1,
    kv_heads=1,
    head_width=8,
    feed_forward="swiglu",
    hidden=8,
    context=64,
    rope_theta=10000.0,
    qk_norm=True,
    tie_embeddings=True,
    value_embeddings=False,
)


@pytest.fixture(scope="session")
def infant(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """Knows nothing yet."""
    texts = [tale(1, index, "stories").text for index in range(200)]
    params = cutting(
        kind="unigram", vocab_size=700, character_coverage=0.9995, sample_bytes=100_000
    )
    tokenizer = trainer.train(texts, params).model
    learner = Transformer(SHAPE, params.vocab_size, seed=1)
    folder = tmp_path_factory.mktemp("infant") / "base"
    made = Checkpoint(SHAPE, params.vocab_size, learner.state_dict(), tokenizer, {})
    checkpoints.write(folder, made)
    hardware = Hardware(torch.device("cpu"), torch.float32, 1)
    digest = checkpoints.read(folder).tokenizer_digest
    return subject.load(folder, Path("shards"), digest, hardware)
