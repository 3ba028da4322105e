import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.formats import conversations, documents, manifests, tables
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.params import Params
from pipeline_lib.tales import tale
from pipeline_lib.text import cleaning
from stages import clean

STORIES = [tale(3, index, "stories").text for index in range(60)]


def manifest(name: str, role: str, rows: int) -> Manifest:
    return Manifest(name, "file", role, 1.0, "", "a.txt", "", "", "0" * 64, rows, 0)


def raw_documents(raw: Path, name: str, texts: Iterable[str]) -> None:
    found = [Document(document_id(text), text, name) for text in texts]
    documents.write(raw / name, found)
    manifests.write(raw / name, manifest(name, "pretrain", len(found)))


def raw_conversations(raw: Path, name: str, role: str, found: list[Conversation]) -> None:
    conversations.write(raw / name, found)
    manifests.write(raw / name, manifest(name, role, len(found)))


def run(tmp_path: Path, params: Params, workers: int = 1) -> dict[str, float]:
    runtime = params.runtime.model_copy(update={"workers": workers})
    (row,) = clean.main(
        params.clean, runtime, tmp_path / "raw", tmp_path / "clean", tmp_path / "dropped"
    )
    return dict(row)


def texts(tmp_path: Path, name: str) -> list[str]:
    return [document.text for document in documents.read(tmp_path / "clean" / name)]


def content(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_tales_pass_untouched(tmp_path: Path, params: Params) -> None:
    solved = [tale(4, index, "problems").text for index in range(60)]
    raw_documents(tmp_path / "raw", "solved", solved)
    raw_documents(tmp_path / "raw", "stories", STORIES)
    metrics = run(tmp_path, params)
    assert texts(tmp_path, "stories") == STORIES
    assert texts(tmp_path, "solved") == list(dict.fromkeys(solved))
    assert {k for k, n in metrics.items() if n and k.startswith("dropped.")} <= {
        "dropped.duplicate"
    }


def test_every_drop_has_a_rule_and_a_sample(tmp_path: Path, params: Params) -> None:
    raw_documents(tmp_path / "raw", "web", ["", "short", "short", STORIES[0], STORIES[0] + "\r\n"])
    metrics = run(tmp_path, params)
    assert texts(tmp_path, "web") == [STORIES[0]]
    assert metrics["kept"] == 1
    assert metrics["web.kept"] == 1
    assert metrics["dropped.empty"] == 1
    assert metrics["web.dropped.too_short"] == 2
    assert metrics["dropped.duplicate"] == 1
    assert metrics["dropped.top_ngram"] == 0
    assert metrics["bytes.dropped.too_short"] == 10
    lines = (tmp_path / "dropped" / "web" / "too_short.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["short", "short"]
    index = json.loads((tmp_path / "dropped" / "index.json").read_text())
    assert index == {"web": {"duplicate": 1, "empty": 1, "too_short": 2}}


def test_of_equal_texts_the_first_source_by_name_keeps_its_own(
    tmp_path: Path, params: Params
) -> None:
    raw_documents(tmp_path / "raw", "b", STORIES[:2])
    raw_documents(tmp_path / "raw", "a", STORIES[1:3])
    metrics = run(tmp_path, params)
    assert texts(tmp_path, "a") == STORIES[1:3]
    assert texts(tmp_path, "b") == STORIES[:1]
    assert (metrics["b.kept"], metrics["b.dropped.duplicate"]) == (1, 1)


def test_the_same_conversation_may_stand_in_two_roles(tmp_path: Path, params: Params) -> None:
    raw_documents(tmp_path / "raw", "stories", STORIES)
    asked = [Conversation((Message("user", "1 + 1?"),), "2", "number", "x")] * 2
    raw_conversations(tmp_path / "raw", "practice", "rl", asked)
    raw_conversations(tmp_path / "raw", "problems", "evaluation", asked)
    metrics = run(tmp_path, params)
    assert (metrics["practice.kept"], metrics["problems.kept"]) == (1, 1)


def test_the_manifest_says_what_is_left(tmp_path: Path, params: Params) -> None:
    raw_documents(tmp_path / "raw", "web", ["short", STORIES[0]])
    run(tmp_path, params)
    left = manifests.read(tmp_path / "clean" / "web")
    assert (left.rows, left.bytes) == (1, len(STORIES[0].encode()))


def test_the_number_of_workers_changes_no_byte(
    tmp_path: Path, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "PART_BYTES", 2000)
    for name in ("one", "two"):
        raw_documents(tmp_path / name / "raw", "stories", [*STORIES, "short", *STORIES[:9]])
    assert run(tmp_path / "one", params, workers=1) == run(tmp_path / "two", params, workers=2)
    assert len(content(tmp_path / "one" / "clean")) > 5
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_a_source_of_nothing_worth_keeping_is_refused(tmp_path: Path, params: Params) -> None:
    raw_documents(tmp_path / "raw", "web", ["short", ""])
    sentence = r"web: expected documents to learn from, found none left \(dropped: empty 1, too_sh"
    with pytest.raises(DataError, match=sentence):
        run(tmp_path, params)
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_a_list_says_of_every_dropped_text_which_rule_it_was(
    tmp_path: Path, params: Params
) -> None:
    raw_documents(tmp_path / "raw", "web", ["", "short", STORIES[0], STORIES[0] + "\r\n"])
    run(tmp_path, params)
    lists = sorted((tmp_path / "dropped" / "web").glob("*.parquet"))
    rows = [row for path in lists for row in pq.read_table(path).to_pylist()]
    assert [(row["row"], row["rule"]) for row in rows] == [
        (1, "duplicate"),
        (0, "empty"),
        (1, "too_short"),
    ]


def test_a_part_may_lose_its_duplicates_twice(tmp_path: Path, params: Params) -> None:
    """As where a worker is lost after it wrote."""
    raw_documents(tmp_path / "raw", "web", [STORIES[0]])
    run(tmp_path, params)
    raw, out = (tmp_path / name / "web" / "part-00000.parquet" for name in ("raw", "clean"))
    part = cleaning.Part("web", "pretrain", raw, out, tmp_path / "why", params.clean)
    again = [cleaning.without_duplicates((part, np.array([True]))) for _ in range(2)]
    assert again[0] == again[1]
    assert again[0].rows["web", "duplicate"] == 1
    assert len(texts(tmp_path, "web")) == 1
