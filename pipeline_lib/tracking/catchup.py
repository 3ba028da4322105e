"""`bonsai track`: what is in the files and not in MLflow, brought under the parent it belongs to.

Stages ran while the server was away, or never ran because DVC restored them from its cache. What is
in MLflow already, told by its metrics, stays as it is: doing it twice changes nothing.
"""

import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline_lib.errors import PipelineError
from pipeline_lib.params import project_root
from pipeline_lib.tracking import identity, registry, results, runs, snapshots, store
from pipeline_lib.tracking.identity import Pipeline
from pipeline_lib.tracking.sender import Rows, reason
from pipeline_lib.tracking.snapshots import Made, Snapshot, Workspace
from pipeline_lib.tracking.store import Store


def bring() -> Iterator[str]:
    """Bring everything; a sentence for each parent that got something, and one at the end."""
    opened = _connect()
    count = 0
    for snapshot in snapshots.everywhere():
        brought = _bring(opened, snapshot)
        count += len(brought)
        if brought:
            yield f"{snapshot.name}: {', '.join(brought)}"
    where = store.address(project_root())
    yield f"{count} stages brought to {where}" if count else f"{where} has everything already"


def _connect() -> Store:
    try:
        return store.connect(project_root())
    except Exception as error:
        raise PipelineError(
            f"{store.address(project_root())}: expected a tracking store, found that "
            f"{reason(error)}; start it or set MLFLOW_TRACKING_URI"
        ) from error


def _bring(opened: Store, snapshot: Snapshot) -> list[str]:
    params = snapshots.params_of(snapshot)
    made = list(snapshots.made_in(snapshot, params))
    if not made:
        return []
    pipeline = snapshot.pipeline(params)
    parent = _parent(opened, pipeline, made)
    missing = [stage for stage in made if not _is_there(opened, parent, stage)]
    for stage in missing:
        with tempfile.TemporaryDirectory() as spare:
            _tell(opened, parent, pipeline, stage, snapshot, Path(spare))
    return [stage.execution.stage for stage in missing]


def _parent(opened: Store, pipeline: Pipeline, made: list[Made]) -> str:
    """The pipeline's own; for the workspace also one of the same params that says the same."""
    if exact := runs.find_parent(opened, pipeline):
        return exact
    if not pipeline.experiment:
        for other in runs.parents_with(opened, pipeline.params_digest):
            if not any(_is_contradicted(opened, other, stage) for stage in made):
                return other
    return runs.open_parent(opened, pipeline)


def _is_there(opened: Store, parent: str, made: Made) -> bool:
    return _digest(made) in _finished(opened, parent, made)


def _is_contradicted(opened: Store, parent: str, made: Made) -> bool:
    there = _finished(opened, parent, made)
    return bool(there) and _digest(made) not in there


def _finished(opened: Store, parent: str, made: Made) -> list[str]:
    """Digests of the metrics of the stage's finished runs."""
    known = runs.children(opened, parent, made.execution.stage)
    return [
        run.data.tags.get("bonsai.metrics", "") for run in known if run.info.status == "FINISHED"
    ]


def _digest(made: Made) -> str:
    return identity.digest(results.flat_numbers(json.loads(made.metrics)))


def _tell(
    opened: Store, parent: str, pipeline: Pipeline, made: Made, snapshot: Snapshot, spare: Path
) -> None:
    """One stage, from its files."""
    stage = made.execution.stage
    child = runs.open_child(opened, parent, pipeline, made.execution)
    child.tag({"bonsai.origin": "files"})
    shown = [path for path in made.outputs if results.is_shown(Path(path))]
    folder = snapshot.fetch([*shown, f"metrics/{stage}.json"], spare)
    child.send(_points(made, [folder / path for path in shown]))
    results.conclude(child, stage, [Path(path) for path in shown], folder)
    if stage == results.LAST_STAGE and isinstance(snapshot, Workspace):
        values = results.metrics_of(Path("metrics"), stage)
        registry.register(child, [Path(path) for path in made.inputs], values)
    child.end("FINISHED")


def _points(made: Made, folders: list[Path]) -> runs.Points:
    """The curves, then the last values, as the stage itself would have sent them."""
    rows, points = Rows(), runs.Points()
    for step, row in sorted(_curves(folders).items()):
        points += rows.points({"step": step, **row})
    return points + rows.points(results.flat_numbers(json.loads(made.metrics)))


def _curves(folders: list[Path]) -> dict[int, dict[str, float]]:
    """Step -> what the CSVs of `step,<name>` have for it."""
    found: dict[int, dict[str, float]] = {}
    for file in sorted(path for folder in folders for path in folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if set(row) == {"step", file.stem}:
                    found.setdefault(int(row["step"]), {})[file.stem] = float(row[file.stem])
    return found
