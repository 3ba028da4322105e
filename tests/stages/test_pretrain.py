"""pretrain, with a shape that `auto` chooses: what is built, written and said is the same shape."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline_lib import progress
from pipeline_lib.errors import TrainingError
from pipeline_lib.formats import checkpoints, shardwriting
from pipeline_lib.formats.shards import Encoded
from pipeline_lib.params import ModelParams, Params
from pipeline_lib.stage import Metrics
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import preflight
from stages import pretrain
from tests.training.conftest import Ear

CHANGES = {
    **{"batch": 2, "micro_batch": 1, "evaluate_every": 1000, "evaluate_batches": 1},
    **{"sample_every": 0, "warmup_steps": 3},
}


@pytest.fixture
def made(tmp_path: Path, params: Params, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tokenizer and shards of counting documents."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    asked = params.tokenizer.model_copy(update={"vocab_size": 279})
    pieces = trainer.train(
        iter([f"{n} and {n + 1} is {2 * n + 1}\n" for n in range(400)]), asked
    ).model
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.model").write_bytes(pieces)
    known = Tokenizer(pieces)
    for split, count in (("train", 60), ("validation", 8)):
        ids = (np.array([1, *range(5, 5 + 7 + n % 9), 2]) for n in range(count))
        documents = (Encoded(one, 3 * len(one)) for one in ids)
        folder = tmp_path / "shards" / split
        shardwriting.write(
            folder, "pretrain", split, documents, known.vocab_size, known.digest, 500
        )
    return tmp_path


def run(made: Path, params: Params, parameters: int) -> list[Metrics]:
    stored = params.model.model_dump()
    budget = {"parameters": parameters, "flops": 0.0, "tokens_per_parameter": 0.05}
    changes = {"size": "auto", "budget": budget, "context": 16}
    model = ModelParams.model_validate({**stored, **changes})
    runtime = params.runtime.model_copy(update={"device": "cpu", "threads": 1})
    section = params.pretrain.model_copy(update=CHANGES)
    folders = (made / name for name in ("shards", "tokenizer", "base", "plots"))
    return list(pretrain.main(runtime, model, section, *folders))


def test_the_shape_that_was_chosen_is_trained_stored_and_told(made: Path, params: Params) -> None:
    ear = Ear()
    progress.listen(ear)
    try:
        *_, last = run(made, params, 120_000)
    finally:
        progress.listen(None)
    shape = checkpoints.read(made / "base").shape
    assert last["parameters"] == pytest.approx(120_000, rel=0.3)
    assert (last["shape.layers"], last["shape.channels"]) == (shape.layers, shape.channels)
    assert last["steps"] == round(0.05 * last["parameters"] / 32)
    stored = json.loads((made / "base" / "provenance.json").read_text())["params"]
    assert stored["model"] == shape.model_dump()
    assert stored["pretrain"]["steps"] == last["steps"]
    assert last["learning_rate.peak"] == stored["pretrain"]["learning_rate"]
    assert f"auto makes of 120,000 parameters: {shape.layers} layers" in ear.heard[0]
    assert any("times; beyond 4 times" in sentence for sentence in ear.heard)
    assert last["machine.predicted_memory_gib"] > 0


def test_what_cannot_fit_is_refused_before_a_model_is_made(
    made: Path, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    def built(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(preflight, "free_memory", lambda _: 100_000)
    monkeypatch.setattr(pretrain, "Transformer", built)
    with pytest.raises(TrainingError, match=r"expected at most 0\.00 GiB"):
        run(made, params, 120_000)
