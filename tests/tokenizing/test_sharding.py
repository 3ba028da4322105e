import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline_lib.errors import DataError, FormatError
from pipeline_lib.formats import conversations, documents, shards, shardwriting, tables
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.formats.shards import Index, Kind
from pipeline_lib.formats.shardwriting import About
from pipeline_lib.tokenizing import sharding
from pipeline_lib.tokenizing.loading import loaded
from pipeline_lib.tokenizing.sharding import Split
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer
from tests.sections import cutting

CUTTING = cutting()
TEXTS = [f"Ann has {i} apples.\nAnd ▁魚 {i * 7}, she says." for i in range(240)]
PARTS = 8


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Eight parts of thirty documents, the first two of one source, the others of another; a tokenizer."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for part in range(PARTS):
        source = "books" if part < 2 else "web"
        rows = [
            Document(document_id(t), t, source, "en") for t in TEXTS[30 * part : 30 * part + 30]
        ]
        documents.write_part(tables.part_path(folder, part), rows)
    (tmp_path / "tokenizer").mkdir()
    trained = trainer.train(TEXTS, CUTTING).model
    (tmp_path / "tokenizer" / "tokenizer.model").write_bytes(trained)
    return folder


def split_of(corpus: Path, kind: Kind = "pretrain", most: int = 0, name: str = "train") -> Split:
    cut = Tokenizer.load(corpus.parent / "tokenizer")
    about = About(kind, name, cut.vocab_size, cut.digest, 777)
    return Split(corpus, corpus.parent / "out" / kind / name, about, most)


def made(splits: list[Split], root: Path, workers: int = 1) -> list[Index]:
    return list(sharding.shard(splits, root / "tokenizer", workers))


def content(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the parts that are encoded from now on, in this process."""
    seen: list[str] = []
    encode = sharding.encode

    def watched(job: sharding.Job) -> tuple[int, shardwriting.Block, str]:
        seen.append(job.part.name)
        return encode(job)

    monkeypatch.setattr(sharding, "encode", watched)
    return seen


def test_the_shards_are_the_documents_in_order_framed(corpus: Path, root: Path) -> None:
    [index] = made([split_of(corpus)], root)
    cut = Tokenizer.load(root / "tokenizer")
    read = shards.read(split_of(corpus).out)
    rows = np.split(read.tokens[:], read.doc_ends.astype(int))[:-1]
    assert [row.tolist() for row in rows] == [[cut.begin, *cut.encode(t), cut.end] for t in TEXTS]
    assert index.bytes == sum(len(t.encode()) for t in TEXTS)
    assert index.sources == {"books": 60, "web": 180}
    assert len(index.files) > 3
    assert not list(shards.faults(split_of(corpus).out))


@pytest.mark.parametrize("workers", [2, 4])
def test_the_bytes_do_not_depend_on_the_number_of_workers(
    corpus: Path, root: Path, workers: int
) -> None:
    made([split_of(corpus)], root)
    alone = content(root / "out")
    made([split_of(corpus)], root, workers)
    assert content(root / "out") == alone
    assert len(alone) > 4


def test_nothing_but_locks_is_left_in_the_scratch_folder(corpus: Path, root: Path) -> None:
    made([split_of(corpus)], root)
    assert all(path.suffix == ".lock" for path in (root / ".scratch" / "shard").iterdir())


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {path!r}
from pipeline_lib.formats import shardwriting
from tests.tokenizing.test_sharding import made, split_of
from tests.sections import cutting
save, left = shardwriting.Writer.save, [int(sys.argv[2])]
def saved(self, note=""):
    left[0] -= 1
    if left[0] < 0:
        self._tokens.sync()
        os.kill(os.getpid(), signal.SIGKILL)
    save(self, note)
shardwriting.Writer.save = saved
root = Path(sys.argv[1])
made([split_of(root / "corpus")], root)
"""


@pytest.mark.parametrize("blocks", [0, 3, 7])
def test_killed_and_run_again_it_goes_on_behind_the_last_block(
    corpus: Path, root: Path, monkeypatch: pytest.MonkeyPatch, blocks: int
) -> None:
    made([split_of(corpus)], root)
    undisturbed = content(root / "out")
    script = KILLED.format(path=[str(Path(__file__).parents[2])])
    dead = subprocess.run([sys.executable, "-c", script, str(root), str(blocks)], check=False)
    assert dead.returncode == -signal.SIGKILL
    assert content(root / "out") == undisturbed  # the old ones stand until the new ones are whole
    seen = counted(monkeypatch)
    made([split_of(corpus)], root)
    assert len(seen) == PARTS - blocks
    assert content(root / "out") == undisturbed


def test_a_split_that_is_done_is_not_made_again_where_a_later_one_failed(
    corpus: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks = [Conversation((Message("user", "2?"), Message("assistant", "2.")), "", "", "s")]
    broken = root / "sft"
    conversations.write(broken, talks)
    whole = (broken / "part-00000.parquet").read_bytes()
    (broken / "part-00000.parquet").write_bytes(whole[:-40])
    splits = [split_of(corpus), split_of(broken, "sft")]
    with pytest.raises(FormatError, match=r"part-00000.parquet: expected a Parquet file"):
        made(splits, root)
    assert not (root / "out").exists()
    (broken / "part-00000.parquet").write_bytes(whole)
    seen = counted(monkeypatch)
    assert [index.kind for index in made(splits, root)] == ["pretrain", "sft"]
    assert seen == ["part-00000.parquet"]


def stopped_after(blocks: int, root: Path, monkeypatch: pytest.MonkeyPatch, split: Split) -> None:
    """Shards that were begun, and interrupted."""
    encode = sharding.encode

    def stopping(job: sharding.Job) -> tuple[int, shardwriting.Block, str]:
        if job.number == blocks:
            raise KeyboardInterrupt
        return encode(job)

    with monkeypatch.context() as patch:
        patch.setattr(sharding, "encode", stopping)
        with pytest.raises(KeyboardInterrupt):
            made([split], root)


def nothing(corpus: Path) -> None:
    """The part that follows may change: it was not read."""
    rows = [Document(document_id("later"), "later", "web", "en")]
    documents.write_part(tables.part_path(corpus, 6), rows)


def changed_part(corpus: Path) -> None:
    rows = [Document(document_id("other"), "other", "web", "en")]
    documents.write_part(tables.part_path(corpus, 1), rows)


def cut_file(corpus: Path) -> None:
    [file] = (corpus.parent / ".scratch" / "shard").glob("*/pretrain-train/tokens-00000.npy")
    file.write_bytes(file.read_bytes()[:-100])


def garbled_journal(corpus: Path) -> None:
    [file] = (corpus.parent / ".scratch" / "shard").glob("*/pretrain-train/journal.json")
    file.write_text("{")


@pytest.mark.parametrize(
    ("change", "again"), [(nothing, 4), (changed_part, 8), (cut_file, 8), (garbled_journal, 8)]
)
def test_what_cannot_be_gone_on_from_is_begun_again(
    corpus: Path,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], None],
    again: int,
) -> None:
    stopped_after(4, root, monkeypatch, split_of(corpus))
    change(corpus)
    seen = counted(monkeypatch)
    made([split_of(corpus)], root)
    assert len(seen) == again
    resumed = content(root / "out")
    made([split_of(corpus)], root)
    assert content(root / "out") == resumed


def test_under_a_limit_another_corpus_is_begun_again(
    corpus: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each part gives hangs on all of them."""
    limited = split_of(corpus, most=1500)
    stopped_after(4, root, monkeypatch, limited)
    nothing(corpus)
    [index] = made([limited], root)
    resumed = content(root / "out")
    made([limited], root)
    assert content(root / "out") == resumed
    assert 1300 < index.tokens <= 1500


def test_a_part_that_failed_costs_none_of_those_before_it(
    corpus: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tables.part_path(corpus, 4)
    whole = path.read_bytes()
    path.write_bytes(whole[:-50])
    with pytest.raises(FormatError, match=r"part-00004.parquet: expected a Parquet file"):
        made([split_of(corpus)], root)
    path.write_bytes(whole)
    seen = counted(monkeypatch)
    made([split_of(corpus)], root)
    assert seen == [f"part-0000{i}.parquet" for i in range(4, 8)]


def test_killed_while_all_is_put_in_place_nothing_is_made_again(
    corpus: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = [split_of(corpus), split_of(corpus, name="validation")]

    def die(folder: Path, out: Path) -> None:
        if out.name == "validation":
            raise KeyboardInterrupt
        settle(folder, out)

    settle = shardwriting.settle
    with monkeypatch.context() as patch:
        patch.setattr(shardwriting, "settle", die)
        with pytest.raises(KeyboardInterrupt):
            made(splits, root)
    shutil.rmtree(root / "out")  # as DVC does before it runs a stage again
    seen = counted(monkeypatch)
    made(splits, root)
    assert seen == []
    assert not list(shards.faults(splits[0].out))


def test_a_limit_takes_whole_documents_of_every_source_in_proportion(
    corpus: Path, root: Path
) -> None:
    [whole] = made([split_of(corpus)], root)
    limit = whole.tokens // 3
    [index] = made([split_of(corpus, most=limit)], root)
    read = shards.read(split_of(corpus).out)
    assert 0.8 * limit < index.tokens <= limit
    assert index.sources["web"] == pytest.approx(3 * index.sources["books"], rel=0.2)
    cut = Tokenizer.load(root / "tokenizer")
    rows = np.split(read.tokens[:], read.doc_ends.astype(int))[:-1]
    chosen = [cut.decode(row) for row in rows]
    assert chosen == [text for text in TEXTS if text in set(chosen)]
    assert index.bytes == sum(len(text.encode()) for text in chosen)


def test_a_limit_inside_one_part_prefers_no_source_and_no_length(corpus: Path, root: Path) -> None:
    """Sources stand one after the other, and one of them has documents twenty times as long."""
    texts = {
        "books": [f"{'Ann has many apples. ' * 60}{i}." for i in range(60)],
        "web": [f"{i} pears, {i + 1} apples and {i + 2} she says." * 2 for i in range(900)],
    }
    rows = [Document(document_id(t), t, name, "en") for name in texts for t in texts[name]]
    one = root / "one"
    one.mkdir()
    documents.write_part(tables.part_path(one, 0), rows)
    [whole] = made([split_of(one)], root)
    for share in (2, 4):
        [index] = made([split_of(one, most=whole.tokens // share)], root)
        assert index.tokens == pytest.approx(whole.tokens / share, rel=0.02)
        for name in texts:
            assert index.sources[name] == pytest.approx(len(texts[name]) / share, rel=0.35)


def test_an_empty_split_may_have_a_limit(corpus: Path, root: Path) -> None:
    documents.write(root / "none", [])
    [index] = made([split_of(root / "none", most=100, name="test")], root)
    assert index.documents == 0


def test_a_limit_below_every_document_is_refused(corpus: Path, root: Path) -> None:
    with pytest.raises(
        DataError, match=r"shard.max_train_tokens: expected room .* within 9 tokens"
    ):
        made([split_of(corpus, most=9)], root)


def test_another_tokenizer_than_the_one_that_was_named_is_refused(corpus: Path, root: Path) -> None:
    split = split_of(corpus)
    other = trainer.train([text.upper() for text in TEXTS], CUTTING).model
    (root / "tokenizer" / "tokenizer.model").write_bytes(other)
    loaded.cache_clear()
    with pytest.raises(FormatError, match=r"expected the tokenizer .* found .*; leave it alone"):
        made([split], root)


def test_of_unfinished_shards_only_the_newest_stay(corpus: Path, root: Path) -> None:
    places = [root / ".scratch" / "shard" / f"{i:016x}" for i in range(6)]
    for place in places:
        place.mkdir(parents=True)
    made([split_of(corpus)], root)
    assert sum(place.exists() for place in places) == sharding.KEPT
