import random

from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.tokens import passages


@given(
    parts=st.lists(
        st.sampled_from(["word ", "line\n", "\n", "文。", "x" * 3000, "end. ", " " * 700]),
        max_size=40,
    )
)
def test_passages_are_short_and_joined_are_the_text(parts: list[str]) -> None:
    text = "".join(parts)
    cut = list(passages.passages(text))
    assert "".join(cut) == text
    unbroken = "x" * passages.LONGEST
    assert all(len(p.encode()) <= passages.LONGEST or unbroken in p for p in cut)


def test_what_cannot_be_cut_is_dropped_and_counted() -> None:
    sample = passages.draw(["x" * 9000, "ab " * 300], limit=10**6)
    assert sample.passages == ["ab " * 300]
    assert sample.dropped == 9000 / 9900


def test_a_sample_keeps_to_its_bound_and_to_no_order() -> None:
    texts = [f"text {i} " * (1 + i % 50) for i in range(2000)]
    sample = passages.draw(texts, limit=100_000)
    assert 95_000 < sample.bytes <= 100_000
    random.Random(1).shuffle(texts)
    assert passages.draw(texts, limit=100_000) == sample


def test_a_sample_is_even_over_the_corpus() -> None:
    texts = [f"number {i:06d} " * 10 for i in range(4000)]
    drawn = sorted(int(p[7:13]) for p in passages.draw(texts, limit=140 * 1000).passages)
    quarters = [sum(q <= i < q + 1000 for i in drawn) for q in range(0, 4000, 1000)]
    assert all(200 < quarter < 300 for quarter in quarters)


def test_a_sample_below_its_bound_holds_everything_repeats_too() -> None:
    assert sorted(passages.draw(["a", "b", "a", ""], limit=100).passages) == ["a", "a", "b"]
