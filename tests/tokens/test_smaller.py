"""A smaller vocabulary inside a larger one; the trainer is the oracle."""

import pytest

from pipeline_lib.errors import FormatError
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.smaller import Vocabularies
from pipeline_lib.tokens.tokenizer import Tokenizer
from tests.tokens.conftest import Asked, asking, some_texts

MODEL = trainer.train(some_texts(), asking(kind="bpe", vocab_size=400)).model


def vocabulary(tokenizer: Tokenizer) -> list[str]:
    return tokenizer.pieces(range(tokenizer.vocab_size))


@pytest.mark.parametrize("size", [310, 350, 399])
def test_the_first_merges_are_what_bpe_learns_where_less_is_asked(
    size: int, texts: list[str], asked: Asked
) -> None:
    inside = Tokenizer(Vocabularies(MODEL).model(size))
    learnt = Tokenizer(trainer.train(texts, asked(kind="bpe", vocab_size=size)).model)
    assert vocabulary(inside) == vocabulary(learnt)
    for text in texts:
        assert inside.encode(text) == learnt.encode(text)


def test_the_largest_is_the_model_itself() -> None:
    assert Vocabularies(MODEL).model(400) == MODEL


def test_the_likeliest_pieces_of_a_unigram_model_remain(texts: list[str], asked: Asked) -> None:
    whole = Tokenizer(trainer.train(texts, asked(kind="unigram", vocab_size=340)).model)
    scores = {line.split("\t")[0]: float(line.split("\t")[1]) for line in lines_of(whole)}
    kept = set(vocabulary(Tokenizer(Vocabularies(whole.model).model(320))))
    gone = [scores[piece] for piece in vocabulary(whole) if piece not in kept]
    stayed = [scores[whole.pieces([i])[0]] for i in whole.learnt if whole.pieces([i])[0] in kept]
    longer = [s for s in stayed if s in {scores[p] for p in kept if len(p) > 1}]
    assert len(gone) == 20
    assert max(gone) <= min(longer)


def lines_of(tokenizer: Tokenizer) -> list[str]:
    return trainer._vocab(tokenizer.model).splitlines()


def test_the_least_still_spells_every_text(tokenizer: Tokenizer, texts: list[str]) -> None:
    within = Vocabularies(tokenizer.model)
    least = Tokenizer(within.model(within.least))
    assert max(len(piece) for piece in least.pieces(least.learnt)) == 1
    for text in [*texts[:20], "▁ ü\n\n 𠮟"]:
        assert least.decode(least.encode(text)) == text


def test_what_a_person_named_stays_a_piece(texts: list[str], asked: Asked) -> None:
    named = trainer.train(texts, asked(user_defined=["<think>"])).model
    within = Vocabularies(named)
    assert "<think>" in vocabulary(Tokenizer(within.model(within.least)))


def test_sizes_are_halves_of_the_largest_down_to_the_least() -> None:
    within = Vocabularies(MODEL)
    assert within.sizes() == [within.least, 400]
    within.least = 90
    assert within.sizes() == [90, 100, 200, 400]


@pytest.mark.parametrize(
    "model", [b"\x0a", b"\x0a\x05ab", b"\xff\xff", b"\x08\x01\x0b", b"\x0a\x02\x08\x80"]
)
def test_other_bytes_are_refused_in_words(model: bytes) -> None:
    with pytest.raises(FormatError, match=r"expected a SentencePiece model, found \d+ other bytes"):
        Vocabularies(model)
