import bz2
import gzip
import hashlib
import io
import json
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.formats import conversations, documents
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.params import FileSource
from pipeline_lib.sources.fetch import fetch

ROWS: list[dict[str, Any]] = [{"text": "one", "title": "A"}, {"text": "二"}, {"text": None}]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))


def parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


def tar(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return sink.getvalue()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder; paths are relative to it wherever the tests run."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    (tmp_path / "own").mkdir()
    return tmp_path


def take(root: Path, path: str, role: str = "pretrain", **source: Any) -> Manifest:
    described = {"kind": "file", "role": role, "path": path, **source}
    return fetch("mine", FileSource.model_validate(described), root / "raw")


def texts(root: Path, path: str, **source: Any) -> list[str]:
    take(root, path, **source)
    return [document.text for document in documents.read(root / "raw")]


def talks(root: Path, path: str, role: str, **source: Any) -> list[Conversation]:
    take(root, path, role, **source)
    return list(conversations.read(root / "raw"))


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.jsonl", bytes),
        ("a.jsonl.gz", gzip.compress),
        ("a.jsonl.xz", lzma.compress),
        ("a.jsonl.bz2", bz2.compress),
        ("a.jsonl.zst", zstd),
        ("a.ndjson", bytes),
        ("a.json", lambda _: json.dumps(ROWS).encode()),
        ("a.json.gz", lambda _: gzip.compress(json.dumps({"data": ROWS}).encode())),
        ("lines.json", bytes),
        ("a.parquet", lambda _: parquet(ROWS)),
        ("a.parquet.gz", lambda _: gzip.compress(parquet(ROWS))),
        ("a.tar", lambda lines: tar({"in/a.jsonl": lines})),
        ("a.tar.xz", lambda lines: lzma.compress(tar({"a.jsonl.gz": gzip.compress(lines)}))),
        ("a.tgz", lambda _: gzip.compress(tar({"a.parquet": parquet(ROWS)}))),
        ("a.tar.zst", lambda lines: zstd(tar({"a.json": lines}))),
    ],
)
def test_every_kind_of_file_gives_the_same_rows(
    root: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    (root / "own" / name).write_bytes(pack(LINES))
    assert texts(root, f"own/{name}") == ["one", "二", ""]


def test_a_text_file_is_one_document(root: Path) -> None:
    (root / "own" / "b.txt").write_bytes("\ufeffzwei\r\nZeilen".encode())
    (root / "own" / "a.txt").write_bytes("café".encode("latin-1"))
    assert texts(root, "own/*.txt") == ["café", "zwei\r\nZeilen"]


def test_a_folder_stands_for_all_it_holds_that_can_be_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(progress, "say", said.append)
    for folder in ("deep", ".git"):
        (root / "own" / folder).mkdir()
    for name in ("z.txt", "deep/b.txt.gz", "deep/.hidden.txt", ".git/a.txt", "cover.png"):
        content = name.encode()
        (root / "own" / name).write_bytes(gzip.compress(content) if "gz" in name else content)
    assert texts(root, "own") == texts(root, "own/") == ["deep/b.txt.gz", "z.txt"]
    assert said == ["own: 1 files are of other kinds and were left out", *said[1:]]


def test_of_an_archive_only_the_members_that_match_are_read(root: Path) -> None:
    members = {"en/a.txt": b"one", "ja/b.txt": "二".encode(), "en/c.jsonl": LINES}
    (root / "own" / "a.tar").write_bytes(tar(members))
    (root / "own" / "b.txt").write_bytes(b"no archive")
    assert texts(root, "own/*", members="*/*.txt") == ["one", "二", "no archive"]


def test_the_manifest_says_where_the_rows_came_from(root: Path) -> None:
    content = b"some words"
    (root / "own" / "a.txt").write_bytes(content)
    manifest = take(root, "own/*.txt", licence="CC0", language="en", weight=2.0)
    assert manifest == Manifest(
        "mine", "file", "pretrain", 2.0, "en", "own/*.txt", "", "CC0",
        hashlib.sha256(content).hexdigest(), 1, len(content),
    )  # fmt: skip


def test_title_and_file_are_kept_beside_the_text(root: Path) -> None:
    (root / "own" / "a.jsonl").write_bytes(LINES)
    take(root, "own/a.jsonl")
    assert next(documents.read(root / "raw")).meta == {"title": "A", "from": "own/a.jsonl:1"}


def test_only_the_first_rows_are_taken_where_asked(root: Path) -> None:
    (root / "own" / "a.jsonl").write_bytes(LINES)
    assert texts(root, "own/a.jsonl", rows=2) == ["one", "二"]


def test_half_a_character_becomes_the_sign_for_that(root: Path) -> None:
    (root / "own" / "a.jsonl").write_bytes(rb'{"text": "a\ud83d"}' + b"\n")
    assert texts(root, "own/a.jsonl") == ["a\ufffd"]


def test_what_an_archive_holds_beside_text_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(progress, "say", said.append)
    (root / "own" / "a.tar").write_bytes(tar({"a.txt": b"words", "cover.png": b"\x89PNG"}))
    assert texts(root, "own/a.tar") == ["words"]
    assert said == ["own/a.tar: 1 members hold no text and were left out: cover.png"]


def test_conversations_come_in_three_forms(root: Path) -> None:
    expected = (Message("user", "q"), Message("assistant", "a"))
    forms: list[dict[str, Any]] = [
        {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]},
        {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
        {"user": "q", "assistant": "a"},
    ]
    (root / "own" / "a.json").write_text(json.dumps(forms))
    found = talks(root, "own/a.json", "sft")
    assert [conversation.messages for conversation in found] == [expected] * 3


def test_columns_of_other_names_are_mapped(root: Path) -> None:
    (root / "own" / "a.json").write_text(json.dumps([{"question": "q", "solution": 1080}]))
    columns = {"prompt": "question", "answer": "solution"}
    (found,) = talks(root, "own/a.json", "rl", columns=columns)
    assert found == Conversation((Message("user", "q"),), "1080", "number", "mine")


FAULTS: dict[str, tuple[str, bytes | None, dict[str, Any], str]] = {
    "missing": ("a.txt", None, {}, "own/a.txt: expected this file, found none; check `path`"),
    "no match": (
        "a.txt",
        b"x",
        {"path": "own/*.jsonl"},
        "expected a file that matches, found none",
    ),
    "folder": (
        "a.pdf",
        b"%PDF",
        {"path": "own"},
        "in this folder, found .pdf; check `path`",
    ),
    "no member": (
        "a.tar",
        tar({"a.txt": b"x"}),
        {"members": "*.jsonl"},
        "own/a.tar: expected a member that matches *.jsonl, found none; check `members`",
    ),
    "other kind": ("a.pdf", b"%PDF", {}, "expected one of .txt, .jsonl, .json, .parquet, .csv"),
    "empty": ("a.jsonl", b"\n", {}, "own/a.jsonl: expected rows, found none"),
    "json line": ("a.jsonl", b'{"text": "a"}\n{"text": \n', {}, "own/a.jsonl:2: expected JSON"),
    "not an object": (
        "a.jsonl",
        b'["a"]\n',
        {},
        "a.jsonl:1: expected an object with named columns",
    ),
    "json": ("a.json", b'[{"text": ', {}, "own/a.json: expected JSON, found"),
    "json object": ("a.json", b'{"text": "a"}', {}, 'a list of rows or {"data": [...]}'),
    "parquet": ("a.parquet", b"PAR1" * 9, {}, "own/a.parquet: expected a whole file, found"),
    "gzip": ("a.txt.gz", gzip.compress(b"x" * 999)[:-9], {}, "expected a whole file, found"),
    "no gzip": ("a.txt.gz", b"plain", {}, "found Not a gzipped file"),
    "xz": ("a.jsonl.xz", lzma.compress(LINES)[:-9], {}, "expected a whole file, found"),
    "bz2": ("a.jsonl.bz2", bz2.compress(LINES)[:-9], {}, "expected a whole file, found"),
    "zst": ("a.txt.zst", zstd(LINES * 99)[:-9], {}, "found Truncated compressed stream"),
    "tar": ("a.tar", tar({"a.txt": b"x" * 9999})[:5000], {}, "expected a whole file, found"),
    "column": (
        "a.jsonl",
        LINES,
        {"columns": {"text": "body"}},
        "a.jsonl:1: expected the column bo",
    ),
    "parquet column": (
        "a.parquet",
        parquet([{"body": "x"}]),
        {},
        "expected the column text, found body; name the right ones in `columns`",
    ),
    "mapping": (
        "a.jsonl",
        LINES,
        {"columns": {"txt": "text"}},
        "columns: expected text for role pretrain, found txt",
    ),
    "not text": ("a.jsonl", b'{"text": [1]}\n', {}, "a.jsonl:1: expected text, found list"),
    "messages": (
        "a.jsonl",
        b'{"messages": [{"said": "a"}]}\n',
        {"role": "sft"},
        "a.jsonl:1: expected messages of role and content, found said",
    ),
    "no list": (
        "a.jsonl",
        b'{"messages": "a"}\n',
        {"role": "sft"},
        "expected a list of messages, found str",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_input_is_one_sentence_and_leaves_nothing(root: Path, fault: str) -> None:
    name, content, source, sentence = FAULTS[fault]
    if content is not None:
        (root / "own" / name).write_bytes(content)
    with pytest.raises(SourceError) as raised:
        take(root, **{"path": f"own/{name}", **source})
    assert sentence in str(raised.value)
    assert str(raised.value).startswith("download.sources.mine: ")
    assert "\n" not in str(raised.value)
    assert [path.name for path in root.iterdir()] == ["own"]
