"""Servers that stumble on demand: a small site of our own, and the hub's stand-in where it is there."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.sources import retrying

ROOT = Path(__file__).parents[2]
TOOL = ROOT.parent / "shared" / "tools" / "hub.py"


@dataclass
class Site:
    """What a server holds and does wrong; and what it was asked and has sent."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    tag: str | None = '"one"'
    """An ETag, weak or strong, or a date of the last change."""
    headers: dict[str, str] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    """Bytes after which the next answers break off, in turn; then they are whole."""
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Status and headers of the next answers, in turn."""
    takes_ranges: bool = True
    says_length: bool = True
    """Else it sends in chunks."""
    stall: float = 0.0
    """Seconds of silence where an answer is cut."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    served: int = 0

    @property
    def ranges(self) -> list[str]:
        return [headers.get("range", "") for _, headers in self.asked]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        site = self.site
        sent = {name.lower(): value for name, value in self.headers.items()}
        site.asked.append((self.path, sent))
        if site.refusals:
            self._head(*site.refusals.pop(0))
        elif (path := self.path.split("?")[0]) not in site.files:
            self._head(404, {})
        elif site.tag and site.tag in (sent.get("if-none-match"), sent.get("if-modified-since")):
            self._head(304, {})
        else:
            self._send(site.files[path], sent)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, content: bytes, sent: dict[str, str]) -> None:
        site = self.site
        headers = {"Content-Type": "application/octet-stream", **site.headers}
        if site.tag:
            headers["ETag" if '"' in site.tag else "Last-Modified"] = site.tag
        status, body = 200, content
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", sent.get("range", ""))
        if asked and site.takes_ranges and sent.get("if-range") in (None, site.tag):
            first, last = int(asked[1]), int(asked[2] or len(content) - 1)
            status, body = 206, content[first : last + 1]
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        if site.says_length:
            headers["Content-Length"] = str(len(body))
        else:
            headers["Transfer-Encoding"] = "chunked"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self._body(body)

    def _body(self, body: bytes) -> None:
        site = self.site
        cut = site.cuts.pop(0) if site.cuts else len(body)
        before, after = (
            (b"", b"") if site.says_length else (b"%x\r\n" % len(body), b"\r\n0\r\n\r\n")
        )
        site.served += len(body[:cut])  # first: who has read all may look at once
        try:
            self.wfile.write(before + body[:cut] + (after if cut >= len(body) else b""))
        except OSError:  # whoever asked has hung up
            site.served -= len(body[:cut])
        else:
            if cut < len(body):
                time.sleep(site.stall)
        self.close_connection = True


@pytest.fixture
def new_site() -> Iterator[Callable[[], Site]]:
    """Servers of their own; each a Site to fill."""
    started: list[http.server.ThreadingHTTPServer] = []

    def start() -> Site:
        site = Site()
        handler = type("One", (Handler,), {"site": site})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        site.address = f"http://127.0.0.1:{server.server_port}"
        return site

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site(new_site: Callable[[], Site]) -> Site:
    return new_site()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, which are noted and not waited."""
    noted: list[float] = []
    monkeypatch.setattr(retrying, "sleep", noted.append)
    return noted


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder: downloads are kept in its scratch."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return tmp_path


ASK = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.params import HubSource
from pipeline_lib.sources.fetch import fetch

answers = {"said": []}
progress.say = answers["said"].append
for name, source in json.load(sys.stdin).items():
    try:
        answers[name] = asdict(fetch(name, HubSource(kind="hub", **source), Path("out") / name))
    except SourceError as error:
        answers[name] = str(error)
print(json.dumps(answers))
"""

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Fetch hub sources in a process of its own, since the libraries read HF_ENDPOINT at import.

    The answer holds, for each source, its manifest or the sentence that says why there is none, and
    under `said` what a person reads meanwhile. The rows are in `folder`/out.
    """

    def answers(
        endpoint: str, sources: dict[str, Any], folder: Path | None = None, token: str = ""
    ) -> dict[str, Any]:
        folder = folder or tmp_path_factory.mktemp("hub")
        environment = {
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(folder / "home"),
            "HF_TOKEN": token,
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
def start_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start a hub with the faults asked for; its address. `log` names a file for its requests."""
    if not TOOL.exists():
        pytest.skip(f"{TOOL} is not here: no stand-in for the hub")
    started: list[subprocess.Popen[str]] = []

    def start(*faults: str, log: Path | None = None) -> str:
        command = [sys.executable, str(TOOL), "--port", "0", *faults]
        said = (log or tmp_path_factory.mktemp("hub") / "log").open("w")
        with said:
            hub = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True)
        started.append(hub)
        assert hub.stdout is not None
        return hub.stdout.readline().strip().removeprefix("HF_ENDPOINT=")

    yield start
    for one in started:
        one.terminate()
        one.wait()
        assert one.stdout is not None
        one.stdout.close()
