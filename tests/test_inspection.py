"""`bonsai inspect`: what was kept, what was dropped and why, where a string stands."""

import json
import re
from pathlib import Path

import pytest

from pipeline_lib import cli
from pipeline_lib.formats import conversations, documents, files, manifests
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.inspection import Shown
from pipeline_lib.params import Params
from stages import clean

BOOKS = [
    f"Chapter {i}. The lighthouse keeper of rock {i} had {i} lamps and a boat." for i in range(9)
]
ASKED = Conversation((Message("user", "How many lamps?"),), "3", "number", "quiz")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, params: Params) -> Path:
    """What download and clean leave behind."""
    root = tmp_path_factory.mktemp("project")
    found = [Document(document_id(t), t, "books", "en", {"title": "Lamps"}) for t in [*BOOKS, "no"]]
    documents.write(root / "data" / "raw" / "books", found)
    conversations.write(root / "data" / "raw" / "quiz", [ASKED])
    for name, role, rows in (("books", "pretrain", 10), ("quiz", "rl", 1)):
        manifest = Manifest(name, "file", role, 1.0, "", "a", "", "", "0" * 64, rows, 0)
        manifests.write(root / "data" / "raw" / name, manifest)
    folders = [root / "data" / name for name in ("raw", "clean", "dropped")]
    curation = root / "data" / "corpus" / "curation"
    cluster = {"kept": {"id": "a", "source": "books", "text": "Lamps."}, "dropped": 1}
    copies = [{"id": "b", "source": "more", "text": "Lamps!", "jaccard": 0.91}]
    files.write_text(curation / "near_duplicates.jsonl", json.dumps({**cluster, "copies": copies}))
    leak = {"source": "books", "document": "c", "set": "quiz", "item": 0, "share": 0.75}
    records = [{**leak, "excerpt": "How many lamps?"}]
    files.write_json(curation / "decontamination.json", {"records": records})
    made = {"epochs_asked": 2.0, "epochs": 1.5, "share_asked": 1.0, "share": 1.0}
    mixed = {f"mixture.books.{name}": value for name, value in made.items()}
    left_out = {"contaminated": 1, "near_duplicates": 3, "duplicate_paragraphs": 0}
    of_books = {"contaminated.books": 1, "near_duplicates.books": 3}
    sought = {f"near_duplicates.{n}": 7 for n in ("clusters", "dropped", "documents")}
    counts = {**mixed, "pretrain.train.books.documents": 12, **left_out, **of_books, **sought}
    files.write_json(root / "metrics" / "corpus.json", counts)
    (metrics,) = clean.main(params.clean, params.runtime, *folders)
    files.write_json(root / "metrics" / "clean.json", dict(metrics))
    return root / "data"


def shown(data: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    cli.main(["inspect", *words, "--data", str(data)])
    return capsys.readouterr().out


def test_the_funnel_counts_every_rule_by_source(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(data, capsys, "funnel").splitlines()
    assert lines[0] == "all sources: 11 read, 10 kept (90.9%, 0.0 MB)"
    assert lines[1].split()[:3] == ["too_short", "1", "9.09%"]
    assert lines[2].startswith("books: 10 read, 9 kept")
    assert lines[3].split()[:2] == ["too_short", "1"]
    assert lines[4].startswith("quiz: 1 read, 1 kept (100.0%")


def test_the_funnel_goes_on_with_what_the_corpus_left_out(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(data, capsys, "funnel").splitlines()[5:]
    assert [" ".join(line.split()) for line in lines] == [
        "all sources: 4 texts or sections of them left out of the corpus",
        "near_duplicates 3",
        "contaminated 1",
        "books: 4 texts or sections of them left out of the corpus",
        "near_duplicates 3",
        "contaminated 1",
    ]


def test_before_the_corpus_is_made_the_funnel_ends_with_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files.write_json(tmp_path / "metrics" / "clean.json", {"kept": 2, "books.bytes.kept": 9})
    assert "corpus" not in shown(tmp_path / "data", capsys, "funnel")


def test_where_nothing_was_read_nothing_is_said_to_be_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files.write_json(tmp_path / "metrics" / "clean.json", {"kept": 0})
    said = shown(tmp_path / "data", capsys, "funnel", "--figure", str(tmp_path / "funnel.png"))
    assert said.splitlines()[-1] == "nothing was read: nothing is drawn"
    assert not (tmp_path / "funnel.png").exists()


def test_the_funnel_is_drawn(
    data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shown(data, capsys, "funnel", "--figure", str(tmp_path / "funnel.png"))
    assert (tmp_path / "funnel.png").read_bytes().startswith(b"\x89PNG")


def test_a_sample_is_drawn_by_seed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = shown(data, capsys, "kept", "-n", "2", "--source", "books")
    assert first.count("--- books") == 2
    assert "title=Lamps" in first
    assert shown(data, capsys, "kept", "-n", "2", "--source", "books") == first
    assert shown(data, capsys, "kept", "-n", "2", "--source", "books", "--seed", "2") != first


def test_conversations_show_their_turns(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "user: How many lamps?\nanswer: 3" in shown(data, capsys, "kept", "--source", "quiz")


def test_what_was_dropped_says_by_which_rule(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ([], ["too_short"], ["--source", "books"]):
        said = shown(data, capsys, "dropped", *words)
        assert "dropped by too_short, as 1 in all\nno" in said


def test_a_string_is_shown_in_its_surroundings(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(data, capsys, "search", "rock 7").count("--- books") == 1
    assert shown(data, capsys, "search", "lamps", "-n", "4").count("---") == 4
    assert "stands nowhere" in shown(data, capsys, "search", "no")
    assert "--- books" in shown(data, capsys, "search", "no", "--raw")


def drops(folder: Path, *lines: str) -> Path:
    """A data folder in which two texts of books were too short, as `lines` say."""
    files.write_json(folder / "dropped" / "index.json", {"books": {"too_short": 2}})
    if lines:
        path = folder / "dropped" / "books" / "too_short.jsonl"
        files.write_text(path, "".join(f"{line}\n" for line in lines))
    return folder


def stored(text: str) -> str:
    return json.dumps({"id": "a", "text": text}, ensure_ascii=False)


def test_ends_of_lines_inside_a_text_do_not_end_its_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = drops(tmp_path, stored("one\u2028two\x85three\u2029four"), stored("five"))
    said = shown(folder, capsys, "dropped")
    assert "one\u2028two\N{REPLACEMENT CHARACTER}three\u2029four\n" in said
    assert "five\n" in said
    cluster = f'{{"kept": {{"source": "books", {stored("x" + chr(0x2028))[1:]}, "dropped": 1, "copies": []}}'
    files.write_text(folder / "corpus" / "curation" / "near_duplicates.jsonl", cluster)
    assert "kept for 1\nx\u2028\n" in shown(folder, capsys, "duplicates")


def test_what_would_steer_a_terminal_is_shown_as_a_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = drops(tmp_path, stored("\x1b]0;mine\x07\x1b[2J\x9b1m\r\x7fa\tb\nc"))
    said = shown(folder, capsys, "dropped")
    mark = "\N{REPLACEMENT CHARACTER}"
    assert f"\n{mark}]0;mine{mark}{mark}[2J{mark}1m{mark}{mark}a\tb\nc\n" in said
    titled = Shown("books", "a", "text", "title=\x1b[2J")
    assert titled.lines(0) == f"--- books a (4 characters) title={mark}[2J\ntext\n"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "too_short.jsonl: no such file; run `dvc repro -f -s clean`"),
        (["{"], "too_short.jsonl: expected JSON lines, found "),
    ],
)
def test_samples_that_are_not_as_the_index_says_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit):
        shown(drops(tmp_path, *lines), capsys, "dropped")
    told = capsys.readouterr().err
    assert sentence in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["kept", "--source", "film"], "film: expected a source of .*, found books, quiz"),
        (["dropped", "top_ngram"], "any source top_ngram: expected drops, found books too_short"),
        (["funnel", "--figure", "funnel.pdf"], "funnel.pdf: expected a name that ends in .png"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    data: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["inspect", *words, "--data", str(data)])
    assert re.match(f"{sentence}.*\n$", capsys.readouterr().err)


def test_the_mixture_stands_as_asked_beside_as_made(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = shown(data, capsys, "mixture").splitlines()[-1]
    assert last.split() == ["books", "2.00", "1.50", "100.0%", "100.0%", "12"]


def test_duplicates_and_leaks_are_shown(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(data, capsys, "duplicates")
    assert "--- books a (6 characters) kept for 1\nLamps." in said
    assert "--- more b (6 characters) dropped, Jaccard 0.91\nLamps!" in said
    assert "holds quiz 0 (75% of it)\nHow many lamps?" in shown(data, capsys, "contaminated")
