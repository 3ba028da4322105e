from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.formats import documents
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params.duplicates import ParagraphParams
from pipeline_lib.text import paragraphs
from pipeline_lib.text.paragraphs import Repeats, find, sought, thinned, without

PARAMS = ParagraphParams(paragraph_chars=40)
NOTICE = "This page may be copied by anybody, anywhere, at no cost at all."
LINE = "It was a long line, longer than a printer would have set it, and it went on and on and on, to its end."
WRAPPED = (
    "A paragraph of a book is broken into lines of\nseventy characters or so, and is one paragraph."
)


def parts_of(folder: Path, texts: Sequence[Sequence[str]]) -> list[Path]:
    paths = []
    for number, some in enumerate(texts):
        paths.append(folder / f"part-{number:05d}.parquet")
        rows = [Document(document_id(text), text, "web") for text in some]
        documents.write_part(paths[-1], rows)
    return paths


def left(
    tmp_path: Path, *texts: Sequence[str], min_chars: int = 20, workers: int = 1
) -> list[list[str | None]]:
    """What is left of each text of each part; None: it is dropped."""
    parts = parts_of(tmp_path, texts)
    repeats = find(parts, PARAMS, tmp_path / "scratch", workers)
    return [
        [
            now.text if now else None
            for _, now in thinned(documents.read_part(p), repeats.flags[p], PARAMS, min_chars)
        ]
        for p in parts
    ]


def test_a_paragraph_of_an_earlier_document_is_cut_from_later_ones(tmp_path: Path) -> None:
    first, second = f"{NOTICE}\n\nThe first page.", f"The second page, of its own.\n\n{NOTICE}"
    assert left(tmp_path, [first], [second, "Another page altogether."]) == [
        [first],
        ["The second page, of its own.", "Another page altogether."],
    ]


def test_a_document_of_which_too_little_is_left_is_dropped(tmp_path: Path) -> None:
    assert left(tmp_path, [NOTICE, f"{NOTICE}\n\nBye."]) == [[NOTICE, None]]


def test_a_document_keeps_what_it_repeats_itself(tmp_path: Path) -> None:
    song = f"{NOTICE}\n\nla la la\n\n{NOTICE}"
    assert left(tmp_path, [song, f"{NOTICE}\n\nThis stays, it is new."]) == [
        [song, "This stays, it is new."]
    ]


def test_short_paragraphs_are_nobodys_copies(tmp_path: Path) -> None:
    texts = ["He smiled.\n\nAnd he went on.", "He smiled.\n\nAnd he stood still."]
    assert left(tmp_path, texts) == [texts]


def test_case_and_white_space_do_not_count(tmp_path: Path) -> None:
    other = " ".join(WRAPPED.upper().split()).replace(" OR SO", "\nOR SO")
    assert left(tmp_path, [WRAPPED, f"{other}\n\nAnd then it goes on."]) == [
        [WRAPPED, "And then it goes on."]
    ]


def test_a_wrapped_block_is_a_paragraph_and_so_is_a_line_that_is_not_wrapped() -> None:
    assert list(sought(f"{WRAPPED}\n\n{LINE}\n{NOTICE}\nshort", PARAMS)) == [WRAPPED, LINE, NOTICE]


def test_a_text_without_repeats_stays_as_it_is_to_the_byte(tmp_path: Path) -> None:
    odd = f"{NOTICE}\n\n\n\n  {LINE}\n{NOTICE} x\n"
    assert left(tmp_path, [odd], ["Something else entirely."])[0] == [odd]


def test_what_is_left_has_the_id_of_its_text(tmp_path: Path) -> None:
    (part,) = parts_of(tmp_path, [[f"{NOTICE}\n\n{LINE}"]])
    ((_, now),) = thinned(documents.read_part(part), np.array([True, False]), PARAMS, 20)
    assert now is not None
    assert (now.text, now.id) == (LINE, document_id(LINE))


@given(
    st.lists(
        st.lists(st.lists(st.sampled_from("abcd"), max_size=4), max_size=3), min_size=1, max_size=3
    )
)
def test_exactly_what_earlier_documents_have_is_flagged(
    tmp_path_factory: pytest.TempPathFactory, letters: list[list[list[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    texts = [["\n\n".join(letter * 50 for letter in one) for one in some] for some in letters]
    repeats = find(parts_of(folder, texts), PARAMS, folder / "scratch", 1)
    seen: set[str] = set()
    expected = []
    for one in (one for some in letters for one in some):
        expected += [letter in seen for letter in one]
        seen.update(one)
    assert [bool(flag) for flags in repeats.flags.values() for flag in flags] == expected
    assert repeats.count == sum(expected)


def test_ranges_and_workers_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        [f"{letter * 60}\n\n{n * 30}" for letter in "abcabd"] for n in ("1", "23", "2323", "4")
    ]
    parts = parts_of(tmp_path, texts)

    def flags(repeats: Repeats) -> list[list[bool]]:
        return [repeats.flags[part].tolist() for part in parts]

    expected = flags(find(parts, PARAMS, tmp_path / "one", 1))
    assert flags(find(parts, PARAMS, tmp_path / "two", 2)) == expected
    monkeypatch.setattr(paragraphs, "SORTED", 3)
    assert flags(find(parts, PARAMS, tmp_path / "three", 1)) == expected
    assert sum(map(sum, expected)) > 20


def test_no_parts_have_no_repeats(tmp_path: Path) -> None:
    assert find([], PARAMS, tmp_path, 1).count == 0


def test_a_block_of_which_all_goes_leaves_no_gap() -> None:
    text = f"First.\n\n{NOTICE}\n\nLast.\n{LINE}"
    assert without(text, [True, False], PARAMS) == f"First.\n\nLast.\n{LINE}"
