import math
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline_lib.evaluation import likelihood
from pipeline_lib.evaluation.likelihood import Document
from pipeline_lib.formats import shards, shardwriting
from pipeline_lib.formats.shards import Encoded
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer
from tests.model.shapes import shaped
from tests.sections import cutting

SHAPE = shaped(
    layers=2,
    channels=16,
    heads=2,
    kv_heads=1,
    head_width=8,
    feed_forward="swiglu",
    hidden=24,
    context=40,
    rope_theta=10000.0,
    qk_norm=True,
    tie_embeddings=False,
    value_embeddings=False,
)
VOCABULARY = 64


@pytest.fixture(scope="module")
def model() -> Transformer:
    learner = Transformer(SHAPE, VOCABULARY, seed=1)
    with torch.no_grad():
        for weight in learner.parameters():
            weight.mul_(3)  # far from a blind guess, so that what is in sight matters
    return learner


def documents(*lengths: int) -> list[Document]:
    rng = np.random.default_rng(0)
    return [Document(rng.integers(0, VOCABULARY, n), bytes=3 * n) for n in lengths]


def bits(model: Transformer, ids: np.ndarray) -> float:
    """What a document costs, token by token, each with all that the window rule lets it see."""
    context, total = SHAPE.context, 0.0
    for target in range(1, len(ids)):
        start = first_in_sight(target, len(ids) - 1, context)
        logits = model(torch.tensor(ids[None, start:target]))[0, -1]
        total -= logits.log_softmax(-1)[int(ids[target])].item() / math.log(2)
    return total


def first_in_sight(target: int, targets: int, context: int) -> int:
    if target <= context:
        return 0
    paid = context
    while True:
        start = min(paid - context // 2, targets - context)
        paid = start + context
        if target <= paid:
            return start


@torch.no_grad()
@pytest.mark.parametrize("lengths", [(2,), (41,), (42,), (61, 100, 7), (40, 121, 33, 2)])
def test_every_token_is_paid_for_once_with_what_the_rule_lets_it_see(
    model: Transformer, lengths: tuple[int, ...]
) -> None:
    asked = documents(*lengths)
    found = likelihood.measure(model, asked)
    expected = sum(bits(model, document.ids) for document in asked)
    assert found.bits_per_byte == pytest.approx(expected / (3 * sum(lengths)), rel=1e-5)
    assert found.tokens == sum(lengths) - len(lengths)
    assert found.windowed == sum(n - 1 > SHAPE.context for n in lengths)


def test_the_batches_change_nothing_but_rounding(
    model: Transformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = documents(*range(2, 130, 3))
    together = likelihood.measure(model, asked).bits_per_byte
    monkeypatch.setattr(likelihood, "BATCH_TOKENS", 64)
    monkeypatch.setattr(likelihood, "CHUNK", 7)
    assert likelihood.measure(model, asked[::-1]).bits_per_byte == pytest.approx(together, rel=1e-5)


def test_a_blind_model_pays_the_vocabulary_for_each_token() -> None:
    blind = Transformer(SHAPE, VOCABULARY, seed=1)
    with torch.no_grad():
        blind.head_weight.zero_()
    found = likelihood.measure(blind, documents(30, 90))
    assert found.bits_per_byte == pytest.approx(118 * math.log2(VOCABULARY) / 360, rel=1e-6)


def stored(folder: Path, texts: list[str]) -> tuple[shards.Shards, Tokenizer]:
    params = cutting(vocab_size=272)
    tokenizer = Tokenizer(trainer.train(["abcd efgh"] * 5, params).model)
    rows = [Encoded(np.array([1, *tokenizer.encode(t), 2]), len(t.encode())) for t in texts]
    shardwriting.write(
        folder, "pretrain", "validation", rows, tokenizer.vocab_size, tokenizer.digest
    )
    return shards.read(folder), tokenizer


def test_all_documents_are_chosen_where_they_fit_and_their_bytes_are_the_indexs(
    tmp_path: Path,
) -> None:
    held, tokenizer = stored(tmp_path / "v", ["ab", "", "魚 ü\n", "▁"] * 9)
    chosen = likelihood.choose(held, 10_000, tokenizer)
    assert sum(document.bytes for document in chosen) == held.index.bytes
    assert sum(len(document.ids) for document in chosen) == held.index.tokens


def test_chosen_documents_are_whole_spread_and_within_the_bound(tmp_path: Path) -> None:
    held, tokenizer = stored(tmp_path / "v", [f"{i:03d}" * (1 + i % 4) for i in range(400)])
    chosen = likelihood.choose(held, 1000, tokenizer)
    numbers = [int(tokenizer.decode(document.ids)[:3]) for document in chosen]
    assert 900 < sum(len(document.ids) for document in chosen) <= 1000
    assert min(numbers) < 10
    assert max(numbers) > 390
    assert all(document.ids[-1] == tokenizer.end for document in chosen)


def test_one_document_is_chosen_even_where_none_fits(tmp_path: Path) -> None:
    held, tokenizer = stored(tmp_path / "v", ["abcd" * 50] * 3)
    assert len(likelihood.choose(held, 10, tokenizer)) == 1
    empty, _ = stored(tmp_path / "none", [])
    assert likelihood.choose(empty, 10, tokenizer) == []


def test_the_unigram_pays_by_how_often_a_token_is_seen(tmp_path: Path) -> None:
    held, tokenizer = stored(tmp_path / "v", ["aab"] * 3)
    chosen = likelihood.choose(held, 100, tokenizer)
    ids = held.tokens[:].tolist()
    share = {i: (ids.count(i) + 1) / (len(ids) + tokenizer.vocab_size) for i in ids}
    cost = sum(-math.log2(share[int(i)]) for document in chosen for i in document.ids[1:])
    assert likelihood.unigram(held, chosen) == pytest.approx(cost / 9)
