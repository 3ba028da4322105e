"""Where runs are kept: one MLflow store for the main project and every temporary workspace of it.

`sqlite:///$DVC_ROOT/mlflow.db` unless MLFLOW_TRACKING_URI points elsewhere. A fresh SQLite store
that several processes open at once is broken for good, so it is opened under a file lock; in WAL
mode readers and writers do not wait for one another. The artifact folder is absolute, or what a
temporary workspace logs would vanish with it; where the project was moved, the addresses follow.
"""

import logging
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse
from urllib.request import url2pathname

from filelock import FileLock

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "bonsai"
SQLITE = "sqlite:///"
ARTIFACTS = "mlartifacts"
ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Where MLflow's tables hold the artifact folder; it has no way to move one."""
KIND = {"mlflow.experimentKind": "custom_model_development"}
"""Or the UI takes a language model's runs for an agent's traces."""
LOCK_SECONDS = 120
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # A server that is away costs seconds, not the client's usual minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
}


@dataclass(frozen=True)
class Store:
    """An open store and the experiment our runs are in."""

    client: "MlflowClient"
    experiment_id: str
    lock: FileLock
    """Held while a run is looked for and made, so that twins find one another."""


def address(root: Path) -> str:
    """The store's URI."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}{root.resolve() / 'mlflow.db'}"


def connect(root: Path) -> Store:
    """Open the store, making it where it is new. Takes a second or two: MLflow is large."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    from mlflow import MlflowClient

    lock = FileLock(root / ".mlflow.lock", timeout=LOCK_SECONDS)
    uri = address(root)
    with lock:
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        found = _experiment(client, root, uri)
        if uri.startswith(SQLITE):
            _set_wal(Path(uri.removeprefix(SQLITE)))
    return Store(client, found, lock)


def _experiment(client: "MlflowClient", root: Path, uri: str) -> str:
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
    place = (root.resolve() / ARTIFACTS).as_uri() if uri.startswith(SQLITE) else None
    if known := client.get_experiment_by_name(name):
        if place and known.artifact_location != place and root.joinpath(ARTIFACTS).is_dir():
            _follow(Path(uri.removeprefix(SQLITE)), known.artifact_location, place)
        return str(known.experiment_id)
    return str(client.create_experiment(name, artifact_location=place, tags=KIND))


def _follow(database: Path, old: str, new: str) -> None:
    """The project was moved: its artifacts are where it is now. A copy keeps what the other has."""
    if Path(url2pathname(urlparse(old).path)).exists():
        return
    with closing(sqlite3.connect(database, timeout=LOCK_SECONDS)) as opened:
        for table, column in ADDRESSES:
            opened.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} LIKE ?",
                (new, len(old) + 1, f"{old}%"),
            )
        opened.commit()


def _set_wal(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=LOCK_SECONDS)) as database:
        database.execute("PRAGMA journal_mode=WAL")
