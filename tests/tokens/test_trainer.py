import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.params import TokenizerParams
from pipeline_lib.tales import tale
from pipeline_lib.tokens import passages, trainer
from pipeline_lib.tokens.tokenizer import SPECIAL_PIECES, Tokenizer

Asked = Callable[..., TokenizerParams]


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_the_same_texts_give_the_same_bytes_in_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, texts: list[str], asked: Asked
) -> None:
    folders = [tmp_path / "a", tmp_path / "elsewhere" / "b"]
    for folder, order in zip(folders, (texts, texts[::-1]), strict=True):
        folder.mkdir(parents=True)
        monkeypatch.chdir(folder)
        trainer.write(folder / "made", trainer.train(order, asked(kind=kind)), asked(kind=kind))
    a, b = ({f.name: f.read_bytes() for f in (folder / "made").iterdir()} for folder in folders)
    assert a == b
    assert set(a) == {
        "tokenizer.model",
        "tokenizer.vocab",
        "about.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }


def test_no_path_and_no_machine_is_in_the_model(texts: list[str], asked: Asked) -> None:
    model = trainer.train(texts, asked()).model
    assert b"/" not in model.replace(b"\n\x01/", b"").replace(b"<0x2F>", b"")
    assert str(Path.cwd()).encode() not in model


def test_the_folder_says_what_the_tokenizer_is(
    tmp_path: Path, texts: list[str], asked: Asked
) -> None:
    made = trainer.write(tmp_path / "tokenizer", trainer.train(texts, asked()), asked())
    about = json.loads((tmp_path / "tokenizer" / "about.json").read_text())
    assert about["sha256"] == made.digest == Tokenizer.load(tmp_path / "tokenizer").digest
    assert about["specials"] == dict(zip(SPECIAL_PIECES, range(6), strict=True))
    assert (about["from"], about["kind"], about["by_chunk"]) == ("learnt", "unigram", True)
    assert about["user_defined"] == []
    assert about["vocab_size"] == made.vocab_size == asked().vocab_size


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_a_vocabulary_too_large_is_refused_with_the_largest_that_fits(
    kind: str, texts: list[str], asked: Asked
) -> None:
    with pytest.raises(DataError, match="expected at most") as error:
        trainer.train(texts[:3], asked(kind=kind, vocab_size=8192))
    sentence = str(error.value)
    most = int(sentence.removeprefix("tokenizer.vocab_size: expected at most ").split()[0])
    assert sentence.endswith("for this corpus, found 8192; lower it or add text")
    assert trainer.train(texts[:3], asked(kind=kind, vocab_size=most)).model


def test_a_vocabulary_too_small_for_the_characters_is_refused(asked: Asked) -> None:
    many = ["".join(map(chr, range(0x4E00, 0x4E00 + 500)))]
    with pytest.raises(DataError, match="expected at least 763 for the characters"):
        trainer.train(many, asked(vocab_size=300, character_coverage=1.0))


@pytest.mark.parametrize("nothing", [[], [""], ["\n\n"]])
def test_an_empty_corpus_is_refused(nothing: list[str], asked: Asked) -> None:
    with pytest.raises(DataError, match="expected text to learn from, found none"):
        trainer.train(nothing, asked())


def test_text_that_cannot_be_cut_is_refused(texts: list[str], asked: Asked) -> None:
    with pytest.raises(DataError, match=r"expected at most 1% .* found \d+\.\d%"):
        trainer.train([*texts, "x" * 5000], asked())


def test_reserved_characters_drop_no_line(asked: Asked, texts: list[str]) -> None:
    marked = [text.replace("今", "▅今▁\0") for text in texts]
    tokenizer = Tokenizer(trainer.train(marked, asked()).model)
    assert "今日は" in "".join(tokenizer.pieces(tokenizer.encode("今日は")))
    assert len(tokenizer.encode("今日は")) <= 3


def test_a_long_passage_is_not_dropped_by_sentencepiece(asked: Asked) -> None:
    rare = "魚" * (passages.LONGEST // 3)
    tokenizer = Tokenizer(trainer.train([rare] + ["ab cd"] * 3, asked(vocab_size=268)).model)
    assert len(tokenizer.encode("魚")) == 1


def test_sentencepiece_drops_no_line_that_is_not_counted(
    asked: Asked,
    texts: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its own log says how many it took, and of what it skips."""
    monkeypatch.setattr(trainer, "_SILENT", 0)
    awkward = ["▅ ▁ \0", "\n\n", "  ", "x" * passages.LONGEST, "word " * 3000, "\u2028 \u0085"]
    trained = trainer.train([*texts, *awkward], asked())
    said = capfd.readouterr().err
    found = re.search(r"Loaded all (\d+) sentences", said)
    assert found is not None, said
    assert int(found[1]) == trained.metrics["sample_lines"]
    assert not re.search(r"(?i)skipped [1-9]|too long", said)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_pieces_a_person_names_are_pieces(kind: str, texts: list[str], asked: Asked) -> None:
    named = asked(kind=kind, user_defined=["<think>", "魚屋"])
    tokenizer = Tokenizer(trainer.train(texts, named).model)
    text = "ab<think>魚屋 <think></think>"
    assert tokenizer.pieces(tokenizer.encode(text)).count("<think>") == 2
    assert "魚屋" in tokenizer.pieces(tokenizer.encode(text))
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("wrong", ["", "New York", "a▁b", "<|user|>", "<0x41>", "a\n"])
def test_a_piece_that_could_not_be_found_is_refused(wrong: str, asked: Asked) -> None:
    with pytest.raises(ValueError, match="expected different pieces without spaces"):
        asked(user_defined=["<think>", wrong])


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_the_same_bytes_come_from_one_core_and_from_all(
    kind: str, texts: list[str], asked: Asked
) -> None:
    everywhere = os.sched_getaffinity(0)
    all_cores = trainer.train(texts, asked(kind=kind)).model
    os.sched_setaffinity(0, {min(everywhere)})
    try:
        assert trainer.train(texts, asked(kind=kind)).model == all_cores
    finally:
        os.sched_setaffinity(0, everywhere)


def test_another_number_of_threads_would_be_another_model(
    texts: list[str], asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why it is a constant: at least its number stands in the model."""
    four = trainer.train(texts, asked()).model
    monkeypatch.setattr(trainer, "THREADS", 3)
    assert trainer.train(texts, asked()).model != four


def test_nothing_is_normalised(texts: list[str], asked: Asked) -> None:
    """SentencePiece's own default, NFKC, would make 1, ガ and A of these."""
    tokenizer = Tokenizer(trainer.train(texts, asked()).model)
    text = "①ｶﾞＡ  か\u3099\t\n \n\n  end "
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_a_piece_that_python_takes_for_a_line_end_is_one_piece(asked: Asked) -> None:
    """A vocabulary is counted by its pieces, not by the lines of its list."""
    model = trainer.train(["\u0085ab\u2028cd"] * 9, asked(vocab_size=269, character_coverage=1.0))
    taken = trainer.adopt(model.model, "mine.model")
    assert taken.metrics["vocab_size"] == Tokenizer(taken.model).vocab_size == 269


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize("across", [False, True])
def test_a_piece_holds_several_words_only_where_that_was_asked_for(
    kind: str, *, across: bool, asked: Asked
) -> None:
    texts = [tale(1, i, "stories", "en").text + "\n" for i in range(200)]
    tokenizer = Tokenizer(trainer.train(texts, asked(kind=kind, across_words=across)).model)
    held = tokenizer.pieces(tokenizer.learnt)
    assert any(re.search("[a-z]▁[a-z]", piece) for piece in held) == across
    assert tokenizer.by_chunk != across
    assert [tokenizer.decode(ids) for ids in tokenizer.encode_batch(texts)] == texts


KATAKANA = re.compile("[ァ-ヺ]")
OTHER = re.compile("[^ァ-ヺー▁\n]")


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize("apart", [False, True])
def test_a_piece_holds_katakana_beside_other_script_only_where_that_was_asked_for(
    kind: str, *, apart: bool, asked: Asked
) -> None:
    texts = [tale(1, i, "stories", "ja").text + "\nらーめん カナ\n" for i in range(200)]
    params = asked(kind=kind, vocab_size=900, katakana_apart=apart)
    tokenizer = Tokenizer(trainer.train(texts, params).model)
    held = tokenizer.pieces(tokenizer.learnt)
    assert any(KATAKANA.search(piece) and OTHER.search(piece) for piece in held) != apart
    assert any(len(piece) > 1 and KATAKANA.search(piece) for piece in held)
    assert kind == "unigram" or "らーめん" in held  # there the long mark is no katakana
    assert [tokenizer.decode(ids) for ids in tokenizer.encode_batch(texts)] == texts
