from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.text.quality import words
from pipeline_lib.text.quality.grams import Grams, counted, first_of, repeats, repeats_at
from pipeline_lib.text.quality.words import Pieces, pieces, words_of


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("word", ["word"]),
        ("word,", ["word", ","]),
        ("(word).", ["(", "word", ")", "."]),
        ('"Stop!"', ['"', "Stop", "!", '"']),
        ("Mr.", ["Mr."]),
        ("U.S.", ["U.S."]),
        ("J.", ["J."]),
        ("end.Next", ["end", ".", "Next"]),
        ("3.14", ["3.14"]),
        ("1,000", ["1,000"]),
        ("1999.", ["1999", "."]),
        ("50%", ["50", "%"]),
        ("don't", ["do", "n't"]),
        ("she's", ["she", "'s"]),
        ("They’ll,", ["They", "’ll", ","]),
        ("o'clock", ["o'clock"]),
        ("cannot", ["can", "not"]),
        ("well-known", ["well", "-", "known"]),
        ("was--is", ["was", "--", "is"]),
        ("either/or", ["either", "/", "or"]),
        ("wait...", ["wait", "..."]),
        ("_so_", ["_", "so", "_"]),
        ("https://a.org/b-c/d=e", ["https://a.org/b-c/d=e"]),
        ("...", ["..."]),
        ("—", ["—"]),
    ],
)
def test_a_run_is_split_as_the_thresholds_in_print_suppose(run: str, expected: list[str]) -> None:
    assert list(pieces(run)) == expected


@given(st.text(min_size=1).filter(lambda run: not any(sign.isspace() for sign in run)))
def test_splitting_loses_no_character(run: str) -> None:
    assert "".join(pieces(run)) == run


@given(st.text())
def test_words_know_their_lengths_and_kinds(text: str) -> None:
    said = [piece for run in text.split() for piece in pieces(run)]
    found = words_of(text.split())
    assert found.lengths.tolist() == list(map(len, said))
    assert found.have_letters.tolist() == [any(map(str.isalpha, word)) for word in said]
    assert not (found.have_letters & ~found.are_words).any()


def test_signs_are_no_words_and_digits_are() -> None:
    found = words_of(["It", "12", "–", ",", "!", "…", "3a", "_"])
    assert found.are_words.tolist() == [True, True, False, False, False, False, True, False]


def test_equal_words_have_equal_codes_and_others_differ() -> None:
    codes = words_of(["one", "two", "one", "One", "one,"]).codes.tolist()
    assert codes[0] == codes[2] == codes[4]
    assert len({codes[0], codes[1], codes[3]}) == 3


def test_pieces_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "REMEMBERED", 10)
    met = Pieces()
    for number in range(100):
        assert met[f"w{number}"] == met[f"w{number}"] == words.code(f"w{number}")
        assert met["the"] == words.code("the")
    assert len(met) + len(met._met_before) <= 20
    met.forget()
    assert not met
    assert not met._met_before


def test_a_run_as_long_as_a_page_is_not_remembered() -> None:
    met = Pieces()
    assert len(met["x" * 5000]) == 8
    assert not met


members = st.lists(st.integers(0, 3), max_size=60)


@given(members, st.integers(1, 10))
def test_n_grams_have_one_key_if_and_only_if_they_are_equal(said: list[int], n: int) -> None:
    keys = Grams(np.array(said, np.int64)).keys(n).tolist()
    grams = list(zip(*[said[place:] for place in range(n)], strict=False))
    assert len(keys) == len(grams)
    assert len(set(keys)) == len(set(grams))
    assert all(
        (keys[a] == keys[b]) == (grams[a] == grams[b]) for a, b in pairwise(range(len(keys)))
    )


@given(members.filter(bool))
def test_keys_are_counted_as_one_by_one(said: list[int]) -> None:
    keys = Grams(np.array(said, np.int64)).keys(1)
    different, counts = counted(keys)
    assert dict(zip(different.tolist(), counts.tolist(), strict=True)) == {
        key: keys.tolist().count(key) for key in keys.tolist()
    }
    assert repeats(keys) == len(said) - len(set(said))
    assert repeats_at(keys).tolist() == [one in said[:place] for place, one in enumerate(said)]
    most = said.count(max(said, key=said.count))
    first = min(said.index(one) for one in said if said.count(one) == most)
    assert first_of(keys, different[counts == most]) == first
