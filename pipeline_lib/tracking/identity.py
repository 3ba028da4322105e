"""What a run is known by, before any tracking server is asked: which pipeline, which stage, which
inputs.

Two executions belong to one parent when they are one DVC experiment, or the same commit with the
same params. A killed stage and its rerun are one run when stage, params and inputs are the same.
`runtime` never counts: it changes no byte.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_lib.params import Params, Section
from pipeline_lib.tracking.contents import Content

Flat = dict[str, str]


@dataclass(frozen=True)
class Pipeline:
    """One execution of the whole: the parent of up to nine stages."""

    key: str
    """`exp:<name>@<baseline>` under `dvc exp run`, else `repro:<commit>:<params digest>`."""
    name: str
    commit: str
    experiment: str
    """DVC's name for it, empty under `dvc repro`."""
    params: Flat
    params_digest: str


@dataclass(frozen=True)
class Execution:
    """One stage about to run."""

    stage: str
    params: Flat
    """Of the sections that the stage reads."""
    params_digest: str
    inputs: dict[str, Content]
    """Path -> what lies there already."""
    began: int
    """Milliseconds since 1970."""

    @property
    def inputs_digest(self) -> str:
        return digest({name: content.digest for name, content in self.inputs.items()})


def pipeline_of(params: Params, commit: str) -> Pipeline:
    """The pipeline this process belongs to, told by DVC through the environment."""
    name, baseline = os.environ.get("DVC_EXP_NAME", ""), os.environ.get("DVC_EXP_BASELINE_REV", "")
    return experiment_of(params, name, baseline or commit) if name else repro_of(params, commit)


def experiment_of(params: Params, name: str, baseline: str) -> Pipeline:
    values = _tracked(params)
    key = f"exp:{name}@{baseline[:7]}"
    return Pipeline(key, name, baseline, name, flat(params.model_dump()), digest(values))


def repro_of(params: Params, commit: str) -> Pipeline:
    made = digest(_tracked(params))
    key = f"repro:{commit[:7] or 'nogit'}:{made[:8]}"
    return Pipeline(key, key.replace(":", "-"), commit, "", flat(params.model_dump()), made)


def execution_of(
    stage: str, sections: Mapping[str, Section], inputs: dict[str, Content], began: int
) -> Execution:
    """`sections` by their names in params.yaml."""
    values = {name: section.model_dump() for name, section in sections.items()}
    counted = {name: value for name, value in values.items() if name != "runtime"}
    return Execution(stage, flat(values), digest(counted), inputs, began)


def head(folder: Path = Path()) -> str:
    """The commit checked out, empty outside git."""
    try:
        told = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""


def flat(values: Mapping[str, Any], prefix: str = "") -> Flat:
    """Nested values under dotted names, as MLflow's params."""
    found: Flat = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found.update(flat(value, f"{prefix}{name}."))
        else:
            found[f"{prefix}{name}"] = value if isinstance(value, str) else json.dumps(value)
    return found


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, half of it: 32 characters."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _tracked(params: Params) -> dict[str, Any]:
    return params.model_dump(exclude={"runtime"})
