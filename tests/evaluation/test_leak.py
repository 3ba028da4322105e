"""A model that sees the future falls below the floor and is caught; an honest one, trained as long, does not."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from pipeline_lib.errors import LeakError
from pipeline_lib.evaluation import floor, likelihood
from pipeline_lib.evaluation.floor import Known
from pipeline_lib.evaluation.likelihood import Document
from pipeline_lib.formats.mixtures import Component
from pipeline_lib.model import attention
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import Params
from pipeline_lib.tales import tale
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer
from tests.sections import cutting

MIXTURE = [Component("stories", "tales", "stories", "en", 1, 1)]
VOCABULARY, CONTEXT = 400, 64
BATCH, STEPS = 16, 320


def texts(indices: range) -> list[str]:
    return [tale(1, index, "stories", "en").text for index in indices]


@pytest.fixture(scope="module")
def learnt() -> list[str]:
    return texts(range(150))


@pytest.fixture(scope="module")
def tokenizer(learnt: list[str]) -> Tokenizer:
    params = cutting(kind="unigram", vocab_size=VOCABULARY, sample_bytes=50_000)
    return Tokenizer(trainer.train(learnt, params).model)


def documents(told: Sequence[str], tokenizer: Tokenizer) -> list[Document]:
    framed = [np.array([tokenizer.begin, *tokenizer.encode(t), tokenizer.end]) for t in told]
    return [
        Document(ids, len(text.encode()), text)
        for ids, text in zip(framed, told, strict=True)
        if len(ids) > CONTEXT + 1
    ]


def grown(learnt: list[str], tokenizer: Tokenizer, params: Params) -> Transformer:
    """A small model, trained as any is: by what comes next."""
    small = {"layers": 1, "channels": 48, "heads": 2, "kv_heads": 2, "head_width": 16}
    shape = params.model.model_copy(
        update={**small, "hidden": 64, "context": CONTEXT, "qk_norm": False}
    )
    # tied and uncapped it learns to copy in fewer steps
    shape = shape.model_copy(update={"tie_embeddings": True, "logit_softcap": 0.0})
    learner = Transformer(shape, VOCABULARY, seed=1)
    optimizer = torch.optim.AdamW(learner.parameters(), lr=1e-2)
    rows = [d.ids for d in documents(learnt, tokenizer)]
    draw = np.random.default_rng(0)
    for step in range(STEPS):
        ids = torch.stack([crop(rows[int(draw.integers(len(rows)))], draw) for _ in range(BATCH)])
        for group in optimizer.param_groups:
            group["lr"] = 1e-2 * (1 - step / STEPS)
        logits = learner(ids[:, :-1])
        F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten()).backward()
        optimizer.step()
        optimizer.zero_grad()
    return learner


def crop(ids: likelihood.Ids, draw: np.random.Generator) -> Tensor:
    """A stretch of a document: what is next to what shows in it as well, and costs less."""
    start = int(draw.integers(len(ids) - CONTEXT))
    return torch.from_numpy(ids[start : start + CONTEXT + 1])


def examined(
    learner: Transformer, tokenizer: Tokenizer
) -> tuple[Sequence[float], list[int], list[Known]]:
    """Bits paid, bytes and the floor of documents that it has not seen."""
    asked = documents(texts(range(1000, 1025)), tokenizer)
    known = floor.known([document.text for document in asked], floor.shares(MIXTURE))
    assert not isinstance(known, str), known
    paid = likelihood.measure(learner, asked).bits
    return paid, [document.bytes for document in asked], known


def test_a_model_that_sees_the_future_is_caught(
    monkeypatch: pytest.MonkeyPatch, learnt: list[str], tokenizer: Tokenizer, params: Params
) -> None:
    def without_mask(queries: Tensor, keys: Tensor, values: Tensor, *_: object) -> Tensor:
        return F.scaled_dot_product_attention(queries, keys, values)

    monkeypatch.setattr(attention, "attend", without_mask)
    found = examined(grown(learnt, tokenizer, params), tokenizer)
    assert floor.compare(*found).excess < -0.1
    with pytest.raises(LeakError, match=r"evaluate: base: expected at least .* it sees the future"):
        floor.expect_above(*found, "base", "validation")


def test_an_honest_model_stays_above_the_floor(
    learnt: list[str], tokenizer: Tokenizer, params: Params
) -> None:
    found = examined(grown(learnt, tokenizer, params), tokenizer)
    assert 0 < floor.compare(*found).excess < 10
    floor.expect_above(*found, "base", "validation")
