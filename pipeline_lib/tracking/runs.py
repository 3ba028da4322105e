"""Runs in MLflow: one parent per execution of the pipeline, one child per stage.

A stage that was killed and runs again goes on in its own run: only points that MLflow does not have
are sent, so there is one curve. Any other second run of a stage under the same parent replaces the
first, which is tagged `bonsai.superseded` and deleted in MLflow's sense (`mlflow runs restore`
brings it back): a parent shows nine.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline_lib.tracking.contents import Content
from pipeline_lib.tracking.identity import Execution, Flat, Pipeline
from pipeline_lib.tracking.store import Store

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Run

BATCH_METRICS = 1000
BATCH_PARAMS = 100
STOPPED = ("RUNNING", "FAILED", "KILLED")
Points = list[tuple[str, float, int, int]]
"""Name, value, milliseconds, step."""


@dataclass
class Child:
    """The open run of a stage."""

    store: Store
    run_id: str
    parent_id: str
    sent: dict[str, int] = field(default_factory=dict)
    """Name -> last step MLflow has of it."""

    def send(self, points: Points) -> None:
        """Send what MLflow does not have yet. Where it fails half-way, sending the same again is
        right."""
        from mlflow.entities import Metric

        new = [p for p in points if p[3] > self.sent.get(p[0], -1)]
        for begin in range(0, len(new), BATCH_METRICS):
            batch = new[begin : begin + BATCH_METRICS]
            metrics = [Metric(name, value, moment, step) for name, value, moment, step in batch]
            self.store.client.log_batch(self.run_id, metrics=metrics)
            self.sent.update({name: step for name, _, _, step in batch})

    def tag(self, tags: Mapping[str, str]) -> None:
        from mlflow.entities import RunTag

        rows = [RunTag(name, value) for name, value in tags.items()]
        self.store.client.log_batch(self.run_id, tags=rows)

    def end(self, status: str) -> None:
        """Close the run, and the parent with it: a parent is as its latest stage."""
        self.store.client.set_terminated(self.run_id, status)
        self.store.client.set_terminated(self.parent_id, status)


def find_parent(store: Store, pipeline: Pipeline) -> str | None:
    """The parent's run id, where there is one."""
    found = _search(store, {"bonsai.pipeline": pipeline.key, **_parent_tags(pipeline)})
    return str(found[0].info.run_id) if found else None


def parents_with(store: Store, params_digest: str) -> list[str]:
    """Run ids of parents with these params, newest first."""
    tags = {"bonsai.kind": "pipeline", "bonsai.params": params_digest}
    return [str(run.info.run_id) for run in _search(store, tags)]


def open_parent(store: Store, pipeline: Pipeline) -> str:
    """The parent's run id, found or made under the lock."""
    with store.lock:
        if found := find_parent(store, pipeline):
            return found
        tags = {
            "bonsai.pipeline": pipeline.key,
            "bonsai.experiment": pipeline.experiment,
            "mlflow.source.name": "dvc.yaml",
            "mlflow.source.git.commit": pipeline.commit,
            **_parent_tags(pipeline),
        }
        run = store.client.create_run(store.experiment_id, run_name=pipeline.name, tags=tags)
        _log_params(store, run.info.run_id, pipeline.params)
        return str(run.info.run_id)


def open_child(store: Store, parent: str, pipeline: Pipeline, execution: Execution) -> Child:
    """The stage's run: the killed one if it is the same execution, else a new one in its place."""
    with store.lock:
        older = children(store, parent, execution.stage)
        same = next((run for run in older if _goes_on(run, execution)), None)
        child = (
            _continue(store, same, parent) if same else _create(store, parent, pipeline, execution)
        )
        supersede(store, [run for run in older if run is not same], child.run_id)
    _log_params(store, child.run_id, execution.params, known=same.data.params if same else {})
    _log_inputs(store, child.run_id, execution)
    store.client.update_run(parent, status="RUNNING")
    return child


def children(store: Store, parent: str, stage: str) -> "list[Run]":
    """Runs of a stage under a parent, newest first."""
    return _search(store, {"mlflow.parentRunId": parent, "bonsai.stage": stage})


def supersede(store: Store, older: "Iterable[Run]", by: str) -> None:
    """Take older runs of the same stage out of sight."""
    for run in older:
        store.client.set_tag(run.info.run_id, "bonsai.superseded", by)
        store.client.delete_run(run.info.run_id)


def now() -> int:
    """Milliseconds, as MLflow counts."""
    return time.time_ns() // 1_000_000


def _goes_on(run: "Run", execution: Execution) -> bool:
    tags = run.data.tags
    same = (execution.inputs_digest, execution.params_digest)
    return (
        run.info.status in STOPPED
        and (tags.get("bonsai.inputs"), tags.get("bonsai.params")) == same
    )


def _continue(store: Store, run: "Run", parent: str) -> Child:
    run_id = run.info.run_id
    sent = {
        name: max(point.step for point in store.client.get_metric_history(run_id, name))
        for name in run.data.metrics
    }
    store.client.update_run(run_id, status="RUNNING")
    return Child(store, run_id, parent, sent)


def _create(store: Store, parent: str, pipeline: Pipeline, execution: Execution) -> Child:
    tags = {
        "mlflow.parentRunId": parent,
        "mlflow.source.name": f"stages/{execution.stage}.py",
        "mlflow.source.git.commit": pipeline.commit,
        "bonsai.kind": "stage",
        "bonsai.stage": execution.stage,
        "bonsai.pipeline": pipeline.key,
        "bonsai.experiment": pipeline.experiment,
        "bonsai.params": execution.params_digest,
        "bonsai.inputs": execution.inputs_digest,
        **{f"bonsai.input.{name}": c.digest for name, c in execution.inputs.items()},
    }
    run = store.client.create_run(
        store.experiment_id, start_time=execution.began, tags=tags, run_name=execution.stage
    )
    return Child(store, run.info.run_id, parent)


def _parent_tags(pipeline: Pipeline) -> dict[str, str]:
    return {"bonsai.kind": "pipeline", "bonsai.params": pipeline.params_digest}


def _search(store: Store, tags: Mapping[str, str]) -> "list[Run]":
    wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
    return list(
        store.client.search_runs(
            [store.experiment_id], wanted, max_results=100, order_by=["attributes.start_time DESC"]
        )
    )


def _log_params(
    store: Store, run_id: str, params: Flat, known: Mapping[str, str] | None = None
) -> None:
    from mlflow.entities import Param

    rows = [Param(name, value) for name, value in params.items() if name not in (known or {})]
    for begin in range(0, len(rows), BATCH_PARAMS):
        store.client.log_batch(run_id, params=rows[begin : begin + BATCH_PARAMS])


def _log_inputs(store: Store, run_id: str, execution: Execution) -> None:
    """Inputs as MLflow's data sets. Logging the same again changes nothing."""
    rows = [_dataset(execution.stage, name, content) for name, content in execution.inputs.items()]
    if rows:
        store.client.log_inputs(run_id, rows)


def _dataset(stage: str, name: str, content: Content) -> "DatasetInput":
    import json

    from mlflow.entities import Dataset, DatasetInput, InputTag

    profile = json.dumps({"bytes": content.bytes, "files": content.files})
    source = json.dumps({"uri": content.path})
    made = Dataset(content.path, content.digest, "local", source, profile=profile)
    return DatasetInput(made, [InputTag("mlflow.data.context", stage), InputTag("argument", name)])
