"""Gopher's, C4's and FineWeb's rules, each with a text that breaks it and no other."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.params.quality import QualityParams
from pipeline_lib.text import quality
from pipeline_lib.text.quality import c4, repetition
from pipeline_lib.text.quality.passage import Passage
from pipeline_lib.text.quality.words import pieces

ROOT = Path(__file__).parents[2]
PRINTED: dict[str, Any] = yaml.safe_load(
    (ROOT / "benchmarks/quality_printed.yaml").read_text("utf-8")
)
KEEPER = (
    "The keeper of the lighthouse rowed out before dawn with nothing but a lantern and a loaf. "
    "By noon the wind had turned, so he ate half of it under a rock and waited. "
    "Gulls came close, looked him over and left again, as guests do who find no table laid.\n"
    "He had kept this light for thirty years, and his father had kept it before him. "
    "Ships that he never saw had passed because of it, bound for ports that he could not name. "
    "That seemed to him a fair trade for the cold and for the long evenings without company.\n"
    "When the fog lifted he found the boat where he had left it, dry on the shingle. "
    "He laughed at himself, pushed it into the water and rowed home to be there before dark."
)


def rules(*families: str, **changed: object) -> QualityParams:
    """The printed rules with these families on, and some values changed in all that have them."""
    on = {
        name: PRINTED[name] | {k: v for k, v in changed.items() if k in PRINTED[name]}
        for name in families
    }
    return QualityParams.model_validate(dict.fromkeys(PRINTED) | on)


def reason(text: str, *families: str, language: str = "en") -> str | None:
    return quality.judge(text, language, rules(*families)).reason


def test_prose_breaks_no_rule() -> None:
    verdict = quality.judge(KEEPER, "en", QualityParams.model_validate(PRINTED))
    assert verdict == quality.Verdict(KEEPER, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat sat on the mat and that was that.", "gopher_too_few_words"),
        ("of the " + KEEPER * 800, "gopher_too_many_words"),
        ("to be of a an i " * 30, "gopher_mean_word_length"),
        ("the of to " + "internationalization " * 60, "gopher_mean_word_length"),
        (KEEPER.replace(" a ", " #a ").replace("he ", "#he "), "gopher_symbols"),
        (KEEPER.replace("he ", "he ... ").replace("the ", "the … "), "gopher_symbols"),
        (KEEPER + " of 12 34 56 78 90" * 6, "gopher_alphabetic_words"),
        (
            "Lorry driver seeks work. " * 3
            + "Apply within and ask for Smith no agents please. " * 9,
            "gopher_stop_words",
        ),
        ("- " + KEEPER.replace(". ", ".\n- ").replace(".\n", ".\n • "), "gopher_bullet_lines"),
        (KEEPER.replace(". ", "...\n"), "gopher_ellipsis_lines"),
    ],
)
def test_gopher_says_which_quality_a_text_lacks(text: str, expected: str | None) -> None:
    assert reason(text, "gopher_quality") == expected


def test_stop_words_are_those_of_the_language() -> None:
    german = KEEPER.translate(str.maketrans("aeiou", "öäüöü")) + " der Wärter und die Lampe"
    assert reason(german, "gopher_quality", language="en") == "gopher_stop_words"
    assert reason(german, "gopher_quality", language="de") is None
    assert reason(german, "gopher_quality", language="sw") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (KEEPER + "\nHome\nHome\nHome\nHome", "gopher_duplicate_lines"),
        (KEEPER + "\n" + KEEPER.split("\n")[0], "gopher_duplicate_lines"),
        ("\n\n".join([*"abcdef", *["Read\nmore"] * 4]), "gopher_duplicate_paragraphs"),
        (KEEPER + " buy it now" * 40, "gopher_top_ngram"),
        (KEEPER + " " + " ".join(KEEPER.split()[:40]), "gopher_duplicate_ngrams"),
    ],
)
def test_gopher_says_how_a_text_repeats_itself(text: str, expected: str) -> None:
    assert reason(text, "gopher_repetition") == expected


PHRASES = st.lists(
    st.sampled_from(["a", "the cat", "sat", "on", "mats,", "one two three four five six."]),
    max_size=90,
)


@given(PHRASES)
def test_repetition_is_what_counting_each_n_gram_gives(phrases: list[str]) -> None:
    text = " ".join(phrases)
    passage, limits = Passage(text, "en"), rules("gopher_repetition").gopher_repetition
    assert limits is not None
    said = [piece for run in text.split() for piece in pieces(run)]
    top = [top_share(said, n, text) for n in repetition.TOP]
    again = [again_share(said, n, text) for n in repetition.LONG]
    assert repetition.gopher_top_ngram(passage, limits) == exceeds(top, limits.max_top_ngrams)
    assert repetition.gopher_duplicate_ngrams(passage, limits) == exceeds(
        again, limits.max_duplicate_ngrams
    )


def top_share(said: list[str], n: int, text: str) -> float:
    """As datatrove defines it: the first of the most frequent n-grams, all its occurrences."""
    grams = Counter(" ".join(said[place : place + n]) for place in range(len(said) - n + 1))
    gram, times = next(iter(grams.most_common(1)), ("", 0))
    return len(gram) * times / max(len(text), 1)


def again_share(said: list[str], n: int, text: str) -> float:
    """As datatrove defines it: from the left, a repeated n-gram is counted and stepped over."""
    met: set[tuple[str, ...]] = set()
    place = characters = 0
    while place <= len(said) - n:
        gram = tuple(said[place : place + n])
        characters += len("".join(gram)) if gram in met else 0
        place += n if gram in met else 1
        met.add(gram)
    return characters / max(len(text), 1)


def exceeds(shares: list[float], limits: tuple[float, ...]) -> bool:
    return any(share > limit for share, limit in zip(shares, limits, strict=True))


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("Home | About | Contact", None),
        ("Thank you.", None),
        ("Please enable JavaScript to see this page.", None),
        ("This site uses cookies to serve you better.", None),
        ("And then he saw...", None),
        ("See " + "x" * 1001 + " for it.", None),
        ("It was built in 1902.[4][citation needed]", "It was built in 1902."),
        ("She said, “Come in here.”", "She said, “Come in here.”"),
        ("  It stood on the hill.  ", "It stood on the hill."),
    ],
)
def test_c4_removes_lines_that_are_no_prose(line: str, left: str | None) -> None:
    verdict = quality.judge(f"{KEEPER}\n{line}", "en", rules("c4"))
    assert verdict == quality.Verdict(KEEPER if left is None else f"{KEEPER}\n{left}", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (KEEPER + "\nLorem ipsum dolor sit amet.", "c4_lorem_ipsum"),
        (KEEPER + "\nif (dawn) { row the boat; }.", "c4_curly_bracket"),
        (KEEPER + "\n{{Infobox lighthouse}}", None),
        (
            "Mr. J. Smith of the U.S. Navy met Dr. Jones at 5 p.m. on the 3. of May. He left. Then it rained.",
            "c4_too_few_sentences",
        ),
        ("One went up. Two went down. Three stayed there. Four said no. Five said yes.", None),
        ("\n".join(["Menu one two three"] * 30), "c4_too_few_sentences"),
    ],
)
def test_c4_drops_code_filler_and_what_has_hardly_a_sentence(
    text: str, expected: str | None
) -> None:
    assert reason(text, "c4") == expected


def test_one_blank_line_stays_between_paragraphs() -> None:
    text = KEEPER.replace("\n", "\n\nHome | About\n\n\n")
    verdict = quality.judge(text, "en", rules("c4", "fineweb"))
    assert verdict == quality.Verdict(KEEPER.replace("\n", "\n\n"), None)


def test_a_dropped_text_comes_back_as_it_was() -> None:
    text = "Home | About\nShort."
    assert quality.judge(text, "en", rules("c4")) == quality.Verdict(text, "c4_too_few_sentences")


def test_lines_without_a_full_stop_can_be_left_in() -> None:
    text = KEEPER + "\n== The light ==\nA few more words"
    assert quality.judge(text, "en", rules("c4", end_punctuation=False)).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "A line without its full stop, and quite long\n" * 1
            + "\n".join(f"Entry number {n} of the long list of all" for n in range(20)),
            "fineweb_punctuated_lines",
        ),
        ("\n".join(f"Item {n}." for n in range(30)), "fineweb_short_lines"),
        (KEEPER + "\n" + "Subscribe to our newsletter now.\n" * 2, "fineweb_duplicate_lines"),
        ("\n" * 30 + KEEPER[:300], "fineweb_newlines"),
    ],
)
def test_fineweb_says_why_a_text_is_a_list(text: str, expected: str) -> None:
    assert reason(text, "fineweb") == expected


def test_dialogue_ends_its_lines_in_quotation_marks() -> None:
    text = "\n".join(
        f'"I have counted to {n}, and you have not," she said. "So there!"' for n in range(20)
    )
    assert reason(text, "fineweb") == "fineweb_punctuated_lines"
    assert quality.judge(text, "en", rules("fineweb", quotes_end_lines=True)).reason is None


def test_fineweb_judges_what_c4_has_left() -> None:
    text = "\n".join([*("Menu item that is quite long enough" for _ in range(3)), KEEPER])
    assert reason(text, "fineweb") == "fineweb_duplicate_lines"
    assert reason(text, "c4", "fineweb") is None


def test_sentences_are_counted_only_as_far_as_needed() -> None:
    assert c4._sentences(["One went. Two went. Three went."] * 3, 5) >= 5
