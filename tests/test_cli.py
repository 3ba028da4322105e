"""The `bonsai` command: text as it is drawn, turns that still fit, faults in one sentence."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline_lib import cli, leaving, presets, talk
from pipeline_lib.formats import checkpoints
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.model.generation import Sampling
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import Params
from pipeline_lib.tales import tale
from pipeline_lib.talk import Speaker, Turn
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer

STORIES = [tale(1, index, "stories", "en").text for index in range(60)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, params: Params) -> Path:
    """Two untrained models: `base` and `chat`."""
    folder = tmp_path_factory.mktemp("models")
    asked = params.tokenizer.model_copy(update={"vocab_size": 320, "sample_bytes": 50_000})
    pieces = trainer.train(STORIES, asked).model
    small = {"layers": 1, "channels": 32, "heads": 2, "kv_heads": 1, "head_width": 16, "hidden": 32}
    shape = params.model.model_copy(update={**small, "context": 64})
    weights = Transformer(shape, 320, seed=1).state_dict()
    for name in {"embedding.weight", "head.weight"} & weights.keys():
        weights[name] *= 8  # far from blind guesses, so that what it reads matters
    for name, stage in (("base", "pretrain"), ("chat", "grpo")):
        checkpoints.write(folder / name, Checkpoint(shape, 320, weights, pieces, {"stage": stage}))
    return folder


@pytest.fixture(scope="module")
def speaker(models: Path) -> Speaker:
    return talk.load(models / "chat", Sampling(temperature=1.0), max_tokens=20, seed=1)


def bonsai(*words: str) -> None:
    cli.main(words)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    bonsai("generate", "--max-tokens", "12", *words)
    return capsys.readouterr().out


def test_the_same_seed_says_the_same_and_another_something_else(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--model", str(models / "chat"), "--prompt", "Anna has", "--temperature", "1")
    first = said(capsys, *words, "--seed", "3")
    assert said(capsys, *words, "--seed", "3") == first
    assert said(capsys, *words, "--seed", "4") != first


def test_streamed_or_whole_the_text_is_the_same(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--model", str(models / "base"), "--prompt", "Anna has", "--temperature", "1")
    assert said(capsys, *words) == said(capsys, *words, "--no-stream")


def test_a_base_model_goes_on_and_a_chat_model_is_asked(models: Path) -> None:
    assert talk.load(models / "chat", Sampling(), 5, 1).is_chat
    assert not talk.load(models / "base", Sampling(), 5, 1).is_chat


def test_the_template_can_be_forced_and_left_out(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def remember(name: str) -> None:
        def method(*_: object) -> Iterator[str]:
            asked.append(name)
            return iter(())

        monkeypatch.setattr(Speaker, name, method)

    remember("answer")
    remember("go_on")
    for model, flags in (("base", []), ("chat", []), ("base", ["--chat"]), ("chat", ["--no-chat"])):
        said(capsys, "--model", str(models / model), "--prompt", "x", *flags)
    assert asked == ["go_on", "answer", "answer", "go_on"]


def test_a_prompt_changes_what_is_said(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--model", str(models / "base"), "--temperature", "1")
    texts = {said(capsys, *words, "--prompt", text) for text in ("Anna has", "Then Ben", "12")}
    assert len(texts) == 3


@pytest.mark.parametrize(
    "text", ["a plain sentence", "日本語と🌱emoji", "é̂ combining", "tab\tand\nline", "�", "x" * 50]
)
def test_text_comes_in_whole_characters(text: str, speaker: Speaker) -> None:
    ids = speaker.tokenizer.encode(text)
    pieces = list(talk.whole_text(ids, speaker.tokenizer))
    assert "".join(pieces) == text
    if talk.UNFINISHED not in text:
        assert not any(talk.UNFINISHED in piece for piece in pieces)


def test_bytes_that_never_become_a_character_are_shown_at_the_end(speaker: Speaker) -> None:
    ids = speaker.tokenizer.encode("ab🌱")[:-1]
    pieces = list(talk.whole_text(ids, speaker.tokenizer))
    assert "".join(pieces) == speaker.tokenizer.decode(ids)
    assert pieces[0].startswith("a")


def test_text_is_shown_as_soon_as_it_is_drawn(speaker: Speaker) -> None:
    drawn: list[int] = []

    def ids() -> Iterator[int]:
        for token in speaker.tokenizer.encode("one two three"):
            drawn.append(token)
            yield token

    pieces = talk.whole_text(ids(), speaker.tokenizer)
    next(pieces)
    assert len(drawn) == 1


def turns(*lengths: int) -> list[Turn]:
    roles = ("user", "assistant")
    return [Turn(roles[i % 2], "9" * length) for i, length in enumerate(lengths)]


def lengths(kept: Sequence[Turn]) -> list[int]:
    return [len(turn.content) for turn in kept]


def test_turns_that_fit_are_all_kept(speaker: Speaker) -> None:
    assert lengths(speaker.fitting(turns(4, 4, 4))) == [4, 4, 4]


def test_the_oldest_turns_are_forgotten_and_a_user_speaks_first(speaker: Speaker) -> None:
    assert lengths(speaker.fitting(turns(10, 10, 10, 10, 10))) == [10, 10, 10]
    kept = speaker.fitting(turns(10, 4, 30, 4, 4))
    assert lengths(kept) == [4]
    assert kept[0].role == "user"


def test_what_the_system_said_is_never_forgotten(speaker: Speaker) -> None:
    kept = speaker.fitting([Turn("system", "be kind"), *turns(20, 20, 3)])
    assert [turn.role for turn in kept] == ["system", "user"]


def test_chat_answers_every_turn_until_the_end_of_input(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = iter(["How many?", "", "And now, at last, a question that is rather long?"])

    def ask(_prompt: str) -> str:
        try:
            return next(questions)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", ask)
    bonsai("chat", "--model", str(models / "chat"), "--max-tokens", "10", "--temperature", "1")
    lines = capsys.readouterr().out.split("\n")
    assert lines[0].endswith("ask away; Ctrl-D leaves.")
    assert len(lines) >= 4


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--model", "nowhere", "--prompt", "x"], "--model: expected a model folder"),
        (["--model", "{base}", "--prompt", "9" * 300], "prompt: expected at most 63 tokens"),
        (["--model", "{broken}", "--prompt", "x"], "config.json: no such file"),
    ],
)
def test_a_fault_is_one_sentence_and_status_1(
    models: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    (models / "broken").mkdir(exist_ok=True)
    known = {"base": str(models / "base"), "broken": str(models / "broken")}
    with pytest.raises(SystemExit) as left:
        bonsai("generate", *(word.format(**known) for word in words))
    assert left.value.code == 1
    told = capsys.readouterr().err
    assert sentence in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("flag", "value", "words"),
    [
        ("--temperature", "-1", "expected a number of at least 0, found -1"),
        ("--top-p", "2", "expected a number from 1e-06 to 1, found 2"),
        ("--max-tokens", "0", "expected a whole number of at least 1, found 0"),
        ("--top-k", "many", "expected a whole number of at least 0, found many"),
    ],
)
def test_a_number_out_of_range_is_told(
    flag: str, value: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        bonsai("generate", "--model", "x", "--prompt", "x", flag, value)
    assert left.value.code == 2
    assert words in capsys.readouterr().err


def test_preset_lists_applies_and_spells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = (presets.FOLDER / "default.yaml").read_text()
    Path("params.yaml").write_text(shipped)
    bonsai("preset", "list")
    assert capsys.readouterr().out.split()[0] == "default"
    bonsai("preset", "args", "smoke")
    assert "-S sft.steps=20" in capsys.readouterr().out
    assert Path("params.yaml").read_text() == shipped
    bonsai("preset", "apply", "smoke")
    assert Path("params.yaml").read_text() == presets.composed(shipped, ["smoke"])


def test_preset_shows_an_overlay_or_what_it_would_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = (presets.FOLDER / "default.yaml").read_text()
    Path("params.yaml").write_text(shipped)
    bonsai("preset", "show", "smoke")
    assert capsys.readouterr().out == (presets.FOLDER / "smoke.yaml").read_text()
    bonsai("preset", "show", "smoke", "--result")
    assert capsys.readouterr().out == presets.composed(shipped, ["smoke"])
    assert Path("params.yaml").read_text() == shipped


def test_preset_tells_what_it_would_change_and_two_presets_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text((presets.FOLDER / "default.yaml").read_text())
    bonsai("preset", "diff", "smoke")
    assert "model.layers: 4 -> 2" in capsys.readouterr().out.splitlines()
    bonsai("preset", "diff", "nue", "--against", "nullm")
    assert "model.layers: 12" not in capsys.readouterr().out
    bonsai("preset", "diff", "nue", "--against", "nue")
    assert capsys.readouterr().out == "Nothing differs.\n"


def test_an_unknown_preset_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text((presets.FOLDER / "default.yaml").read_text())
    with pytest.raises(SystemExit) as left:
        bonsai("preset", "apply", "smok")
    assert left.value.code == 1
    assert capsys.readouterr().err.startswith("preset smok: expected one of default,")


def test_the_console_script_is_installed() -> None:
    script = Path(sys.executable).with_name("bonsai")
    told = subprocess.run([script, "--help"], capture_output=True, text=True, check=False)
    assert told.returncode == 0
    assert all(word in told.stdout for word in ("generate", "chat", "preset", "track"))


def piped(tmp_path: Path, encoding: str) -> "subprocess.Popen[bytes]":
    """`bonsai inspect duplicates` on a cluster larger than any pipe, into a pipe."""
    text = json.dumps("日本語█" + "x" * 200_000, ensure_ascii=False)
    member = f'"id": "a", "source": "books", "text": {text}'
    stored = f'{{"kept": {{{member}}}, "dropped": 1, "copies": []}}\n'
    curation = tmp_path / "data" / "corpus" / "curation"
    curation.mkdir(parents=True)
    (curation / "near_duplicates.jsonl").write_text(stored, encoding="utf-8")
    words = [sys.executable, "-m", "pipeline_lib.cli", "inspect", "duplicates", "--characters", "0"]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*words, "--data", str(tmp_path / "data")],
        stdout=pipe,
        stderr=pipe,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )


def test_output_that_nobody_reads_any_more_ends_without_a_word(tmp_path: Path) -> None:
    with piped(tmp_path, "utf-8") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith(b"--- books a")
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == leaving.UNREAD


def test_a_terminal_of_few_characters_shows_the_others_as_marks(tmp_path: Path) -> None:
    out, err = piped(tmp_path, "cp1252").communicate()
    assert err == b""
    assert out.splitlines()[1].startswith(b"????xxx")


def test_a_tokenizer_that_spells_bytes_is_what_these_tests_use(speaker: Speaker) -> None:
    ids = speaker.tokenizer.encode("🌱")
    assert isinstance(speaker.tokenizer, Tokenizer)
    assert all(speaker.tokenizer.is_byte(token) for token in ids[-4:])
