"""`bonsai track`: from files to MLflow, once."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline_lib.errors import PipelineError
from pipeline_lib.tracking import catchup
from pipeline_lib.tracking.store import Store

ROOT = Path(__file__).parents[2]
GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def git(*words: str) -> None:
    subprocess.run([*GIT, *words], check=True, capture_output=True)


@pytest.fixture
def made(project: Path) -> Path:
    """A project in which DVC has made two stages, and nobody has tracked them."""
    (project / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    write("metrics/shard.json", json.dumps({"tokens": 100}))
    write("metrics/sft.json", json.dumps({"loss": 1.5, "best.step": 20, "kl": None}))
    write("plots/sft/loss.csv", "step,loss\n10,2.0\n20,1.5\n")
    write("plots/sft/accuracy.csv", "step,accuracy\n20,0.5\n")
    write("plots/sft/table.csv", "a,b\n1,2\n")
    write_lock()
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "x")
    return project


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def write_lock() -> None:
    params = yaml.safe_load(Path("params.yaml").read_text())
    stages = {
        "shard": stage("shard", params, "data/corpus", ["data/shards"]),
        "sft": stage("sft", params, "data/shards", ["data/sft", "plots/sft"]),
    }
    Path("dvc.lock").write_text(
        yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False)
    )


def stage(name: str, params: dict[str, Any], dep: str, outs: list[str]) -> dict[str, Any]:
    metrics = f"metrics/{name}.json"
    told = hashlib.md5(Path(metrics).read_bytes()).hexdigest()
    return {
        "cmd": f"python -m stages.{name} {dep} {' '.join(outs)}",
        "deps": [{"path": dep, "md5": "c" * 32 + ".dir", "size": 9, "nfiles": 2}],
        "params": {"params.yaml": {name: params[name]}},
        "outs": [
            *({"path": out, "md5": "d" * 32 + ".dir"} for out in outs),
            {"path": metrics, "md5": told},
        ],
    }


def active(opened: Store) -> dict[str, Any]:
    runs = opened.client.search_runs([opened.experiment_id])
    return {run.data.tags.get("bonsai.stage", "parent"): run for run in runs}


def test_what_is_in_the_files_comes_to_mlflow(made: Path, opened: Store) -> None:
    told = list(catchup.bring())
    assert told[0] == "workspace: shard, sft"
    assert told[1].startswith("2 stages brought to sqlite:")
    runs = active(opened)
    assert set(runs) == {"parent", "shard", "sft"}
    sft = runs["sft"]
    assert sft.info.status == "FINISHED"
    history = opened.client.get_metric_history(sft.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(10, 2.0), (20, 1.5)]
    assert sft.data.metrics == {"loss": 1.5, "accuracy": 0.5, "best.step": 20}
    assert sft.data.tags["bonsai.input.data/shards"] == "c" * 32 + ".dir"
    assert sft.data.tags["bonsai.origin"] == "files"
    assert "sft.learning_rate" in sft.data.params
    files = opened.client.list_artifacts(sft.info.run_id, "plots")
    assert len(files) == 3
    assert runs["parent"].data.metrics["sft.loss"] == 1.5


def test_a_second_time_brings_nothing(made: Path, opened: Store) -> None:
    list(catchup.bring())
    before = {name: run.info.run_id for name, run in active(opened).items()}
    (told,) = catchup.bring()
    assert told.endswith("has everything already")
    assert {name: run.info.run_id for name, run in active(opened).items()} == before


def test_a_commit_of_the_results_is_no_new_execution(made: Path, opened: Store) -> None:
    list(catchup.bring())
    git("commit", "-q", "--allow-empty", "-m", "results")
    assert len(list(catchup.bring())) == 1


def test_a_stage_that_ran_again_takes_its_place(made: Path, opened: Store) -> None:
    list(catchup.bring())
    write("metrics/sft.json", json.dumps({"loss": 1.25}))
    write_lock()
    assert next(catchup.bring()) == "workspace: sft"
    assert active(opened)["sft"].data.metrics["loss"] == 1.25


def test_a_stage_made_with_other_params_or_metrics_is_left_out(made: Path, opened: Store) -> None:
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("file_tokens: 33554432", "file_tokens: 1000"))
    write("metrics/sft.json", json.dumps({"loss": 99}))
    (told,) = catchup.bring()
    assert told.endswith("has everything already")
    assert active(opened) == {}


def test_a_run_that_a_server_lost_half_way_is_completed(made: Path, opened: Store) -> None:
    list(catchup.bring())
    run = active(opened)["sft"]
    opened.client.set_terminated(run.info.run_id, "KILLED")
    opened.client.delete_tag(run.info.run_id, "bonsai.metrics")
    assert next(catchup.bring()) == "workspace: sft"
    again = active(opened)["sft"]
    assert again.info.run_id == run.info.run_id
    assert again.info.status == "FINISHED"
    assert len(opened.client.get_metric_history(run.info.run_id, "loss")) == 2


def test_a_store_that_is_away_is_one_sentence(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(PipelineError, match=r"http://127\.0\.0\.1:9: expected a tracking store"):
        list(catchup.bring())
