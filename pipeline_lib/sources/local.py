"""Files on this disk, found by a path or glob, read in the order of their names."""

import glob
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.errors import SourceError
from pipeline_lib.params import FileSource, project_root
from pipeline_lib.sources.archives import entries, readable
from pipeline_lib.sources.origin import Item, Origin
from pipeline_lib.sources.readers import Row, rows
from pipeline_lib.sources.shaping import Shape

if TYPE_CHECKING:
    from hashlib import _Hash


def origin(name: str, source: FileSource) -> Origin:
    """All rows of the files that `source.path` names; SourceError where there are none."""
    names = matches(source.path)
    shape = Shape(name, source.role, source.language, source.columns)
    digest = hashlib.sha256()
    paths = ((project_root() / found, found) for found in names)
    return Origin(
        address=source.path,
        items=items(paths, shape, digest),
        licence=source.licence,
        digest=digest,
    )


def items(paths: Iterator[tuple[Path, str]], shape: Shape, digest: "_Hash") -> Iterator[Item]:
    """The rows of each (file, name for people), shaped; `digest` takes in every file's bytes."""
    for path, name in paths:
        with readable(name):
            take_in(path, digest.update)
        yield from shape.items(_rows(path, name, shape))


def _rows(path: Path, name: str, shape: Shape) -> Iterator[Row]:
    for entry in entries(path, name):
        yield from rows(entry, shape.wanted)


def take_in(path: Path, update: Callable[[bytes], None]) -> None:
    """Hand a file's bytes to `update`, a block at a time."""
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            update(block)


def matches(path: str) -> list[str]:
    """Names, relative to the project and in order, of the files that a path or glob stands for."""
    root = project_root()
    if (root / path).is_dir():
        raise SourceError(f"{path}: expected files, found a folder; write {path.rstrip('/')}/*.txt")
    if (root / path).is_file():
        return [path]
    found = glob.glob(path, root_dir=root, recursive=True)  # noqa: PTH207 - Path.glob lacks ".."
    names = sorted(name for name in found if (root / name).is_file())
    if not names:
        wild = "a file that matches" if glob.has_magic(path) else "this file"
        raise SourceError(f"{path}: expected {wild}, found none; check `path` (from {root})")
    return names
