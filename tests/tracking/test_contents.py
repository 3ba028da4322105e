"""What lies at a path, in 36 characters."""

from pathlib import Path

import pytest

from pipeline_lib.tracking import contents
from pipeline_lib.tracking.contents import content_of, locked


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("shards/train").mkdir(parents=True)
    Path("shards/train/tokens.npy").write_bytes(b"12345")
    Path("shards/index.json").write_bytes(b"{}")
    return Path("shards")


def lock(size: int) -> None:
    Path("dvc.lock").write_text(
        "schema: '2.0'\nstages:\n  shard:\n    outs:\n    - path: shards\n"
        f"      md5: {'a' * 32}.dir\n      size: {size}\n      nfiles: 2\n"
    )


def test_dvcs_own_digest_is_used_where_it_is_of_these_files(folder: Path) -> None:
    lock(7)
    found = content_of(folder, locked())
    assert (found.digest, found.bytes, found.files) == ("a" * 32 + ".dir", 7, 2)


def test_a_digest_of_other_files_is_not_used(folder: Path) -> None:
    lock(8)
    assert content_of(folder, locked()).digest != "a" * 32 + ".dir"


def test_a_changed_byte_or_name_is_another_digest(folder: Path) -> None:
    first = content_of(folder, {}).digest
    assert content_of(folder, {}).digest == first
    Path("shards/train/tokens.npy").write_bytes(b"12346")
    second = content_of(folder, {}).digest
    Path("shards/train/tokens.npy").rename("shards/train/others.npy")
    assert len({first, second, content_of(folder, {}).digest}) == 3


def test_of_large_data_only_the_small_files_are_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "READ_ALL_BYTES", 6)
    monkeypatch.setattr(contents, "SMALL_BYTES", 2)
    first = content_of(folder, {}).digest
    Path("shards/train/tokens.npy").write_bytes(b"12346")
    assert content_of(folder, {}).digest == first
    Path("shards/index.json").write_bytes(b"[]")
    assert content_of(folder, {}).digest != first


@pytest.mark.parametrize("text", ["", "a: [", "stages: 3", "stages: {a: {outs: [{}]}}"])
def test_a_lock_that_is_no_lock_knows_nothing(folder: Path, text: str) -> None:
    Path("dvc.lock").write_text(text)
    assert locked() == {}


def test_digests_fit_mlflow(folder: Path) -> None:
    assert len(content_of(folder, {}).digest) <= 36
    assert len(content_of(folder / "index.json", {}).digest) <= 36
