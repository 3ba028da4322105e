from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor

from pipeline_lib.errors import FormatError
from pipeline_lib.tokens import adopted, proto
from pipeline_lib.tokens.tokenizer import SPECIAL_PIECES, Tokenizer

from .brought import AWKWARD, awkward, trained

TEXTS = st.one_of(
    st.text(),
    st.text(alphabet=" \n\t\r\0▁▅⁇\u3000abcgkl12<|user>日本ｶﾞ①Å"),
    st.lists(
        st.sampled_from(
            [*SPECIAL_PIECES, "<s>", "</s>", "<0x41>", "<unk>", "▁", " ", "  ", "\n\n", "ab c", "A"]
        )
    ).map("".join),
)


@pytest.fixture(scope="session", params=AWKWARD)
def brought(request: pytest.FixtureRequest) -> bytes:
    return awkward(request.param)


@pytest.fixture(scope="session")
def made(brought: bytes) -> Tokenizer:
    return Tokenizer(adopted.adopt(brought, "x.model"))


@given(text=TEXTS)
def test_every_text_comes_back_exactly(made: Tokenizer, text: str) -> None:
    assert made.decode(made.encode(text)) == text


@given(text=TEXTS)
def test_no_text_produces_a_special_id(made: Tokenizer, text: str) -> None:
    assert not made.specials.keys() & set(made.encode(text))


def test_every_piece_keeps_its_id(brought: bytes, made: Tokenizer) -> None:
    before = SentencePieceProcessor(model_proto=brought)
    names = [before.id_to_piece(i) for i in range(before.get_piece_size())]
    assert made.pieces(range(len(names))) == names
    assert len(made.specials) == len(SPECIAL_PIECES)


def test_a_model_that_is_ours_already_stays_as_it_is(tokenizer: Tokenizer) -> None:
    again = Tokenizer(adopted.adopt(tokenizer.model, "x.model"))
    assert again.specials == tokenizer.specials
    assert again.vocab_size == tokenizer.vocab_size
    text = "ab cd\n今日は  <|user|> ▁"
    assert again.encode(text) == tokenizer.encode(text)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_a_text_is_cut_as_the_brought_model_cuts_it(kind: str, texts: list[str]) -> None:
    """Its dummy space and its way with unknown characters are all that may differ."""
    brought = trained(texts, model_type=kind, normalization_rule_name="identity")
    before = SentencePieceProcessor(model_proto=brought)
    after = Tokenizer(adopted.adopt(brought, "x.model"))
    for text in texts:
        line = text.split("\n")[0]
        assert after.encode(f" {line}") == before.encode(line)


def test_a_vocabulary_learnt_without_spaces_still_spells_them() -> None:
    brought = trained(["今日は良い天気", "明日も晴れ"] * 50, add_dummy_prefix=False)
    tokenizer = Tokenizer(adopted.adopt(brought, "x.model"))
    assert "▁" not in [piece.text for piece in proto.Model(brought, "x.model").pieces]
    assert tokenizer.decode(tokenizer.encode("a b  今日")) == "a b  今日"


def test_begin_and_end_are_found_under_the_names_they_have() -> None:
    of_t5 = Tokenizer(adopted.adopt(awkward("like T5's"), "x.model"))
    assert of_t5.pieces([of_t5.unknown, of_t5.begin, of_t5.end]) == ["<unk>", "<|begin|>", "</s>"]
    assert (of_t5.end, of_t5.unknown) == (1, 2)
    of_llama = Tokenizer(adopted.adopt(awkward("like Llama's"), "x.model"))
    assert of_llama.pieces([of_llama.begin, of_llama.end]) == ["<s>", "</s>"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"model_type": "word"},
            "expected a SentencePiece model of kind unigram or bpe, found word",
        ),
        (
            {"model_type": "char"},
            "expected a SentencePiece model of kind unigram or bpe, found char",
        ),
        ({"unk_piece": "<|user|>"}, r"expected <\|user\|> to be a piece of its own"),
        ({"unk_piece": "<0x41>"}, "expected <0x41> to be a piece of its own"),
        ({"unk_piece": "▁"}, "expected ▁ to be a piece of its own"),
    ],
)
def test_what_cannot_be_exact_is_refused(
    changed: dict[str, Any], words: str, texts: list[str]
) -> None:
    with pytest.raises(FormatError, match=f"x.model: {words}.*; give another file"):
        adopted.adopt(trained(texts, **changed), "x.model")


def test_a_model_that_spells_spaces_otherwise_is_refused(tokenizer: Tokenizer) -> None:
    model = proto.Model(tokenizer.model, "x.model")
    model.normaliser.put(proto.Normaliser.ESCAPE_WHITESPACES, 0)
    with pytest.raises(FormatError, match="expected a SentencePiece model that spells a space U"):
        adopted.adopt(model.encoded(), "x.model")


@pytest.mark.parametrize("other", [b"", b"hello", b"PK\x03\x04" + bytes(100)])
def test_something_else_is_refused_in_words(other: bytes) -> None:
    said = f"x.model: expected a SentencePiece model, found {len(other)} other bytes"
    with pytest.raises(FormatError, match=said):
        adopted.adopt(other, "x.model")


def test_what_sentencepiece_reads_and_nobody_else_is_refused(tokenizer: Tokenizer) -> None:
    not_text = tokenizer.model.replace(b"<0x41>", b"<0x\xff1>")
    a_group = tokenizer.model + bytes(
        [99 << 3 & 127 | 3 | 128, 99 >> 4, 99 << 3 & 127 | 4 | 128, 99 >> 4]
    )
    for odd in (not_text, a_group):
        with pytest.raises(FormatError, match=r"x.model: expected a SentencePiece model, found"):
            adopted.adopt(odd, "x.model")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_model_that_breaks_off_is_refused(tokenizer: Tokenizer, share: float) -> None:
    torn = tokenizer.model[: int(len(tokenizer.model) * share)]
    with pytest.raises(FormatError, match=r"x.model: expected"):
        adopted.adopt(torn, "x.model")


def test_the_same_file_gives_the_same_bytes() -> None:
    brought = awkward("like T5's")
    assert adopted.adopt(brought, "x.model") == adopted.adopt(brought, "elsewhere/y.model")
