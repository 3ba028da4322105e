"""The hub's stand-in with its faults on demand: what a download survives, and what it says where it does not."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline_lib.errors import SourceError
from pipeline_lib.params import HubSource
from pipeline_lib.sources import downloads, hub, hub_asking, transport
from pipeline_lib.sources.downloads import Wanted
from pipeline_lib.sources.parts import Kept, Part, Streamed
from pipeline_lib.sources.retrying import StumbleError

from .conftest import ROOT, Ask, Site

GSM8K = "main/train-00000-of-00001.parquet"
TOKEN = "hf_" + "planted" * 4


def of_the_hub(endpoint: str) -> Wanted:
    """GSM8K's questions to learn from, as the hub describes them."""
    with urllib.request.urlopen(
        f"{endpoint}/api/datasets/openai/gsm8k/tree/main?recursive=true"
    ) as told:
        (found,) = (entry for entry in json.load(told) if entry["path"] == GSM8K)
    url = f"{endpoint}/datasets/openai/gsm8k/resolve/main/{GSM8K}"
    return Wanted(url, f"hub:openai/gsm8k/{GSM8K}", sha256=found["lfs"]["oid"], size=found["size"])


def ranges(log: Path) -> list[int]:
    """Where each request for the file began."""
    lines = [line.split() for line in log.read_text().splitlines() if GSM8K in line]
    return [int(re.findall(r"\d+", line[2])[0]) if len(line) > 2 else 0 for line in lines]


def texts(part: Part) -> list[Any]:
    return [row.values["question"] for row in part.rows(0)]


def choose(found: Any, where: str) -> list[str]:
    return ["question"]


def test_a_cut_line_serves_each_byte_once(
    project: Path, start_hub: Callable[..., str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    wanted = of_the_hub(start_hub("--cut-after", "50000", "--verbose", log=log))
    path = hub._fetch(wanted)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == wanted.sha256
    assert ranges(log) == list(range(0, wanted.size or 0, 50_000))
    assert len(ranges(log)) > 9


def test_streamed_rows_survive_a_cut_line_too(project: Path, start_hub: Callable[..., str]) -> None:
    cut, whole = (start_hub(*faults) for faults in (["--cut-after", "30000"], []))
    assert texts(Streamed(of_the_hub(cut), choose)) == texts(Streamed(of_the_hub(whole), choose))


def test_a_busy_hub_is_asked_again(
    project: Path, start_hub: Callable[..., str], waits: list[float]
) -> None:
    wanted = of_the_hub(start_hub())
    busy = Wanted(
        wanted.url.replace(wanted.server, start_hub("--fail-first", "3")),
        wanted.name,
        sha256=wanted.sha256,
        size=wanted.size,
    )
    assert hub._fetch(busy).stat().st_size == wanted.size
    assert [round(wait) >= least for wait, least in zip(waits, (0, 1, 2), strict=True)] == [
        True
    ] * 3


@pytest.mark.parametrize(
    ("status", "headers", "kind", "words"),
    [
        (429, {"Retry-After": "7"}, StumbleError, "slow down"),
        (503, {}, StumbleError, "slow down"),
        (418, {}, SourceError, "hub:a/b: expected an answer, found slow down"),
    ],
)
def test_what_the_hubs_library_says_is_judged_like_what_a_server_says(
    status: int, headers: dict[str, str], kind: type[Exception], words: str
) -> None:
    class AnsweredError(OSError):
        response = SimpleNamespace(status_code=status, headers=headers)

    judged = hub_asking._judged("hub:a/b", AnsweredError("slow down"))
    assert type(judged) is kind
    assert words in str(judged)
    assert getattr(judged, "wait", None) == (7.0 if headers else None)


def test_a_hub_that_never_comes_to_speak_is_given_up(
    project: Path,
    start_hub: Callable[..., str],
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", 0.1)
    url = f"{start_hub('--delay', '0.5')}/datasets/openai/gsm8k/resolve/main/{GSM8K}"
    with pytest.raises(
        SourceError, match=r"to answer, found nothing within 0.1 s; check the network"
    ):
        hub._fetch(Wanted(url, "hub:openai/gsm8k", sha256="ab" * 32))
    assert len(waits) == 3


def test_bytes_that_are_not_the_hubs_are_refused_and_not_kept(
    project: Path, start_hub: Callable[..., str]
) -> None:
    wanted = of_the_hub(start_hub("--corrupt", "parquet"))
    with pytest.raises(SourceError, match="found other bytes, twice; the hub or what lies between"):
        hub._fetch(wanted)
    assert [path.name for path in (project / ".scratch").rglob("*") if path.is_file()] == [".lock"]


def test_a_file_whose_content_the_hub_does_not_name_is_fetched_once_for_its_commit(
    project: Path, site: Site
) -> None:
    site.files["/a.jsonl"] = b"{}"
    small = Wanted(f"{site.address}/a.jsonl", "a.jsonl", size=2)
    assert hub._fetch(small) == hub._fetch(small)
    assert len(site.asked) == 1


@pytest.mark.parametrize("streamed", [True, False])
def test_a_gated_file_names_the_door_and_the_key(
    project: Path, start_hub: Callable[..., str], streamed: bool
) -> None:
    wanted = of_the_hub(start_hub())
    closed = Wanted(
        wanted.url.replace(wanted.server, start_hub("--gated", "gsm8k")),
        wanted.name,
        size=wanted.size,
    )
    source = HubSource(kind="hub", role="rl", repository="openai/gsm8k")
    part = (
        Streamed(closed, choose) if streamed else Kept(closed, choose, hub._fetch, lambda _: None)
    )
    with pytest.raises(
        SourceError, match="found a gated repository; accept its terms and set HF_T"
    ):
        list(hub._rows(source, lambda: iter([part])))


KILLED = """
import sys
from pathlib import Path
from pipeline_lib.sources.hub import _fetch
from pipeline_lib.sources.downloads import Wanted
_fetch(Wanted(sys.argv[1], "gsm8k", sha256=sys.argv[2], size=int(sys.argv[3])))
"""


def test_a_killed_download_goes_on_in_the_next_run(
    project: Path, start_hub: Callable[..., str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    wanted = of_the_hub(start_hub("--cut-after", "100000", "--delay", "0.2", "--verbose", log=log))
    told = [wanted.url, wanted.sha256, str(wanted.size)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    part = hub.folder_of(wanted) / "part"
    with subprocess.Popen([sys.executable, "-c", KILLED, *told], env=environment) as run:
        while not part.exists() or part.stat().st_size < 200_000:
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
    had, asked = part.stat().st_size, len(ranges(log))
    fetched = downloads.fetch(wanted, hub.folder_of(wanted))
    assert fetched is not None
    assert had in ranges(log)[asked - 1 : asked + 1]
    assert min(ranges(log)[asked:]) >= had


FILES = {"role": "rl", "repository": "openai/gsm8k", "columns": {"prompt": "question"}}
SOURCES: dict[str, dict[str, Any]] = {
    "fetched": {**FILES, "data_files": "main/train-*"},
    "streamed": {**FILES, "data_files": "main/test-*", "split": "train[:1%]", "streamed": True},
    "gated": {"role": "sft", "repository": "HuggingFaceTB/smoltalk"},
    "lost": {"role": "sft", "repository": "nobody/nothing"},
}


def test_a_hub_that_stumbles_at_every_turn_is_read_and_the_token_is_told_nobody(
    start_hub: Callable[..., str], ask: Ask, tmp_path: Path
) -> None:
    endpoint = start_hub("--cut-after", "100000", "--fail-first", "1", "--gated", "smoltalk")
    found = ask(endpoint, SOURCES, tmp_path, token=TOKEN)
    assert (found["fetched"]["rows"], found["streamed"]["rows"]) == (7_473, 13)
    assert "found a gated repository; accept its terms and set HF_TOKEN" in found["gated"]
    assert "expected a data set, found none of that name" in found["lost"]
    assert TOKEN not in json.dumps(found)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 6
    assert [path for path in written if TOKEN.encode() in path.read_bytes()] == []
    blobs = [path for path in written if re.fullmatch("[0-9a-f]{64}", path.name)]
    assert len(blobs) == 1, "what is streamed is not kept"
