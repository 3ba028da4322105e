import pickle
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_lib.tokens import measure
from pipeline_lib.tokens.measure import Counts, count
from pipeline_lib.tokens.tokenizer import Tokenizer

MLFLOW_NAME = re.compile(r"[\w\-. :/]+")


@dataclass(frozen=True)
class Text:
    text: str
    language: str
    source: str = "books"


def of(tokenizer: Tokenizer, *documents: Text) -> dict[str, float]:
    return count(documents, tokenizer).metrics(tokenizer)


def state(counts: Counts) -> tuple[object, ...]:
    return (counts.uses.tolist(), counts.groups, counts.excerpts.chosen())


def test_shares_are_counted_in_all_by_language_and_by_source(tokenizer: Tokenizer) -> None:
    metrics = of(tokenizer, Text("12 34", "en"), Text("ü", "de", "web"), Text("", "fr", "none"))
    assert metrics["bytes_per_token.language.en"] == 1
    assert metrics["tokens_per_word.language.en"] == 2.5
    assert metrics["byte_fallback.language.en"] == 0
    assert metrics["tokens_per_character.language.de"] == 2
    assert metrics["byte_fallback.language.de"] == metrics["byte_fallback.source.web"] == 1
    assert metrics["byte_fallback"] == pytest.approx(2 / 7)
    assert metrics["tokens_per_character"] == pytest.approx(7 / 6)
    assert not [name for name in metrics if name.endswith((".fr", ".none"))]


def test_the_byte_of_a_newline_is_its_own_piece_and_no_fallback(tokenizer: Tokenizer) -> None:
    assert of(tokenizer, Text("1\n\n2", "en"))["byte_fallback"] == 0
    assert of(tokenizer, Text("1\t2", "en"))["byte_fallback"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("text", "language", "is_spaced"),
    [
        ("今日は 雨", "ja", False),
        ("ab cd", "en", True),
        ("ab cd", "", True),
        ("今日は" * 9, "", False),
    ],
)
def test_tokens_per_word_are_given_where_words_are_spaced(
    tokenizer: Tokenizer, text: str, language: str, is_spaced: bool
) -> None:
    assert ("tokens_per_word" in of(tokenizer, Text(text, language))) == is_spaced


def test_unspaced_text_is_no_part_of_the_tokens_per_word_in_all(tokenizer: Tokenizer) -> None:
    both = of(tokenizer, Text("12 34", "en"), Text("今日は", "ja"))
    assert both["tokens_per_word"] == both["tokens_per_word.source.books"] == 2.5


def test_mlflow_takes_every_name(tokenizer: Tokenizer) -> None:
    names = of(tokenizer, Text("12 34", ""), Text("ü", "de", "web.old-2"))
    assert "bytes_per_token.language.unknown" in names
    assert [name for name in names if not MLFLOW_NAME.fullmatch(name)] == []


def test_nothing_to_measure_measures_nothing(tokenizer: Tokenizer) -> None:
    assert of(tokenizer) == of(tokenizer, Text("", "en")) == {}


def test_uses_are_those_of_a_count_by_hand(tokenizer: Tokenizer, texts: list[str]) -> None:
    uses = count([Text(text, "en") for text in texts], tokenizer).uses
    by_hand = np.zeros(tokenizer.vocab_size, dtype=np.int64)
    for text in texts:
        for token in tokenizer.encode(text):
            by_hand[token] += 1
    assert uses.tolist() == by_hand.tolist()


def test_a_long_text_is_counted_block_by_block(
    tokenizer: Tokenizer, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [Text(text, "en") for text in texts]
    whole = state(count(documents, tokenizer))
    monkeypatch.setattr(measure, "_BLOCK", 100)
    assert state(count(documents, tokenizer)) == whole


def test_pieces_are_the_unused_the_longest_and_the_most_used(tokenizer: Tokenizer) -> None:
    counts = count([Text("1 1 1 2 2", "en")], tokenizer)
    pieces = counts.pieces(tokenizer)
    assert {"1": 3, "2": 2}.items() <= pieces["most_used"].items()
    assert next(iter(pieces["most_used"].values())) == max(pieces["most_used"].values())
    assert len(next(iter(pieces["longest"]))) == max(map(len, pieces["most_used"]))
    assert set(pieces["unused"].values()) == {0}
    assert "3" in pieces["unused"]
    in_use = set(pieces["most_used"])
    assert in_use.isdisjoint(pieces["unused"])
    assert len(in_use) + len(pieces["unused"]) == len(tokenizer.learnt)
    metrics = counts.metrics(tokenizer)
    assert metrics["unused_pieces"] == len(pieces["unused"])
    assert metrics["unused_share"] == len(pieces["unused"]) / len(tokenizer.learnt)


DOCUMENTS = st.lists(
    st.builds(
        Text,
        st.text(alphabet="ab12 \n今日é", max_size=40),
        st.sampled_from(["en", "ja", ""]),
        st.sampled_from(["books", "web"]),
    ),
    max_size=12,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=DOCUMENTS, cuts=st.lists(st.integers(0, 12), max_size=3), turned=st.booleans())
def test_parts_add_up_to_the_whole_in_any_order(
    tokenizer: Tokenizer, documents: Sequence[Text], cuts: list[int], turned: bool
) -> None:
    ends = sorted([0, *cuts, 12])
    parts = [documents[a:b] for a, b in pairwise(ends)]
    total = measure.nothing(tokenizer)
    for part in reversed(parts) if turned else parts:
        total.add(pickle.loads(pickle.dumps(count(part, tokenizer))))
    assert state(total) == state(count(documents, tokenizer))
    assert total.metrics(tokenizer) == of(tokenizer, *documents)
