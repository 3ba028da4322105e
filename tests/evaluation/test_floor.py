"""The floor is the texts' own probability; nobody honest goes below it, and who does is caught."""

import math
from collections.abc import Sequence

import pytest

from pipeline_lib import tales
from pipeline_lib.errors import LeakError
from pipeline_lib.evaluation import floor
from pipeline_lib.evaluation.floor import Known
from pipeline_lib.formats.mixtures import Component


def source(texts: str, language: str = "", documents: int = 100, kind: str = "tales") -> Component:
    return Component(f"{kind}_{texts}{language}", kind, texts, language, documents, 0)


def told(
    *texts: tales.Texts, count: int = 20, language: tales.Language | None = None
) -> list[tales.Tale]:
    return [tales.tale(1, i, kind, language) for kind in texts for i in range(count)]


def found(texts: Sequence[tales.Tale], likely: floor.Shares) -> list[Known]:
    known = floor.known([one.text for one in texts], likely)
    assert not isinstance(known, str), known
    return known


def test_shares_are_those_of_the_documents_half_of_each_language() -> None:
    likely = floor.shares([source("stories", documents=300), source("facts", documents=100)])
    assert likely == {
        ("stories", "en"): 0.375,
        ("stories", "ja"): 0.375,
        ("facts", "en"): 0.125,
        ("facts", "ja"): 0.125,
    }


def test_sources_of_one_kind_add_up_and_languages_weigh_as_they_are_told() -> None:
    likely = floor.shares([source("facts"), source("facts", "ja"), source("stories", documents=0)])
    assert likely == {("facts", "en"): 0.25, ("facts", "ja"): 0.75}


def test_one_source_of_natural_text_and_nothing_is_known() -> None:
    components = [source("stories"), source("", kind="hub")]
    assert floor.shares(components) == {}
    assert floor.no_tales(components) == ["hub_"]
    assert floor.shares([]) == {}


def test_the_floor_is_the_probability_of_source_language_and_text() -> None:
    likely = floor.shares([source("stories", documents=300), source("facts", documents=100)])
    texts = told("stories", "facts")
    for tale, known in zip(texts, found(texts, likely), strict=True):
        assert (known.kind, known.language) == (tale.kind, tale.language)
        weight = {"stories": 0.75, "facts": 0.25}[tale.kind]
        drawn = math.log2(weight) + tale.log2_probability  # the language's bit is in the tale's
        assert known.bits == pytest.approx(-drawn, abs=1e-9)


def test_in_one_language_the_language_costs_nothing() -> None:
    texts = told("facts", language="ja")
    for tale, known in zip(texts, found(texts, floor.shares([source("facts", "ja")])), strict=True):
        assert known.bits == pytest.approx(-tale.log2_probability, abs=1e-9)


def test_a_text_that_is_no_tale_or_of_no_source_leaves_no_floor() -> None:
    likely = floor.shares([source("facts", "en")])
    said = floor.known(["Zz " * 20], likely)
    assert isinstance(said, str)
    assert said.startswith(f"the text '{('Zz ' * 13)}…' is no tale: at character 0")
    other = floor.known([told("stories", language="en", count=1)[0].text], likely)
    assert isinstance(other, str)
    assert other.endswith("is one of stories (en), which no source tells")


def test_excess_is_told_in_all_units() -> None:
    least = [Known("stories", "en", bits) for bits in (100.0, 50.0, 150.0)]
    excess = floor.compare([110.0, 54.0, 166.0], [200, 100, 300], least)
    assert excess.bits_per_byte == pytest.approx(330 / 600)
    assert excess.floor == pytest.approx(300 / 600)
    assert excess.excess == pytest.approx(0.1)
    assert excess.per_document.value == pytest.approx(10)
    assert excess.per_document.standard_error == pytest.approx(6 / math.sqrt(3))
    metrics = excess.metrics()
    assert metrics["excess_low"] < 0.1 < metrics["excess_high"]
    assert metrics["excess_bits_per_document_low"] == pytest.approx(
        10 - 1.96 * 6 / 3**0.5, abs=0.01
    )


def test_each_kind_and_language_is_compared_by_itself() -> None:
    least = [Known("stories", "en", 10.0), Known("facts", "ja", 20.0), Known("stories", "en", 30.0)]
    apart = floor.by_kind([11.0, 30.0, 31.0], [10, 10, 10], least)
    assert list(apart) == ["facts.ja", "stories.en"]
    assert apart["facts.ja"].excess == pytest.approx(0.5)
    assert apart["stories.en"].excess == pytest.approx(0.05)
    assert apart["stories.en"].documents == 2


def pay(above: Sequence[float], languages: Sequence[tales.Language] = ("en",)) -> None:
    """Let base pay so many bits above the floor for documents in these languages in turn."""
    tongues = [languages[i % len(languages)] for i in range(len(above))]
    least = [Known("stories", tongue, 100.0 + i) for i, tongue in enumerate(tongues)]
    paid = [one.bits + extra for one, extra in zip(least, above, strict=True)]
    floor.expect_above(paid, [300] * len(above), least, "base", "validation")


def test_who_is_far_below_the_floor_is_told_so_with_all_numbers() -> None:
    with pytest.raises(LeakError) as caught:
        pay([-3.0, -2.0, -2.5, -3.5] * 5)
    said = str(caught.value)
    assert said.startswith("evaluate: base: expected at least 0.3650 bits per byte on validation")
    assert "found 0.3558: 2.75 bits per document below the floor (standard error 0.13" in said
    assert "it has seen these documents" in said
    assert "it sees the future" in said


@pytest.mark.parametrize(
    "above", [[5.0, 3.0] * 10, [-5.0, 5.0, 4.0, -4.5] * 5, [-5.0, -4.0], [0.0] * 20]
)
def test_above_the_floor_by_chance_below_it_or_of_few_documents_none_is_blamed(
    above: list[float],
) -> None:
    pay(above)


def test_what_was_seen_of_one_kind_is_not_hidden_by_the_others() -> None:
    with pytest.raises(
        LeakError, match=r"bits per byte on validation \(stories\.ja\), the entropy"
    ):
        pay([20.0, -9.0, 20.0, -11.0] * 20, ("en", "ja"))
