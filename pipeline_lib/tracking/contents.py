"""What lies at a path, in 36 characters: DVC's own digest where dvc.lock knows it, else one of
ours.

Ours reads everything up to a bound; beyond it names, sizes and the small files, which are the
manifests and indexes that hold content hashes themselves. So a data set of 100 GB costs no second
pass.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READ_ALL_BYTES = 64 * 2**20
SMALL_BYTES = 64 * 2**10


@dataclass(frozen=True)
class Content:
    """A file or folder between two stages."""

    path: str
    digest: str
    """At most 36 characters: what MLflow takes."""
    bytes: int
    files: int


Locked = Mapping[str, Mapping[str, Any]]


def locked(lock: Path = Path("dvc.lock")) -> Locked:
    """Path -> DVC's entry (md5, size, nfiles), of every out that dvc.lock knows."""
    import yaml

    try:
        stored = yaml.safe_load(lock.read_text(encoding="utf-8")) or {}
        stages = stored.get("stages", {}).values()
        return {out["path"]: out for stage in stages for out in stage.get("outs", [])}
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return {}  # absent or damaged: DVC says so itself, and our digest serves


def content_of(path: Path, known: Locked) -> Content:
    """What lies at `path` now."""
    files = sorted(_files(path))
    sizes = [file.stat().st_size for file in files]
    entry = known.get(path.as_posix(), {})
    stale = (entry.get("size"), entry.get("nfiles", 1)) != (sum(sizes), len(files))
    found = "" if stale else str(entry.get("md5", ""))
    made = found or _digest(path, list(zip(files, sizes, strict=True)))
    return Content(path.as_posix(), made[:36], sum(sizes), len(files))


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]


def _digest(root: Path, files: list[tuple[Path, int]]) -> str:
    read_all = sum(size for _, size in files) <= READ_ALL_BYTES
    total = hashlib.sha256()
    for file, size in files:
        total.update(f"{file.relative_to(root).as_posix()} {size}\n".encode())
        if read_all or size <= SMALL_BYTES:
            total.update(file.read_bytes())
    return total.hexdigest()[:32]
