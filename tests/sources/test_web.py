import gzip
import hashlib
import io
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_lib import progress
from pipeline_lib.errors import ParamsError, SourceError
from pipeline_lib.formats import documents
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.params import WebSource, check
from pipeline_lib.sources import downloads, retrying, room, transport, web
from pipeline_lib.sources.downloads import Wanted
from pipeline_lib.sources.fetch import fetch

from .conftest import ROOT, Site

LINES = b"".join(json.dumps({"text": f"text {n} " * 300}).encode() + b"\n" for n in range(40))
SIZE = f"{len(LINES):,}"
"""About 100 kB."""
SHA256 = hashlib.sha256(LINES).hexdigest()
DATE = "Sat, 21 Nov 2026 15:00:00 GMT"
OTHER = LINES.replace(b"text 7", b"TEXT 7")


def take(project: Path, site: Site, path: str = "/a.jsonl", **source: Any) -> Manifest:
    described = {"kind": "web", "role": "pretrain", "url": site.address + path, **source}
    return fetch("mine", WebSource.model_validate(described), project / "raw")


def texts(project: Path) -> list[str]:
    return [document.text for document in documents.read(project / "raw")]


def refused(project: Path, site: Site, **source: Any) -> str:
    with pytest.raises(SourceError) as raised:
        take(project, site, **source)
    said = str(raised.value)
    assert said.startswith("download.sources.mine: ")
    assert "\n" not in said
    assert not (project / "raw").exists()
    return said


@pytest.fixture
def filled(site: Site) -> Site:
    site.files["/a.jsonl"] = LINES
    return site


def test_a_file_is_fetched_and_its_digest_stands_in_the_manifest(
    project: Path, filled: Site
) -> None:
    manifest = take(project, filled, licence="CC0-1.0")
    url = f"{filled.address}/a.jsonl"
    assert (manifest.kind, manifest.address, manifest.licence) == ("web", url, "CC0-1.0")
    assert (manifest.sha256, manifest.files) == (SHA256, {url: SHA256})
    assert manifest.rows == 40
    assert texts(project)[1] == "text 1 " * 300


def test_several_files_are_one_source_and_keep_a_digest_each(project: Path, site: Site) -> None:
    site.files = {"/b.txt": b"zwei", "/a.jsonl.gz": gzip.compress(LINES)}
    urls = [f"{site.address}/b.txt", f"{site.address}/a.jsonl.gz"]
    manifest = take(
        project, site, url=urls, sha256=["", hashlib.sha256(site.files["/a.jsonl.gz"]).hexdigest()]
    )
    assert list(manifest.files) == urls
    assert (manifest.rows, texts(project)[0]) == (41, "zwei")


def test_a_pinned_file_that_is_there_is_not_asked_for(project: Path, filled: Site) -> None:
    for _ in range(2):
        take(project, filled, sha256=SHA256.upper())
    assert len(filled.asked) == 1


@pytest.mark.parametrize(
    ("tag", "question"), [('"one"', "if-none-match"), (DATE, "if-modified-since")]
)
def test_a_file_that_is_there_costs_one_question(
    project: Path, filled: Site, tag: str, question: str
) -> None:
    filled.tag = tag
    manifests = [take(project, filled) for _ in range(2)]
    assert manifests[0] == manifests[1]
    assert [sent.get(question) for _, sent in filled.asked] == [None, tag]
    assert filled.served == len(LINES)


def test_a_copy_that_was_changed_on_the_disk_is_fetched_again(project: Path, filled: Site) -> None:
    take(project, filled, sha256=SHA256)
    (kept,) = (project / ".scratch").rglob(SHA256)
    kept.write_bytes(OTHER)
    take(project, filled, sha256=SHA256)
    assert (len(filled.asked), kept.read_bytes()) == (2, LINES)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(LINES) // 2), max_size=4), says_length=st.booleans())
def test_a_torn_download_goes_on_where_it_stopped(
    tmp_path_factory: pytest.TempPathFactory,
    filled: Site,
    waits: list[float],
    cuts: list[int],
    says_length: bool,
) -> None:
    filled.cuts, filled.served, filled.says_length = list(cuts), 0, says_length
    folder = tmp_path_factory.mktemp("one")
    wanted = Wanted(f"{filled.address}/a.jsonl", "a.jsonl", sha256=SHA256)
    fetched = downloads.fetch(wanted, folder)
    assert fetched is not None
    assert fetched.path.read_bytes() == LINES
    assert filled.served == len(LINES)


@pytest.mark.parametrize("tag", ['"one"', DATE])
def test_a_line_that_is_cut_a_hundred_times_serves_each_byte_once(
    project: Path, filled: Site, waits: list[float], tag: str
) -> None:
    filled.tag = tag
    filled.cuts = [1_000] * 100
    take(project, filled)
    assert filled.served == len(LINES)
    assert filled.ranges[1:4] == ["bytes=1000-", "bytes=2000-", "bytes=3000-"]
    assert {sent.get("if-range") for _, sent in filled.asked[1:]} == {tag}


def test_a_server_that_knows_no_ranges_starts_again_and_sends_it_right(
    project: Path, filled: Site, waits: list[float]
) -> None:
    filled.takes_ranges = False
    filled.cuts = [60_000, 70_000]
    assert take(project, filled).sha256 == SHA256
    assert filled.served == 130_000 + len(LINES)


def test_a_server_that_never_gets_further_is_given_up(
    project: Path, filled: Site, waits: list[float]
) -> None:
    filled.takes_ranges = False
    filled.cuts = [60_000] * 50
    assert "found the connection cut after 60,000 of" in refused(project, filled)
    assert len(filled.asked) < 12


@pytest.mark.parametrize("tag", [None, 'W/"weak"'])
def test_without_tag_and_digest_nobody_can_tell_so_it_starts_again(
    project: Path, filled: Site, waits: list[float], tag: str | None
) -> None:
    filled.tag = tag
    filled.cuts = [60_000]
    assert take(project, filled).sha256 == SHA256
    assert filled.ranges == ["", ""]


@pytest.mark.parametrize("tag", ['"one"', '"two"'])
def test_a_file_changed_half_way_is_refused_and_the_next_run_takes_the_new_one(
    project: Path, filled: Site, monkeypatch: pytest.MonkeyPatch, tag: str
) -> None:
    def change() -> None:
        filled.files["/a.jsonl"], filled.tag = OTHER + b"\n", tag

    filled.cuts = [60_000]
    monkeypatch.setattr(progress, "show", lambda *_: change())
    said = refused(project, filled)
    assert f'("one", {SIZE} bytes), found another ({tag}, {len(LINES) + 1:,} bytes)' in said
    assert "run again to fetch the new one" in said
    assert take(project, filled).sha256 == hashlib.sha256(OTHER + b"\n").hexdigest()


def test_a_pinned_file_that_comes_to_be_half_way_is_fetched_anew(
    project: Path, filled: Site, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    def change() -> None:
        filled.files["/a.jsonl"], filled.tag = OTHER, '"two"'

    filled.cuts = [60_000]
    monkeypatch.setattr(progress, "show", lambda *_: change())
    new = hashlib.sha256(OTHER).hexdigest()
    assert take(project, filled, sha256=new).sha256 == new
    assert filled.ranges == ["", "bytes=60000-"]
    assert filled.served == 60_000 + len(OTHER)


def test_a_file_other_than_the_pinned_one_is_refused_with_both_digests(
    project: Path, filled: Site
) -> None:
    filled.files["/a.jsonl"] = OTHER
    said = refused(project, filled, sha256=SHA256)
    assert (
        f"expected the file of sha256 {SHA256}, found {hashlib.sha256(OTHER).hexdigest()}" in said
    )
    assert "set `sha256` to the one found if" in said


def test_a_file_other_than_the_last_time_is_refused_until_it_is_pinned(
    project: Path, filled: Site
) -> None:
    take(project, filled)
    filled.files["/a.jsonl"], filled.tag = OTHER, '"two"'
    new = hashlib.sha256(OTHER).hexdigest()
    with pytest.raises(SourceError) as raised:
        take(project, filled)
    assert f"expected the file of sha256 {SHA256}, as at the last download, found {new}" in str(
        raised.value
    )
    asked = len(filled.asked)
    assert take(project, filled, sha256=new).sha256 == new
    assert len(filled.asked) == asked, "the new file was there already"
    assert take(project, filled).sha256 == new, "a pin says what the file should be from then on"


def test_a_busy_server_is_asked_again_when_it_wishes(
    project: Path, filled: Site, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(progress, "say", said.append)
    filled.refusals = [(503, {}), (429, {"Retry-After": "30"}), (503, {})]
    take(project, filled)
    first, wished, third = waits
    assert 0.5 <= first <= 1.0
    assert wished == 30.0
    assert 2.0 <= third <= 2.5
    assert said[0] == "a.jsonl: 429 Too Many Requests; asked again in 30 s"


def test_a_wish_may_be_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: parsedate_to_datetime(DATE).timestamp() - 9)
    assert transport.wait_of(DATE) == 9.0
    assert transport.wait_of("Fri, 20 Nov 2026 15:00:00 GMT") == 0.0
    assert transport.wait_of("soon") is None


def test_a_server_that_wants_an_hour_is_not_waited_for(
    project: Path, filled: Site, waits: list[float]
) -> None:
    filled.refusals = [(429, {"Retry-After": "3600"})]
    assert "found 429 Too Many Requests and the wish to be asked again in 3,600 s" in refused(
        project, filled
    )
    assert waits == []


def test_a_server_that_stays_busy_is_given_up(
    project: Path, filled: Site, waits: list[float]
) -> None:
    filled.refusals = [(503, {})] * 99
    said = refused(project, filled)
    assert f"expected {filled.address} to answer, found 503 Service Unavailable; check" in said
    assert len(filled.asked) == retrying.KNOWN.attempts
    assert 30 < sum(waits) < 36


def test_a_server_that_falls_silent_is_asked_for_the_rest(
    project: Path, filled: Site, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", 0.2)
    filled.cuts, filled.stall = [50_000], 0.6
    take(project, filled)
    assert filled.ranges == ["", "bytes=50000-"]


def test_a_server_that_is_away_costs_one_sentence_and_seconds(
    project: Path, site: Site, waits: list[float]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        site.address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        said = refused(project, site)
    assert f"expected {site.address} to answer, found [Errno 111] Connection refused" in said
    assert sum(waits) < 6


def test_where_the_server_is_away_the_copy_fetched_before_is_taken(
    project: Path, filled: Site, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = take(project, filled)
    filled.refusals = [(503, {})] * 99
    said: list[str] = []
    monkeypatch.setattr(progress, "say", said.append)
    assert take(project, filled) == before
    assert said[-1].endswith("the copy fetched before is taken")


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "found 404 Not Found; check"), (403, "found 403 Forbidden; it is not open")],
)
def test_a_server_that_says_no_is_not_asked_twice(
    project: Path, filled: Site, status: int, words: str
) -> None:
    filled.refusals = [(status, {})]
    assert f"a.jsonl: expected a file, {words}" in refused(project, filled)
    assert len(filled.asked) == 1


def test_a_redirection_is_followed_without_the_token(
    project: Path, filled: Site, new_site: Callable[[], Site], tmp_path: Path
) -> None:
    other = new_site()
    other.refusals = [(302, {"Location": "/b"}), (302, {"Location": f"{filled.address}/a.jsonl"})]
    wanted = Wanted(f"{other.address}/a", "a", {"Authorization": "Bearer hush"})
    fetched = downloads.fetch(wanted, tmp_path / "one")
    assert fetched is not None
    assert fetched.sha256 == SHA256
    assert [sent.get("authorization") for _, sent in other.asked] == ["Bearer hush"] * 2
    assert [sent.get("authorization") for _, sent in filled.asked] == [None]


@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        ("file", "expected a file, found HTTP Error 302"),
        ("data", "expected a file, found HTTP Error 302"),
        ("ftp", "expected to be sent on over http, found a redirection to ftp"),
    ],
)
def test_a_redirection_to_anything_but_the_web_is_refused(
    project: Path, filled: Site, scheme: str, words: str
) -> None:
    (project / "secret.jsonl").write_bytes(LINES)
    filled.refusals = [(302, {"Location": f"{scheme}://{project}/secret.jsonl"})]
    assert words in refused(project, filled)


def test_a_redirection_away_from_https_is_refused() -> None:
    asked = urllib.request.Request("https://a.example/x")
    with pytest.raises(
        SourceError, match="expected to be sent on over https, found a redirection to http"
    ):
        transport.Redirections().redirect_request(
            asked, io.BytesIO(), 302, "Found", {}, "http://a.example/x"
        )


def test_a_ring_of_redirections_ends(project: Path, filled: Site) -> None:
    filled.refusals = [(302, {"Location": f"/{n}"}) for n in range(99)]
    assert "would lead to an infinite loop" in refused(project, filled)
    assert len(filled.asked) == transport.REDIRECTS + 1


def test_a_file_beyond_the_bound_is_refused_before_it_comes(project: Path, filled: Site) -> None:
    assert f"expected at most 1,000 bytes, found {SIZE} and maybe more; raise" in refused(
        project, filled, max_bytes=1_000
    )


def test_a_file_without_a_length_is_refused_at_the_bound(project: Path, filled: Site) -> None:
    filled.says_length = False
    assert "expected at most 1,000 bytes" in refused(project, filled, max_bytes=1_000)


def test_a_file_packed_for_the_way_is_refused(project: Path, filled: Site) -> None:
    filled.headers["Content-Encoding"] = "gzip"
    assert "expected the file as it is, found it packed as gzip" in refused(project, filled)


def test_a_file_without_a_suffix_is_given_one(project: Path, site: Site) -> None:
    site.files["/get"] = gzip.compress(LINES)
    site.headers = {"Content-Encoding": "x-gzip", "Content-Type": "application/x-gzip"}
    assert take(project, site, path="/get?id=3", suffix=".jsonl.gz").rows == 40


def test_an_address_may_be_spelled_in_any_script(project: Path, site: Site) -> None:
    site.files["/%E7%8C%AB%20%2C.txt"] = "吾輩は猫である".encode()
    assert take(project, site, path="/猫 %2C.txt#top").rows == 1
    assert texts(project) == ["吾輩は猫である"]


def test_an_address_that_does_not_say_what_it_holds_is_refused_unasked(
    project: Path, filled: Site
) -> None:
    said = refused(project, filled, path="/get?id=3")
    assert "/get?id=3: expected an address that ends in one of .txt, .jsonl," in said
    assert "found another; say what is there with `suffix: .jsonl.gz`" in said
    assert filled.asked == []


def test_a_misspelt_key_of_a_web_source_is_named() -> None:
    stored = yaml.safe_load((ROOT / "params.yaml").read_text())
    stored["download"]["licences_allowed"] = []
    stored["download"]["sources"]["mine"] = {
        "kind": "web",
        "role": "sft",
        "ulr": "https://a.example",
    }
    with pytest.raises(ParamsError) as raised:
        check(stored)
    told = str(raised.value)
    assert "download.sources.mine.ulr: unknown key, did you mean download.sources.mine.url?" in told


def test_of_an_archive_only_the_members_that_match_are_read(project: Path, site: Site) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name in ("./en/a.txt", "./ja/b.txt", "./en/c.txt"):
            member = tarfile.TarInfo(name)
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    site.files["/books.tar"] = sink.getvalue()
    take(project, site, path="/books.tar", members="en/*.txt")
    assert texts(project) == ["./en/a.txt", "./en/c.txt"]
    with pytest.raises(
        SourceError, match=r"books.tar: expected a member that matches de/\*, found none"
    ):
        take(project, site, path="/books.tar", members="de/*")


def test_progress_is_told_in_bytes_of_all(
    project: Path, filled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[object, ...]] = []
    monkeypatch.setattr(progress, "show", lambda *told: shown.append(told))
    take(project, filled)
    of_bytes = [told for told in shown if told[2] == "bytes"]
    assert of_bytes[-1] == (len(LINES), len(LINES), "bytes", "a.jsonl")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_one_sentence_and_what_was_fetched_is_kept(
    project: Path, filled: Site
) -> None:
    with files_of_at_most(65_536):
        said = refused(project, filled)
    (part,) = (project / ".scratch").rglob("part")
    assert f"{part}: expected room for {SIZE} bytes, found " in said
    assert "what was fetched is kept" in said
    assert part.stat().st_size == 65_536
    assert take(project, filled).sha256 == SHA256
    assert filled.ranges == ["", "bytes=65536-"]


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(
    project: Path, filled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_free", lambda _: 50_000)
    assert f"expected room for {SIZE} bytes, found 50,000 bytes free" in refused(project, filled)
    assert list((project / ".scratch").rglob("part")) == []


def test_a_disk_that_fills_while_rows_are_written_is_one_sentence(
    project: Path, filled: Site
) -> None:
    take(project, filled)
    with files_of_at_most(2_000), pytest.raises(SourceError) as raised:
        take(project, filled)
    assert "expected room for more bytes, found " in str(raised.value)


KILLED = """
import sys
from pathlib import Path
from pipeline_lib.params import WebSource, check
from pipeline_lib.sources.fetch import fetch
fetch("mine", WebSource(kind="web", role="pretrain", url=(sys.argv[1],)), Path("raw"))
"""


def test_a_killed_download_goes_on_in_the_next_run(project: Path, filled: Site) -> None:
    filled.cuts, filled.stall = [70_000], 30.0
    url = f"{filled.address}/a.jsonl"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", KILLED, url], cwd=project, env=environment) as run:
        part = web.folder_of(url) / "part"
        while not part.exists() or part.stat().st_size < 60_000:
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
    had = part.stat().st_size
    filled.stall = 0.0
    assert take(project, filled).sha256 == SHA256
    assert filled.ranges == ["", f"bytes={had}-"]
    assert filled.served == 70_000 + len(LINES) - had
