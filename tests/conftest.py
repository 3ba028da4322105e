"""What many tests need: the shipped parameters, a clean environment, MLflow only where wanted."""

from pathlib import Path

import pytest
from hypothesis import settings

from pipeline_lib.params import Params, read_params

ROOT = Path(__file__).parents[1]

settings.register_profile("machine", deadline=None)  # a busy machine is no bug
settings.load_profile("machine")


@pytest.fixture(scope="session")
def params() -> Params:
    """params.yaml as it is shipped."""
    return read_params(ROOT / "params.yaml")


@pytest.fixture(autouse=True)
def outside_dvc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests behave the same when `make test` itself runs under DVC, and leave no runs behind."""
    for name in ("DVC_ROOT", "DVC_STAGE", "DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"):
        monkeypatch.delenv(name, raising=False)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BONSAI_TRACKING", "off")
