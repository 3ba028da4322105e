import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.params.duplicates import NearParams
from pipeline_lib.text.near import signatures as module
from pipeline_lib.text.near.shingles import tokens
from pipeline_lib.text.near.signatures import NONE, band_hashes, shingled, signatures

PARAMS = NearParams(words=5, characters=5, bands=14, rows=8, similarity=0.7, seed=1)
PAIRS = 400


def pairs_of_words(similarity: float) -> tuple[list[str], list[str]]:
    """PAIRS pairs of texts of 300 words each that share so much of their union."""
    draw = np.random.default_rng(1)
    common = round(600 * similarity / (1 + similarity))
    rows = draw.integers(0, 2**40, (PAIRS, 600 - common))
    names = [[f"w{number}" for number in row] for row in rows.tolist()]
    return [" ".join(n[:300]) for n in names], [" ".join(n[300 - common :]) for n in names]


@pytest.mark.parametrize("similarity", [0.5, 0.7, 0.8, 0.9])
def test_pairs_are_found_as_often_as_the_formula_says(similarity: float) -> None:
    params = PARAMS.model_copy(update={"words": 1})
    first, second = (signatures(side, params) for side in pairs_of_words(similarity))
    found = (band_hashes(first, params) == band_hashes(second, params)).any(axis=0).mean()
    expected = 1 - (1 - similarity**params.rows) ** params.bands
    assert abs(found - expected) < 4 * (expected * (1 - expected) / PAIRS) ** 0.5 + 0.001
    assert abs((first == second).mean() - similarity) < 0.01


@given(st.lists(st.text(alphabet="ab c山川", max_size=20), max_size=8))
def test_shingles_are_the_runs_of_words_of_each_text(texts: list[str]) -> None:
    params = PARAMS.model_copy(update={"words": 2, "characters": 3})
    hashes, borders = shingled(tokens(texts), params)
    for number, text in enumerate(texts):
        alone, _ = shingled(tokens([text]), params)
        assert hashes[borders[number] : borders[number + 1]].tolist() == alone.tolist()
        found = tokens([text])
        width = 3 if found.mostly_unspaced()[0] else 2
        length = int(found.lengths[0])
        assert len(alone) == (max(1, length - width + 1) if length else 0)


def test_shingles_that_share_their_words_in_another_order_differ() -> None:
    hashes, _ = shingled(tokens(["a b c d e", "b a c d e", "a b c d e", "e d c b a"]), PARAMS)
    assert len(set(hashes.tolist())) == 3


def test_a_signature_does_not_depend_on_what_is_signed_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [f"text {n} " + "word and word " * n for n in range(40)]
    alone = np.concatenate([signatures([text], PARAMS) for text in texts])
    assert (signatures(texts, PARAMS) == alone).all()
    monkeypatch.setattr(module, "CHUNK", 7)  # chunks now end inside of texts
    assert (signatures(texts, PARAMS) == alone).all()


def test_a_text_shorter_than_a_shingle_is_one_and_one_without_words_is_none() -> None:
    signed = signatures(["Yes, yes.", "yes YES", "yes", "...", ""], PARAMS)
    bands = band_hashes(signed, PARAMS)
    assert (signed[0] == signed[1]).all()
    assert not (bands[:, 0] == bands[:, 2]).any()
    assert (bands[:, 3:] == NONE).all()


def test_another_seed_draws_other_permutations() -> None:
    text = ["One two three four five six seven."]
    other = PARAMS.model_copy(update={"seed": 2})
    assert not (signatures(text, PARAMS) == signatures(text, other)).any()


def test_permutations_are_all_different() -> None:
    signed = signatures([" ".join(map(str, range(1000)))], PARAMS)
    assert len(set(signed[0].tolist())) == PARAMS.bands * PARAMS.rows
