import random
from collections.abc import Callable
from typing import Any

import pytest

from pipeline_lib.params import TokenizerParams
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer
from tests.sections import cutting

Asked = Callable[..., TokenizerParams]


def asking(**changed: Any) -> TokenizerParams:
    asked: dict[str, Any] = {
        "kind": "unigram",
        "vocab_size": 340,
        "character_coverage": 0.9999,
        "sample_bytes": 1_000_000,
    }
    return cutting(**(asked | changed))


def some_texts() -> list[str]:
    draw = random.Random(0)
    words = ["".join(draw.choices("abcdefghijkl", k=draw.randint(2, 7))) for _ in range(200)]
    return [
        " ".join(draw.choices(words, k=30)) + f".\n\n今日は {i} + 2 = {i + 2}。\n"
        for i in range(200)
    ]


@pytest.fixture(scope="session")
def asked() -> Asked:
    return asking


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return some_texts()


@pytest.fixture(scope="session", params=["unigram", "bpe"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return Tokenizer(trainer.train(some_texts(), asking(kind=request.param)).model)
