import numpy as np

from pipeline_lib.formats.shards import Shards
from pipeline_lib.training.packing import lay_out, pack


def test_every_conversation_is_packed_once_and_rows_fit(talks: tuple[Shards, Shards]) -> None:
    train, _ = talks
    packed = pack(train, 30)
    assert sorted(item for row in packed.rows for item in row) == list(range(60))
    lengths = np.diff(train.doc_ends.astype(int), prepend=0)
    used = [int(lengths[row].sum()) for row in packed.rows]
    assert max(used) <= 30
    assert sum(used) / (30 * len(used)) > 0.9


def test_a_row_keeps_conversations_apart_and_learns_what_the_mask_says(
    talks: tuple[Shards, Shards],
) -> None:
    train, _ = talks
    row = pack(train, 30).rows[0]
    ids, segments, counts = lay_out(train, row, 30)
    assert train.mask is not None
    for number, item in enumerate(row, start=1):
        start = int(train.doc_ends[item - 1]) if item else 0
        here = segments == number
        assert ids[here].tolist() == train.tokens[start : int(train.doc_ends[item])].tolist()
        assert counts[here].tolist() == train.mask[start : int(train.doc_ends[item])].tolist()
    assert not counts[segments == 0].any()


def test_what_has_nothing_to_learn_within_the_width_is_left_out_and_counted(
    talks: tuple[Shards, Shards],
) -> None:
    train, _ = talks
    packed = pack(train, 5)
    lengths = np.diff(train.doc_ends.astype(int), prepend=0)
    packed_items = [item for row in packed.rows for item in row]
    assert packed.left_out == 60 - len(packed_items) > 0
    assert packed.cut == int((lengths[packed_items] > 5).sum())
