import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib import progress
from pipeline_lib.sources import hub

ROOT = Path(__file__).parents[2]
TOOL = ROOT.parent / "shared" / "tools" / "hub.py"

ASK = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from pipeline_lib.errors import SourceError
from pipeline_lib.params import HubSource
from pipeline_lib.sources.fetch import fetch

answers = {}
for name, source in json.load(sys.stdin).items():
    try:
        answers[name] = asdict(fetch(name, HubSource(kind="hub", **source), Path("out") / name))
    except SourceError as error:
        answers[name] = str(error)
print(json.dumps(answers))
"""

Ask = Callable[..., dict[str, Any]]

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
    "script": {"role": "pretrain", "repository": "llm-book/livedoor-news-corpus"},
    "converted": {
        "role": "pretrain",
        "repository": "llm-book/livedoor-news-corpus",
        "revision": "refs/convert/parquet",
        "columns": {"text": "content"},
    },
}
SAID = {
    "no_column": "expected the column text, found answer, question; name the right ones",
    "no_config": "expected the config many, found BuilderConfig 'many' not found",
    "no_split": "expected the split validation, found train, test; name one of these",
    "no_repository": "expected a data set, found none of that name",
    "script": "found Dataset scripts are no longer supported, but found livedoor-news-corpus.py; "
    "set `revision: refs/convert/parquet`",
}


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Fetch hub sources in a process of its own, since the libraries read HF_ENDPOINT at import.

    The answer holds, for each source, its manifest or the sentence that says why there is none.
    """

    def answers(endpoint: str, sources: dict[str, Any]) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp("hub")
        environment = {
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(folder / "home"),
            "DVC_ROOT": str(folder),
            "PYTHONPATH": str(ROOT),
        }
        asked = subprocess.run(
            [sys.executable, "-c", ASK], input=json.dumps(sources), env=environment, cwd=folder,
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        assert asked.stderr == ""
        found: dict[str, Any] = json.loads(asked.stdout)
        return found

    return answers


@pytest.fixture(scope="session")
def start_hub() -> Iterator[Callable[..., str]]:
    """Start a hub with the faults asked for; its address."""
    if not TOOL.exists():
        pytest.skip(f"{TOOL} is not here: no stand-in for the hub")
    started: list[subprocess.Popen[str]] = []

    def start(*faults: str) -> str:
        command = [sys.executable, str(TOOL), "--port", "0", *faults]
        started_hub = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        started.append(started_hub)
        assert started_hub.stdout is not None
        return started_hub.stdout.readline().strip().removeprefix("HF_ENDPOINT=")

    yield start
    for one in started:
        one.terminate()
        one.wait()
        assert one.stdout is not None
        one.stdout.close()


@pytest.fixture(scope="module")
def answers(ask: Ask, start_hub: Callable[..., str]) -> dict[str, Any]:
    return ask(start_hub(), SOURCES)


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


@pytest.mark.parametrize("name", SAID)
def test_what_is_not_there_is_named_in_one_sentence(answers: dict[str, Any], name: str) -> None:
    assert isinstance(answers[name], str)
    assert SAID[name] in answers[name]
    assert answers[name].startswith(f"download.sources.{name}: ")
    assert "\n" not in answers[name]


def test_the_manifest_does_not_know_which_hub_answered(
    ask: Ask, start_hub: Callable[..., str], answers: dict[str, Any]
) -> None:
    again = ask(start_hub(), {name: SOURCES[name] for name in ("taught", "chat")})
    assert again == {name: answers[name] for name in ("taught", "chat")}


def test_a_hub_that_stumbles_is_asked_again(ask: Ask, start_hub: Callable[..., str]) -> None:
    found = ask(start_hub("--fail-first", "1"), {"chat": SOURCES["chat"]})
    assert found["chat"]["rows"] == 95


def test_changed_bytes_and_closed_doors_are_told_apart(
    ask: Ask, start_hub: Callable[..., str]
) -> None:
    endpoint = start_hub("--corrupt", "parquet", "--gated", "smoltalk")
    found = ask(endpoint, {name: SOURCES[name] for name in ("practice", "chat")})
    assert "found other bytes, twice" in found["practice"]
    assert "found a gated repository; accept its terms and set HF_TOKEN" in found["chat"]


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
