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
    sample = passages.draw(["x" * 9000, "ab " * 300], limit=10**6, seed=1)
    assert sample.passages == ["ab " * 300]
    assert (sample.dropped_lines, sample.dropped_bytes) == (1 / 2, 9000 / 9900)


def test_a_sample_keeps_to_its_bound_and_to_no_order() -> None:
    texts = [f"text {i} " * (1 + i % 50) for i in range(2000)]
    sample = passages.draw(texts, limit=100_000, seed=1)
    assert 95_000 < sample.bytes <= 100_000
    random.Random(1).shuffle(texts)
    assert passages.draw(texts, limit=100_000, seed=1) == sample


def test_another_seed_draws_other_passages() -> None:
    texts = [f"text {i} " * 9 for i in range(2000)]
    one, other = (set(passages.draw(texts, 20_000, seed).passages) for seed in (1, 2))
    assert len(one & other) < len(one) / 3


def test_a_sample_is_even_over_the_corpus() -> None:
    texts = [f"number {i:06d} " * 10 for i in range(4000)]
    drawn = sorted(int(p[7:13]) for p in passages.draw(texts, 140 * 1000, seed=1).passages)
    quarters = [sum(q <= i < q + 1000 for i in drawn) for q in range(0, 4000, 1000)]
    assert all(200 < quarter < 300 for quarter in quarters)


def test_a_sample_below_its_bound_holds_everything_repeats_too() -> None:
    drawn = passages.draw(["a", "b", "a", ""], limit=100, seed=1)
    assert sorted(drawn.passages) == ["a", "a", "b"]


def test_every_stratum_has_its_share_of_the_sample() -> None:
    told = [("tales", "ja")] * 900 + [("web", "en")] * 100
    texts = [(stratum, f"{stratum[0]} number {i:05d} ends here.") for i, stratum in enumerate(told)]
    sizes: dict[passages.Stratum, int] = {
        s: sum(len(text) for of, text in texts if of == s) for s in set(told)
    }
    limit = sum(sizes.values()) // 4
    offered = passages.candidates(texts, passages.rate(limit, sum(sizes.values())), seed=3)
    sample = passages.choose(offered, limit, sizes)
    web = sum(len(p) for p in sample.passages if p.startswith("web"))
    assert 0.9 * limit < sample.bytes <= limit
    assert web <= limit * sizes["web", "en"] // sum(sizes.values())
    assert web > 0.07 * sample.bytes


def test_what_is_offered_does_not_depend_on_how_the_texts_are_divided() -> None:
    texts = [(("web", "en"), f"passage {i} of many") for i in range(500)]
    whole = passages.candidates(texts, 0.3, seed=1)
    parted = passages.Candidates()
    for first in range(0, 500, 70):
        parted.add(passages.candidates(texts[first : first + 70], 0.3, seed=1))
    assert parted == whole
    assert 100 < len(whole.passages["web", "en"]) < 200
