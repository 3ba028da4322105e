"""One store, whoever opens it first, wherever the project moves."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipeline_lib.tracking import store
from pipeline_lib.tracking.store import Store

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_the_store_is_the_main_projects_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.address(tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere")
    assert store.address(tmp_path) == "http://elsewhere"


def test_readers_do_not_wait_for_writers(opened: Store, main_project: Path) -> None:
    with closing(sqlite3.connect(main_project / "mlflow.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_artifacts_follow_a_project_that_moved(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    first = store.connect(old)
    run = first.client.create_run(first.experiment_id)
    first.client.log_text(run.info.run_id, "hello", "words.txt")
    first.client.create_registered_model("m")
    first.client.create_model_version("m", f"{run.info.artifact_uri}/model", run.info.run_id)
    old.rename(new)

    moved = store.connect(new)
    found = moved.client.list_artifacts(run.info.run_id)
    assert [file.path for file in found] == ["words.txt"]
    assert moved.client.get_run(run.info.run_id).info.artifact_uri.startswith(new.as_uri())
    assert str(moved.client.get_model_version("m", "1").source).startswith(new.as_uri())


@pytest.mark.slow
def test_processes_that_open_a_fresh_store_at_once_all_succeed(tmp_path: Path) -> None:
    code = (
        "import pathlib; from pipeline_lib.tracking import store; "
        f"opened = store.connect(pathlib.Path({str(tmp_path)!r})); "
        "opened.client.create_run(opened.experiment_id); print(opened.experiment_id)"
    )
    environment = {n: v for n, v in os.environ.items() if not n.startswith("MLFLOW_")}
    many = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert {process.communicate(timeout=120)[0] for process in many} == {"1\n"}
    opened = store.connect(tmp_path)
    assert len(opened.client.search_runs([opened.experiment_id])) == 4
