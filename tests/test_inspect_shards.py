from pathlib import Path

import numpy as np
import pytest

from pipeline_lib import cli
from pipeline_lib.formats import shardwriting
from pipeline_lib.formats.shards import Encoded, Prompt


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "shards"
    rows = [Encoded(np.arange(5000) % 400, 9000, source="books") for _ in range(3)]
    shardwriting.write(
        folder / "pretrain" / "train", "pretrain", "train", rows, 400, "a" * 64, 6000
    )
    asked = [Prompt(np.array([1, 2]), "4", "number")]
    shardwriting.write_prompts(folder / "rl" / "train", asked, 400, "a" * 64)
    return tmp_path / "data"


def test_each_split_is_a_line(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["inspect", "shards", "--data", str(data)])
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split() == [
        *("pretrain/train", "3", "15,000", "1.800", "3", "uint16"),
        "a" * 16,
    ]
    assert second.startswith("rl/train")


def test_whole_shards_are_said_to_be(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["inspect", "shards", "--verify", "--data", str(data)])
    assert capsys.readouterr().out.count("as it was written") == 2


def test_the_damaged_file_is_named_and_the_others_are_looked_at(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = data / "shards" / "pretrain" / "train" / "tokens-00001.npy"
    content = bytearray(damaged.read_bytes())
    content[6000] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(SystemExit) as left:
        cli.main(["inspect", "shards", "--verify", "--data", str(data)])
    said = capsys.readouterr()
    assert left.value.code == 1
    assert f"{damaged}: expected SHA-256" in said.out
    assert f"{data / 'shards' / 'rl' / 'train'}: as it was written" in said.out
    assert "found 1 faults; run `dvc repro -f -s shard`" in said.err


def test_without_shards_it_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["inspect", "shards", "--data", str(tmp_path)])
    assert (
        "expected folders of shards, found none; run `dvc repro shard`" in capsys.readouterr().err
    )


def test_a_split_without_its_index_and_one_in_another_s_place_are_named(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pretrain = data / "shards" / "pretrain"
    (pretrain / "train").rename(pretrain / "validation")
    (data / "shards" / "rl" / "train" / "index.json").unlink()
    with pytest.raises(SystemExit):
        cli.main(["inspect", "shards", "--verify", "--data", str(data)])
    said = capsys.readouterr().out
    assert f"{pretrain / 'validation'}: expected the split validation, found train" in said
    assert "rl/train/index.json: no such file" in said
