"""MLflow, at the edge: one parent run per execution of the pipeline, one child per stage, the
numbers and the figures.

Nothing here may stop, slow or change a stage. A stage never calls it; `stage.run` does.
BONSAI_TRACKING=off leaves MLflow out altogether.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pipeline_lib import progress
from pipeline_lib.params import Params, Section, project_root
from pipeline_lib.tracking import identity, registry, results, runs, store
from pipeline_lib.tracking.contents import content_of, locked
from pipeline_lib.tracking.sender import Sender


@runtime_checkable
class Tracker(Protocol):
    """What `stage.run` needs of it."""

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a row; returns at once."""


class Off:
    """No tracking."""

    def add(self, row: Mapping[str, Any]) -> None:
        """Nowhere to send it."""


@contextmanager
def of_stage(
    stage: str, params: Params, sections: Mapping[str, Section], paths: list[Path]
) -> Iterator[Tracker]:
    """A run for the stage while the block runs. What exists at the start is an input, the rest an
    output."""
    if os.environ.get("BONSAI_TRACKING") == "off":
        yield Off()
        return
    inputs = [path for path in paths if path.exists()]
    outputs = [path for path in paths if path not in inputs]
    sender = Sender(
        open=partial(_open, stage, params, sections, inputs, runs.now()),
        conclude=partial(_conclude, stage, inputs, outputs),
    )
    sender.start()
    status = "KILLED"
    try:
        yield sender
        status = "FINISHED"
    except Exception:
        status = "FAILED"
        raise
    finally:
        sender.end(status)
        if sender.fault:
            progress.say(away(sender.fault))


def away(fault: str) -> str:
    """The one sentence about a store that did not take a run."""
    where = store.address(project_root())
    what = "server" if "://" in where and not where.startswith("sqlite") else "store"
    return (
        f"tracking {what} {where} is away: metrics are in metrics/ and plots/; "
        f"run `bonsai track` later ({fault})"
    )


def _open(
    stage: str, params: Params, sections: Mapping[str, Section], inputs: list[Path], began: int
) -> runs.Child:
    known = locked()
    contents = {path.as_posix(): content_of(path, known) for path in inputs}
    pipeline = identity.pipeline_of(params, identity.head())
    execution = identity.execution_of(stage, sections, contents, began)
    opened = store.connect(project_root())
    return runs.open_child(opened, runs.open_parent(opened, pipeline), pipeline, execution)


def _conclude(stage: str, inputs: list[Path], outputs: list[Path], child: runs.Child) -> None:
    results.conclude(child, stage, outputs)
    if stage == results.LAST_STAGE:
        registry.register(child, inputs, results.metrics_of(Path("metrics"), stage))
