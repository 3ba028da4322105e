import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib import progress
from pipeline_lib.formats import conversations, documents
from pipeline_lib.sources import hub

from .conftest import Ask

GSM8K = {"repository": "openai/gsm8k", "config": "main"}
SOURCES: dict[str, dict[str, Any]] = {
    "taught": {
        "role": "sft",
        **GSM8K,
        "columns": {"user": "question", "assistant": "answer"},
        "rows": 50,
    },
    "practice": {"role": "rl", **GSM8K, "columns": {"prompt": "question"}, "licence": "MIT"},
    "chat": {"role": "sft", "repository": "HuggingFaceTB/smoltalk", "config": "all"},
    "sharegpt": {"role": "sft", "repository": "teknium/OpenHermes-2.5", "rows": 9},
    "pile": {"role": "pretrain", "repository": "monology/pile-uncopyrighted", "rows": 9},
    "no_column": {"role": "pretrain", **GSM8K},
    "no_config": {"role": "rl", "repository": "openai/gsm8k", "config": "many"},
    "no_split": {"role": "rl", **GSM8K, "split": "validation"},
    "no_repository": {"role": "rl", "repository": "nobody/nothing"},
    "script": {
        "role": "pretrain",
        "repository": "llm-book/livedoor-news-corpus",
        "columns": {"text": "content"},
    },
    "pinned_script": {
        "role": "pretrain",
        "repository": "llm-book/livedoor-news-corpus",
        "revision": "main",
    },
    "converted": {
        "role": "pretrain",
        "repository": "llm-book/livedoor-news-corpus",
        "revision": "refs/convert/parquet",
        "columns": {"text": "content"},
    },
    "fifth": {"role": "rl", **GSM8K, "columns": {"prompt": "question"}, "split": "train[-20%:]"},
    "streamed_fifth": {
        "role": "rl",
        **GSM8K,
        "columns": {"prompt": "question"},
        "split": "train[-20%:]",
        "streamed": True,
    },
    "streamed_pile": {
        "role": "pretrain",
        "repository": "monology/pile-uncopyrighted",
        "rows": 9,
        "streamed": True,
    },
    "chosen": {
        "role": "rl",
        "repository": "openai/gsm8k",
        "columns": {"prompt": "question"},
        "data_files": ["main/test-*", "main/t*"],
        "split": "train[1310:1330]",
    },
    "no_files": {"role": "rl", "repository": "openai/gsm8k", "data_files": "other/*.jsonl"},
}
SAID = {
    "no_column": "expected the column text, found answer, question; name the right ones",
    "no_config": "expected the config many, found BuilderConfig 'many' not found",
    "no_split": "expected the split validation, found train, test; name one of these",
    "no_repository": "expected a data set, found none of that name",
    "no_files": "expected a file that matches other/*.jsonl, found none; check `data_files`",
    "pinned_script": "found Dataset scripts are no longer supported, but found livedoor-news-corpus.py; "
    "set `revision: refs/convert/parquet`",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("answers")


@pytest.fixture(scope="module")
def answers(ask: Ask, start_hub: Callable[..., str], folder: Path) -> dict[str, Any]:
    return ask(start_hub(), SOURCES, folder)


def test_a_split_is_read_to_its_end_and_pinned_to_a_commit(answers: dict[str, Any]) -> None:
    practice = answers["practice"]
    assert practice["rows"] == 7473
    assert practice["address"] == "hub:openai/gsm8k/main/train"
    assert practice["licence"] == "MIT"
    assert len(practice["revision"]) == 40


@pytest.mark.parametrize(
    ("name", "rows"), [("taught", 50), ("chat", 95), ("sharegpt", 9), ("pile", 9)]
)
def test_columns_and_file_kinds_of_many_sorts_are_read(
    answers: dict[str, Any], name: str, rows: int
) -> None:
    assert answers[name]["rows"] == rows


def test_a_repository_with_a_script_is_read_from_its_converted_branch(
    answers: dict[str, Any],
) -> None:
    assert answers["converted"]["rows"] == 145
    assert answers["script"]["rows"] == 145
    assert answers["script"]["revision"] == answers["converted"]["revision"]
    commit = answers["script"]["revision"][:12]
    assert (
        "script: hub:llm-book/livedoor-news-corpus is made by a script, which is not run; its branch "
        f"refs/convert/parquet is read instead, at commit {commit}"
    ) in answers["said"]


def test_a_slice_is_the_rows_that_its_spelling_names(answers: dict[str, Any], folder: Path) -> None:
    whole, fifth = (list(conversations.read(folder / "out" / n)) for n in ("practice", "fifth"))
    assert [one.messages for one in fifth] == [one.messages for one in whole[-1_495:]]
    assert answers["fifth"]["address"] == "hub:openai/gsm8k/main/train[-20%:]"


def test_streamed_rows_are_those_of_the_file_and_no_file_is_kept(
    answers: dict[str, Any], folder: Path
) -> None:
    far, near = (
        [one.messages for one in conversations.read(folder / "out" / name)]
        for name in ("streamed_fifth", "fifth")
    )
    assert far == near
    far_text, near_text = (
        [one.text for one in documents.read(folder / "out" / name)]
        for name in ("streamed_pile", "pile")
    )
    assert far_text == near_text
    assert answers["streamed_fifth"]["revision"] == answers["fifth"]["revision"]
    assert len(answers["streamed_pile"]["sha256"]) == 64


def test_chosen_files_are_one_table_in_the_order_of_their_patterns(
    answers: dict[str, Any],
) -> None:
    assert answers["chosen"]["rows"] == 20, "nine of the 1,319 test rows, then train's"
    assert answers["chosen"]["address"] == "hub:openai/gsm8k/main/test-*,main/t*/train[1310:1330]"


@pytest.mark.parametrize("name", SAID)
def test_what_is_not_there_is_named_in_one_sentence(answers: dict[str, Any], name: str) -> None:
    assert isinstance(answers[name], str)
    assert SAID[name] in answers[name]
    assert answers[name].startswith(f"download.sources.{name}: ")
    assert "\n" not in answers[name]


def test_the_manifest_does_not_know_which_hub_answered(
    ask: Ask, start_hub: Callable[..., str], answers: dict[str, Any]
) -> None:
    names = ("taught", "chat", "streamed_pile")
    again = ask(start_hub(), {name: SOURCES[name] for name in names})
    assert again == {"said": []} | {name: answers[name] for name in names}


def test_a_hub_that_is_away_costs_seconds_and_one_sentence(ask: Ask) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
    started = time.monotonic()
    said = ask(endpoint, {"chat": SOURCES["chat"]})["chat"]
    assert time.monotonic() - started < 30
    assert f"expected the hub at {endpoint} to answer, found " in said


def test_a_repository_that_moved_on_is_told_and_one_that_stayed_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setattr(progress, "say", said.append)
    for commit in ("a" * 40, "a" * 40, "b" * 40):
        hub.compare("chat", "hub:some/thing/all/train", commit)
    assert said == [
        f"chat: hub:some/thing/all/train has moved on from commit {'a' * 12} to {'b' * 12}; "
        "set `revision` to stay"
    ]
