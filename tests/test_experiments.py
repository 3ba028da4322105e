"""The whole pipeline in a clone, small: reproduced, experimented with, killed. Minutes, so marked slow."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from pipeline_lib import presets
from tests.clones import copy_tree

ROOT = Path(__file__).parents[1]
STAGES = (
    *("download", "clean", "corpus", "tokenizer", "shard"),
    *("pretrain", "sft", "grpo", "evaluate"),
)
LATE = ("pretrain", "sft", "grpo", "evaluate")
WEIGHTS = {
    name: f"data/models/{made}/model.safetensors"
    for name, made in {"pretrain": "base", "sft": "sft", "grpo": "chat"}.items()
}
STEADY = {"threads: 0": "threads: 1", "save_seconds: 20": "save_seconds: 0"}
LONGER = {
    "pretrain": ("steps: 40", "steps: 400"),
    "sft": ("steps: 20", "steps: 150"),
    "grpo": ("steps: 4", "steps: 150"),
}
"""Long enough to be killed after MLflow has heard of them."""
MOST_SECONDS = 600

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


class Clone:
    """A copy of this project in a folder of its own, with its own DVC cache and MLflow store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str, status: int | None = 0) -> str:
        told = subprocess.run(
            words,
            cwd=self.folder,
            env=environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=MOST_SECONDS,
            check=False,
        )
        assert status is None or told.returncode == status, told.stdout
        return told.stdout

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            words,
            cwd=self.folder,
            env=environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def commit(self, message: str) -> None:
        self.run("git", "add", ".")
        self.run("git", "commit", "-q", "--allow-empty", "-m", message)

    def digest(self, path: str) -> str:
        return hashlib.sha256((self.folder / path).read_bytes()).hexdigest()

    def runs(self) -> list[Any]:
        from mlflow import MlflowClient

        client = MlflowClient(f"sqlite:///{self.folder / 'mlflow.db'}")
        return list(client.search_runs(["1"], max_results=1000))

    def points_of_running(self, stage: str) -> int:
        """How many points MLflow has of the run that is open."""
        with closing(sqlite3.connect(self.folder / "mlflow.db")) as database:
            (count,) = database.execute(
                "SELECT count(*) FROM metrics JOIN runs USING (run_uuid) "
                "WHERE runs.status = 'RUNNING' AND runs.name = ?",
                (stage,),
            ).fetchone()
        return int(count)

    def stages_under(self, key: str) -> list[str]:
        """Stages of the parent whose key starts like this, every child once; each finished."""
        (parent,) = (
            run
            for run in self.runs()
            if run.data.tags["bonsai.kind"] == "pipeline"
            and run.data.tags["bonsai.pipeline"].startswith(key)
        )
        children = [
            run
            for run in self.runs()
            if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id
        ]
        assert {run.info.status for run in children} == {"FINISHED"}
        return sorted(run.data.tags["bonsai.stage"] for run in children)


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DVC_")}
    kept.pop("BONSAI_TRACKING", None)
    kept.pop("MLFLOW_TRACKING_URI", None)
    binaries = str(Path(sys.executable).parent)
    names = {
        f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    return {
        **kept,
        **names,
        "PATH": f"{binaries}{os.pathsep}{kept['PATH']}",
        "PYTHONUNBUFFERED": "1",
    }


def copy_of_this(folder: Path) -> Clone:
    """The working tree as git would commit it."""
    copy_tree(folder)
    text = presets.composed((folder / "params.yaml").read_text(), ["default", "smoke"])
    for old, new in STEADY.items():
        assert old in text
        text = text.replace(old, new)
    for section, (old, new) in LONGER.items():
        before, mark, after = text.partition(f"\n{section}:\n")
        text = before + mark + after.replace(old, new, 1)
    (folder / "params.yaml").write_text(text)
    clone = Clone(folder)
    clone.run("git", "init", "-q", "-b", "main")
    clone.commit("begin")
    return clone


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, str]:
    """A clone after `dvc repro`, its results committed; and what was said."""
    if not (ROOT / ".git").exists():
        pytest.skip("not in a git repository")
    clone = copy_of_this(tmp_path_factory.mktemp("clone"))
    said = clone.run("dvc", "repro")
    clone.commit("results")
    return clone, said


def test_nine_stages_run_and_nothing_is_left_to_do(built: tuple[Clone, str]) -> None:
    clone, said = built
    assert "Traceback" not in said
    for stage in STAGES:
        assert f"Running stage '{stage}'" in said
        assert f"{stage}: done in " in said
        assert (clone.folder / f"metrics/{stage}.json").exists()
    began = time.monotonic()
    again = clone.run("dvc", "repro")
    assert time.monotonic() - began < 3
    assert "Data and pipelines are up to date." in again
    assert clone.run("dvc", "status").strip() == "Data and pipelines are up to date."


def test_git_is_clean_after_the_results_are_committed(built: tuple[Clone, str]) -> None:
    clone, _ = built
    clone.run("dvc", "repro")
    assert clone.run("git", "status", "--porcelain") == ""


def test_another_clone_makes_the_same_data_with_another_number_of_workers(
    built: tuple[Clone, str], tmp_path: Path
) -> None:
    clone, _ = built
    folder = tmp_path / "quite" / "elsewhere"
    folder.mkdir(parents=True)
    other = copy_of_this(folder)
    text = (folder / "params.yaml").read_text()
    assert "  workers: 0 " in text
    (folder / "params.yaml").write_text(text.replace("  workers: 0 ", "  workers: 3 "))
    other.run("dvc", "repro", "shard")
    made, again = (
        yaml.safe_load((one.folder / "dvc.lock").read_text())["stages"] for one in (clone, other)
    )
    assert sorted(again) == sorted(STAGES[:5])
    assert again == {stage: made[stage] for stage in STAGES[:5]}
    for stage in STAGES[:5]:
        assert other.digest(f"metrics/{stage}.json") == clone.digest(f"metrics/{stage}.json")


def test_the_parent_has_nine_children(built: tuple[Clone, str]) -> None:
    clone, _ = built
    assert clone.stages_under("repro:") == sorted(STAGES)
    assert "has everything already" in clone.run("python", "-m", "pipeline_lib.cli", "track")


def test_the_metrics_hold_no_clock(built: tuple[Clone, str]) -> None:
    clone, _ = built
    for file in (clone.folder / "metrics").glob("*.json"):
        text = file.read_text()
        assert "machine" not in text
        assert "second" not in text
    evaluate = json.loads((clone.folder / "metrics/evaluate.json").read_text())
    assert list(evaluate) == ["base", "sft", "chat"]


def test_an_experiment_shows_what_it_changed(built: tuple[Clone, str]) -> None:
    clone, _ = built
    clone.run("dvc", "exp", "run", "-n", "hot", "-S", "pretrain.learning_rate=0.01")
    assert clone.stages_under("exp:hot@") == sorted(LATE)
    shown = clone.run("dvc", "exp", "show", "--csv")
    assert "hot" in shown
    clone.run("git", "checkout", "-q", "-f", "main")
    clone.run("dvc", "checkout", "-q")


def test_a_temporary_workspace_reports_to_the_main_project(built: tuple[Clone, str]) -> None:
    clone, _ = built
    clone.run("dvc", "exp", "run", "--temp", "-n", "cool", "-S", "sft.learning_rate=0.0001")
    assert clone.stages_under("exp:cool@") == ["evaluate", "grpo", "sft"]
    assert clone.run("git", "status", "--porcelain") == ""


def test_two_workers_of_the_queue_report_to_one_store(built: tuple[Clone, str]) -> None:
    clone, _ = built
    for name, rate in (("slow", "0.0001"), ("fast", "0.001")):
        clone.run("dvc", "exp", "run", "--queue", "-n", name, "-S", f"grpo.learning_rate={rate}")
    clone.run("dvc", "queue", "start", "-j", "2")
    end = time.monotonic() + MOST_SECONDS
    while clone.run("dvc", "queue", "status").count("Success") < 2:
        assert "Failed" not in clone.run("dvc", "queue", "status")
        assert time.monotonic() < end
        time.sleep(2)
    for name in ("slow", "fast"):
        assert clone.stages_under(f"exp:{name}@") == ["evaluate", "grpo"]
    shown = clone.run("dvc", "exp", "show", "--csv")
    assert "slow" in shown
    assert "fast" in shown


def test_what_dvc_took_from_its_cache_can_be_brought_to_mlflow(built: tuple[Clone, str]) -> None:
    clone, _ = built
    for name in ("once", "again"):
        change = "grpo.learning_rate=0.0002"
        said = clone.run("dvc", "exp", "run", "--temp", "-n", name, "-S", change)
    assert "Stage 'grpo' is cached" in said
    brought = clone.run("python", "-m", "pipeline_lib.cli", "track")
    assert "again: " in brought
    assert clone.stages_under("exp:again@") == sorted(STAGES)
    told = clone.run("python", "-m", "pipeline_lib.cli", "track")
    assert "has everything already" in told


def process_of(stage: str, folder: Path) -> psutil.Process | None:
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = process.info["cmdline"] or []
        is_stage = words[1:3] == ["-m", f"stages.{stage}"]
        if is_stage and process.info["cwd"] == str(folder):
            return process
    return None


def kill_in_the_middle(clone: Clone, stage: str) -> None:
    """SIGKILL the stage once it has saved a state and MLflow has seen it, and see that DVC stops."""
    shutil.rmtree(clone.folder / ".scratch" / stage)
    running = clone.start("dvc", "repro", "-f", "-s", stage)
    states = clone.folder / ".scratch" / stage
    while not (list(states.glob("*/state.pt")) and clone.points_of_running(stage)):
        assert running.poll() is None, "it ended before it could be killed"
        time.sleep(0.05)
    process = process_of(stage, clone.folder)
    assert process, running.communicate()[0]
    process.kill()
    running.communicate(timeout=60)
    assert running.returncode != 0


@pytest.mark.parametrize("stage", WEIGHTS)
def test_a_killed_stage_goes_on_and_ends_with_the_same_bits(
    built: tuple[Clone, str], stage: str
) -> None:
    clone, _ = built
    undisturbed = clone.digest(WEIGHTS[stage])
    metrics = clone.digest(f"metrics/{stage}.json")
    kill_in_the_middle(clone, stage)
    assert not (clone.folder / WEIGHTS[stage]).exists()
    killed = [run for run in clone.runs() if run.info.status == "RUNNING"]
    assert stage in {run.data.tags.get("bonsai.stage") for run in killed}

    said = clone.run("dvc", "repro", "-f", "-s", stage)
    (line,) = (line for line in said.splitlines() if "goes on from step" in line)
    assert int(line.split("step ")[1].split()[0].replace(",", "")) > 0
    assert clone.digest(WEIGHTS[stage]) == undisturbed
    assert clone.digest(f"metrics/{stage}.json") == metrics
    assert clone.run("dvc", "status").strip() == "Data and pipelines are up to date."
    assert_one_curve(clone, stage, [run.info.run_id for run in killed])


def assert_one_curve(clone: Clone, stage: str, killed: list[str]) -> None:
    """The killed run went on, and no step is in its curve twice."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{clone.folder / 'mlflow.db'}")
    for run_id in killed:
        run = client.get_run(run_id)
        assert run.data.tags.get("bonsai.stage", stage) == stage
        assert run.info.status == "FINISHED"
        if "bonsai.stage" in run.data.tags:
            steps = [point.step for point in client.get_metric_history(run_id, "learning_rate")]
            assert steps == sorted(set(steps))
            assert len(steps) > 1
