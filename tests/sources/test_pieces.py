"""Files read side by side: whatever the number of workers, what is written is what one process writes."""

import bz2
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib import engine, progress
from pipeline_lib.engine import mapping
from pipeline_lib.errors import DataError, SourceError
from pipeline_lib.formats import documents, tables
from pipeline_lib.params import FileSource, HubSource, Source, WebSource
from pipeline_lib.sources import hub, hub_files, local, pieces
from pipeline_lib.sources.downloads import Wanted
from pipeline_lib.sources.fetch import fetch
from pipeline_lib.sources.origin import Item, Piece
from pipeline_lib.sources.row import Row
from pipeline_lib.sources.shaping import Shape

from .conftest import Site
from .test_local import parquet, tar


@pytest.fixture(scope="module", autouse=True)
def workers_stay() -> Iterator[None]:
    with engine.on("loky"):
        yield


@pytest.fixture
def spread(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pieces went to workers, each time that any did; parts and pieces are small."""
    seen: list[int] = []
    through = pieces.read

    def noted(divided: Any, *given: Any) -> Iterator[Any]:
        seen.append(divided.count)
        return through(divided, *given)

    monkeypatch.setattr(pieces, "read", noted)
    monkeypatch.setattr(pieces, "PIECE_BYTES", 2000)
    monkeypatch.setattr(tables, "PART_BYTES", 3000)
    return seen


@pytest.fixture
def own(project: Path) -> Path:
    (project / "own").mkdir()
    return project / "own"


def words(number: int) -> str:
    return " ".join(f"word{(7 * number + 13 * i * i) % 997}" for i in range(number % 50 + 1))


def lines(start: int, count: int) -> bytes:
    rows = ({"text": words(start + i), "title": str(i)} for i in range(count))
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def many_kinds(own: Path) -> None:
    """Forty small files, one that is packed, one archive that also holds a picture, one large, one empty."""
    for number in range(20):
        (own / f"a{number:02d}.txt").write_text(words(number))
        (own / f"b{number:02d}.html").write_text(f"<p>{words(number)}</p>")
    (own / "a10b.jsonl.gz").write_bytes(gzip.compress(lines(50, 40)))
    members = {"one.txt": words(3).encode(), "cover.png": b"\x89PNG", "in/two.jsonl": lines(9, 30)}
    (own / "a15b.tar").write_bytes(tar(members))
    (own / "b05b.parquet").write_bytes(parquet([{"text": words(i)} for i in range(99)]))
    (own / "b06b.jsonl").write_bytes(lines(100, 200))
    (own / "b07b.jsonl").write_bytes(b"\n")


def described(**source: Any) -> FileSource:
    return FileSource.model_validate({"kind": "file", "role": "pretrain", "path": "own", **source})


def written(project: Path, source: Source, workers: int) -> dict[str, bytes]:
    folder = project / f"raw{workers}"
    fetch("mine", source, folder, workers)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("workers", [2, 4])
def test_many_files_give_the_same_bytes_and_sentences_from_any_number_of_workers(
    project: Path, own: Path, spread: list[int], workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(progress, "say", said.append)
    many_kinds(own)
    alone = written(project, described(), 1)
    assert not spread
    assert said == ["own/a15b.tar: 1 members hold no text and were left out: cover.png"]
    assert written(project, described(), workers) == alone
    assert len(alone) > 10
    assert spread[0] > 8
    assert said == said[:1] * 2
    assert {path.name for path in project.iterdir()} == {"own", "raw1", f"raw{workers}"}


def test_only_the_members_asked_for_are_read_by_workers_too(
    project: Path, own: Path, spread: list[int]
) -> None:
    many_kinds(own)
    source = described(members="in/*")
    assert written(project, source, 2) == written(project, source, 1)
    assert spread


def message(tree: int, number: int) -> dict[str, Any]:
    return {
        "message_tree_id": f"t{tree}",
        "message_id": f"t{tree}m{number}",
        "parent_id": f"t{tree}m{number - 1}" if number else None,
        "role": "assistant" if number % 2 else "prompter",
        "text": words(tree + number),
    }


def test_trees_grow_within_a_file_and_conversations_fill_the_same_parts(
    project: Path, own: Path, spread: list[int]
) -> None:
    for file in range(8):
        rows = [message(tree, n) for tree in range(9 * file, 9 * file + 9) for n in range(4)]
        (own / f"{file}.json").write_text(json.dumps(rows))
    talk = [{"role": "user", "content": "なに？"}, {"role": "assistant", "content": words(9)}]
    (own / "talks.jsonl").write_text(json.dumps({"messages": talk}) + "\n")
    (own / "tell.jsonl").write_text(json.dumps({"messages": []}) + "\n")
    source = described(role="sft")
    alone = written(project, source, 1)
    assert written(project, source, 2) == alone
    assert len(alone) > 3
    assert spread


def test_where_rows_are_limited_one_process_stops_at_the_last(
    project: Path, own: Path, spread: list[int]
) -> None:
    many_kinds(own)
    (own / "a03.jsonl").write_bytes(b"damaged")
    assert written(project, described(rows=3), 2) == written(project, described(rows=3), 1)
    assert not spread


def test_damaged_files_are_all_named_and_nothing_is_left(
    project: Path, own: Path, spread: list[int]
) -> None:
    many_kinds(own)
    (own / "a07.jsonl.bz2").write_bytes(bz2.compress(lines(0, 9))[:-9])
    (own / "b12.jsonl").write_bytes(lines(0, 3) + b'{"text": \n')
    with pytest.raises(SourceError) as raised:
        fetch("mine", described(), project / "raw", 2)
    said = str(raised.value)
    assert said.startswith("download.sources.mine: own/a07.jsonl.bz2: expected a whole file, found")
    assert "; own/b12.jsonl:4: expected JSON" in said
    assert spread
    assert [path.name for path in project.iterdir()] == ["own"]


class Touchy(Shape):
    def items(self, rows: Iterator[Row]) -> Iterator[Item]:
        for row in rows:
            if row.where == "own/b06b.jsonl:3":
                raise RuntimeError("https://user:secret@example.com/ has changed its mind")
            yield from super().items(iter([row]))


def test_what_nobody_foresaw_names_source_file_and_row_and_no_secret(
    project: Path, own: Path, spread: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    many_kinds(own)
    monkeypatch.setattr(local, "Shape", Touchy)
    with pytest.raises(DataError) as raised:
        fetch("mine", described(), project / "raw", 2)
    said = str(raised.value)
    assert said.startswith("download.sources.mine: own/b06b.jsonl, row 3: expected all")
    assert "RuntimeError" in said
    assert "secret" not in said
    assert spread


def test_files_without_a_row_are_told_as_from_one_process(
    project: Path, own: Path, spread: list[int]
) -> None:
    for number in range(9):
        (own / f"{number}.jsonl").write_bytes(b"\n" * 1500)
    said = []
    for workers in (1, 2):
        with pytest.raises(SourceError) as raised:
            fetch("mine", described(), project / "raw", workers)
        said.append(str(raised.value))
    assert (
        said == ["download.sources.mine: own: expected rows, found none; check what it holds"] * 2
    )
    assert spread == [9]


def test_a_small_source_starts_no_process(
    project: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(workers: int) -> Any:
        raise AssertionError(f"{workers} processes for a few small files")

    monkeypatch.setattr(mapping, "_pool", refuse)
    many_kinds(own)
    assert written(project, described(), 4)


def test_a_piece_is_a_run_of_small_files_or_one_large_one(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 10)
    files = []
    for name, size in {"a": 4, "b": 6, "c": 1, "d": 99, "e": 10, "f": 0, "g": 1}.items():
        (own / name).write_bytes(b"x" * size)
        files.append((own / name, name))
    assert [str(piece) for piece in pieces.runs(files)] == ["a to b", "c", "d", "e to f", "g"]


def test_what_workers_would_say_is_kept_for_the_screen() -> None:
    with progress.overheard() as said:
        progress.say("one")
        with progress.overheard() as inner:
            progress.say("two")
        progress.say("three")
    assert (said, inner) == (["one", "three"], ["two"])


def test_files_of_the_web_are_fetched_in_order_and_read_by_workers(
    project: Path, site: Site, spread: list[int]
) -> None:
    for number in range(6):
        site.files[f"/{number}.jsonl"] = lines(number, 30)
    urls = [f"{site.address}/{number}.jsonl" for number in range(6)]
    source = WebSource.model_validate({"kind": "web", "role": "pretrain", "url": urls})
    there = written(project, source, 2)
    assert [path for path, _ in site.asked] == [f"/{number}.jsonl" for number in range(6)]
    assert written(project, source, 1) == there
    assert list(json.loads(there["manifest.json"])["files"]) == urls
    assert spread == [6]


@pytest.mark.parametrize(
    ("source", "pieces_read"),
    [
        ({}, [6]),
        ({"split": "train[10:70]"}, []),
        ({"rows": 70}, []),
        ({"role": "sft", "columns": {"user": "title", "assistant": "text"}}, []),
        ({"role": "rl", "columns": {"prompt": "title", "answer": "text"}}, [6]),
    ],
)
def test_whole_files_of_the_hub_are_read_by_workers_parts_of_them_by_one_process(
    project: Path,
    spread: list[int],
    monkeypatch: pytest.MonkeyPatch,
    source: dict[str, Any],
    pieces_read: list[int],
) -> None:
    for number in range(6):
        (project / f"{number}.jsonl").write_bytes(lines(number, 30))
    paths = [f"{number}.jsonl" for number in range(6)]
    repository = type("Info", (), {"sha": "0" * 40, "card_data": None})()
    answers: dict[tuple[object, str], Callable[..., Any]] = {
        (hub_files, "info"): lambda *_: repository,
        (hub_files, "of_split"): lambda *_: ("0" * 40, paths),
        (hub_files, "located"): lambda *_: (Wanted(path, path) for path in paths),
        (hub, "_fetch"): lambda wanted: project / wanted.name,
    }
    for (module, name), answer in answers.items():
        monkeypatch.setattr(module, name, answer)
    asked = HubSource.model_validate(
        {"kind": "hub", "role": "pretrain", "repository": "some/texts", **source}
    )
    assert written(project, asked, 2) == written(project, asked, 1)
    assert spread == pieces_read


def test_a_piece_that_is_tried_again_begins_afresh(own: Path, project: Path) -> None:
    many_kinds(own)
    piece = Piece(3, ((own / "b06b.jsonl", "b06b.jsonl"),))
    shape = Shape("mine", "pretrain", "", {})
    left = project / "passing" / "000003" / "part-00007.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"of an attempt that broke off")

    def read(path: Path, name: str) -> Iterator[Item]:
        return local.file_items(shape, "", path, name)

    done = pieces.read_piece(read, documents.writer, project / "passing", piece)
    assert len(list(documents.read(done.folder))) == 200
