"""What strangers write into rows: refused or contained, in one sentence that names file and place."""

import gzip
from contextlib import suppress

import pytest

from pipeline_lib.errors import SourceError
from pipeline_lib.sources import (
    bounds,
    jsons,
    texts,
    warc,
    wikidump,
)
from pipeline_lib.sources.bounds import MIB
from tests.sources.files.forged import Documents, Endless, Peak, read, refused, response


@pytest.mark.parametrize("kind", ["jsonl", "csv", "json"])
def test_a_line_of_a_gigabyte_is_refused_in_flat_memory(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(bounds, "MOST_LINE", 4 * MIB)
    monkeypatch.setattr(jsons, "MOST_LINE", 4 * MIB)
    head = {"jsonl": b'{"text": "', "csv": b'text\n"', "json": b'[{"text": "'}[kind]
    with (
        Peak() as peak,
        pytest.raises(SourceError, match=r"expected (lines|elements) of at most 4 MiB"),
    ):
        list(read(kind, Endless(b"x" * MIB, 2**30, head)))
    assert peak.mib < 40


def test_a_field_of_a_gigabyte_is_refused_in_flat_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline_lib.sources import delimited

    monkeypatch.setattr(delimited, "MOST_LINE", MIB)
    with Peak() as peak, pytest.raises(SourceError, match=r"a.csv:.*field larger than field limit"):
        list(read("csv", Endless(b"x" * 999 + b"\n", 2**30, b'text\n"')))
    assert peak.mib < 40


def test_an_object_of_a_gigabyte_is_refused_in_flat_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsons, "MOST_JSON", 4 * MIB)
    with Peak() as peak, pytest.raises(SourceError, match="expected at most 4 MiB in one piece"):
        list(read("json", Endless(b' "a": "b",\n' * 999, 2**30, b"{\n")))
    assert peak.mib < 30


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "txt"])
def test_memory_is_flat_in_the_size_of_the_file(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(jsons, "BLOCK", 2**14)
    monkeypatch.setattr(texts, "MOST_DOCUMENT", 2**16)
    monkeypatch.setattr(texts, "PIECE", 2**14)
    monkeypatch.setattr(texts, "LONGEST_PIECE", 2**15)
    peaks = []
    for size in (MIB // 2, MIB // 2, 2 * MIB):  # the first also loads what is loaded once
        block, head = {
            "jsonl": (b'{"text": "%s"}\n' % (b"x" * 985), b""),
            "json": (b' {"text": "%s"},' % (b"x" * 984), b"["),
            "csv": (b"%s\n" % (b"x" * 999), b"text\n"),
            "txt": (b"%s\n\n" % (b"x" * 998), b""),
        }[kind]
        stream = Endless(block * 64, size // len(block) * len(block), head)
        with Peak() as peak, suppress(SourceError):  # a list is cut off in the end
            for found, _ in enumerate(read(kind, stream), start=1):  # noqa: B007 - of no use here
                pass
        assert found >= (450 if kind != "txt" else 15)
        peaks.append(peak.mib)
    assert peaks[2] < peaks[1] + 0.2


HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "deep line": (
        "a.jsonl",
        b'{"text": ' + b"[" * 10**6,
        "a.jsonl:1: expected JSON, found lists in",
    ),
    "deep list": ("a.json", b"[" * 10**6, "a.json: expected JSON, found lists inside lists"),
    "deep object": ("a.json", b'{"a":' * 10**5, "a.json: expected JSON, found lists inside lists"),
    "huge number": (
        "a.jsonl",
        b'{"text": %s}' % (b"9" * 5000),
        "a.jsonl:1: expected JSON, found Exc",
    ),
    "key twice": (
        "a.jsonl",
        b'{"text": "a", "text": "b"}',
        "a.jsonl:1: expected JSON, found the key text twice in one object; mend the line",
    ),
    "key twice in a list": (
        "a.json",
        b'[{"a": 1, "a": 2}]',
        "a.json: expected JSON, found the key a",
    ),
    "torn list": (
        "a.json",
        b'[{"text": "a"}',
        "a.json: expected JSON, found its end where a comma",
    ),
    "torn string": ("a.json", b'[{"text": "a', "a.json: expected JSON, found Unterminated string"),
    "more": ("a.json", b'[{"text": "a"}] x', "a.json: expected JSON, found more after the end of"),
    "no comma": (
        "a.json",
        b'[{"text": "a"}[{"text": "a"}]',
        "a.json: expected JSON, found [ where a",
    ),
    "a list of lists": ("a.json", b"[[1]]", "a.json: row 1: expected an object with named columns"),
    "many columns": (
        "a.jsonl",
        b"{%s}" % b",".join(b'"k\\u001b%d": 1' % n for n in range(9999)),
        "a.jsonl:1: expected the column text, found k\ufffd0, k\ufffd1,",
    ),
    "no text": (
        "a.txt",
        b"\x7fELF\0\0\0\1\0\0\2" * 99,
        "a.txt: expected text, found 495 NUL bytes",
    ),
    "entity bomb": (
        "a.xml",
        b'<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><mediawiki>&b;</mediawiki>',
        "a.xml: expected a MediaWiki dump, found a document type, which can define entities",
    ),
    "entity from elsewhere": (
        "a.xml",
        b'<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><mediawiki>&a;</mediawiki>',
        "a.xml: expected a MediaWiki dump, found a document type",
    ),
    "entity undefined": (
        "a.xml",
        b"<mediawiki>&a;</mediawiki>",
        "a.xml: expected a whole MediaWiki",
    ),
    "deep xml": (
        "a.xml",
        b"<mediawiki>" * 9999,
        "a.xml: expected a MediaWiki dump, found elements 50",
    ),
    "torn xml": (
        "a.xml",
        b"<mediawiki><page><title>a",
        "a.xml: expected a whole MediaWiki dump, found",
    ),
    "no warc": (
        "a.warc",
        b"GET / HTTP/1.0\r\n",
        "a.warc: record 1: expected a record that begins WARC/",
    ),
    "no length": (
        "a.warc",
        b"WARC/1.0\r\nA: b\r\n\r\n",
        "a.warc: record 1: expected a Content-Length",
    ),
    "huge length": (
        "a.warc",
        b"WARC/1.0\r\nContent-Length: 999999999999999\r\n\r\nabc",
        "a.warc: record 1: expected 999999999999999 bytes, found the end of the file after 3",
    ),
    "torn header": ("a.warc", b"WARC/1.0\r\nA: b\r\n", "a.warc: record 1: expected a whole record"),
    "long header": (
        "a.warc",
        b"WARC/1.0\r\n" + b"A: b\r\n" * 99999,
        "a.warc: record 1: expected headers of at most 65536 bytes, found more",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_input_is_refused_in_one_sentence(documents: Documents, case: str) -> None:
    name, content, sentence = HOSTILE[case]
    assert refused(documents, name, content).startswith(sentence)


def test_nul_and_half_characters_are_marked_as_lost(documents: Documents) -> None:
    found = documents("a.jsonl", b'{"text": "a\\u0000b\\ud800", "title": "\\udfff"}\n')
    assert (found[0].text, found[0].meta) == (
        "a\ufffdb\ufffd",
        {"title": "\ufffd", "from": "a.jsonl:1"},
    )


def test_an_article_without_end_is_refused_in_flat_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wikidump, "MOST_DOCUMENT", MIB)
    head = b"<mediawiki><page><title>A</title><revision><text>"
    with (
        Peak() as peak,
        pytest.raises(SourceError, match=r"a.xml: page 1: expected at most 1 Mi char"),
    ):
        list(read("xml", Endless(b"x" * 999, 2**30, head)))
    assert peak.mib < 10


def test_a_page_that_unfolds_without_end_is_left_out(
    documents: Documents, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warc, "MOST_DOCUMENT", MIB)
    bomb = response(gzip.compress(bytes(8 * MIB)), b"Content-Encoding: gzip")
    with Peak() as peak:
        found = documents("a.warc", bomb + response(bytes(2 * MIB)) + response(b"<p>words"))
    assert [document.text for document in found] == ["<p>words"]
    assert said == ["a.warc: 2 pages are longer than 1 MiB and were left out"]
    assert peak.mib < 16


def test_pages_that_unfold_a_little_too_often_are_a_bomb_together(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "GRACE", MIB)
    page = response(gzip.compress(b" " * MIB), b"Content-Encoding: gzip")
    assert "250 times the file's size" in refused(documents, "a.warc", page * 20)


def test_a_header_line_of_a_gigabyte_is_refused_in_flat_memory() -> None:
    with Peak() as peak, pytest.raises(SourceError, match="expected headers of at most"):
        list(read("warc", Endless(b"x" * MIB, 2**30, b"WARC/1.0\r\n")))
    assert peak.mib < 10
