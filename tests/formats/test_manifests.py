import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import manifests
from pipeline_lib.formats.manifests import Manifest

BOOKS = Manifest(
    name="books", kind="file", role="pretrain", weight=0.5, language="en", address="data/own/*.txt",
    revision="", licence="public domain", sha256="ab" * 32, rows=3, bytes=1_000,
)  # fmt: skip


def test_read_undoes_write(tmp_path: Path) -> None:
    manifests.write(tmp_path, BOOKS)
    assert manifests.read(tmp_path) == BOOKS


def test_all_sources_are_read_by_name(tmp_path: Path) -> None:
    for name in ("zebra", "ape"):
        (tmp_path / name).mkdir()
        manifests.write(tmp_path / name, replace(BOOKS, name=name))
    assert [m.name for m in manifests.read_all(tmp_path)] == ["ape", "zebra"]


def test_read_refuses_a_missing_manifest(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"manifest.json: no such file; run `dvc repro download`"):
        manifests.read(tmp_path)


def test_read_refuses_other_keys(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"name": "books"}))
    with pytest.raises(FormatError, match=r"expected the keys name, kind, .* found name"):
        manifests.read(tmp_path)


def test_a_folder_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="expected a folder for each source, found none"):
        manifests.read_all(tmp_path)
