"""What a person finds in MLflow after stages ran: one parent, one run per stage, one curve."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib import tracking
from pipeline_lib.params import Params, Section
from pipeline_lib.tracking import identity, runs
from pipeline_lib.tracking.contents import content_of
from pipeline_lib.tracking.store import Store

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, of SQLAlchemy

Rows = list[dict[str, Any]]
CURVE: Rows = [{"step": step, "loss": 1 / step, "machine.speed": 9.5} for step in range(1, 6)]


def sections(params: Params, *names: str) -> dict[str, Section]:
    return {name: getattr(params, name) for name in names}


def run_stage(
    params: Params, rows: Rows, stage: str = "sft", names: tuple[str, ...] = ("runtime", "sft")
) -> None:
    """What `stage.run` does, without a stage."""
    inputs, plots = Path("shards"), Path("plots") / stage
    inputs.mkdir(exist_ok=True)
    (inputs / "index.json").write_text("{}")
    with tracking.of_stage(stage, params, sections(params, *names), [inputs, plots]) as tracker:
        for row in rows:
            tracker.add(row)
        plots.mkdir(parents=True, exist_ok=True)
        (plots / "loss.csv").write_text("step,loss\n")
        Path("metrics").mkdir(exist_ok=True)
        last = {name: value for row in rows for name, value in row.items() if name != "step"}
        Path(f"metrics/{stage}.json").write_text(json.dumps(last))
    for file in (*plots.iterdir(), plots):
        file.unlink() if file.is_file() else file.rmdir()


def every_run(opened: Store) -> list[Any]:
    return list(opened.client.search_runs([opened.experiment_id], order_by=["start_time ASC"]))


def of_stage(opened: Store, stage: str = "sft") -> list[Any]:
    return [run for run in every_run(opened) if run.data.tags.get("bonsai.stage") == stage]


def parents(opened: Store) -> list[Any]:
    return [run for run in every_run(opened) if run.data.tags["bonsai.kind"] == "pipeline"]


def curve(opened: Store, run: Any, name: str = "loss") -> list[tuple[int, float]]:
    history = opened.client.get_metric_history(run.info.run_id, name)
    return [(point.step, point.value) for point in history]


def leave_running(opened: Store, params: Params, rows: Rows) -> None:
    """A stage that was killed with SIGKILL: nobody ended its run."""
    Path("shards").mkdir(exist_ok=True)
    Path("shards/index.json").write_text("{}")
    contents = {"shards": content_of(Path("shards"), {})}
    pipeline = identity.pipeline_of(params, identity.head())
    execution = identity.execution_of("sft", sections(params, "runtime", "sft"), contents, 1)
    child = runs.open_child(opened, runs.open_parent(opened, pipeline), pipeline, execution)
    child.send([("loss", row["loss"], 1, row["step"]) for row in rows])


def test_a_stage_is_a_child_with_params_curve_inputs_and_figures(
    opened: Store, params: Params
) -> None:
    run_stage(params, [*CURVE, {"best.step": 4}])
    (parent,) = parents(opened)
    (child,) = of_stage(opened)
    assert child.info.status == parent.info.status == "FINISHED"
    assert child.info.run_name == "sft"
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert child.data.params["sft.learning_rate"] == str(params.sft.learning_rate)
    assert child.data.params["runtime.device"] == "auto"
    assert not any(name.startswith("pretrain.") for name in child.data.params)
    assert curve(opened, child) == [(step, 1 / step) for step in range(1, 6)]
    assert child.data.metrics["best.step"] == 4
    assert child.data.metrics["machine.speed"] == 9.5
    (dataset,) = child.inputs.dataset_inputs
    assert dataset.dataset.name == "shards"
    assert dataset.dataset.digest == child.data.tags["bonsai.input.shards"]
    found = opened.client.list_artifacts(child.info.run_id, "plots")
    assert [file.path for file in found] == ["plots/loss.csv"]
    assert "bonsai.output.plots/sft" in child.data.tags


def test_the_parent_holds_all_params_and_the_last_values(opened: Store, params: Params) -> None:
    run_stage(params, CURVE)
    (parent,) = parents(opened)
    assert parent.data.params["pretrain.steps"] == str(params.pretrain.steps)
    assert parent.data.params["download.sources.stories.kind"] == "tales"
    assert parent.data.metrics["sft.loss"] == 1 / 5


def test_stages_of_one_execution_share_a_parent(opened: Store, params: Params) -> None:
    run_stage(params, CURVE)
    run_stage(params, [{"documents": 3}], "clean", ("clean",))
    assert len(parents(opened)) == 1
    assert len(every_run(opened)) == 3


def test_other_params_are_another_parent_and_another_runtime_is_not(
    opened: Store, params: Params
) -> None:
    run_stage(params, CURVE)
    faster = params.runtime.model_copy(update={"threads": 7})
    run_stage(params.model_copy(update={"runtime": faster}), CURVE)
    assert len(parents(opened)) == 1
    hotter = params.sft.model_copy(update={"learning_rate": 0.5})
    run_stage(params.model_copy(update={"sft": hotter}), CURVE)
    assert len(parents(opened)) == 2


def test_a_second_run_takes_the_place_of_the_first(opened: Store, params: Params) -> None:
    run_stage(params, CURVE)
    (first,) = of_stage(opened)
    run_stage(params, CURVE)
    (second,) = of_stage(opened)
    assert second.info.run_id != first.info.run_id
    assert curve(opened, second) == curve(opened, first)
    hidden = opened.client.get_run(first.info.run_id)
    assert hidden.info.lifecycle_stage == "deleted"
    assert hidden.data.tags["bonsai.superseded"] == second.info.run_id


def test_a_killed_run_goes_on_and_its_curve_has_no_point_twice(
    opened: Store, params: Params
) -> None:
    leave_running(opened, params, CURVE[:3])
    (killed,) = of_stage(opened)
    assert killed.info.status == "RUNNING"
    run_stage(params, [*CURVE, {"best.step": 4}])
    (child,) = of_stage(opened)
    assert child.info.run_id == killed.info.run_id
    assert child.info.status == "FINISHED"
    assert curve(opened, child) == [(step, 1 / step) for step in range(1, 6)]


def test_a_killed_run_of_other_params_does_not_go_on(opened: Store, params: Params) -> None:
    leave_running(opened, params, CURVE[:3])
    (killed,) = of_stage(opened)
    Path("shards/index.json").write_text('{"other": 1}')
    with tracking.of_stage("sft", params, sections(params, "sft"), [Path("shards")]) as tracker:
        tracker.add(CURVE[0])
    (child,) = of_stage(opened)
    assert child.info.run_id != killed.info.run_id


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED"), (SystemExit, "KILLED")],
)
def test_a_stage_that_does_not_end_well_says_so(
    opened: Store, params: Params, error: type[BaseException], status: str
) -> None:
    def fail() -> None:
        with tracking.of_stage("sft", params, sections(params, "sft"), []) as tracker:
            tracker.add(CURVE[0])
            raise error

    with pytest.raises(error):
        fail()
    (child,) = of_stage(opened)
    assert child.info.status == status
    assert curve(opened, child) == [(1, 1.0)]


def test_experiments_have_a_parent_each_in_the_main_projects_store(
    opened: Store, params: Params, main_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_EXP_BASELINE_REV", "0123456789abcdef")
    for name in ("warm-fox", "cold-owl"):
        monkeypatch.setenv("DVC_EXP_NAME", name)
        run_stage(params, CURVE)
    keys = {run.data.tags["bonsai.pipeline"] for run in parents(opened)}
    assert keys == {"exp:warm-fox@0123456", "exp:cold-owl@0123456"}
    assert {run.info.run_name for run in parents(opened)} == {"warm-fox", "cold-owl"}
    for run in of_stage(opened):
        assert run.info.artifact_uri.startswith(main_project.as_uri())
        assert run.data.tags["bonsai.experiment"] in ("warm-fox", "cold-owl")


def test_the_commit_is_a_tag(opened: Store, params: Params, project: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*git, *words], cwd=project, check=True)
    run_stage(params, CURVE)
    (child,) = of_stage(opened)
    commit = identity.head()
    assert len(commit) == 40
    assert child.data.tags["mlflow.source.git.commit"] == commit
    assert child.data.tags["bonsai.pipeline"].startswith(f"repro:{commit[:7]}:")


def test_many_rows_arrive_in_batches(opened: Store, params: Params) -> None:
    rows: Rows = [{"step": step, "a": step, "b": -step} for step in range(1500)]
    run_stage(params, rows)
    (child,) = of_stage(opened)
    assert curve(opened, child, "a") == [(step, step) for step in range(1500)]


def evaluate(params: Params, weights: str, scores: Mapping[str, float]) -> None:
    chat = Path("models/chat")
    chat.mkdir(parents=True, exist_ok=True)
    (chat / "model.safetensors").unlink(missing_ok=True)
    (chat / "model.safetensors").write_text(weights)
    with tracking.of_stage("evaluate", params, sections(params, "evaluate"), [chat]):
        Path("metrics").mkdir(exist_ok=True)
        Path("metrics/evaluate.json").write_text(json.dumps({"chat": dict(scores)}))


def test_the_best_chat_model_is_champion(
    opened: Store, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_lib.tracking.registry.NAME", f"chat-{os.urandom(4).hex()}")
    from pipeline_lib.tracking.registry import ALIAS, NAME

    def champion() -> str:
        return str(opened.client.get_model_version_by_alias(NAME, ALIAS).version)

    evaluate(params, "first", {"problems.accuracy": 0.5, "bits_per_byte": 1.0})
    assert champion() == "1"
    evaluate(params, "worse", {"problems.accuracy": 0.4, "bits_per_byte": 0.5})
    assert champion() == "1"
    evaluate(params, "better", {"problems.accuracy": 0.6, "bits_per_byte": 2.0})
    assert champion() == "3"
    evaluate(params, "better", {"problems.accuracy": 0.6, "bits_per_byte": 2.0})
    assert len(opened.client.search_model_versions(f"name = '{NAME}'")) == 3


def test_the_registered_model_takes_no_room(
    opened: Store, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_lib.tracking.registry.NAME", f"chat-{os.urandom(4).hex()}")
    evaluate(params, "weights", {"bits_per_byte": 1.0})
    (child,) = of_stage(opened, "evaluate")
    kept = Path(child.info.artifact_uri.removeprefix("file://")) / "model/model.safetensors"
    assert kept.samefile("models/chat/model.safetensors")
    assert [a.path for a in opened.client.list_artifacts(child.info.run_id, "model")] == [
        "model/model.safetensors"
    ]


def test_evaluate_brings_the_last_values_of_every_stage_to_the_parent(
    opened: Store, params: Params
) -> None:
    Path("metrics").mkdir()
    Path("metrics/pretrain.json").write_text('{"loss": 2.0}')
    evaluate(params, "weights", {"bits_per_byte": 1.0})
    (parent,) = parents(opened)
    assert parent.data.metrics["pretrain.loss"] == 2.0
    assert parent.data.metrics["evaluate.chat.bits_per_byte"] == 1.0
    assert parent.data.tags["mlflow.note.content"].splitlines() == [
        "| | base | sft | chat |",
        "|---|---|---|---|",
        "| bits_per_byte |  |  | 1 |",
    ]
