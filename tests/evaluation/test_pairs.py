from collections import Counter

import numpy as np
import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.evaluation import likelihood, pairs
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.tales import Language
from pipeline_lib.tales import pairs as tales_pairs
from pipeline_lib.tales.pairs import PHENOMENA, Pair

ASKED = [
    Pair("tense", "She went.", "She goes.", "en"),
    Pair("tense", "He went.", "He goes.", "en"),
    Pair("counters", "三本ある。", "三冊ある。", "ja"),
]


def drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs as they come, only quicker."""

    def pair(seed: int, index: int, language: Language) -> Pair:
        known = PHENOMENA[language]
        return Pair(known[index % len(known)], f"{seed} {index}", f"{seed} -{index}", language)

    monkeypatch.setattr(tales_pairs, "pair", pair)


def test_each_phenomenon_has_as_many_pairs_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing(monkeypatch)
    drawn = pairs.draw(("en", "ja"), 2, seed=1)
    held = Counter((pair.language, pair.phenomenon) for pair in drawn)
    assert set(held) == {
        (language, name) for language, names in PHENOMENA.items() for name in names
    }
    assert set(held.values()) == {2}
    assert drawn == pairs.draw(("en", "ja"), 2, seed=1)
    assert pairs.draw(("en",), 0, seed=1) == pairs.draw((), 3, seed=1) == []


def test_a_phenomenon_that_never_comes_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "PATIENCE", 0)
    with pytest.raises(DataError, match=r"minimal pairs: expected 2 of \w+ \(en\), found 0; ask"):
        pairs.draw(("en",), 2, seed=1)


def test_who_pays_less_for_the_good_text_is_right(
    monkeypatch: pytest.MonkeyPatch, infant: Subject
) -> None:
    paid = iter([[3.0, 5.0, 4.0], [4.0, 5.0, 9.0]])  # a tie is no preference
    monkeypatch.setattr(likelihood, "costs", lambda model, rows: next(paid))
    metrics = pairs.examine(infant, ASKED)
    assert metrics["pairs.count"] == 3
    assert metrics["pairs.accuracy"] == pytest.approx(2 / 3)
    assert metrics["pairs.accuracy_low"] < 2 / 3 < metrics["pairs.accuracy_high"]
    assert (metrics["pairs.en"], metrics["pairs.ja"]) == (0.5, 1.0)
    assert (metrics["pairs.en.tense"], metrics["pairs.ja.counters"]) == (0.5, 1.0)


def test_a_text_is_paid_for_from_begin_to_end(infant: Subject) -> None:
    cut = infant.tokenizer
    texts = ["He has 3 cups.", "三本ある。"]
    rows = [np.array([cut.begin, *cut.encode(text), cut.end]) for text in texts]
    assert pairs.costs(infant, texts) == likelihood.costs(infant.model, rows)
