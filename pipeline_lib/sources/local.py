"""Files on this disk, found by a path, folder or glob, read in the order of their names."""

import fnmatch
import glob
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipeline_lib import engine, progress
from pipeline_lib.errors import SourceError
from pipeline_lib.params import FileSource, project_root
from pipeline_lib.sources.archives import ARCHIVES, KINDS, entries, kind_of
from pipeline_lib.sources.origin import Divided, File, Item, Origin
from pipeline_lib.sources.pieces import runs, take_in
from pipeline_lib.sources.readers import Choose, Row, rows
from pipeline_lib.sources.shaping import Shape

if TYPE_CHECKING:
    from hashlib import _Hash


def origin(name: str, source: FileSource) -> Origin:
    """All rows of the files that `source.path` names; SourceError where there are none."""
    names = matches(source.path)
    shape = Shape(name, source.role, source.language, source.columns)
    digest = hashlib.sha256()
    paths = [(project_root() / found, found) for found in names]
    return Origin(
        address=source.path,
        items=items(paths, shape, digest, source.members),
        licence=source.licence,
        digest=digest,
        divided=lambda: _divided(paths, shape, source.members),
    )


def _divided(paths: list[File], shape: Shape, members: str) -> Divided:
    pieces = runs(paths)
    return Divided(partial(file_items, shape, members), pieces, len(pieces))


def items(
    paths: Iterable[File], shape: Shape, digest: "_Hash", members: str = ""
) -> Iterator[Item]:
    """The rows of each file, shaped; `digest` takes in every file's bytes.

    `members`: of archives only what matches this glob; SourceError where nothing does.
    """
    for path, name in paths:
        take_in(path, name, digest.update)
        yield from file_items(shape, members, path, name)


def file_items(shape: Shape, members: str, path: Path, name: str) -> Iterator[Item]:
    """The rows of one file, shaped; what fails in a worker names the row."""
    return shape.items(engine.walk(rows_of(path, name, shape.wanted, members), name))


def rows_of(path: Path, name: str, choose: Choose, members: str = "") -> Iterator[Row]:
    """All rows of a file, or of an archive's members whose path matches."""
    matched = False
    with closing(entries(path, name)) as found:  # at once, also where a row is refused
        for entry in found:
            if members and entry.name != name and not _is_member(entry.name, name, members):
                continue
            matched = True
            yield from rows(entry, choose)
    if members and not matched:
        raise SourceError(
            f"{name}: expected a member that matches {members}, found none; check `members`"
        )


def _is_member(entry: str, archive: str, members: str) -> bool:
    inside = entry.removeprefix(f"{archive}/").removeprefix("./")
    return fnmatch.fnmatchcase(inside, members)


def is_readable(name: str) -> bool:
    """Whether a file's name says a kind we read, packed or not."""
    return kind_of(name)[0] in (*KINDS, *ARCHIVES)


def known_kinds() -> str:
    """For people: `.txt, .jsonl, ...`."""
    return ", ".join(f".{kind}" for kind in (*KINDS, *ARCHIVES))


def matches(path: str) -> list[str]:
    """Names, relative to the project and in order, of the files that a path or glob stands for."""
    root = project_root()
    if (root / path).is_dir():
        return _under(path)
    if (root / path).is_file():
        return [path]
    found = glob.glob(path, root_dir=root, recursive=True)  # noqa: PTH207 - Path.glob lacks ".."
    names = sorted(name for name in found if (root / name).is_file())
    if not names:
        wild = "a file that matches" if glob.has_magic(path) else "this file"
        raise SourceError(f"{path}: expected {wild}, found none; check `path` (from {root})")
    return names


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _under(folder: str) -> list[str]:
    """All files under a folder that have a kind we read, hidden ones left alone; SourceError where there is none."""
    root = project_root() / folder
    inside = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    seen = sorted(path.as_posix() for path in inside if not _is_hidden(path))
    taken = [name for name in seen if is_readable(name)]
    if not taken:
        suffixes = sorted({PurePosixPath(name).suffix or "no suffix" for name in seen})
        raise SourceError(
            f"{folder}: expected files of a kind among {known_kinds()} in this folder, "
            f"found {', '.join(suffixes) or 'none'}; check `path`"
        )
    if others := len(seen) - len(taken):
        progress.say(f"{folder}: {others} files are of other kinds and were left out")
    return [f"{folder.rstrip('/')}/{name}" for name in taken]
