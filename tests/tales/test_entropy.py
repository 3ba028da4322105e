"""The floor: an estimate with an error that means something."""

import pytest

from pipeline_lib.tales import entropy, tale
from pipeline_lib.tales.entropy import of_texts


def test_entropy_is_bits_over_bytes() -> None:
    known = of_texts([(-10.0, 40), (-30.0, 120)])
    assert known.bits_per_byte == pytest.approx(0.25)
    assert known.standard_error == pytest.approx(0.0)
    assert (known.bits, known.bytes, known.documents) == (40.0, 160, 2)


def test_two_halves_of_a_corpus_agree_within_their_errors() -> None:
    one, other = entropy(1, range(300), "stories"), entropy(1, range(300, 600), "stories")
    apart = abs(one.bits_per_byte - other.bits_per_byte)
    assert apart < 4 * (one.standard_error**2 + other.standard_error**2) ** 0.5
    assert 0 < one.standard_error < 0.05 * one.bits_per_byte


def test_the_language_counts_where_it_is_drawn() -> None:
    drawn = tale(1, 1, "stories")
    given = tale(1, 1, "stories", drawn.language)
    assert given.text == drawn.text
    assert drawn.log2_probability == pytest.approx(given.log2_probability - 1)


def test_there_is_no_entropy_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        entropy(1, range(0), "stories")
