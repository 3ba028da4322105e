import json
import time
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.sources.encodings import decode
from pipeline_lib.text.markup import DOUBT, Stripped, gutenberg, strip

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
LABELS = json.loads(Path(__file__).with_name("markup_labels.json").read_text())["gutenberg"]
needs_books = pytest.mark.skipif(not SHARED.exists(), reason="the real books are not here")

CREDITS = "Produced by Judith Boss\nand David Widger.\n\n\n"
STORY = "EMMA\n\n    By Jane Austen\n\n" + "Emma Woodhouse was handsome.\n\n" * 40 + "FINIS"
START = "*** START OF THIS PROJECT GUTENBERG EBOOK EMMA ***\n\n"
END = (
    "\n\n\nEnd of the Project Gutenberg EBook of Emma,\nby Jane Austen\n\n"
    "*** END OF THIS PROJECT GUTENBERG EBOOK EMMA ***\n"
)
LICENCE = "\n*** START: FULL LICENSE ***\n\n" + "1.E. You may copy it.\n" * 200
HEADER = "The Project Gutenberg EBook of Emma\n\nTitle: Emma\n\n"


@cache
def book(name: str) -> str:
    return decode(next(SHARED.glob(f"gutenberg*/{name}")).read_bytes())


def filled(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


@cache
def stripped(name: str) -> Stripped:
    return strip(book(name), {})


@needs_books
@pytest.mark.parametrize("name", LABELS)
def test_a_book_begins_and_ends_with_its_own_words(name: str) -> None:
    label = LABELS[name]
    raw = book(name).replace("\r\n", "\n").split("\n")
    assert raw[label["from"] - 1] == label["first"]
    meant = Counter(line for line in raw[label["from"] - 1 : label["to"]] if line.strip())
    meant -= Counter(label["not"])
    assert Counter(filled(stripped(name).text)) == meant


@needs_books
def test_no_line_of_the_project_is_left_in_any_book() -> None:
    for name in LABELS:
        found = stripped(name)
        assert found.kinds == ("gutenberg",)
        assert found.flagged == ""
        assert "gutenberg" not in found.text.lower()
        assert strip(found.text, {}) == Stripped(found.text, (), "")


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        (START, END),
        (START.replace("THIS ", "THE "), END.replace("THIS ", "THE ")),
        ("***START OF THE PROJECT GUTENBERG EBOOK EMMA***\n\n", "\n***END OF THE PROJECT GUTENBERG EBOOK EMMA***\n"),
        (
            "***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***\nWhy is it here?\n"
            "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n",
            "\n\nEnd of The Project Gutenberg Etext of Emma\n",
        ),
        (START, ""),
        ("", END),
    ],
)  # fmt: skip
def test_every_spelling_of_the_markers_is_known(opening: str, closing: str) -> None:
    header = HEADER + "Language: English\n\n" if opening else ""
    text = header + opening + CREDITS + STORY + closing + (LICENCE if closing else "")
    assert strip(text, {}) == Stripped(STORY, ("gutenberg",), "")
    assert strip(text.replace("\n", "\r\n"), {}).text == STORY


def test_books_in_one_file_are_all_kept() -> None:
    one = HEADER + START + CREDITS + STORY + END + LICENCE
    other = one.replace("Emma Woodhouse", "Ann Weston")
    found = strip(one + other, {}).text
    assert found == STORY + "\n\n\n" + STORY.replace("Emma Woodhouse", "Ann Weston")


def test_a_part_that_ends_inside_the_book_does_not_end_it() -> None:
    said = "End of Project Gutenberg's Emma, Part 1, by Jane Austen"
    halves = STORY + "\n\n" + said + "\n\n" + STORY
    found = strip(START + halves + END, {}).text
    assert found.count("FINIS") == 2
    assert "Gutenberg" not in found


def test_a_transcribers_list_of_misprints_goes_and_footnotes_stay() -> None:
    notes = "\n\n     *       *       *\n\nTypographical errors corrected by the etext transcriber:\n\nteh=> the {pg 3}\n"
    footnotes = "\n\nFOOTNOTES:\n\n{1}  Cirencester he must have meant."
    assert strip(START + STORY + footnotes + notes + END, {}).text == STORY + footnotes


def test_where_little_would_remain_only_what_names_the_project_goes_and_it_is_flagged() -> None:
    early = "*** END OF THE PROJECT GUTENBERG EBOOK EMMA ***\n\n"
    found = strip(HEADER + START + "EMMA\n\n" + early + STORY + LICENCE, {})
    assert found.flagged == DOUBT
    assert "Emma Woodhouse" in found.text
    assert "Gutenberg" not in found.text
    assert "You may copy it" not in found.text
    assert strip(found.text, {}) == Stripped(found.text, (), "")


def test_a_short_text_is_not_doubted_for_the_length_of_the_licence() -> None:
    speech = "Four score and seven years ago our fathers brought forth a new nation. " * 8
    assert strip(HEADER + START + speech + END + LICENCE, {}) == Stripped(
        speech, ("gutenberg",), ""
    )


def test_prose_about_the_project_is_no_book_of_theirs() -> None:
    said = "She read it on Project Gutenberg.\n\nThe end of the Project Gutenberg talk came late.\n  Produced by nobody."
    assert strip(said, {}) == Stripped(said, (), "")


SMALL = ["*END*THE SMALL PRINT!\n", "***START**THE SMALL PRINT!\n"]
OTHER = ["A line of it.\n", "\n", "End of Project Gutenberg's Emma\n", "  indented\n"]
PIECES = st.sampled_from([HEADER, START, END, LICENCE, CREDITS, *SMALL, *OTHER])


@given(st.lists(PIECES, max_size=12))
def test_what_is_stripped_once_is_stripped(pieces: list[str]) -> None:
    once = strip("".join(pieces), {}).text
    assert strip(once, {}) == Stripped(once, (), "")


@pytest.mark.parametrize(
    "piece", [START, END, "Gutenberg ", "\n \n", "End of Project Gutenberg\n\n"]
)
def test_hostile_text_takes_its_length_in_time(piece: str) -> None:
    started = time.perf_counter()
    text = START + piece * (500_000 // len(piece))
    gutenberg.strip(text)
    assert time.perf_counter() - started < 5
