"""`$DVC_ROOT/.scratch`: where a stage that was killed finds what it had done.

It lies outside of what DVC deletes, in the main project also for temporary workspaces. Whoever works
in a folder there holds its lock, and a twin with the same parameters and inputs waits.
"""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline_lib import progress
from pipeline_lib.params import project_root


def folder(stage: str) -> Path:
    """A stage's own, made where it is missing."""
    found = project_root() / ".scratch" / stage
    found.mkdir(parents=True, exist_ok=True)
    return found


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; say so where another process must be waited for."""
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        progress.say(
            "another run of this stage with the same parameters and inputs is at work: waiting for it"
        )
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def remove(folder: Path, path: Path) -> None:
    """Delete `folder`, unless somebody holds the lock file `path`."""
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return
    try:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()


def digest_of_code(sources: Iterable[Path]) -> str:
    """16 hexadecimal digits of SHA-256 of these files, whatever their line ends."""
    content = b"".join(path.read_bytes() for path in sorted(sources) if path.exists())
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()[:16]
