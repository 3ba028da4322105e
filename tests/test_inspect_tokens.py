"""`bonsai inspect tokens` and `bonsai inspect tokenizer`."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib import cli, inspect_tokens
from pipeline_lib.formats import files
from pipeline_lib.formats.documents import Document
from pipeline_lib.tokens import diagnostics, measure, trainer
from tests.sections import cutting

TEXTS = [f"Ann has {i} apples.\nBob has {i + 3} pears." for i in range(60)]
PARAMS = cutting(vocab_size=320, user_defined=["<think>"])
Say = Callable[..., str]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tokenizer's stage leaves behind."""
    root = tmp_path_factory.mktemp("project")
    made = trainer.write(root / "data" / "tokenizer", trainer.train(TEXTS, PARAMS), PARAMS)
    held_out = [Document("", TEXTS[3], "tales", "en"), Document("", "梨", "web", "ja")]
    counts = measure.count(held_out, made)
    diagnostics.leave(root / "plots" / "tokenizer", counts, made)
    metrics = {"vocab_size": made.vocab_size, **counts.metrics(made)}
    files.write_json(root / "metrics" / "tokenizer.json", metrics)
    return root


@pytest.fixture
def say(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """What `bonsai inspect` prints where nobody asked for colour."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def said(*words: str) -> str:
        cli.main(["inspect", *words, "--data", str(project / "data")])
        return capsys.readouterr().out

    return said


def type_in(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))


def test_pieces_are_parted_by_bars_and_counted(say: Say) -> None:
    assert say("tokens", "Ann has 12") == (
        "Ann|·has|·|1|2\n5 tokens, 10 bytes, 10 characters: 2.00 bytes per token, 0.50 tokens per character\n"
    )


def test_lines_spaces_bytes_and_named_pieces_are_visible(say: Say) -> None:
    shown = say("tokens", " has\n\n梨\t<think>▁").splitlines()
    assert shown[:2] == ["·has|⏎", "⏎"]
    assert shown[2] == "<0xE6>|<0xA2>|<0xA8>|<0x09>|<think>|<0xE2>|<0x96>|<0x81>"


def test_in_colour_neighbours_stand_on_other_backgrounds(say: Say) -> None:
    first, second, third = (f"\x1b[30;48;5;{shade}m" for shade in inspect_tokens.SHADES[:3])
    shown = say("tokens", "Ann has\n", "--color").splitlines()[0]
    assert shown == f"{first}Ann\x1b[0m{second}·has\x1b[0m{third}⏎\x1b[0m"
    assert len(set(inspect_tokens.SHADES)) == len(inspect_tokens.SHADES) > 1


@pytest.mark.parametrize(
    ("words", "no_color", "force_color", "terminal", "is_colored"),
    [
        ([], "", "", False, False),
        ([], "", "", True, True),
        ([], "1", "", True, False),
        ([], "", "1", False, True),
        ([], "1", "1", True, False),
        (["--color"], "1", "", False, True),
        (["--no-color"], "", "1", True, False),
    ],
)
def test_colour_is_for_terminals_and_for_who_asks(
    say: Say,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    no_color: str,
    force_color: str,
    terminal: bool,
    is_colored: bool,
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("FORCE_COLOR", force_color)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert ("\x1b[" in say("tokens", "Ann", *words)) == is_colored


def test_ids_stand_in_columns_whatever_the_width_of_a_piece(say: Say, tmp_path: Path) -> None:
    trained = trainer.train(["梨と林檎。" * 9, *TEXTS], PARAMS)
    trainer.write(tmp_path / "other", trained, PARAMS)
    lines = say(
        "tokens", "--ids", "--tokenizer", str(tmp_path / "other"), "梨と林檎。\n has e\u0301"
    )
    head, *rows, last = lines.splitlines()
    assert head.split() == ["id", "piece", "bytes"]
    assert last.startswith(f"{len(rows)} tokens")
    starts = {inspect_tokens.columns(row.removesuffix(row.split("  ")[-1].strip())) for row in rows}
    assert len(starts) == 1
    assert inspect_tokens.columns("梨e\u0301ﾅ") == 4
    assert any(row.endswith("  ⏎     0A") or row.split()[1:] == ["⏎", "0A"] for row in rows)
    assert [row.split()[-3:] for row in rows if "·has" in row] == [["68", "61", "73"]]


@pytest.mark.parametrize("words", [[], ["-"]])
def test_text_comes_from_standard_input(
    say: Say, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    type_in(monkeypatch, "梨\r\n".encode())
    assert say("tokens", *words).startswith("<0xE6>|<0xA2>|<0xA8>|<0x0D>|⏎\n5 tokens, 5 bytes")


def test_text_comes_from_a_file(say: Say, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"Ann has")
    assert say("tokens", "--file", str(tmp_path / "text")).startswith("Ann|·has\n")


def test_of_no_text_there_are_no_tokens(say: Say) -> None:
    assert say("tokens", "") == "0 tokens, 0 bytes, 0 characters\n"


def test_a_text_that_does_not_come_back_is_said(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_lib.tokens.tokenizer.Tokenizer.decode", lambda *_: "Ann hat")
    assert say("tokens", "Ann has").endswith("\nthe text does not come back: 's' at 6 is 't'\n")
    monkeypatch.setattr("pipeline_lib.tokens.tokenizer.Tokenizer.decode", lambda *_: "Ann")
    assert say("tokens", "Ann has").endswith("\nthe text does not come back: ' has' at 3 is ''\n")


def test_what_would_steer_a_terminal_is_a_mark(say: Say, tmp_path: Path) -> None:
    trained = trainer.train([*TEXTS, "\x1b[2J \x9b1m " * 9], PARAMS)
    trainer.write(tmp_path / "other", trained, PARAMS)
    for words in (["--no-color"], ["--ids"]):
        shown = say(
            "tokens", "--tokenizer", str(tmp_path / "other"), "\x1b[2J\x9b1m\u2028a", *words
        )
        assert "\x1b" not in shown
        assert "\x9b" not in shown
        assert "\N{REPLACEMENT CHARACTER}" in shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["tokens", "--file", "none.txt"], "none.txt: expected a file of text, found none; name"),
        (["tokens", "a", "--tokenizer", "none"], "none: no such file; run `dvc repro tokenizer`"),
        (["tokens", "a\udcff"], "text: expected UTF-8, found the byte 0xFF at 1; convert it"),
        (["tokenizer", "--figure", "a.pdf"], "a.pdf: expected a name that ends in .png, found"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(
    say: Say, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit):
        say(*words)
    told = capsys.readouterr().err
    assert told.startswith(sentence)
    assert len(told.splitlines()) == 1


def test_input_that_is_no_utf_8_is_one_sentence(
    say: Say, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, b"a\xff")
    with pytest.raises(SystemExit):
        say("tokens")
    assert capsys.readouterr().err.startswith("standard input: expected UTF-8, found the byte 0xFF")


def test_the_fit_is_told_by_language_and_source(say: Say) -> None:
    lines = [" ".join(line.split()) for line in say("tokenizer").splitlines()]
    assert lines[0] == "held-out text bytes/token tokens/char tokens/word single bytes"
    assert [line.split()[0] for line in lines[1:6]] == [
        "all",
        "language",
        "language",
        "source",
        "source",
    ]
    assert "language ja 1.000 3.000 100.000%" in lines
    assert lines[3] == "language ja 1.000 3.000 100.000%"
    assert lines[6] == "320 pieces in the vocabulary"
    assert "unused: " in lines[7]
    assert lines[8].startswith("longest used: ·apples ×1 ")
    assert lines[9].startswith("most used: ")


def test_the_fit_is_drawn(say: Say, tmp_path: Path) -> None:
    figure = tmp_path / "compression.png"
    assert say("tokenizer", "--figure", str(figure)).endswith(f"drawn: {figure}\n")
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_before_the_tokenizer_has_run_the_stage_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["inspect", "tokenizer", "--data", str(tmp_path / "data")])
    assert "tokenizer.json: no such file; run `dvc repro tokenizer`" in capsys.readouterr().err
