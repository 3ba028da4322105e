import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import shards, shardwriting
from pipeline_lib.formats.columns import cast
from pipeline_lib.formats.shards import Encoded, Prompt

AGAIN = "run `dvc repro"


def encoded(*rows: list[int]) -> list[Encoded]:
    return [Encoded(np.array(row, dtype=np.int64), 3 * len(row), source="tales") for row in rows]


def written(folder: Path, *rows: list[int], file_tokens: int = 4) -> shards.Index:
    return shardwriting.write(
        folder, "pretrain", "train", encoded(*rows), 512, "digest", file_tokens
    )


@given(rows=st.lists(st.lists(st.integers(0, 511), max_size=9)), file_tokens=st.integers(1, 12))
def test_read_undoes_write_across_files(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]], file_tokens: int
) -> None:
    folder = tmp_path_factory.mktemp("shards") / "train"
    index = written(folder, *rows, file_tokens=file_tokens)
    read = shards.read(folder, expect="pretrain")
    flat = [token for row in rows for token in row]
    assert read.index == index
    assert read.tokens[:].tolist() == flat
    assert len(read.tokens) == index.tokens == len(flat)
    assert read.doc_ends.dtype == np.uint64
    assert np.split(np.array(flat), read.doc_ends.astype(int))[:-1] == [*map(pytest.approx, rows)]
    assert all(part.tokens <= file_tokens for part in index.files)
    for start in range(0, len(flat), 3):
        assert read.tokens[start : start + 5].tolist() == flat[start : start + 5]


def test_the_index_counts_and_names_everything(tmp_path: Path) -> None:
    index = written(tmp_path / "train", [1, 5, 2], [1, 2], file_tokens=4)
    assert (index.documents, index.tokens, index.bytes) == (2, 5, 15)
    assert (index.kind, index.split, index.dtype) == ("pretrain", "train", "uint16")
    assert [part.name for part in index.files] == ["tokens-00000.npy", "tokens-00001.npy"]
    assert index.sources == {"tales": 2}
    assert index.counts == {"pretrain.train.tokens": 5, "pretrain.train.documents": 2}


def test_files_are_real_npy_of_exact_length(tmp_path: Path) -> None:
    written(tmp_path / "train", [1, 5, 2], [1, 2])
    assert np.load(tmp_path / "train" / "tokens-00001.npy").tolist() == [2]
    assert np.load(tmp_path / "train" / "doc_ends.npy").tolist() == [3, 5]


def test_the_digest_changes_with_any_token_and_with_nothing_else(tmp_path: Path) -> None:
    one = written(tmp_path / "a", [1, 5, 2]).digest
    assert one == written(tmp_path / "b", [1, 5, 2]).digest
    assert one != written(tmp_path / "c", [1, 6, 2]).digest


def test_ids_beyond_uint16_are_kept_whole(tmp_path: Path) -> None:
    shardwriting.write(
        tmp_path / "train", "pretrain", "train", encoded([70_000]), 100_000, "digest"
    )
    assert shards.read(tmp_path / "train").tokens[:].tolist() == [70_000]


@pytest.mark.parametrize("wrong", [512, 70_000, -1])
def test_an_id_outside_the_vocabulary_leaves_nothing_behind(tmp_path: Path, wrong: int) -> None:
    with pytest.raises(FormatError, match="train: expected token ids from 0 to 511, found"):
        written(tmp_path / "train", [1, 2], [wrong])
    assert list(tmp_path.iterdir()) == []


def test_masks_lie_beside_the_tokens(tmp_path: Path) -> None:
    rows = [Encoded(np.array([1, 7, 2]), 1, np.array([False, True, True]))]
    shardwriting.write(tmp_path / "sft", "sft", "train", rows, 512, "digest", 2)
    read = shards.read(tmp_path / "sft", expect="sft")
    assert read.mask is not None
    assert read.mask[1:].tolist() == [True, True]


@pytest.mark.parametrize("mask", [None, np.array([True])])
def test_an_sft_row_without_its_mask_is_refused(tmp_path: Path, mask: shards.Array | None) -> None:
    with pytest.raises(FormatError, match="expected a mask as long as the ids"):
        shardwriting.write(
            tmp_path / "sft", "sft", "train", [Encoded(np.array([1, 2]), 1, mask)], 9, ""
        )


@pytest.mark.parametrize("kind", ["pretrain", "sft"])
def test_a_split_may_be_empty(tmp_path: Path, kind: shards.Kind) -> None:
    shardwriting.write(tmp_path / "none", kind, "validation", [], 512, "digest")
    read = shards.read(tmp_path / "none")
    assert len(read.tokens) == len(read.doc_ends) == read.index.documents == 0


def test_prompts_come_back_with_their_answers(tmp_path: Path) -> None:
    rows = [Prompt(np.array([1, 3]), "1,080", "number"), Prompt(np.array([1]), "縺", "number")]
    index = shardwriting.write_prompts(tmp_path / "rl", rows, 512, "digest", 2)
    read = shards.read_prompts(tmp_path / "rl")
    assert (len(read), index.split, index.kind) == (2, "train", "rl")
    assert [(p.ids.tolist(), p.answer, p.verifier) for p in (read[0], read[1])] == [
        (p.ids.tolist(), p.answer, p.verifier) for p in rows
    ]
    with pytest.raises(IndexError):
        read[2]


def test_a_missing_folder_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"index.json: no such file; run `dvc repro shard`"):
        shards.read(tmp_path / "train")


def test_another_kind_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "train", [1, 2])
    with pytest.raises(FormatError, match="expected shards of kind sft, found pretrain"):
        shards.read(tmp_path / "train", expect="sft")
    with pytest.raises(FormatError, match="expected shards of kind rl, found pretrain"):
        shards.read_prompts(tmp_path / "train")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "train", [1, 2, 3])
    path = tmp_path / "train" / "tokens-00000.npy"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(FormatError, match=f"expected a whole .npy file, found .*{AGAIN}"):
        shards.read(tmp_path / "train")


def test_another_dtype_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "train", [1, 2, 3])
    np.save(tmp_path / "train" / "tokens-00000.npy", np.zeros(3, dtype=np.int32))
    with pytest.raises(FormatError, match=f"expected 3 numbers of uint16, found int32 .*{AGAIN}"):
        shards.read(tmp_path / "train")


def test_lengths_that_do_not_match_are_refused(tmp_path: Path) -> None:
    index = written(tmp_path / "train", [1, 2, 3])
    path = tmp_path / "train" / "index.json"
    changed = index.model_copy(update={"tokens": 4})
    path.write_text(json.dumps(shards.stored(changed)))
    with pytest.raises(FormatError, match=f"expected 4 tokens .* found 3 tokens.*{AGAIN}"):
        shards.read(tmp_path / "train")


@pytest.mark.parametrize("content", ["{", "{}", "[1]"])
def test_a_damaged_index_is_refused(tmp_path: Path, content: str) -> None:
    written(tmp_path / "train", [1, 2, 3])
    (tmp_path / "train" / "index.json").write_text(content)
    with pytest.raises(FormatError, match=AGAIN):
        shards.read(tmp_path / "train")


def test_missing_answers_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "rl"
    shardwriting.write_prompts(folder, [Prompt(np.array([1]), "1", "number")], 512, "digest")
    whole = (folder / "answers.jsonl").read_bytes()
    for other in (b"", whole.replace(b"1", b"2")):
        (folder / "answers.jsonl").write_bytes(other)
        with pytest.raises(FormatError, match=r"answers.jsonl: expected SHA-256 .*run `dvc repro"):
            shards.read_prompts(folder)
        assert any("answers.jsonl" in fault for fault in shards.faults(folder))
    (folder / "answers.jsonl").unlink()
    with pytest.raises(FormatError, match=r"answers.jsonl: expected a file, found No such file"):
        shards.read_prompts(folder)
    assert any("answers.jsonl" in fault for fault in shards.faults(folder))


def test_an_answer_may_hold_what_python_takes_for_a_line_end(tmp_path: Path) -> None:
    rows = [Prompt(np.array([1]), answer, "text") for answer in ("a\u2028b", "c\u0085", "d\x1c\n")]
    shardwriting.write_prompts(tmp_path / "rl", rows, 512, "digest")
    assert [p.answer for p in shards.read_prompts(tmp_path / "rl")] == [p.answer for p in rows]


@pytest.mark.parametrize("change", [{"vocab_size": 600}, {"tokenizer": "other"}, {"split": "test"}])
def test_an_index_that_was_edited_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    written(tmp_path / "train", [1, 2, 3])
    path = tmp_path / "train" / "index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(FormatError, match="expected the index as it was written, found one that"):
        shards.read(tmp_path / "train")


def test_another_split_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "validation", [1, 2])
    with pytest.raises(FormatError, match="validation: expected the split validation, found train"):
        shards.read(tmp_path / "validation", "pretrain", "validation")


def test_shards_of_another_tokenizer_are_refused(tmp_path: Path) -> None:
    index = written(tmp_path / "train", [1, 2])
    shards.expect_tokenizer(tmp_path / "train", index, "digest")
    with pytest.raises(FormatError, match=r"expected shards of the tokenizer 77, found .* digest;"):
        shards.expect_tokenizer(tmp_path / "train", index, "77")


def test_fractions_are_not_cut_off(tmp_path: Path) -> None:
    """Answers that were written as float32 and read as int32 trained a peer's model for weeks."""
    rows = [Encoded(np.array([1.7, 5.9]), 3)]
    with pytest.raises(FormatError, match="expected whole numbers for uint16, found float64"):
        shardwriting.write(tmp_path / "train", "pretrain", "train", rows, 512, "digest")


def rewrite(path: Path, change: Callable[[bytearray], None]) -> None:
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


def test_files_that_changed_places_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "train", [1, 2, 3, 4], [5, 6, 7, 8])
    first, second = (tmp_path / "train" / f"tokens-0000{i}.npy" for i in range(2))
    swapped = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(swapped)
    with pytest.raises(
        FormatError, match=f"tokens-00000.npy: expected the file that the index.*{AGAIN}"
    ):
        shards.read(tmp_path / "train")


def test_shards_of_another_data_set_are_refused(tmp_path: Path) -> None:
    """As many documents of the same length, but others."""
    written(tmp_path / "a", [1, 2, 3])
    written(tmp_path / "b", [4, 5, 6])
    (tmp_path / "a" / "index.json").write_bytes((tmp_path / "b" / "index.json").read_bytes())
    with pytest.raises(FormatError, match=r"a/tokens-00000.npy: expected the file that the index"):
        shards.read(tmp_path / "a")


def test_a_file_damaged_in_its_middle_is_named_where_all_is_read(tmp_path: Path) -> None:
    rows = [[i % 500 for i in range(9000)], [7] * 9000]
    written(tmp_path / "train", *rows, file_tokens=9000)
    assert list(shards.faults(tmp_path / "train")) == []
    damaged = tmp_path / "train" / "tokens-00001.npy"
    rewrite(damaged, lambda content: content.__setitem__(9000, 99))
    shards.read(tmp_path / "train")  # its ends are whole
    [fault] = shards.faults(tmp_path / "train")
    assert fault.startswith(f"{damaged}: expected SHA-256")


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    written(tmp_path / "train", [1, 2, 3, 4], [5, 6, 7, 8])
    (tmp_path / "train" / "tokens-00001.npy").unlink()
    with pytest.raises(FormatError, match=r"tokens-00001.npy: no such file"):
        list(shards.faults(tmp_path / "train"))


@pytest.mark.parametrize("wrong", [-1, 2**16, 70_000])
def test_no_cast_wraps(wrong: int) -> None:
    assert cast(np.array([0, 2**16 - 1]), "uint16", "here").tolist() == [0, 2**16 - 1]
    with pytest.raises(FormatError, match=f"here: expected numbers from 0 to 65535 .*{wrong}"):
        cast(np.array([5, wrong]), "uint16", "here")


def test_the_largest_id_of_either_type_comes_back(tmp_path: Path) -> None:
    for vocab, dtype in ((2**16, "uint16"), (2**16 + 1, "uint32")):
        folder = tmp_path / dtype
        index = shardwriting.write(folder, "pretrain", "train", encoded([0, vocab - 1]), vocab, "d")
        assert index.dtype == dtype
        assert shards.read(folder).tokens[:].tolist() == [0, vocab - 1]


def test_a_writer_refuses_the_journal_of_other_shards(tmp_path: Path) -> None:
    about = shardwriting.About("pretrain", "train", 512, "digest", 4)
    writer = shardwriting.Writer(tmp_path, about)
    writer.save()
    writer.close()
    with pytest.raises(FormatError, match="the journal of other shards"):
        shardwriting.Writer(tmp_path, replace(about, vocab_size=600))


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=12),
    saved=st.integers(0, 12),
    file_tokens=st.integers(1, 7),
    kind=st.sampled_from(["pretrain", "sft", "rl"]),
)
def test_what_is_gone_on_with_after_any_block_is_what_it_would_have_been(
    tmp_path_factory: pytest.TempPathFactory,
    lengths: list[int],
    saved: int,
    file_tokens: int,
    kind: shards.Kind,
) -> None:
    about = shardwriting.About(kind, "train", 512, "digest", file_tokens)
    one, two = (tmp_path_factory.mktemp("shards") for _ in range(2))
    blocks = [
        shardwriting.Block(
            np.full(n, 9 * n),
            np.array([n]),
            np.array([n]),
            ["s"],
            np.arange(n) % 2 == 0 if kind == "sft" else None,
            [(f"{n}\u2028", "number")] if kind == "rl" else [],
        )
        for n in lengths
    ]
    undisturbed = shardwriting.Writer(one, about)
    stopped = shardwriting.Writer(two, about)
    for block in blocks:
        undisturbed.add(block)
    for block in blocks[:saved]:
        stopped.add(block)
        stopped.save()
    for block in blocks[saved:][:2]:  # written, and not remembered
        stopped.add(block)
    stopped.close()
    later = shardwriting.Writer(two, about)
    for block in blocks[later.blocks :]:
        later.add(block)
    assert later.finish() == undisturbed.finish()
    assert shards.read(one).tokens[:].tolist() == shards.read(two).tokens[:].tolist()
