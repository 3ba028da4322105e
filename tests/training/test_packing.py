from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.errors import DataError
from pipeline_lib.formats import shards, shardwriting
from pipeline_lib.formats.shards import Shards
from pipeline_lib.training import batches, packing
from pipeline_lib.training.batches import lay_out
from pipeline_lib.training.packing import Documents, Packed, best_fit, pack
from tests.training.conftest import numbered
from tests.training.test_batches import epoch_of, learnt_pairs


def starts(packed: Packed) -> list[int]:
    return sorted(packed.pieces(np.arange(len(packed))).starts.tolist())


def neighbours(shards: Shards) -> list[tuple[int, int]]:
    """Every token but a document's first, behind the one before it."""
    ids = shards.tokens[0 : len(shards.tokens)].tolist()
    ends = set(shards.doc_ends.tolist())
    return [(ids[k - 1], ids[k]) for k in range(1, len(ids)) if k not in ends]


@pytest.mark.parametrize("width", [30, 5])
def test_an_epoch_learns_every_pair_of_every_document_once(train: Shards, width: int) -> None:
    reader = Documents(train, pack(train, width), seed=3)
    for epoch in range(2):
        found = [pair for batch in epoch_of(reader, epoch) for pair in learnt_pairs(batch)]
        assert sorted(found) == sorted(neighbours(train))


def test_a_batch_is_a_function_of_digest_seed_and_step(train: Shards) -> None:
    def inputs(seed: int) -> list[list[list[int]]]:
        reader = Documents(train, pack(train, 30), seed)
        return [reader.batch(step, 4).inputs.tolist() for step in (7, 2, 30)]

    assert inputs(1) == inputs(1) != inputs(2)


def test_a_document_begins_its_own_segment_and_is_cut_only_where_a_row_is_too_short(
    train: Shards,
) -> None:
    packed = pack(train, 8)
    batch = lay_out(train, packed.pieces(np.arange(len(packed))), 8)
    assert batch.segments is not None
    lengths = np.diff(train.doc_ends.astype(int), prepend=0) - 1
    assert packed.cut == int((lengths > 8).sum()) > 0
    for ids, segments in zip(batch.inputs.tolist(), batch.segments.tolist(), strict=True):
        for number in range(1, max(segments) + 1):
            here = [i for i, s in zip(ids, segments, strict=True) if s == number]
            assert here.count(1) <= 1
            assert 1 not in here[1:]


def test_blocks_of_documents_are_packed_apart_and_no_pair_is_lost(
    train: Shards, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pack(train, 30)
    monkeypatch.setattr(packing, "BLOCK", 32)
    packed = pack(train, 30)
    assert starts(packed) == starts(whole)
    assert whole.padding <= packed.padding < 0.1


@given(st.lists(st.integers(1, 40), max_size=80), st.integers(40, 60))
def test_every_piece_lies_in_one_row_and_none_overflows(lengths: list[int], width: int) -> None:
    numbers = np.array(lengths, dtype=np.int64)
    rows = best_fit(numbers, width)
    assert sorted(piece for row in rows for piece in row) == list(range(len(lengths)))
    assert all(row and numbers[row].sum() <= width for row in rows)
    firsts = [lengths[row[0]] for row in rows]
    assert firsts == sorted(firsts, reverse=True)
    assert len(rows) <= 2 * numbers.sum() / width + 1, "two rows would have gone into one"


@pytest.mark.parametrize(
    ("shortest", "longest", "most"), [(1, 256, 0.01), (60, 100, 0.01), (31, 140, 0.01)]
)
def test_rows_are_filled_where_lengths_allow_it(shortest: int, longest: int, most: float) -> None:
    lengths = np.random.default_rng(0).integers(shortest, longest + 1, size=20_000)
    rows = best_fit(lengths, 256)
    assert 1 - lengths.sum() / (256 * len(rows)) < most


def test_of_pieces_alike_the_first_lies_in_the_first_row() -> None:
    assert best_fit(np.array([5, 3, 5, 3]), 8) == [[0, 1], [2, 3]]
    assert best_fit(np.array([4, 2, 2, 1]), 8) == [[0, 1, 2], [3]]


def test_a_document_costs_six_bytes_and_a_row_four(tmp_path: Path) -> None:
    shards = numbered(tmp_path / "n", [300] * 400, file_tokens=1 << 22)
    packed = pack(shards, 900)
    assert (packed.offsets.itemsize, packed.lengths.itemsize) == (4, 2)
    assert packed.row_ends.itemsize <= 4
    assert starts(packed) == [300 * k for k in range(400)]


def test_what_does_not_fit_small_numbers_is_kept_in_large_ones() -> None:
    filling = packing.Filling(1 << 17)
    filling.add(np.array([0, 1 << 33]), np.array([5, 1 << 17]))
    filling.add(np.array([1 << 40]), np.array([1 << 16]))
    packed = filling.packed(cut=0)
    found = packed.pieces(np.arange(len(packed)))
    each = zip(found.starts.tolist(), found.lengths.tolist(), strict=True)
    assert sorted(each) == [(0, 5), (1 << 33, 1 << 17), (1 << 40, 1 << 16)]
    assert packed.padding == pytest.approx(1 - (5 + (1 << 17) + (1 << 16)) / (3 << 17))


def test_documents_without_a_pair_are_not_packed(tmp_path: Path) -> None:
    packed = pack(numbered(tmp_path / "n", [1, 5, 1, 3]), 4)
    assert starts(packed) == [1, 7]


def test_a_validation_split_of_nothing_is_refused_in_words(tmp_path: Path) -> None:
    shardwriting.write(tmp_path / "none", "pretrain", "validation", [], 50, "t")
    empty = shards.read(tmp_path / "none")
    for spread in (packing.spread, batches.spread):
        with pytest.raises(DataError, match="validation shards: expected documents, found none"):
            spread(empty, 8, 4)
