import re
import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.text.near import shingles
from pipeline_lib.text.near.shingles import grams, groups, runs, tokens

TEXTS = st.lists(st.text(alphabet="aAb1'-. \n山がß𠀀😀กา", max_size=30), max_size=6)
UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff\U00020000-\U000323af]")


def words(text: str) -> list[str]:
    """The slow way: letter by letter."""
    found, open_word = [], False
    for sign in text:
        if unicodedata.category(sign)[0] not in "LNM":
            open_word = False
        elif UNSPACED.match(sign) or not open_word:
            found.append(sign)
            open_word = not UNSPACED.match(sign)
        else:
            found[-1] += sign
    return found


@given(TEXTS)
def test_words_stand_where_reading_letter_by_letter_finds_them(texts: list[str]) -> None:
    found = tokens(texts)
    joined = "\n".join(texts)
    said = [joined[a:b] for a, b in zip(found.starts, found.ends, strict=True)]
    assert said == [word for text in texts for word in words(text)]
    assert found.lengths.tolist() == [len(words(text)) for text in texts]


@given(TEXTS)
def test_equal_words_have_equal_hashes_and_others_have_others(texts: list[str]) -> None:
    said = [word.casefold() for text in texts for word in words(text)]
    hashes = tokens(texts).hashes.tolist()
    assert len(set(zip(said, hashes, strict=True))) == len(set(said)) == len(set(hashes))


def test_a_word_has_one_hash_wherever_a_block_of_a_long_text_ends() -> None:
    text = "seven swans a swimming " * (3 * shingles.BLOCK // 23)
    found = tokens([text])
    assert len(found.hashes) == len(text.split())
    assert len(set(found.hashes.tolist())) == 4


def test_a_block_without_a_gap_is_cut_all_the_same() -> None:
    found = tokens(["山" * (2 * shingles.BLOCK + 5), "x" * (shingles.BLOCK + 5)])
    assert found.lengths.tolist() == [2 * shingles.BLOCK + 5, 2]


def test_a_text_is_unspaced_by_what_most_of_it_is() -> None:
    texts = ["plain words 山", "これはIBMです", "", "한국어 는 띄어 쓴다", "ภาษาไทย"]
    assert tokens(texts).mostly_unspaced().tolist() == [False, True, False, False, True]


@given(st.lists(st.integers(0, 3), max_size=9), st.integers(1, 4))
def test_runs_of_equal_words_are_equal(said: list[int], longest: int) -> None:
    hashes = np.array(said, np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(7)
    for n, found in grams(hashes, longest):
        expected = [tuple(said[i : i + n]) for i in range(len(said) - n + 1)]
        assert len(found) == len(expected)
        assert len(set(zip(expected, found.tolist(), strict=True))) == len(set(expected))
        assert len(set(found.tolist())) == len(set(expected))


def test_no_run_crosses_from_one_text_into_the_next() -> None:
    found = {n: owners.tolist() for n, _, owners in runs(tokens(["a b c", "d", "e f"]), {1, 2})}
    assert found == {1: [0, 0, 0, 1, 2, 2], 2: [0, 0, 2]}


@given(st.lists(st.integers(0, 9), max_size=9))
def test_groups_hold_every_text_once_in_order(lengths: list[int]) -> None:
    texts = ["x" * (length * shingles.GROUP // 8) for length in lengths]
    found = list(groups(texts))
    assert [number for group in found for number in range(group.start, group.stop)] == list(
        range(len(texts))
    )
    assert all(
        sum(map(len, texts[group])) <= shingles.GROUP or group.stop - group.start == 1
        for group in found
    )
