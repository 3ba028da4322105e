from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib import answers
from pipeline_lib.errors import DataError


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("#### 42", "42"),
        ("12 + 7 = 19\n19 - 4 = 15\n#### 15", "15"),
        ("####15", "15"),
        ("####\n15", "15"),
        ("#### 1,080", "1080"),
        ("#### 1080", "1,080"),
        ("#### 18.", "18"),
        ("The answer is 18.", "18"),
        ("#### $18", "18"),
        ("#### $1,234.50", "1234.5"),
        ("#### -3", "-3"),
        ("#### -$3", "-3"),
        ("#### $-3", "-3"),
        ("#### −3", "-3"),
        ("#### +3", "3"),
        ("#### 3.50", "3.5"),
        ("#### .5", "0.5"),
        ("#### 6/4", "1.5"),
        ("#### 18 apples", "18"),
        ("#### Tom has 18 apples, not 20", "18"),
        ("#### 25%", "25"),
        ("#### 007", "7"),
        ("#### ４２", "42"),
        ("So he has 5 + 6 = 11", "11"),
        ("10-3=7", "7"),
        ("the rest is 10-3", "3"),
        ("#### 5\nno, wait\n#### 6", "6"),
        ("####### 6", "6"),
        ("#### 1,2", "1"),
    ],
)
def test_a_right_answer_is_right_however_it_is_written(completion: str, answer: str) -> None:
    assert answers.is_right(completion, answer)


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("", "5"),
        ("no number at all", "5"),
        ("5 apples ####", "5"),
        ("5 apples #### none", "5"),
        ("#### 6\n#### 5 6", "6"),
        ("#### 0.1000000000000000055", "0.1"),
        ("#### 9007199254740993", "9007199254740992"),
        ("#### 3/0", "3"),
        ("#### ٣", "3"),
        ("#### 5²", "25"),
        ("#### 3", "-3"),
        ("#### " + "9" * 100_000, "9"),
        ("#### 1" + "0" * 41, "1"),
        ("#### 5", "no number"),
        ("nothing", "nothing"),
    ],
)
def test_a_wrong_answer_is_wrong(completion: str, answer: str) -> None:
    assert not answers.is_right(completion, answer)


def test_extract_gives_the_number_as_the_corpus_writes_it() -> None:
    assert answers.extract("3 * 9 = 27\n#### 1,027 dollars") == "1027"


def test_without_a_marker_the_last_number_counts() -> None:
    assert answers.extract("7 apples and 1,200 pears. Bye.") == "1200"


def test_a_marker_without_a_number_is_no_answer() -> None:
    assert answers.extract("12 ####") is None


def test_numbers_are_exact() -> None:
    assert answers.normalise("#### 0.30") == Fraction(3, 10)


def test_an_unknown_verifier_is_named() -> None:
    with pytest.raises(DataError, match="expected number, found poetry"):
        answers.is_right("#### 1", "1", "poetry")


@given(st.text() | st.text(alphabet="#0123456789.,-+$/% ٣４²e\n"), st.text())
def test_no_text_raises(completion: str, answer: str) -> None:
    assert answers.is_right(completion, answer) in (True, False)
    assert answers.extract(completion) is None or answers.extract(completion)


@given(st.integers(-(10**30), 10**30))
def test_every_whole_number_is_right_with_and_without_commas(number: int) -> None:
    assert answers.is_right(f"#### {number:,}", str(number))
    assert answers.is_right(f"it is {number}.", f"{number:,}")
    assert not answers.is_right(f"#### {number + 1}", str(number))


def test_a_megabyte_of_anything_is_read_at_once() -> None:
    for piece in ("1,", "1,111", "-", "#", "."):
        text = piece * (1_000_000 // len(piece))
        assert answers.is_right(text, "5") is False
