"""What a run has when it ends well: figures and tables as artifacts, digests of what it made, its
place in the parent.

The parent holds the last values of every stage (`sft.validation.loss`), so that one line of
MLflow's table is one experiment.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline_lib.rows import MODELS
from pipeline_lib.tracking import runs
from pipeline_lib.tracking.contents import content_of
from pipeline_lib.tracking.identity import digest
from pipeline_lib.tracking.runs import Child

SHOWN = {"plots", "report", "dropped"}
"""Folders a person looks at; the others hold data, which DVC keeps."""
LARGEST_ARTIFACT = 16 * 2**20
LAST_STAGE = "evaluate"
HEADLINES = ("bits_per_byte", "test.bits_per_byte", "problems.accuracy", "problems.pass_at_8")


def is_shown(path: Path) -> bool:
    return bool(SHOWN & set(path.parts))


def metrics_of(folder: Path, stage: str) -> dict[str, float]:
    """`metrics/<stage>.json`, flat, without nulls; empty where there is none."""
    try:
        stored = json.loads((folder / f"{stage}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return flat_numbers(stored) if isinstance(stored, dict) else {}


def conclude(child: Child, stage: str, outputs: Iterable[Path], root: Path = Path()) -> None:
    """Log what the stage left under `root`. Doing it again changes nothing."""
    made = [path for path in outputs if (root / path).exists()]
    contents = {path: content_of(root / path, {}) for path in made}
    metrics = metrics_of(root / "metrics", stage)
    tags = {f"bonsai.output.{path.as_posix()}": c.digest for path, c in contents.items()}
    child.tag({**tags, "bonsai.metrics": digest(metrics)})
    _log_files(child, [path for path in made if is_shown(path)], root)
    _log_file(child, root / "metrics" / f"{stage}.json", "metrics")
    if stage == LAST_STAGE:
        summarise(child, _all_metrics(root / "metrics"))
        child.store.client.set_tag(child.parent_id, "mlflow.note.content", table(metrics))
    else:
        summarise(child, {stage: metrics})


def table(metrics: Mapping[str, float]) -> str:
    """The models side by side, in Markdown: the parent's description."""
    lines = ["| | " + " | ".join(MODELS) + " |", "|---" * (len(MODELS) + 1) + "|"]
    for name in HEADLINES:
        cells = [
            f"{metrics[key]:.4g}" if (key := f"{model}.{name}") in metrics else ""
            for model in MODELS
        ]
        if any(cells):
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def summarise(child: Child, metrics: Mapping[str, Mapping[str, float]]) -> None:
    """Last values of stages in the parent."""
    from mlflow.entities import Metric

    moment = runs.now()
    rows = [
        Metric(f"{stage}.{name}", value, moment, 0)
        for stage, values in metrics.items()
        for name, value in values.items()
    ]
    for begin in range(0, len(rows), runs.BATCH_METRICS):
        batch = rows[begin : begin + runs.BATCH_METRICS]
        child.store.client.log_batch(child.parent_id, metrics=batch)


def _all_metrics(folder: Path) -> dict[str, dict[str, float]]:
    return {file.stem: metrics_of(folder, file.stem) for file in sorted(folder.glob("*.json"))}


def _log_files(child: Child, folders: Iterable[Path], root: Path) -> None:
    for folder in folders:
        kind = next(part for part in folder.parts if part in SHOWN)
        for file in sorted(p for p in (root / folder).rglob("*") if p.is_file()):
            inside = Path(kind) / file.relative_to(root / folder).parent
            _log_file(child, file, inside.as_posix())


def _log_file(child: Child, file: Path, folder: str) -> None:
    if file.exists() and file.stat().st_size <= LARGEST_ARTIFACT:
        child.store.client.log_artifact(child.run_id, str(file), folder)


def flat_numbers(values: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """What a metrics file holds, under dotted names, nulls left out."""
    found: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found.update(flat_numbers(value, f"{prefix}{name}."))
        elif isinstance(value, int | float):
            found[f"{prefix}{name}"] = float(value)
    return found
