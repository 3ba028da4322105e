import json
from pathlib import Path

import numpy as np
import pytest

from pipeline_lib.errors import FormatError, LeakError
from pipeline_lib.evaluation import likelihood
from pipeline_lib.formats import (
    checkpoints,
    conversations,
    manifests,
    mixtures,
    shardwriting,
)
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.formats.mixtures import Component
from pipeline_lib.formats.shards import Encoded
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import EvaluateParams
from pipeline_lib.rows import Record
from pipeline_lib.tales import pairs, tale
from pipeline_lib.tales.pairs import Pair
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer
from stages import evaluate
from tests.model.shapes import shaped
from tests.sections import cutting, running

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
PARAMS = EvaluateParams(
    seed=1,
    max_tokens=400,
    problems=6,
    samples=3,
    sampled_problems=2,
    max_new_tokens=8,
    free_samples=4,
    pairs=1,
)
RUNTIME = running()
TEXTS = [f"Ann has {i} apples.\nBob has {i * 3} pears." for i in range(40)]
CUTTING = cutting()


def write_model(folder: Path, tokenizer: Tokenizer, seed: int, skipped: list[str]) -> None:
    learner = Transformer(SHAPE, tokenizer.vocab_size, seed)
    provenance = {
        "params": {"pretrain": {"steps": 7, "batch": 2, "learning_rate": 1e-3, "seed": 1}},
        "computed_with": {"device": "cpu"},
        "skipped": skipped,
    }
    weights = learner.state_dict()
    checkpoint = Checkpoint(SHAPE, tokenizer.vocab_size, weights, tokenizer.model, provenance)
    checkpoints.write(folder, checkpoint)


def framed(texts: list[str], source: str, tokenizer: Tokenizer) -> list[Encoded]:
    return [
        Encoded(
            np.array([tokenizer.begin, *tokenizer.encode(text), tokenizer.end]),
            len(text.encode()),
            source=source,
        )
        for text in texts
    ]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """All that evaluate reads, small: chat has sft's weights, as where grpo was skipped."""
    tokenizer = Tokenizer(trainer.train(TEXTS, CUTTING).model)
    for split, texts in {"train": TEXTS, "validation": TEXTS[:9], "test": TEXTS[9:12]}.items():
        encoded = framed(texts, "tales", tokenizer)
        made_of = (tokenizer.vocab_size, tokenizer.digest)
        shardwriting.write(tmp_path / "shards" / split, "pretrain", split, encoded, *made_of)
    for name, seed in {"base": 1, "sft": 2, "chat": 2}.items():
        write_model(tmp_path / name, tokenizer, seed, ["grpo"] if name == "chat" else [])
    asked = [
        Conversation((Message("user", f"{i} + 1?"),), str(i + 1), "number", "problems")
        for i in range(8)
    ]
    conversations.write(tmp_path / "evaluation" / "problems", asked)
    books = Manifest("books", "file", "pretrain", 1.0, "en", "own", "", "CC0-1.0", "0" * 64, 40, 9)
    manifests.write_list(tmp_path / "sources.json", [books])
    mixtures.write(tmp_path / "mixture.json", [Component("books", "file", "", "", 40, 9)])
    (tmp_path / "plots" / "tokenizer").mkdir(parents=True)
    curve = "vocab_size,all,en\n270,1.0,1.0\n300,1.5,1.5\n"
    (tmp_path / "plots" / "tokenizer" / "compression.csv").write_text(curve)
    for stage, name in (("pretrain", "bits_per_byte"), ("sft", "loss")):
        (tmp_path / "plots" / stage).mkdir(parents=True)
        (tmp_path / "plots" / stage / f"{name}.csv").write_text(f"step,{name}\n1,3.0\n2,2.0\n")
    (tmp_path / "clean.json").write_text('{"kept": 40, "dropped.too_short": 2}')
    return tmp_path


@pytest.fixture
def told(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same where all documents are tales."""
    documents = [tale(1, index, "stories").text for index in range(30)]
    tokenizer = Tokenizer(checkpoints.read(made / "base").tokenizer)
    for split, texts in {"train": documents[:3], "validation": documents[3:]}.items():
        rows = framed(texts, "s", tokenizer)
        made_of = (tokenizer.vocab_size, tokenizer.digest)
        shardwriting.write(made / "shards" / split, "pretrain", split, rows, *made_of)
    shardwriting.write(made / "shards" / "test", "pretrain", "test", [], *made_of)
    mixtures.write(made / "mixture.json", [Component("s", "tales", "stories", "", 3, 1200)])
    monkeypatch.setattr(pairs, "pair", lambda seed, i, language: PAIRS[language])
    monkeypatch.setattr(
        pairs, "PHENOMENA", {name: (one.phenomenon,) for name, one in PAIRS.items()}
    )
    return made


PAIRS = {
    "en": Pair("tense", "She went.", "She goed.", "en"),
    "ja": Pair("counters", "三本ある。", "三冊ある。", "ja"),
}


def run(made: Path, params: EvaluateParams = PARAMS) -> dict[str, dict[str, float]]:
    """metrics/evaluate.json, as the stage leaves it."""
    names = ("base", "sft", "chat", "shards", "evaluation", "sources.json", "mixture.json")
    paths = [made / name for name in names]
    paths += [made / "plots" / stage for stage in ("tokenizer", "pretrain", "sft", "grpo")]
    paths += [made / "clean.json", made / "figures", made / "report"]
    record = Record()
    for row in evaluate.main(params, RUNTIME, *paths):
        record.add(row)
    record.write_metrics(made / "evaluate.json", by_model=True)
    found: dict[str, dict[str, float]] = json.loads((made / "evaluate.json").read_text())
    return found


def test_three_models_are_measured_side_by_side(made: Path) -> None:
    found = run(made)
    assert list(found) == ["base", "sft", "chat"]
    for metrics in found.values():
        assert 0 < metrics["bits_per_byte"] < 20
        assert metrics["documents"] == 9
        assert metrics["test.documents"] == 3
        assert metrics["problems.count"] == 6
        assert metrics["problems.sampled"] == 2
        low, high = metrics["problems.accuracy_low"], metrics["problems.accuracy_high"]
        assert low <= metrics["problems.accuracy"] <= high
        assert "problems.pass_at_3" in metrics
    assert found["base"]["bits_per_byte"] != found["sft"]["bits_per_byte"]
    assert found["sft"] == found["chat"]


def test_the_report_and_its_figures_are_there(made: Path) -> None:
    run(made)
    names = {path.name for path in (made / "figures").iterdir()}
    assert names == {
        "funnel.png",
        "tokenizer.png",
        "pretrain.png",
        "sft.png",
        "accuracy.problems.png",
    }
    page = (made / "report" / "index.html").read_text()
    card = (made / "report" / "model_card.md").read_text()
    assert "CC0-1.0" in page
    assert card.startswith("---\nlicense:\n- CC0-1.0\nlanguage:\n- en\n")
    assert "| books | pretrain | own | CC0-1.0 | 40 | 0.0 |" in card
    assert str(made) not in card
    assert "grpo had no source to learn from: chat is sft, handed on." in page
    assert str(made) not in page


def test_a_second_run_makes_the_same_bytes(made: Path) -> None:
    def outs() -> dict[str, bytes]:
        run(made)
        return {
            path.name: path.read_bytes()
            for folder in ("figures", "report")
            for path in (made / folder).iterdir()
        } | {"metrics": (made / "evaluate.json").read_bytes()}

    assert outs() == outs()


def test_without_problems_and_without_a_test_split_the_rest_is_measured(made: Path) -> None:
    tokenizer = checkpoints.read(made / "base").tokenizer
    digest = Tokenizer(tokenizer).digest
    shardwriting.write(made / "shards" / "test", "pretrain", "test", [], 300, digest)
    conversations.write(made / "evaluation" / "problems", [])
    found = run(made)
    assert not [name for name in found["chat"] if name.startswith(("problems", "test"))]
    assert (made / "report" / "index.html").exists()


def test_a_model_with_another_tokenizer_is_refused_and_nothing_is_left(made: Path) -> None:
    other = Tokenizer(trainer.train(TEXTS[::2], CUTTING).model)
    write_model(made / "chat", other, 1, [])
    with pytest.raises(FormatError, match=r"chat: expected the tokenizer of .*shards"):
        run(made)
    assert not (made / "report").exists()
    assert not (made / "figures").exists()


MANY = PARAMS.model_copy(update={"max_tokens": 20_000})


def test_tales_have_a_floor_and_are_read_back(told: Path) -> None:
    found = run(told, MANY)
    for metrics in found.values():
        assert metrics["bits_per_byte"] > metrics["floor_bits_per_byte"] > 0.1
        ratio = metrics["bits_per_byte"] / metrics["floor_bits_per_byte"]
        assert metrics["excess"] == pytest.approx(ratio - 1)
        assert metrics["excess_bits_per_document"] > 0
        counts = metrics["stories.en.documents"] + metrics["stories.ja.documents"]
        assert counts == metrics["documents"]
        assert metrics["stories.ja.excess"] > 0
        assert {"pairs.accuracy", "pairs.en.tense", "pairs.ja.counters"} <= set(metrics)
    assert found["base"]["samples.ja.texts"] == 4  # bytes at random are rarely all Latin
    assert 0 <= found["base"]["consistent.ja"] <= found["base"]["grammatical.ja"] <= 1
    assert not [name for name in found["sft"] if name.startswith(("samples", "grammatical"))]
    page = (told / "report" / "index.html").read_text()
    assert "Where the excess lies" in page
    assert "What it tells when nothing is asked" in page


def test_one_other_text_among_the_tales_leaves_no_floor(told: Path) -> None:
    mixtures.write(told / "mixture.json", [Component("s", "tales", "problems", "", 3, 1200)])
    found = run(told, MANY)
    assert not [name for name in found["base"] if "floor" in name or "excess" in name]
    page = (told / "report" / "index.html").read_text()
    assert "No floor to compare it with: the text" in page
    assert "which no source tells" in page


def test_a_model_below_the_floor_fails_the_stage_and_leaves_nothing(
    told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(likelihood, "costs", lambda model, rows: [float(len(r)) / 9 for r in rows])
    with pytest.raises(
        LeakError, match=r"evaluate: base: expected at least 0\.\d+ bits per byte on"
    ):
        run(told, MANY)
    assert not (told / "report").exists()
