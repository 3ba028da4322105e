from dataclasses import dataclass

import pytest

from pipeline_lib.tokens.measure import measure
from pipeline_lib.tokens.tokenizer import Tokenizer


@dataclass(frozen=True)
class Text:
    text: str
    language: str


def test_shares_are_counted_in_all_and_by_language(tokenizer: Tokenizer) -> None:
    documents = [Text("12 34", "en"), Text("ü", "de"), Text("", "fr")]
    metrics = measure(documents, tokenizer)
    assert metrics["bytes_per_token.en"] == 1
    assert metrics["tokens_per_word.en"] == 2.5
    assert metrics["byte_fallback.en"] == 0
    assert metrics["byte_fallback.de"] == 1
    assert metrics["byte_fallback"] == pytest.approx(2 / 7)
    assert "bytes_per_token.fr" not in metrics


def test_nothing_to_measure_measures_nothing(tokenizer: Tokenizer) -> None:
    assert measure([], tokenizer) == {}
