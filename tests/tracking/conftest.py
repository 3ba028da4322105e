"""One MLflow store for all tests here (making one takes seconds), an experiment of its own for each."""

import uuid
from pathlib import Path

import pytest

from pipeline_lib.tracking import store
from pipeline_lib.tracking.store import Store


@pytest.fixture(scope="session")
def main_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("main")


@pytest.fixture
def project(
    main_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outside_dvc: None
) -> Path:
    """A workspace whose runs go to the main project's store."""
    monkeypatch.setenv("DVC_ROOT", str(main_project))
    monkeypatch.setenv("BONSAI_TRACKING", "on")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", f"test-{uuid.uuid4().hex}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def opened(project: Path, main_project: Path) -> Store:
    return store.connect(main_project)
