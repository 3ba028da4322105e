from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.errors import FormatError
from pipeline_lib.tokens import compression, diagnostics, measure, trainer
from pipeline_lib.tokens.compression import ALL, UNKNOWN, Excerpts
from pipeline_lib.tokens.tokenizer import Tokenizer
from tests.tokens.conftest import Asked
from tests.tokens.test_measure import Text


def excerpts(most: int, *texts: tuple[str, str]) -> Excerpts:
    made = Excerpts(most)
    for language, text in texts:
        made.take(language, text)
    return made


def test_a_point_is_the_bytes_per_token_of_the_tokenizer_learnt_at_that_size(
    texts: list[str], asked: Asked
) -> None:
    large = trainer.train(texts, asked(kind="bpe", vocab_size=620)).model
    small = Tokenizer(trainer.train(texts, asked(kind="bpe", vocab_size=310)).model)
    points = compression.curve(large, excerpts(10**6, *(("en", text) for text in texts)))
    (found,) = [p.bytes_per_token for p in points if (p.size, p.language) == (310, "en")]
    size, tokens = sum(len(t.encode()) for t in texts), sum(len(small.encode(t)) for t in texts)
    assert found == size / tokens


def test_the_curve_rises_with_size_in_all_and_by_language(tokenizer: Tokenizer) -> None:
    found = compression.curve(tokenizer.model, excerpts(9, ("en", "1 2"), ("", "今日は"), ("", "")))
    assert [point.language for point in found] == 2 * [ALL, "en", UNKNOWN]
    least, most = found[0], found[3]
    assert least.size < most.size == tokenizer.vocab_size
    assert least.bytes_per_token <= most.bytes_per_token
    assert found[1].bytes_per_token == 1


def test_without_text_there_is_no_curve(tokenizer: Tokenizer) -> None:
    assert compression.curve(tokenizer.model, Excerpts()) == []


TEXTS = st.lists(st.tuples(st.sampled_from(["en", "ja"]), st.text("abc ", max_size=9)), max_size=30)


@given(texts=TEXTS, cut=st.integers(0, 30), most=st.integers(1, 60))
def test_excerpts_are_the_same_in_any_parts_and_order(
    texts: list[tuple[str, str]], cut: int, most: int
) -> None:
    whole = excerpts(most, *texts)
    parts = excerpts(most, *reversed(texts[cut:]))
    parts.add(excerpts(most, *texts[:cut]))
    assert parts.chosen() == whole.chosen()
    sizes = [len(text) for _, _, text in whole.chosen()]
    assert sum(sizes[:-1]) < most
    assert sum(sizes) >= min(most, sum(len(text) for _, text in texts))


def test_what_the_stage_leaves_is_read_back(tmp_path: Path, tokenizer: Tokenizer) -> None:
    counts = measure.count([Text("1 2 2", "en"), Text("今日は", "ja")], tokenizer)
    points = diagnostics.leave(tmp_path, counts, tokenizer)
    assert diagnostics.points(tmp_path) == points
    assert diagnostics.pieces(tmp_path) == counts.pieces(tokenizer)
    header, first, *_ = (tmp_path / "compression.csv").read_text().splitlines()
    assert header == "vocab_size,all,en,ja"
    assert int(first.split(",")[0]) == points[0].size


def test_of_nothing_an_empty_curve_is_left(tmp_path: Path, tokenizer: Tokenizer) -> None:
    assert diagnostics.leave(tmp_path, measure.nothing(tokenizer), tokenizer) == []
    assert diagnostics.points(tmp_path) == []


def test_files_that_are_missing_or_damaged_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"compression.csv: no such file; run `dvc repro tok"):
        diagnostics.points(tmp_path)
    with pytest.raises(FormatError, match=r"pieces.json: no such file"):
        diagnostics.pieces(tmp_path)
    (tmp_path / "pieces.json").write_text('{"unused": []}')
    with pytest.raises(FormatError, match="expected the uses of pieces as unused, longest, most"):
        diagnostics.pieces(tmp_path)
    for damaged in ("vocab_size,all\n1\n", "size,all\n1,2\n", "vocab_size,all\na,2\n"):
        (tmp_path / "compression.csv").write_text(damaged)
        with pytest.raises(FormatError, match="expected numbers by vocab_size"):
            diagnostics.points(tmp_path)
