from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.errors import FormatError
from pipeline_lib.tokens.tokenizer import SPECIAL_PIECES, Tokenizer

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
