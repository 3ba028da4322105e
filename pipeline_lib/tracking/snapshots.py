"""What DVC says was made, here and in every experiment: files from which runs can be told again.

The small files (params.yaml, dvc.lock, metrics) are in git, also those of an experiment; its curves
and figures are in DVC's cache.
"""

import hashlib
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import yaml

from pipeline_lib.errors import FormatError, PipelineError
from pipeline_lib.params import Params, check
from pipeline_lib.tracking import identity, runs
from pipeline_lib.tracking.contents import Content
from pipeline_lib.tracking.identity import Execution, Pipeline


@runtime_checkable
class Snapshot(Protocol):
    """One state of the project's files."""

    @property
    def name(self) -> str: ...

    def text(self, path: str) -> str | None:
        """A file that git knows, None where there is none."""

    def fetch(self, paths: Iterable[str], spare: Path) -> Path:
        """A folder in which files that DVC knows lie under `paths`; `spare` is one to fill."""

    def pipeline(self, params: Params) -> Pipeline:
        """The parent these files belong to."""


@dataclass(frozen=True)
class Workspace:
    """The files as they lie here."""

    name: str = "workspace"

    def text(self, path: str) -> str | None:
        file = Path(path)
        return file.read_text(encoding="utf-8") if file.is_file() else None

    def fetch(self, paths: Iterable[str], spare: Path) -> Path:
        return Path()

    def pipeline(self, params: Params) -> Pipeline:
        return identity.repro_of(params, identity.head())


@dataclass(frozen=True)
class Experiment:
    """What `dvc exp run` kept under a name."""

    name: str
    baseline: str
    commit: str

    def text(self, path: str) -> str | None:
        told = _git("show", f"{self.commit}:{path}")
        return told.stdout if told.returncode == 0 else None

    def fetch(self, paths: Iterable[str], spare: Path) -> Path:
        from dvc.api import DVCFileSystem

        system = DVCFileSystem(rev=self.commit)
        for path in paths:
            system.get(path, str(spare / path), recursive=True)
        return spare

    def pipeline(self, params: Params) -> Pipeline:
        return identity.experiment_of(params, self.name, self.baseline)


@dataclass(frozen=True)
class Made:
    """A stage as dvc.lock has it."""

    execution: Execution
    metrics: str
    """Its metrics file, as text."""
    outputs: list[str]
    inputs: list[str]


def everywhere() -> Iterator[Snapshot]:
    """The workspace, then every experiment that DVC keeps."""
    yield Workspace()
    for line in _git("for-each-ref", "--format=%(refname) %(objectname)", "refs/exps").stdout.split(
        "\n"
    ):
        name, _, commit = line.partition(" ")
        parts = name.split("/")
        if len(parts) == 5 and len(parts[2] + parts[3]) == 40:
            yield Experiment(parts[4], parts[2] + parts[3], commit)


def params_of(snapshot: Snapshot) -> Params:
    text = snapshot.text("params.yaml")
    if text is None:
        raise FormatError("params.yaml: no such file; run this in the project's folder")
    return check(yaml.safe_load(text), f"params.yaml of {snapshot.name}")


def made_in(snapshot: Snapshot, params: Params) -> Iterator[Made]:
    """The stages that dvc.lock, params.yaml and the metrics agree on."""
    lock = yaml.safe_load(snapshot.text("dvc.lock") or "{}") or {}
    for stage, entry in lock.get("stages", {}).items():
        metrics = snapshot.text(f"metrics/{stage}.json")
        if metrics is not None and _agree(stage, entry, metrics, params):
            yield _made(stage, entry, metrics, params)


def _agree(stage: str, entry: Mapping[str, Any], metrics: str, params: Params) -> bool:
    """Whether neither params nor metrics were changed since the stage ran."""
    outs = {out["path"]: out.get("md5") for out in entry.get("outs", [])}
    told = hashlib.md5(metrics.encode(), usedforsecurity=False).hexdigest()
    if outs.get(f"metrics/{stage}.json") != told:
        return False
    locked = entry.get("params", {}).get("params.yaml", {})
    try:
        return check({**params.model_dump(), **locked}) == params
    except PipelineError:
        return False


def _made(stage: str, entry: Mapping[str, Any], metrics: str, params: Params) -> Made:
    words = entry["cmd"].split()
    deps = {dep["path"]: dep for dep in entry.get("deps", []) if dep["path"] in words}
    outputs = [out["path"] for out in entry.get("outs", []) if out["path"] in words]
    sections = {
        name: getattr(params, name) for name in entry.get("params", {}).get("params.yaml", {})
    }
    contents = {
        path: Content(path, str(dep.get("md5", "")), int(dep.get("size", 0)), dep.get("nfiles", 1))
        for path, dep in ((word, deps[word]) for word in words if word in deps)
    }
    execution = identity.execution_of(stage, sections, contents, began=runs.now())
    return Made(execution, metrics, outputs, list(contents))


def _git(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False)
