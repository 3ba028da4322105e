import numpy as np
import pytest
import torch

from pipeline_lib.formats.shards import Shards
from pipeline_lib.training import packing
from pipeline_lib.training.batches import Batch
from pipeline_lib.training.packing import Documents, best_fit, lay_out, pack, pack_conversations


def pairs(batch: Batch) -> list[tuple[int, int]]:
    """Of each target that counts: its token and the one before it."""
    counts = batch.counts
    assert counts is not None
    return list(zip(batch.inputs[counts].tolist(), batch.targets[counts].tolist(), strict=True))


def neighbours(shards: Shards) -> list[tuple[int, int]]:
    """Every token but a document's first, behind the one before it."""
    ids = shards.tokens[0 : len(shards.tokens)].tolist()
    ends = set(shards.doc_ends.tolist())
    return [(ids[k - 1], ids[k]) for k in range(1, len(ids)) if k not in ends]


@pytest.mark.parametrize("width", [30, 5])
def test_an_epoch_learns_every_pair_of_every_document_once(train: Shards, width: int) -> None:
    reader = Documents(train, width, seed=3)
    rows = len(reader.packed)
    for epoch in range(2):
        batches = [reader.batch(epoch * rows + step, 1) for step in range(rows)]
        assert sorted(p for batch in batches for p in pairs(batch)) == sorted(neighbours(train))


def test_a_batch_is_a_function_of_digest_seed_and_step(train: Shards) -> None:
    def inputs(seed: int) -> list[list[list[int]]]:
        reader = Documents(train, 30, seed)
        return [reader.batch(step, 4).inputs.tolist() for step in (7, 2, 30)]

    assert inputs(1) == inputs(1) != inputs(2)


def test_a_document_begins_its_own_segment_and_is_cut_only_where_a_row_is_too_short(
    train: Shards,
) -> None:
    packed = pack(train, 8)
    batch = lay_out(train, packed, range(len(packed)))
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
    assert sorted(packed.starts) == sorted(whole.starts)
    assert whole.padding <= packed.padding < 0.1


def test_rows_are_filled_and_none_overflows() -> None:
    lengths = np.random.default_rng(0).integers(1, 257, size=3000)
    rows = best_fit(lengths, 256)
    assert sorted(piece for row in rows for piece in row) == list(range(3000))
    sums = [int(lengths[row].sum()) for row in rows]
    assert max(sums) <= 256
    assert sum(sums) / (256 * len(rows)) > 0.95


def test_every_conversation_is_packed_once_and_rows_fit(talks: tuple[Shards, Shards]) -> None:
    train, _ = talks
    packed = pack_conversations(train, 30)
    ends = train.doc_ends.astype(int)
    assert sorted(packed.starts) == [0, *ends[:-1]]
    used = [int(packed.lengths[packed.pieces(row)].sum()) for row in range(len(packed))]
    assert max(used) <= 30
    assert packed.padding == 1 - sum(used) / (30 * len(used)) < 0.1


def test_a_row_keeps_conversations_apart_and_learns_what_the_mask_says(
    talks: tuple[Shards, Shards],
) -> None:
    train, _ = talks
    packed = pack_conversations(train, 30)
    batch = lay_out(train, packed, [0])
    assert train.mask is not None
    assert batch.segments is not None
    assert batch.counts is not None
    pieces = packed.pieces(0)
    for number, start in enumerate(packed.starts[pieces].tolist(), start=1):
        here = batch.segments == number
        end = start + int(here.sum())
        assert batch.inputs[here].tolist() == train.tokens[start:end].tolist()
        assert batch.targets[here].tolist() == train.tokens[start + 1 : end + 1].tolist()
        assert batch.counts[here].tolist() == train.mask[start + 1 : end + 1].tolist()
    assert not batch.counts[batch.segments == 0].any()


def test_what_has_nothing_to_learn_within_the_width_is_left_out_and_counted(
    talks: tuple[Shards, Shards],
) -> None:
    train, _ = talks
    packed = pack_conversations(train, 5)
    ends = train.doc_ends.astype(int).tolist()
    lengths = {start: end - start for start, end in zip([0, *ends[:-1]], ends, strict=True)}
    assert packed.left_out == 60 - len(packed.starts) > 0
    assert packed.cut == sum(lengths[start] > 6 for start in packed.starts.tolist())
    batch = lay_out(train, packed, range(len(packed)))
    assert batch.counts is not None
    assert batch.counts.any(dim=1).all()


def test_parts_of_a_batch_are_its_rows(train: Shards) -> None:
    batch = Documents(train, 30, seed=0).batch(0, 5)
    parts = list(batch.split(2))
    assert [len(part) for part in parts] == [2, 2, 1]
    assert sum(part.learnt for part in parts) == batch.learnt
    assert torch.equal(torch.cat([part.targets for part in parts]), batch.targets)
