from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from pipeline_lib.errors import DataError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.training import batches
from pipeline_lib.training.batches import Batch, Reader, Windows
from pipeline_lib.training.packing import Documents, pack
from tests.training.conftest import numbered


def learnt_pairs(batch: Batch) -> list[tuple[int, int]]:
    """Of each target that counts: its token and the one before it."""
    counts = torch.ones_like(batch.inputs, dtype=torch.bool)
    counts = counts if batch.counts is None else batch.counts
    return list(zip(batch.inputs[counts].tolist(), batch.targets[counts].tolist(), strict=True))


def epoch_of(reader: Windows | Documents, epoch: int) -> list[Batch]:
    """All rows of an epoch, one by one."""
    count = reader.order.count
    return [reader.batch(epoch * count + place, 1) for place in range(count)]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(context=st.integers(1, 40), beyond=st.integers(0, 150), seed=st.integers(0, 99))
def test_an_epoch_of_windows_learns_every_pair_once(
    context: int, beyond: int, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tokens = 2 * context + 1 + beyond
    shards = numbered(tmp_path_factory.mktemp("n") / "n", [tokens])
    reader = Windows(shards, context, seed)
    for epoch in range(3):
        found = [pair for batch in epoch_of(reader, epoch) for pair in learnt_pairs(batch)]
        assert sorted(found) == [(k, k + 1) for k in range(tokens - 1)]


def test_only_the_last_window_is_short_and_only_the_one_over_the_seam_has_two_segments(
    tmp_path: Path,
) -> None:
    reader = Windows(numbered(tmp_path / "n", [85]), 16, seed=0)
    rows = epoch_of(reader, 0)
    assert sorted(batch.learnt for batch in rows) == [4, 16, 16, 16, 16, 16]
    marked = [batch for batch in rows if batch.segments is not None]
    assert 1 <= len(marked) <= 2
    over_the_seam = [batch for batch in marked if 0 in batch.inputs[0, 1:].tolist()]
    (batch,) = (b for b in over_the_seam if b.segments is not None and 2 in b.segments)
    assert batch.segments is not None
    seam = batch.inputs[0].tolist().index(0)
    assert batch.targets[0, seam - 1] == 84
    assert batch.segments[0, :seam].unique().tolist() == [1]
    assert batch.segments[0, seam : batch.learnt].unique().tolist() == [2]


def test_windows_begin_elsewhere_in_every_epoch(tmp_path: Path) -> None:
    reader = Windows(numbered(tmp_path / "n", [200]), 16, seed=0)
    starts = [
        {int(batch.inputs[0, 0]) % 16 for batch in epoch_of(reader, epoch) if batch.counts is None}
        for epoch in range(3)
    ]
    assert len(set(map(frozenset, starts))) == 3


def test_a_batch_of_whole_windows_carries_no_segments(train: Shards) -> None:
    reader = Windows(train, 16, seed=0)
    kinds = Counter(batch.segments is None for batch in epoch_of(reader, 0))
    assert kinds[True] == reader.order.count - kinds[False] >= reader.order.count - 2


def test_targets_are_inputs_one_token_later(train: Shards) -> None:
    batch = Windows(train, context=16, seed=0).batch(3, 4)
    whole = train.tokens[0 : len(train.tokens)].tolist()
    assert batch.inputs[:, 1:].tolist() == batch.targets[:, :-1].tolist()
    for row, target in zip(batch.inputs.tolist(), batch.targets[:, -1].tolist(), strict=True):
        assert any(whole[k : k + 17] == [*row, target] for k in range(len(whole) - 16))


def test_a_context_longer_than_the_shards_is_refused(validation: Shards) -> None:
    tokens = len(validation.tokens)
    with pytest.raises(
        DataError, match=rf"model.context: expected at most {(tokens - 1) // 2} .* found 4000"
    ):
        Windows(validation, context=4000, seed=0)


def made(name: str, shards: Shards) -> Reader:
    return Windows(shards, 16, 3) if name == "joined" else Documents(shards, pack(shards, 16), 3)


def written_out(batch: Batch) -> list[Tensor]:
    """A batch with nothing left unsaid."""
    segments, counts = batch.segments, batch.counts
    everywhere = torch.ones_like(batch.inputs)
    return [
        batch.inputs,
        batch.targets,
        everywhere if segments is None else segments,
        everywhere.bool() if counts is None else counts,
    ]


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("name", ["joined", "whole"])
def test_the_rows_of_all_ranks_are_those_of_one(name: str, ranks: int, train: Shards) -> None:
    for step in range(30):
        whole = written_out(made(name, train).batch(step, 8))
        parts = [
            written_out(made(name, train).batch(step, 8, rank, ranks)) for rank in range(ranks)
        ]
        for each, expected in zip(zip(*parts, strict=True), whole, strict=True):
            assert torch.equal(torch.cat(each), expected)


@pytest.mark.parametrize("name", ["joined", "whole"])
def test_a_reader_opened_anew_goes_on_as_one_that_has_read_all_before(
    name: str, train: Shards
) -> None:
    old = made(name, train)
    for step in range(60):  # over the end of an epoch
        expected = written_out(old.batch(step, 5))
        found = written_out(made(name, train).batch(step, 5))
        assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


def test_what_is_validated_on_is_spread_over_the_text_and_fits_short_shards(tmp_path: Path) -> None:
    shards = numbered(tmp_path / "n", [101])
    assert batches.spread(shards, 10, 4).inputs[:, 0].tolist() == [0, 30, 60, 90]
    assert batches.spread(shards, 500, 4).inputs.tolist() == [list(range(100))]


def test_a_batch_reads_over_the_ends_of_files(tmp_path: Path) -> None:
    shards = numbered(tmp_path / "n", [40, 60, 30])  # files of 50 tokens
    assert len(shards.index.files) == 3
    rows = Windows(shards, 32, seed=1).batch(0, 4)
    assert (rows.targets - rows.inputs)[rows.inputs > 0].unique().tolist() == [1]


def test_parts_of_a_batch_are_its_rows(train: Shards) -> None:
    batch = made("whole", train).batch(0, 5)
    parts = list(batch.split(2))
    assert [len(part) for part in parts] == [2, 2, 1]
    assert sum(part.learnt for part in parts) == batch.learnt
    assert torch.equal(torch.cat([part.targets for part in parts]), batch.targets)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="pinned memory is for GPUs: none here")
def test_a_pinned_batch_arrives_whole_on_the_gpu(train: Shards) -> None:
    batch = made("whole", train).batch(0, 8)
    there = batch.pinned().to(torch.device("cuda"))
    for a, b in zip(written_out(there), written_out(batch), strict=True):
        assert torch.equal(a.cpu(), b)


def test_rows_hold_what_their_pieces_say(tmp_path: Path) -> None:
    shards = numbered(tmp_path / "n", [30])
    each = (np.array([4, 20, 0]), np.array([3, 2, 4]), np.array([2, 1]))
    batch = batches.lay_out(shards, batches.Pieces(*each), 6)
    assert batch.inputs.tolist() == [[4, 5, 6, 20, 21, 0], [0, 1, 2, 3, 0, 0]]
    assert batch.targets.tolist() == [[5, 6, 7, 21, 22, 0], [1, 2, 3, 4, 0, 0]]
    assert batch.segments is not None
    assert batch.counts is not None
    assert batch.segments.tolist() == [[1, 1, 1, 2, 2, 0], [1, 1, 1, 1, 0, 0]]
    assert torch.equal(batch.counts, batch.segments > 0)
