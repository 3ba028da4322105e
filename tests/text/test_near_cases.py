"""Labelled cases: what a person would call the same document, and what not."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline_lib.params.duplicates import NearParams
from pipeline_lib.tales import Language, Texts, tale
from pipeline_lib.text.near.shingles import tokens
from pipeline_lib.text.near.signatures import band_hashes, shingled, signatures

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
PARAMS = NearParams(words=5, characters=5, bands=14, rows=8, similarity=0.7, seed=1)
BASES = 10
Case = Callable[[str, random.Random], str]


def page(number: int, language: Language = "en") -> str:
    """About 600 words or 1,500 characters."""
    told = (tale(number, i, "stories", language).text for i in range(10))
    return "\n\n".join(told)


def words_changed(share: float) -> Case:
    def change(text: str, draw: random.Random) -> str:
        units = re.split(r"(\W+)", text)
        return "".join("xyz" if draw.random() < share and u.isalnum() else u for u in units)

    return change


def letters_lost(text: str, draw: random.Random) -> str:
    return "".join(sign for sign in text if draw.random() > 0.002)


def header(text: str, draw: random.Random) -> str:
    return "The Collected Stories. Published by the Garden Press, all rights reserved.\n\n" + text


def typography(text: str, draw: random.Random) -> str:
    return text.replace('"', "\u201c").replace("'", "\u2019").replace(". ", " \u2014 ").upper()


def rewrapped(text: str, draw: random.Random) -> str:
    return re.sub(r"\s+", lambda _: draw.choice(["\n", " ", "\n\n"]), text)


def end_cut(text: str, draw: random.Random) -> str:
    return text[: len(text) * 9 // 10]


def paragraphs_swapped(text: str, draw: random.Random) -> str:
    return "\n\n".join(sorted(text.split("\n\n"), key=lambda _: draw.random()))


def half_and_half(text: str, draw: random.Random) -> str:
    return text[: len(text) // 2] + page(draw.randrange(900, 10**6))[len(text) // 2 :]


def inside_a_longer_page(text: str, draw: random.Random) -> str:
    return text + "\n\n" + page(draw.randrange(900, 10**6)) + page(draw.randrange(900, 10**6))


def same_beginning(text: str, draw: random.Random) -> str:
    return text[: len(text) // 4] + page(draw.randrange(900, 10**6))


def same_kind(text: str, draw: random.Random) -> str:
    return page(draw.randrange(900, 10**6))


SAME = (
    *(words_changed(0.005), words_changed(0.02), letters_lost, header, typography),
    *(rewrapped, end_cut, paragraphs_swapped),
)
OTHER = (words_changed(0.2), half_and_half, inside_a_longer_page, same_beginning, same_kind)


def found(first: list[str], second: list[str]) -> list[bool]:
    one, two = signatures(first, PARAMS), signatures(second, PARAMS)
    agree = (band_hashes(one, PARAMS) == band_hashes(two, PARAMS)).any(axis=0)
    enough = (one == two).mean(axis=1) >= PARAMS.similarity
    return [bool(flag) for flag in agree & enough]


@pytest.mark.parametrize("case", SAME)
def test_what_is_the_same_document_is_found(case: Case) -> None:
    draw = random.Random(1)
    bases = [page(number) for number in range(BASES)]
    assert all(found(bases, [case(base, draw) for base in bases]))


@pytest.mark.parametrize("case", OTHER)
def test_what_is_another_document_is_left_alone(case: Case) -> None:
    draw = random.Random(1)
    bases = [page(number) for number in range(BASES)]
    assert not any(found(bases, [case(base, draw) for base in bases]))


def test_japanese_copies_are_found_by_characters() -> None:
    draw = random.Random(1)
    bases = [page(number, "ja") for number in range(BASES)]
    assert all(found(bases, [letters_lost(base, draw) for base in bases]))
    assert not any(found(bases, bases[1:] + bases[:1]))


@pytest.mark.parametrize("kind", ["stories", "facts", "dialogues"])
def test_no_tale_is_another_ones_near_duplicate(kind: Texts) -> None:
    told = [tale(1, number, kind).text for number in range(1000)]
    signed = signatures(told, PARAMS)
    for band in band_hashes(signed, PARAMS):
        order = band.argsort()
        equal = np.flatnonzero(band[order][1:] == band[order][:-1])
        agree = signed[order[equal]] == signed[order[equal + 1]]
        assert not (agree.mean(axis=1) >= PARAMS.similarity).any()


def book(path: Path) -> str:
    content = path.read_bytes()
    return content.decode("utf-8" if b"\xef\xbb\xbf" in content[:3] else "latin-1")


def test_other_editions_of_a_book_are_found_headers_and_all() -> None:
    if not DATA.exists():
        pytest.skip("the real data is not there")
    books = {path.stem: book(path) for path in sorted((DATA / "gutenberg").glob("*.txt"))}
    editions = {"pg1342": "neardup_pandp10", "pg972": "neardup_dvldc10"}
    others = [book(DATA / "gutenberg_neardup" / f"{name}.txt") for name in editions.values()]
    assert found([books[name] for name in editions], others) == [True, True]
    rest = [text for name, text in books.items() if name not in editions]
    for other in others:
        assert not any(found(rest, [other] * len(rest)))


def test_the_estimate_is_near_the_exact_similarity() -> None:
    first, second = page(1), words_changed(0.02)(page(1), random.Random(3))
    exact = [set(shingled(tokens([text]), PARAMS)[0].tolist()) for text in (first, second)]
    jaccard = len(exact[0] & exact[1]) / len(exact[0] | exact[1])
    one, two = signatures([first], PARAMS), signatures([second], PARAMS)
    assert abs((one == two).mean() - jaccard) < 0.12
