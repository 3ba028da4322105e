from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import conversations, documents, tables
from pipeline_lib.formats.documents import Document, document_id


def document(text: str) -> Document:
    return Document(document_id(text), text, "books", "en", {"title": "題", "address": "a/b"})


def test_read_undoes_write(tmp_path: Path) -> None:
    written = [document("one\ntwo"), document("三つ"), document("")]
    assert documents.write(tmp_path / "books", written) == 3
    assert list(documents.read(tmp_path / "books")) == written


def test_an_empty_data_set_is_one_part_of_no_rows(tmp_path: Path) -> None:
    assert documents.write(tmp_path / "none", []) == 0
    assert [p.name for p in (tmp_path / "none").iterdir()] == ["part-00000.parquet"]
    assert list(documents.read(tmp_path / "none")) == []


def test_parts_are_of_bounded_size_and_read_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "PART_BYTES", 100)
    written = [document(str(i) * 30) for i in range(10)]
    documents.write(tmp_path / "books", written)
    assert len(tables.parts(tmp_path / "books")) == 4
    assert list(documents.read(tmp_path / "books")) == written


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        documents.write(tmp_path / name, [document(str(i)) for i in range(50)])
    first, second = ((tmp_path / n / "part-00000.parquet").read_bytes() for n in "ab")
    assert first == second


def test_the_id_is_the_xxh3_of_the_text() -> None:
    assert document_id("") == "99aa06d3014798d86001c324468d497f"
    assert document_id("a") != document_id("b")


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> object:
        yield document("one")
        raise KeyError("gone")

    with pytest.raises(KeyError):
        documents.write(tmp_path / "books", broken())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_read_refuses_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"expected part-\*.parquet files, found none"):
        list(documents.read(tmp_path / "nowhere"))


def test_read_refuses_a_gap_between_parts(tmp_path: Path) -> None:
    documents.write(tmp_path, [document("one")])
    (tmp_path / "part-00000.parquet").rename(tmp_path / "part-00001.parquet")
    with pytest.raises(FormatError, match=r"expected parts 0 to 00001, found 1 of them"):
        list(documents.read(tmp_path))


@pytest.mark.parametrize("content", [b"", b"not parquet at all", b"PAR1 cut short"])
def test_read_refuses_a_damaged_part(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "part-00000.parquet").write_bytes(content)
    with pytest.raises(FormatError, match=r"part-00000.parquet: expected a Parquet file, found"):
        list(documents.read(tmp_path))


def test_read_refuses_damage_inside_a_part(tmp_path: Path) -> None:
    documents.write(tmp_path / "books", [document(f"{i} is a number" * i) for i in range(300)])
    part = tmp_path / "books" / "part-00000.parquet"
    content = bytearray(part.read_bytes())
    content[100:160] = bytes(60)
    part.write_bytes(content)
    with pytest.raises(FormatError, match=r"expected a Parquet file, found"):
        list(documents.read(tmp_path / "books"))


def test_read_refuses_conversations(tmp_path: Path) -> None:
    conversations.write(tmp_path / "chat", [])
    with pytest.raises(FormatError, match=r"expected the columns id, text, .* found messages"):
        list(documents.read(tmp_path / "chat"))


def test_read_refuses_other_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "part-00000.parquet")
    with pytest.raises(FormatError, match=r"found text; run `dvc repro` again"):
        list(documents.read(tmp_path))
