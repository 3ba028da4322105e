from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import SourceError
from pipeline_lib.formats import manifests
from pipeline_lib.params import DownloadParams
from stages import download
from tests.sections import running

RUNTIME = running()
TALES = {"kind": "tales", "role": "pretrain", "texts": "stories", "seed": 1, "rows": 30}
PROBLEMS = {"kind": "tales", "role": "rl", "texts": "problems", "seed": 2, "rows": 20}


def sources(**named: dict[str, Any]) -> DownloadParams:
    return DownloadParams.model_validate(
        {"files": "own", "licences_allowed": [], "max_rows": 0, "sources": named}
    )


def content(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_every_source_has_a_folder_with_its_manifest(tmp_path: Path) -> None:
    rows = list(download.main(sources(b=TALES, a=PROBLEMS), RUNTIME, tmp_path / "raw"))
    found = manifests.read_all(tmp_path / "raw")
    assert [(m.name, m.role, m.rows) for m in found] == [("a", "rl", 20), ("b", "pretrain", 30)]
    assert rows == [{f"{m.name}.rows": m.rows, f"{m.name}.bytes": m.bytes} for m in found]


def test_no_source_gives_more_than_max_rows(tmp_path: Path) -> None:
    few, own = {**PROBLEMS, "rows": 7}, sources(b=TALES, a=PROBLEMS, few={**PROBLEMS, "rows": 7})
    list(download.main(own.model_copy(update={"max_rows": 12}), RUNTIME, tmp_path / "raw"))
    found = {made.name: made.rows for made in manifests.read_all(tmp_path / "raw")}
    assert found == {"a": 12, "b": 12, "few": 7}

    said = sources(b={**TALES, "rows": 12}, a={**PROBLEMS, "rows": 12}, few=few)
    list(download.main(said, RUNTIME, tmp_path / "said"))
    assert content(tmp_path / "raw") == content(tmp_path / "said")


def test_a_source_that_names_no_number_is_bounded_by_max_rows() -> None:
    file = {"kind": "file", "role": "pretrain", "path": "own/*.txt"}
    all_of_it = sources(a=file)
    assert all_of_it.bounded["a"].rows is None
    assert all_of_it.model_copy(update={"max_rows": 12}).bounded["a"].rows == 12


def test_the_order_in_params_yaml_does_not_matter(tmp_path: Path) -> None:
    list(download.main(sources(a=PROBLEMS, b=TALES), RUNTIME, tmp_path / "one"))
    list(download.main(sources(b=TALES, a=PROBLEMS), RUNTIME, tmp_path / "two"))
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_where_one_source_fails_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    missing = {"kind": "file", "role": "pretrain", "path": "own/*.txt"}
    with pytest.raises(SourceError, match=r"^download.sources.b: own/\*.txt: expected a file that"):
        list(download.main(sources(a=TALES, b=missing), RUNTIME, tmp_path / "raw"))
    assert list(tmp_path.iterdir()) == []


def test_a_licence_that_is_not_allowed_stops_the_stage_before_any_row(tmp_path: Path) -> None:
    params = sources(a=TALES, b=PROBLEMS).model_copy(update={"licences_allowed": ("MIT",)})
    with pytest.raises(
        SourceError, match=r"^download.sources.a: tales:stories/seed=1: expected a lic"
    ):
        list(download.main(params, RUNTIME, tmp_path / "raw"))
    assert list(tmp_path.iterdir()) == []
