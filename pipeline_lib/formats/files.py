"""Files that are whole or absent: written under a temporary name, synced, renamed."""

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline_lib.errors import FormatError


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_bytes(path: Path, content: bytes) -> None:
    """Replace `path` by `content` at once; a kill leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, content: str) -> None:
    """`write_bytes` in UTF-8, newlines as they are."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    """The same bytes for the same content: indented, keys in the order given."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, made_by: str) -> Any:
    """The content of a JSON file; FormatError naming the stage that makes it where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file; run `dvc repro {made_by}`") from None
    except ValueError as error:
        raise FormatError(
            f"{path}: expected JSON, found {error}; run `dvc repro -f -s {made_by}`"
        ) from None


def link(path: Path, other: Path) -> None:
    """The same file under another name, taking no room; a copy where the disk or the system cannot."""
    try:
        os.link(path, other)
    except OSError:
        shutil.copy2(path, other)


@contextmanager
def passing_folder(beside: Path) -> Iterator[Path]:
    """A folder for what lies on disk only while the block runs; what a kill left there goes first."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    folder = beside.with_name(f".{beside.name}.scratch")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A fresh folder to fill, which takes `path`'s place when the block ends well and vanishes when it does not.

    What killed processes left of the same folder goes first: it may be as large as the whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    for left in _left_behind(path):
        shutil.rmtree(left, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _left_behind(path: Path) -> Iterator[Path]:
    """Temporary folders of `path` whose process has ended, and one of this process's number."""
    named = re.compile(rf"\.{re.escape(path.name)}\.(\d+)\.tmp")
    for sibling in path.parent.iterdir():
        if found := named.fullmatch(sibling.name):
            process = int(found[1])
            if process == os.getpid() or not _is_running(process):
                yield sibling


def _is_running(process: int) -> bool:
    """Whether a process of this number runs here; where the system cannot be asked harmlessly, yes."""
    if sys.platform == "win32":
        return True  # there, signal 0 would end it
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True
