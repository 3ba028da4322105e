"""Kinds of files, each read as its makers write it."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.documents import Document
from pipeline_lib.sources import jsons, texts
from pipeline_lib.sources.encodings import Lines, narrow

Documents = Callable[..., list[Document]]

HTML = "<html><head><title>猫</title></head><body><p>吾輩は猫である。名前はまだ無い。</p></body></html>"


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def dump(*pages: str, before: str = "") -> bytes:
    site = "<siteinfo><base>https://xx.wikipedia.org/wiki/Main_Page</base></siteinfo>"
    space = "http://www.mediawiki.org/xml/export-0.11/"
    return f'{before}<mediawiki xmlns="{space}">{site}{"".join(pages)}</mediawiki>'.encode()


def article(title: str, text: str, ns: int = 0, more: str = "", model: str = "wikitext") -> str:
    return (
        f"<page><title>{title}</title><ns>{ns}</ns><id>1</id>{more}<revision><id>2</id>"
        f'<model>{model}</model><text xml:space="preserve">{text}</text></revision></page>'
    )


class Writer(WARCWriter):  # type: ignore[misc]
    """warcio's leaves its temporary files open."""

    _create_temp_file = staticmethod(io.BytesIO)


def crawl(*answers: tuple[str, str, bytes, list[tuple[str, str]]], packing: bool = False) -> bytes:
    """A WARC file as warcio writes it: (record type, address, payload, HTTP headers)."""
    sink = io.BytesIO()
    writer = Writer(sink, gzip=packing)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "test"}))
    for kind, address, payload, headers in answers:
        http = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1") if headers else None
        writer.write_record(
            writer.create_warc_record(
                address, kind, payload=io.BytesIO(payload), http_headers=http,
                warc_content_type="" if http else "text/plain",
            )
        )  # fmt: skip
    return sink.getvalue()


def test_markdown_is_text(documents: Documents) -> None:
    (found,) = documents("a.md", b"# Title\n\nwords")
    assert (found.text, found.meta) == ("# Title\n\nwords", {"file": "a.md"})


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "b.csv"])
def test_a_table_is_read_by_its_header(documents: Documents, name: str) -> None:
    separator = {"a.csv": ",", "a.tsv": "\t", "b.csv": ";"}[name]
    table = f'title{separator}text\r\nA{separator}"two ""lines""\nof{separator} it"\r\n\r\nB{separator}b\r\n'
    found = documents(name, b"\xef\xbb\xbf" + table.encode())
    assert [document.text for document in found] == [f'two "lines"\nof{separator} it', "b"]
    assert found[0].meta == {"title": "A", "from": f"{name}:3"}


def test_a_field_of_a_table_may_be_as_long_as_a_book(documents: Documents) -> None:
    (found,) = documents("a.csv", b'text\n"' + b"words " * 10**6 + b'"\n')
    assert len(found.text) == 6 * 10**6


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'text\n"never closed\n\nb\n', "a.csv:4: expected fields in closed quotes, found unexp"),
        (b"title,text\na,b,c\n", "a.csv:2: expected 2 fields as in the header, found 3; mend"),
        (b"title,text\na\n", "a.csv:2: expected 2 fields as in the header, found 1; mend"),
        (b"text,text\na,b\n", "a.csv:1: expected columns of different names, found text twice"),
    ],
)
def test_a_table_that_does_not_fit_its_header_is_refused(
    documents: Documents, content: bytes, sentence: str
) -> None:
    with pytest.raises(SourceError) as raised:
        documents("a.csv", content)
    assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize("charset", ["utf-8", "shift_jis", "euc-jp", "iso-2022-jp", "utf-16"])
def test_a_page_is_read_in_the_charset_that_it_names(documents: Documents, charset: str) -> None:
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'
    (found,) = documents("a.htm", (meta + HTML).encode(charset))
    assert found.text == meta + HTML
    assert found.meta == {"file": "a.htm", "markup": "html"}


def test_a_page_that_was_converted_and_names_its_old_charset_is_still_read(
    documents: Documents,
) -> None:
    (found,) = documents("a.html", ("<meta charset=shift_jis>" + HTML).encode())
    assert HTML in found.text


def test_a_charset_that_is_none_is_not_believed(documents: Documents) -> None:
    page = b'<meta charset="unicode_escape"><p>caf\xe9 \\x41'
    assert documents("a.html", page)[0].text.endswith("café \\x41")


def test_articles_of_a_dump_come_with_title_address_and_markup(documents: Documents) -> None:
    pages = [
        article("Red cat", "'''Red''' &amp; [[cat]]"),
        article("Redirect", "#REDIRECT [[cat]]", more='<redirect title="cat" />'),
        article("Talk:Cat", "hello", ns=1),
        article("Style", "a {}", model="css"),
        article("二", "<![CDATA[<b>]]>"),
    ]
    found = documents("a.xml.bz2", bz2.compress(dump(*pages)))
    assert [document.text for document in found] == ["'''Red''' & [[cat]]", "<b>"]
    assert found[0].meta == {
        "title": "Red cat",
        "url": "https://xx.wikipedia.org/wiki/Red_cat",
        "markup": "wiki",
        "from": "a.xml.bz2: page 1",
    }


def test_of_many_revisions_the_last_counts(documents: Documents) -> None:
    two = "<revision><text>old</text></revision><revision><text>new</text></revision>"
    (found,) = documents("a.xml", dump(f"<page><title>A</title><ns>0</ns>{two}</page>"))
    assert found.text == "new"


def test_a_real_dump_gives_its_articles(documents: Documents, shared: Path) -> None:
    found = documents("w.xml.bz2", shared / "web" / "enwiki_shortened.xml.bz2")
    assert len(found) == 106  # of 206 pages; 100 are redirects
    assert found[0].meta["title"] == "Anarchism"
    assert found[0].text.startswith("{{Redirect2|Anarchist|")


def test_xml_that_is_no_dump_is_refused(documents: Documents) -> None:
    with pytest.raises(SourceError, match="expected a MediaWiki dump, found XML of <feed>"):
        documents("a.xml", b"<feed><entry/></feed>")


PAGE = [("Content-Type", "text/html; charset=EUC-JP")]


@pytest.mark.parametrize("packing", [True, False])
def test_pages_of_a_crawl_come_with_their_address(documents: Documents, packing: bool) -> None:
    content = crawl(
        ("response", "http://a.example/1", HTML.encode("euc-jp"), PAGE),
        ("request", "http://a.example/1", b"", [("Accept", "*/*")]),
        ("response", "http://a.example/x.png", b"\x89PNG", [("Content-Type", "image/png")]),
        ("response", "http://a.example/t", b"words", [("Content-Type", "text/plain")]),
        ("conversion", "http://a.example/w", "extracted é".encode(), []),
        packing=packing,
    )
    name = "a.warc.gz" if packing else "a.warc"
    found = documents(name, content)
    assert [document.text for document in found] == [HTML, "words", "extracted é"]
    assert [document.meta for document in found] == [
        {"url": "http://a.example/1", "markup": "html", "from": f"{name}: record 2"},
        {"url": "http://a.example/t", "from": f"{name}: record 5"},
        {"url": "http://a.example/w", "from": f"{name}: record 6"},
    ]


def test_texts_extracted_from_a_crawl_are_read_under_their_own_suffix(documents: Documents) -> None:
    content = crawl(("conversion", "http://a.example/w", b"words", []), packing=True)
    assert [document.text for document in documents("a.warc.wet.gz", content)] == ["words"]


def test_a_page_sent_in_chunks_and_packed_is_put_together(documents: Documents) -> None:
    body = gzip.compress(HTML.encode())
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:9], body[9:]))
    headers = [*PAGE, ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")]
    content = crawl(("response", "http://a.example/", chunks + b"0\r\n\r\n", headers))
    assert documents("a.warc", content)[0].text == HTML


def test_headers_that_a_crawler_left_behind_do_no_harm(documents: Documents) -> None:
    headers = [*PAGE, ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")]
    content = crawl(("response", "http://a.example/", HTML.encode(), headers))
    assert documents("a.warc", content)[0].text == HTML


def test_pages_that_cannot_be_unpacked_are_counted_on_the_screen(
    documents: Documents, said: list[str]
) -> None:
    def answer(coding: str) -> tuple[str, str, bytes, list[tuple[str, str]]]:
        return "response", "http://a.example/", b"\x1b\x00", [*PAGE, ("Content-Encoding", coding)]

    content = crawl(answer("br"), answer("gzip"), answer("br"), ("conversion", "http:b", b"w", []))
    assert [document.text for document in documents("a.warc", content)] == ["w"]
    assert said == [
        "a.warc: 2 pages are packed as br and were left out",
        "a.warc: 1 pages are damaged inside their packing and were left out",
    ]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_zip_archive_is_read_in_place(documents: Documents, method: int) -> None:
    content = packed({"in/a.txt": b"one", "b.jsonl.gz": gzip.compress(b'{"text": "two"}')}, method)
    found = documents("a.zip", content)
    assert [document.text for document in found] == ["one", "two"]
    assert found[0].meta == {"file": "a.zip/in/a.txt"}
    again = documents("a.zip.xz", lzma.compress(content))
    assert [document.text for document in again] == ["one", "two"]


def test_json_lines_under_the_name_json_are_read_line_by_line(documents: Documents) -> None:
    lines = b'{"text": "a"}\n\n{"text": "b", "data": [1]}\n'
    assert [document.text for document in documents("a.json", lines)] == ["a", "b"]


@given(
    st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=9), max_size=3), max_size=6),
    st.sampled_from([None, 1, "\t"]),
    st.integers(1, 40),
    st.booleans(),
)
def test_a_list_read_piece_by_piece_is_the_list(
    rows: list[dict[str, str]], indent: int | str | None, block: int, ascii_only: bool
) -> None:
    content = json.dumps(rows, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "ignore")
    before, jsons.BLOCK = jsons.BLOCK, block
    try:
        found = [
            row.values for row in jsons.rows(narrow(io.BytesIO(b"\xef\xbb\xbf" + content)), "a")
        ]
    finally:
        jsons.BLOCK = before
    assert found == json.loads(content)


def test_a_text_too_long_for_one_document_is_cut_at_blank_lines(
    documents: Documents, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "MOST_DOCUMENT", 400)
    monkeypatch.setattr(texts, "PIECE", 40)
    monkeypatch.setattr(texts, "LONGEST_PIECE", 160)
    text = "".join(f"Paragraph {n}, a few words.\nMore of them: é.\n\n" for n in range(30))
    found = documents("a.txt", text.encode())
    assert "".join(document.text for document in found) == text
    assert len(found) == 30
    assert found[2].meta == {"file": "a.txt#3"}
    assert [sentence.split(";")[0] for sentence in said] == [
        "a.txt: more than 0 MiB is more than one document"
    ]


@given(st.text(alphabet="aé猫\n ", max_size=300))
def test_pieces_lose_nothing_and_cut_no_character(text: str) -> None:
    content = text.encode()
    sizes = (texts.PIECE, texts.LONGEST_PIECE)
    texts.PIECE, texts.LONGEST_PIECE = 10, 40
    try:
        pieces = list(texts._pieces(b"", narrow(io.BytesIO(b"")))) + list(
            texts._pieces(content[:60], narrow(io.BytesIO(content[60:])))
        )
    finally:
        texts.PIECE, texts.LONGEST_PIECE = sizes
    assert "".join(piece.decode() for piece in pieces) == text


def test_a_line_that_is_not_utf8_is_read_as_the_file_began() -> None:
    head = "吾輩は猫である。名前はまだ無い。".encode("euc_jp")
    assert Lines(head).decode("夏目漱石".encode("euc_jp")) == "夏目漱石"
    assert Lines(b"plain").decode("naïve café".encode("latin-1")) == "naïve café"


def test_real_files_are_read_in_their_own_encodings(documents: Documents, shared: Path) -> None:
    def book(name: str) -> str:
        return documents(name, shared / "gutenberg" / name)[0].text

    assert "Madam Mina—" not in book("pg345-8.txt")
    assert "café" in book("pg345-8.txt") or "é" in book("pg345-8.txt")
    assert not any(
        sign in book(name) for name in ("pg345-8.txt", "pg205-0.txt") for sign in "\ufffdÃ"
    )
    assert book("pg120-0.txt").startswith("The Project Gutenberg")


def test_real_japanese_archives_lose_no_character(documents: Documents, shared: Path) -> None:
    found = documents("aozora.tar.xz", shared / "aozora_sjis_182.tar.xz")
    assert len(found) == 182
    assert not [document.meta["file"] for document in found if "\ufffd" in document.text]
    assert sum("《" in document.text for document in found) > 150
