import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.formats import documents
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params.duplicates import NearParams
from pipeline_lib.tales import tale
from pipeline_lib.text import near
from pipeline_lib.text.near import bands
from pipeline_lib.text.near.bands import Signed
from pipeline_lib.text.near.clusters import BEGINNING, SHOWN, join, joined
from pipeline_lib.text.near.signatures import band_hashes, bands_path, signatures_path

PARAMS = NearParams(words=5, characters=5, bands=14, rows=8, similarity=0.7, seed=1)


def story(number: int) -> str:
    """Some 200 words that share little with another number's."""
    return "\n".join(tale(number, i, "stories", "en").text for i in range(3))


def parts_of(folder: Path, texts: Sequence[Sequence[str]]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = []
    for number, some in enumerate(texts):
        paths.append(folder / f"part-{number:05d}.parquet")
        rows = [Document(document_id(text), text, f"source{number}") for text in some]
        documents.write_part(paths[-1], rows)
    return paths


def dropped(tmp_path: Path, *texts: Sequence[str], params: NearParams = PARAMS) -> list[list[bool]]:
    parts = parts_of(tmp_path, texts)
    clusters = near.find(parts, params, tmp_path / "scratch", workers=1)
    return [clusters.dropped(part).tolist() for part in parts]


def test_of_near_duplicates_the_first_in_the_order_given_is_kept(tmp_path: Path) -> None:
    copy = story(1).replace("One day", "Once")
    assert dropped(tmp_path, [story(2), story(1)], [copy, story(3)], [story(1) + " The end."]) == [
        [False, False],
        [True, False],
        [True],
    ]


def test_the_same_rows_are_dropped_for_any_number_of_workers(tmp_path: Path) -> None:
    texts = [
        [story(n % 7) + f" Told for the {n}th time." for n in range(k, k + 5)] for k in range(6)
    ]
    parts = parts_of(tmp_path, texts)
    one, two = (near.find(parts, PARAMS, tmp_path / str(n), workers=n) for n in (1, 2))
    assert one.counts == {"clusters": 7, "dropped": 23, "documents": 30}
    for part in parts:
        assert one.dropped(part).tolist() == two.dropped(part).tolist()


def test_ranges_of_a_band_sorted_one_by_one_find_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [[story(n % 4) + " again" * (n // 4) for n in range(12)], ["", story(1)]]
    expected = dropped(tmp_path, *texts)
    monkeypatch.setattr(bands, "SORTED", 2)
    monkeypatch.setattr(bands, "COMPARED", 3)
    assert dropped(tmp_path, *texts) == expected
    assert sum(map(sum, expected)) == 9


def test_without_bands_nothing_is_sought(tmp_path: Path) -> None:
    off = PARAMS.model_copy(update={"bands": 0})
    assert dropped(tmp_path, [story(1), story(1)], params=off) == [[False, False]]


def test_texts_without_words_are_nobodys_copies(tmp_path: Path) -> None:
    assert dropped(tmp_path, ["...", "...", ""], []) == [[False, False, False], []]


def test_a_chance_agreement_of_one_band_is_not_enough(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    signed = draw.integers(0, 2**32, (3, 112), dtype=np.uint32)
    signed[1, :8] = signed[0, :8]
    signed[2, :100] = signed[1, :100]
    np.save(signatures_path(tmp_path, 0), signed)
    np.save(bands_path(tmp_path, 0), band_hashes(signed, PARAMS))
    of_all = Signed.of(tmp_path, [3])
    assert joined(of_all, PARAMS).tolist() == [0, 1, 1]
    assert joined(of_all, PARAMS.model_copy(update={"similarity": 0.0})).tolist() == [0, 0, 0]


def test_in_a_run_of_equal_hashes_a_copy_is_found_behind_a_stranger(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    signed = draw.integers(0, 2**32, (3, 112), dtype=np.uint32)
    signed[:, :8] = signed[0, :8]
    signed[2] = np.where(np.arange(112) % 8 == 7, signed[2], signed[1])
    signed[:, 7] = signed[0, 7]  # the first band agrees in all, no other in any
    np.save(signatures_path(tmp_path, 0), signed)
    np.save(bands_path(tmp_path, 0), band_hashes(signed, PARAMS))
    assert joined(Signed.of(tmp_path, [3]), PARAMS).tolist() == [0, 1, 1]
    np.save(signatures_path(tmp_path, 0), signed[[1, 0, 2]])
    assert joined(Signed.of(tmp_path, [3]), PARAMS).tolist() == [0, 1, 0]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=15))
def test_joining_pairs_finds_the_components(pairs: list[tuple[int, int]]) -> None:
    roots = np.arange(10)
    join(roots, np.array(pairs, np.int64).reshape(-1, 2))
    component = list(range(10))
    for _ in range(10):
        for one, other in pairs:
            component[one] = component[other] = min(component[one], component[other])
    assert roots.tolist() == component


def test_samples_show_what_was_kept_and_what_went(tmp_path: Path) -> None:
    parts = parts_of(tmp_path, [[story(1), story(2)], [story(3), story(2) + " The end."]])
    clusters = near.find(parts, PARAMS, tmp_path / "scratch", workers=1)
    clusters.write_samples(tmp_path / "near.jsonl")
    (line,) = (tmp_path / "near.jsonl").read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    (copy,) = told["copies"]
    assert told["dropped"] == 1
    assert told["kept"] == {
        "id": document_id(story(2)),
        "source": "source0",
        "text": story(2)[:BEGINNING],
    }
    assert (copy["id"], copy["source"]) == (document_id(story(2) + " The end."), "source1")
    assert copy["jaccard"] > 0.9


def test_samples_are_bounded_and_counts_are_not(tmp_path: Path) -> None:
    texts = [f"number {n} is a number like every other number" for n in range(SHOWN + 50)] * 2
    clusters = near.find(parts_of(tmp_path, [texts]), PARAMS, tmp_path / "scratch", workers=1)
    clusters.write_samples(tmp_path / "near.jsonl")
    assert clusters.counts["clusters"] == SHOWN + 50
    assert len((tmp_path / "near.jsonl").read_text().splitlines()) == SHOWN


def test_no_clusters_make_an_empty_file(tmp_path: Path) -> None:
    clusters = near.find(parts_of(tmp_path, [[story(1)]]), PARAMS, tmp_path / "scratch", workers=1)
    clusters.write_samples(tmp_path / "near.jsonl")
    assert (tmp_path / "near.jsonl").read_text() == ""
    assert near.find([], PARAMS, tmp_path / "none", workers=1).counts["documents"] == 0
