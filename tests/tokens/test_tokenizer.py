import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from pipeline_lib.errors import FormatError
from pipeline_lib.params import TokenizerParams
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.proto import GRAIN
from pipeline_lib.tokens.tokenizer import CHUNK, SEGMENT, SPECIAL_PIECES, Tokenizer

Asked = Callable[..., TokenizerParams]

TEXTS = st.one_of(
    st.text(),
    st.text(alphabet=" \n\t\r\0▁▅⁇\u3000abc12<|user>日本"),
    st.lists(st.sampled_from([*SPECIAL_PIECES, "▁", " ", "\n", "ab"])).map("".join),
)


@given(text=TEXTS)
def test_every_text_comes_back_exactly(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(texts=st.lists(TEXTS))
def test_a_batch_is_encoded_as_its_texts_are(tokenizer: Tokenizer, texts: list[str]) -> None:
    assert tokenizer.encode_batch(texts) == [tokenizer.encode(text) for text in texts]


@given(text=TEXTS.filter(lambda text: "▁" not in text))
def test_chunks_are_cut_where_sentencepiece_cuts_anyway(tokenizer: Tokenizer, text: str) -> None:
    whole = SentencePieceProcessor(model_proto=tokenizer.model).encode(text)
    assert tokenizer.by_chunk
    assert tokenizer.encode(text) == whole


@given(text=TEXTS.map(lambda text: text * 40))
def test_a_long_text_gives_the_ids_of_its_chunks(tokenizer: Tokenizer, text: str) -> None:
    chunks = [id for chunk in CHUNK.findall(text) for id in tokenizer.encode(chunk)]
    assert tokenizer.encode(text) == chunks


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_a_vocabulary_of_a_language_without_spaces_still_spells_one(
    kind: str, asked: Asked
) -> None:
    unspaced = ["今日は天気がよい。", "本を三冊読んだ。"] * 50
    tokenizer = Tokenizer(trainer.train(unspaced, asked(kind=kind, vocab_size=279)).model)
    assert tokenizer.decode(tokenizer.encode(" a  b ")) == " a  b "


def test_unigram_scores_add_up_exactly(texts: list[str], asked: Asked) -> None:
    model = trainer.train(texts, asked(kind="unigram")).model
    processor = SentencePieceProcessor(model_proto=model)
    scores = [processor.get_score(i) for i in range(len(processor))]
    assert all((score / GRAIN).is_integer() for score in scores)
    assert (min(scores) - 10) * SEGMENT > -(
        2**24
    ) * GRAIN  # 10: what an unknown character costs more


def test_a_vocabulary_with_pieces_across_words_is_asked_for_whole_texts(texts: list[str]) -> None:
    crossing = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(["one two three four"] * 900 + texts),
        model_writer=crossing,
        model_type="bpe",
        vocab_size=400,
        split_by_whitespace=False,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        control_symbols=list(SPECIAL_PIECES[3:]),
        minloglevel=2,
    )
    tokenizer = Tokenizer(crossing.getvalue())
    assert not tokenizer.by_chunk
    text = "one two three four, one two ▁ ."
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert any(re.search("[a-z]▁", piece) for piece in tokenizer.pieces(tokenizer.encode(text)))
    assert tokenizer.begin == 1


def test_a_cache_that_is_full_still_gives_the_same_ids(
    tokenizer: Tokenizer, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_lib.tokens.tokenizer._Chunks.MOST", 7)
    small = Tokenizer(tokenizer.model)
    assert small.encode_batch(texts[:20]) == tokenizer.encode_batch(texts[:20])


@given(text=TEXTS)
def test_no_text_produces_a_special_id(tokenizer: Tokenizer, text: str) -> None:
    assert min(tokenizer.encode(text), default=99) >= len(SPECIAL_PIECES)


def test_special_ids_are_fixed(tokenizer: Tokenizer) -> None:
    assert (tokenizer.begin, tokenizer.end) == (1, 2)
    assert tokenizer.pieces(range(6)) == list(SPECIAL_PIECES)


def test_special_ids_decode_to_nothing_or_show_where_asked(tokenizer: Tokenizer) -> None:
    ids = [1, tokenizer.user, *tokenizer.encode(" ab"), 2, 0]
    assert tokenizer.decode(ids) == " ab"
    assert tokenizer.decode(ids, specials=True) == "<|begin|><|user|> ab<|end|><|unknown|>"


def test_every_digit_is_a_piece(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.encode("1234567")) == 7


def test_a_broken_character_decodes_without_an_error(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("ü")[:1]) == "\N{REPLACEMENT CHARACTER}"


def test_loading_takes_the_file_or_its_folder(tmp_path: Path, tokenizer: Tokenizer) -> None:
    (tmp_path / "tokenizer.model").write_bytes(tokenizer.model)
    for path in (tmp_path, tmp_path / "tokenizer.model"):
        assert Tokenizer.load(path).digest == tokenizer.digest


def test_a_missing_model_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"tokenizer.model: no such file; run `dvc repro tok"):
        Tokenizer.load(tmp_path / "tokenizer.model")


@pytest.mark.parametrize("damaged", [b"", b"hello"])
def test_something_else_is_refused_in_words(damaged: bytes) -> None:
    with pytest.raises(FormatError, match="expected a SentencePiece model, found"):
        Tokenizer(damaged)


def test_a_model_with_other_special_pieces_is_refused(tokenizer: Tokenizer) -> None:
    other = tokenizer.model.replace(b"<|user|>", b"<|used|>")
    with pytest.raises(FormatError, match=r"expected the special pieces .* found .*<\|used\|>"):
        Tokenizer(other)


def test_half_a_character_is_refused_in_words(tokenizer: Tokenizer) -> None:
    with pytest.raises(FormatError, match="text: expected Unicode, found half a character"):
        tokenizer.encode("a\ud800b")
