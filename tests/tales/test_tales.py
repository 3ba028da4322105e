"""The corpus as a whole: what is pinned, what it looks like, that it is read as it was told."""

import hashlib
import math
import unicodedata
from functools import cache

import pytest

from pipeline_lib import tales
from pipeline_lib.params import read_params
from pipeline_lib.tales import GENRES, LANGUAGES, Language, Reading, Tale, Texts, recognise, tale
from pipeline_lib.text import filters
from pipeline_lib.text.normalise import normalise

GOLDEN: dict[tuple[int, Texts], str] = {
    (0, "stories"): "dadbc2381e447d07",
    (1, "stories"): "1de748e2330bb19a",
    (18446744073709551615, "stories"): "8e4f650883d7d226",
    (0, "facts"): "1453de819beb8afe",
    (1, "facts"): "b12a2f31e23200e9",
    (18446744073709551615, "facts"): "5c5ed8462a9f06ac",
    (0, "dialogues"): "ae936eac8fade017",
    (1, "dialogues"): "ec725bf73e9367e7",
    (18446744073709551615, "dialogues"): "702a8a5e2761a83a",
    (0, "problems"): "6a79b951062ea6bb",
    (1, "problems"): "fc62148ddabfeb2c",
    (18446744073709551615, "problems"): "2057b78a12554da4",
    (0, "answers"): "8393e26e351c7711",
    (1, "answers"): "718ae070f1c74e38",
    (18446744073709551615, "answers"): "272be303810ccb81",
    (0, "instructions"): "4d4a58b93b24e3fa",
    (1, "instructions"): "d924ce718fcc0deb",
    (18446744073709551615, "instructions"): "521feb745b8f0bc6",
}
"""`digest(seed, texts)` of each kind: after a change of the grammar, print them anew."""
TEXTS = tuple(GENRES)
BOTH = [(texts, language) for texts in TEXTS for language in LANGUAGES]


@cache
def corpus(texts: Texts, language: Language) -> list[Tale]:
    return list(tales.tales(11, 400, texts, language))


def digest(seed: int, texts: Texts) -> str:
    read = "\0".join(item.text for item in tales.tales(seed, 40, texts))
    return hashlib.sha256(read.encode()).hexdigest()[:16]


@pytest.mark.parametrize("texts", TEXTS)
def test_the_same_tales_are_told_on_every_platform(texts: Texts) -> None:
    for seed in (0, 1, 2**64 - 1):
        assert digest(seed, texts) == GOLDEN[seed, texts]


@pytest.mark.parametrize("texts", TEXTS)
def test_a_tale_does_not_depend_on_what_was_told_before(texts: Texts) -> None:
    forwards = [tale(5, index, texts) for index in range(20)]
    backwards = [tale(5, index, texts) for index in reversed(range(20))]
    assert forwards == backwards[::-1] == list(tales.tales(5, 20, texts))


@pytest.mark.parametrize(("texts", "language"), BOTH)
def test_teller_and_recogniser_agree(texts: Texts, language: Language) -> None:
    for told in corpus(texts, language):
        reading = recognise(told.text)
        assert isinstance(reading, Reading), (told.text, reading)
        assert (reading.kind, reading.language, reading.level) == (texts, language, told.level)
        assert math.isclose(reading.log2_probability, told.log2_probability, abs_tol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("texts", TEXTS)
def test_teller_and_recogniser_agree_on_a_hundred_thousand(texts: Texts) -> None:
    levels = set()
    for told in tales.tales(17, 100_000, texts):
        reading = recognise(told.text)
        assert isinstance(reading, Reading), (told.text, reading)
        assert (reading.kind, reading.language, reading.level) == (texts, told.language, told.level)
        assert math.isclose(reading.log2_probability, told.log2_probability + 1, abs_tol=1e-9)
        levels.add(told.level)
    assert levels == ({1, 2, 3, 4, 5} if texts in {"problems", "answers"} else {0})


@pytest.mark.slow
def test_fewer_than_one_in_a_hundred_of_a_million_stories_is_told_twice() -> None:
    seen = {
        hashlib.blake2b(told.text.encode(), digest_size=10).digest()
        for told in tales.tales(1, 1_000_000, "stories")
    }
    assert len(seen) > 0.99 * 1_000_000


@pytest.mark.parametrize(("texts", "language"), BOTH)
def test_the_tales_pass_clean_untouched(texts: Texts, language: Language) -> None:
    """Or their floor would not hold."""
    params = read_params().clean
    for told in corpus(texts, language):
        assert normalise(told.text, params.normal_form) == told.text
        assert unicodedata.is_normalized("NFKC", told.text)
        if texts != "instructions":  # these are conversations, not documents
            assert filters.reason(told.text, params) is None, told.text


@pytest.mark.parametrize(("texts", "language"), BOTH)
def test_every_line_is_clean(texts: Texts, language: Language) -> None:
    for told in corpus(texts, language):
        assert "  " not in told.text
        assert all(line == line.strip() for line in told.text.split("\n"))
        assert "{" not in told.text
        assert language == "ja" or told.text.isascii()


@pytest.mark.parametrize(("texts", "language"), BOTH)
def test_next_to_none_is_told_twice(texts: Texts, language: Language) -> None:
    told = corpus(texts, language)
    assert len({item.text for item in told}) == len(told)


def test_seeds_indices_and_kinds_share_nothing() -> None:
    told = [tale(seed, index, "stories").text for seed in (0, 1, 2**63) for index in range(20)]
    assert len(set(told)) == len(told)
    assert tale(0, 1, "problems").question != tale(0, 1, "answers").question


def test_both_languages_are_drawn() -> None:
    drawn = {told.language for told in tales.tales(1, 50, "stories")}
    assert drawn == set(LANGUAGES)


def test_answers_come_without_working() -> None:
    for index in range(20):
        bare = tale(3, index, "answers")
        assert bare.solution == f"#### {bare.answer}"
        assert bare.text == f"{bare.question}\n{bare.solution}"
