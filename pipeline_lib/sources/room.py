"""A full disk, told in one sentence: where, how much was needed, how much is there."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline_lib.errors import SourceError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The disk's end, a quota's, and that of what one file may be."""


def check(path: Path, needed: int) -> None:
    """SourceError where `needed` more bytes would not fit beside `path`."""
    if needed > (free := _free(path)):
        raise SourceError(_sentence(path, f"{needed:,} bytes", f"{free:,} bytes free"))


@contextmanager
def watched(path: Path, needed: int | None = None) -> Iterator[None]:
    """Say in one sentence that writing `path` has filled the disk."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        asked = "more bytes" if needed is None else f"{needed:,} bytes"
        found = f"{_free(path):,} bytes free ({os.strerror(error.errno)})"
        raise SourceError(_sentence(path, asked, found)) from None


def _free(path: Path) -> int:
    there = next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())
    return shutil.disk_usage(there).free


def _sentence(path: Path, asked: str, found: str) -> str:
    return (
        f"{path}: expected room for {asked}, found {found}; make room, then run again: "
        "what was fetched is kept"
    )
