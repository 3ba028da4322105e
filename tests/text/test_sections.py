import pytest

from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.text.sections import LONGEST, SHORTEST, cut, sections

PARAGRAPHS = "\n\n".join(f"Paragraph {i}. " + "word " * 150 for i in range(60))


def test_a_short_document_is_left_as_it_is() -> None:
    document = Document(document_id("short"), "short", "book", "en", {"title": "A"})
    assert list(sections(document)) == [document]


def test_sections_are_numbered_and_known_by_their_own_text() -> None:
    document = Document(document_id(PARAGRAPHS), PARAGRAPHS, "book", "en", {"title": "A"})
    found = list(sections(document))
    assert [s.meta["section"] for s in found] == [str(i + 1) for i in range(len(found))]
    assert all(s.id == document_id(s.text) and s.meta["title"] == "A" for s in found)


@pytest.mark.parametrize(
    "text",
    [PARAGRAPHS, PARAGRAPHS.replace("\n\n", " "), "あ" * 30_000 + "。", "x" * (LONGEST + 1)],
)
def test_nothing_is_lost_and_no_section_is_too_long(text: str) -> None:
    pieces = list(cut(text))
    assert "".join(pieces).replace("\n", "") == text.replace("\n", "")
    assert max(map(len, pieces)) <= LONGEST
    assert min(map(len, pieces[:-1])) >= SHORTEST - 2


def test_cuts_fall_between_paragraphs_where_there_are_any() -> None:
    assert all(piece.startswith("Paragraph") for piece in cut(PARAGRAPHS))
