import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from pipeline_lib.formats.shards import Shards
from pipeline_lib.training import conversations, packing
from pipeline_lib.training.batches import lay_out
from pipeline_lib.training.conversations import Overlong, pack_conversations
from pipeline_lib.training.packing import Packed
from tests.training.conftest import numbered

TALKS = [
    "..xx",  # 3 pairs
    "..xx..xxx",  # 8 pairs; answers end after 3 and 8
    "..xxxxxxxx.x",  # the first answer ends after 9 pairs
    "..xx..x.......",  # nothing learnt at the end; answers end after 3 and 6
    ".....",  # no answer
    "xxx",  # learnt from its first token on
]


def pieces(packed: Packed) -> dict[int, int]:
    """Start to pairs."""
    found = packed.pieces(np.arange(len(packed)))
    return dict(zip(found.starts.tolist(), found.lengths.tolist(), strict=True))


def packed_talks(folder: Path, width: int, overlong: Overlong) -> tuple[Shards, Packed]:
    shards = numbered(folder / "talks", [len(talk) for talk in TALKS], TALKS)
    return shards, pack_conversations(shards, width, overlong)


@pytest.mark.parametrize("piece", [1, 3, 1 << 22])
def test_a_conversation_that_is_too_long_ends_with_the_last_answer_that_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(conversations, "PIECE", piece)
    _, packed = packed_talks(tmp_path, 7, "cut")
    assert pieces(packed) == {0: 3, 4: 3, 25: 6, 44: 2}
    assert (packed.cut, packed.left_out) == (2, 2)


def test_dropped_are_those_that_are_too_long_and_no_others(tmp_path: Path) -> None:
    _, packed = packed_talks(tmp_path, 7, "drop")
    assert pieces(packed) == {0: 3, 44: 2}
    assert (packed.cut, packed.left_out) == (0, 4)
    assert packed.overlong == sum(len(talk) - 1 > 7 for talk in TALKS) == 3


@pytest.mark.parametrize("overlong", ["cut", "drop"])
def test_nothing_is_cropped_that_fits(tmp_path: Path, overlong: Overlong) -> None:
    _, packed = packed_talks(tmp_path, 13, overlong)
    assert pieces(packed) == {0: 3, 4: 8, 13: 11, 25: 13, 44: 2}
    assert (packed.cut, packed.left_out) == (0, 1)


def test_an_answer_that_ends_where_the_row_does_is_whole(tmp_path: Path) -> None:
    assert pieces(packed_talks(tmp_path / "8", 8, "cut")[1])[4] == 8
    assert pieces(packed_talks(tmp_path / "9", 9, "cut")[1])[13] == 9
    assert 13 not in pieces(packed_talks(tmp_path / "7", 7, "cut")[1])


def test_what_is_learnt_is_whole_answers(talks: tuple[Shards, Shards]) -> None:
    train, _ = talks
    assert train.mask is not None
    packed = pack_conversations(train, 9, "cut")
    assert packed.left_out > 0
    every = packed.pieces(np.arange(len(packed)))
    mask = train.mask[0 : len(train.mask)]
    assert all(mask[every.starts + every.lengths])
    beyond = every.starts + every.lengths + 1
    assert not mask[beyond[beyond < len(mask)]].any()


def test_blocks_of_conversations_give_the_same_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shards, whole = packed_talks(tmp_path, 7, "cut")
    monkeypatch.setattr(packing, "BLOCK", 2)
    again = pack_conversations(shards, 7, "cut")
    assert pieces(again) == pieces(whole)
    assert (again.cut, again.left_out) == (whole.cut, whole.left_out)


def test_every_conversation_is_packed_once_and_rows_fit(talks: tuple[Shards, Shards]) -> None:
    train, _ = talks
    packed = pack_conversations(train, 30, "cut")
    ends = train.doc_ends.astype(int)
    assert sorted(pieces(packed)) == [0, *ends[:-1]]
    used = [int(packed.pieces(np.array([row])).lengths.sum()) for row in range(len(packed))]
    assert max(used) <= 30
    assert packed.padding == pytest.approx(1 - sum(used) / (30 * len(used)))
    assert packed.padding < 0.1


def test_a_row_keeps_conversations_apart_and_learns_what_the_mask_says(
    talks: tuple[Shards, Shards],
) -> None:
    train, _ = talks
    some = pack_conversations(train, 30, "cut").pieces(np.array([0]))
    batch = lay_out(train, some, 30)
    assert train.mask is not None
    assert batch.segments is not None
    assert batch.counts is not None
    for number, start in enumerate(some.starts.tolist(), start=1):
        here = batch.segments == number
        end = start + int(here.sum())
        assert batch.inputs[here].tolist() == train.tokens[start:end].tolist()
        assert batch.targets[here].tolist() == train.tokens[start + 1 : end + 1].tolist()
        assert batch.counts[here].tolist() == train.mask[start + 1 : end + 1].tolist()
    assert not batch.counts[batch.segments == 0].any()


@pytest.mark.parametrize("context", [256, 1024])
def test_less_than_three_per_cent_of_the_rows_is_padding(tmp_path: Path, context: int) -> None:
    numbers = np.random.default_rng(0)
    lengths = np.exp(numbers.normal(4.6, 0.9, size=3000)).astype(int) + 4  # median 104
    talk = [f"..{'x' * (length - 2)}" for length in lengths.tolist()]
    shards = numbered(tmp_path / "n", lengths.tolist(), talk, file_tokens=1 << 22)
    packed = pack_conversations(shards, context, "drop")
    assert packed.left_out == int((lengths - 1 > context).sum())
    assert packed.padding < 0.03


def test_packing_holds_no_number_per_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "PIECE", 1 << 16)
    talk = "." * 5_000 + "x" * 5_000
    shards = numbered(tmp_path / "n", [len(talk)] * 200, [talk] * 200, file_tokens=1 << 22)
    tracemalloc.start()
    try:
        packed = pack_conversations(shards, 10_000, "cut")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(packed) == 200
    assert peak < 1_000_000 < len(shards.tokens) == 2_000_000
