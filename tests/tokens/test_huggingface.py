"""The twin for Hugging Face, held against that library itself."""

import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.formats.conversations import Message
from pipeline_lib.params import ExistingModel
from pipeline_lib.tokens import adopted, chat, huggingface, proto, trainer
from pipeline_lib.tokens.tokenizer import SPECIAL_PIECES, Tokenizer

from .brought import AWKWARD, awkward, trained
from .conftest import asking, some_texts

DATA = Path(__file__).parents[2].parent / "shared" / "data"
OWN: dict[str, dict[str, Any]] = {
    "own unigram": {"kind": "unigram"},
    "own bpe": {"kind": "bpe"},
    "own bpe, across words": {"kind": "bpe", "across_words": True, "katakana_apart": True},
}
EXACT = [*OWN, *(name for name in AWKWARD if name != "pieces of spaces")]
"""`pieces of spaces` is a unigram model with named pieces: SentencePiece weighs those -0.1, and such sums round."""
NAMES = [*SPECIAL_PIECES, "<s>", "</s>", "<0x41>", "<unk>", "<t>", "<think>", "<", "<0", "|user"]
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet=" \n\t\r\0▁▅⁇\u3000abcgkl12<|user>0x4日本今ｶﾞ①Å"),
    st.lists(st.sampled_from([*NAMES, "▁", " ", "  ", "\n\n", "ab c", "A"])).map("".join),
    st.lists(st.tuples(st.sampled_from("abcd -=.ー今\n"), st.integers(1, 30))).map(
        lambda runs: "".join(c * n for c, n in runs)
    ),
)


def twin_of(tokenizer: Tokenizer) -> Any:
    """That library's tokenizer, told to leave special tokens in a text alone."""
    of = huggingface.vocabulary(tokenizer)
    assert huggingface.hindrance(of) == ""
    twin = tokenizers.Tokenizer.from_str(huggingface.tokenizer_json(of))
    twin.encode_special_tokens = True
    return twin


@cache
def pair(name: str) -> tuple[Tokenizer, Any]:
    if name in OWN:
        named = asking(**OWN[name], user_defined=["<think>", "今日"])
        model = trainer.train(some_texts(), named).model
    else:
        model = adopted.adopt(awkward(name), "x.model")
    tokenizer = Tokenizer(proto.rounded(model))
    return tokenizer, twin_of(tokenizer)


@pytest.mark.parametrize("name", EXACT)
@given(text=TEXTS)
def test_every_text_has_the_same_ids(name: str, text: str) -> None:
    ours, theirs = pair(name)
    assert theirs.encode(text).ids == ours.encode(text)


@pytest.mark.parametrize("name", EXACT)
@given(text=TEXTS)
def test_that_library_decodes_what_it_encodes(name: str, text: str) -> None:
    _, theirs = pair(name)
    assert theirs.decode(theirs.encode(text).ids) == text


def real_lines() -> list[str]:
    """100,000 of them, English and Japanese, drawn evenly from all there are."""
    with lzma.open(DATA / "kyotowiki_4704.jsonl.xz", "rt", encoding="utf-8") as rows:
        articles = [json.loads(row) for row in rows]
    books = [p.read_text(encoding="latin-1") for p in sorted((DATA / "gutenberg").glob("*.txt"))]
    kinds = [
        ([article["text_ja"] for article in articles], 34_000),
        ([article["text_en"] for article in articles], 6_000),
        (books, 60_000),
    ]
    taken: list[str] = []
    for texts, asked in kinds:
        lines = [line for text in texts for line in text.split("\n") if line]
        taken += [lines[i * len(lines) // asked] for i in range(asked)]
    return taken


@pytest.fixture(scope="module")
def lines() -> list[str]:
    if not DATA.exists():
        pytest.skip("needs the real data of ../shared/data")
    return real_lines()


@pytest.mark.parametrize(("kind", "pieces"), [("unigram", 4096), ("bpe", 16_384)])
def test_100_000_real_lines_have_the_same_ids(lines: list[str], kind: str, pieces: int) -> None:
    asked = asking(kind=kind, vocab_size=pieces, sample_bytes=500_000, character_coverage=0.9995)
    ours = Tokenizer(proto.rounded(trainer.train(lines[::20], asked).model))
    theirs = twin_of(ours)
    assert ours.vocab_size == pieces
    assert len(lines) == 100_000
    others = [
        line
        for line, found in zip(lines, theirs.encode_batch_fast(lines), strict=True)
        if found.ids != ours.encode(line)
    ]
    assert others == []


def test_sums_that_round_are_owned_up_to(texts: list[str]) -> None:
    """Learnt scores are any numbers: SentencePiece then settles a tie by the rounding of float32."""
    plain = adopted.adopt(trained(texts), "x.model")
    said = huggingface.promise(huggingface.vocabulary(Tokenizer(plain)))
    assert said == "the same ids, but where two ways to cut a text have the same score"
    exact = huggingface.vocabulary(Tokenizer(proto.rounded(plain)))
    assert huggingface.promise(exact) == "the same ids"
    runs = [f"{' ' * n}{'b' * m}{'a' * n}" for n in range(1, 20) for m in range(1, 20)]
    ours, theirs = Tokenizer(plain), twin_of(Tokenizer(plain))
    others = [text for text in runs if theirs.encode(text).ids != ours.encode(text)]
    assert others
    for text in others:
        assert sorted(theirs.encode(text).ids) == sorted(ours.encode(text)), "the same pieces"


def test_special_tokens_are_found_in_a_text_as_that_library_does_unless_told_not_to() -> None:
    ours, theirs = pair("own bpe")
    as_it_comes = tokenizers.Tokenizer.from_str(theirs.to_str())
    assert as_it_comes.encode("<|user|>").ids == [ours.user]
    assert ours.user not in theirs.encode("<|user|>").ids
    assert as_it_comes.decode([ours.user, *ours.encode(" ab"), ours.end]) == " ab"


@pytest.mark.parametrize("name", ["own bpe", "own unigram", "like T5's", "like Llama's"])
@pytest.mark.parametrize("is_prompt", [True, False])
def test_the_chat_template_spells_what_chat_makes(name: str, is_prompt: bool) -> None:
    ours, theirs = pair(name)
    turns = [
        Message("system", "Be brief.\n"),
        Message("user", " 今日は  <think> {{ x }} ▁"),
        Message("assistant", "ab\n\n"),
    ]
    config = huggingface.tokenizer_config(ours)
    template = jinja2.Environment(autoescape=False).from_string(config["chat_template"])
    text = template.render(
        messages=[{"role": turn.role, "content": turn.content} for turn in turns],
        add_generation_prompt=is_prompt,
        **config,
    )
    as_it_comes = tokenizers.Tokenizer.from_str(theirs.to_str())
    wanted = chat.prompt(turns, ours) if is_prompt else chat.encode(turns, ours)[0]
    assert as_it_comes.encode(text).ids == wanted


def hindrance(kind: str, name: str, score: float, of_kind: int) -> str:
    """What is said of one of our vocabularies that has one piece more."""
    model = proto.Model(pair(f"own {kind}")[0].model, "x.model")
    model.pieces.append(proto.Piece(name, score, of_kind))
    return huggingface.hindrance(huggingface.vocabulary(Tokenizer(model.encoded())))


@pytest.mark.parametrize(
    ("kind", "piece", "words"),
    [
        (
            "bpe",
            ("字", 0.0, proto.CONTROL),
            "the piece '字', which no text is cut into, is a single",
        ),
        ("unigram", ("字", 0.0, proto.UNUSED), "the piece '字', which no text is cut into, is a "),
        ("bpe", ("dddd", 0.0, proto.UNUSED), "it has unused pieces, through which SentencePiece"),
        ("bpe", ("a字", -9e9, proto.NORMAL), "'字' is in its pieces, and no piece of its own"),
        ("bpe", ("dddd", -1.0, proto.NORMAL), "2 of its pieces have the score -1"),
        ("bpe", ("|u", 0.0, proto.USER_DEFINED), "'<|unknown|>' in a text would hide a piece"),
        ("bpe", (">ab", 0.0, proto.USER_DEFINED), "'<|unknown|>' in a text would hide a piece"),
        ("bpe", ("x<|", 0.0, proto.USER_DEFINED), ""),
    ],
)
def test_what_has_no_twin_is_said(kind: str, piece: tuple[str, float, int], words: str) -> None:
    found = hindrance(kind, *piece)
    assert found.startswith(words)
    assert bool(found) == bool(words)


def test_a_name_that_is_made_of_pieces_has_no_twin() -> None:
    pieces = proto.Model(pair("own unigram")[0].model, "x.model").pieces
    known = {piece.text for piece in pieces}
    inner = (piece.text[1:3] for piece in pieces if piece.kind == proto.NORMAL)
    name = next(name for name in inner if len(name) == 2 and name not in known)
    said = hindrance("unigram", name, 0.0, proto.CONTROL)
    assert said == f"a text that holds {name!r} has no place to cut it"


def test_a_model_without_a_twin_is_written_without_one(tmp_path: Path, texts: list[str]) -> None:
    brought = proto.Model(trained(texts, model_type="bpe"), "x.model")
    brought.pieces.append(proto.Piece("dddd", -1.0, proto.NORMAL))
    taken = trainer.adopt(brought.encoded(), "own/x.model")
    existing = ExistingModel(path="own/x.model", sha256="ab" * 32)
    made = trainer.write(tmp_path / "made", taken, asking(existing=existing))
    files = {file.name for file in (tmp_path / "made").iterdir()}
    assert files == {"tokenizer.model", "tokenizer.vocab", "about.json"}
    about = json.loads((tmp_path / "made" / "about.json").read_text())
    assert about["huggingface"] == "none: 2 of its pieces have the score -1"
    assert about["from"]["path"] == "own/x.model"
    assert about["from"]["sha256"] == "ab" * 32 != about["sha256"] == made.digest
    assert about["vocab_size"] == taken.metrics["vocab_size"] == made.vocab_size


def test_what_is_written_is_what_that_library_reads(tmp_path: Path, texts: list[str]) -> None:
    made = trainer.write(tmp_path, trainer.train(texts, asking(kind="bpe")), asking(kind="bpe"))
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert theirs.encode(texts[0]).ids == made.encode(texts[0])
    assert theirs.get_vocab_size() == made.vocab_size
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert theirs.token_to_id(config["bos_token"]) == made.begin
    assert theirs.token_to_id(config["eos_token"]) == made.end
