"""How a program of ours ends: a mistake is one sentence and status 1, a bug keeps its traceback.

A training stage saves its state when it is stopped, so SIGTERM becomes an exception as Ctrl-C is:
it passes through the generators, whose `finally` and `except` run. A stage whose `dvc` dies gets one
too: left alone it would go on beside the next `dvc repro`, both writing the same out. So does a
rank of several that train together, whose mistakes have a status of their own: starting it again
would not mend them.
"""

import ctypes
import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pipeline_lib.errors import PipelineError, RankError

STOPPED = 128 + signal.SIGTERM
INTERRUPTED = 128 + signal.SIGINT
UNREAD = 128 + 13  # SIGPIPE, which Windows does not name
LATER = 3.0
"""Seconds until a rank speaks that most likely has to say what rank 0 does, and twice as long until one that only lost
another; by then it is stopped, where somebody watches over it."""
MENDABLE = 78  # EX_CONFIG of sysexits.h
FULL = {errno.ENOSPC, errno.EDQUOT}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """Run the block; leave the process with one sentence where a person can mend what ended it."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)
        if "DVC_STAGE" in os.environ or is_rank():
            _stop_with_parent()
    try:
        yield
    except RankError as error:
        time.sleep(2 * LATER)
        _leave(str(error), 1)
    except KeyboardInterrupt:
        _leave("" if follows() else "interrupted; run it again to go on", INTERRUPTED)
    except (PipelineError, OSError) as error:
        if not (sentence := _mendable(error)):
            raise
        if follows():
            time.sleep(LATER)
        _leave(sentence, MENDABLE if is_rank() else 1)


@contextmanager
def when_nobody_reads() -> Iterator[None]:
    """Run the block; leave without a word where what reads the output went first, as `head` does."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # here, since at the end of the process nothing catches it
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(UNREAD)


def is_rank() -> bool:
    """Whether this process is one of several that train together, whoever started it."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def follows() -> bool:
    """Whether it is one of those that leave files, the screen and MLflow to rank 0."""
    return is_rank() and os.environ.get("RANK", "0") != "0"


def _mendable(error: PipelineError | OSError) -> str:
    if isinstance(error, PipelineError):
        return str(error)
    where = error.filename or "disk"
    if error.errno in FULL:
        return f"{where}: expected room on the disk, found it full; make room and run it again"
    if error.errno in FORBIDDEN:
        found = error.strerror
        return f"{where}: expected to be allowed to use it, found {found}; mend its permissions"
    return ""


def _leave(sentence: str, status: int) -> None:
    sys.stderr.write(f"{sentence}\n" if sentence else "")
    sys.stderr.flush()
    sys.exit(status)


def _stop_with_parent() -> None:
    """Ask Linux for SIGTERM when the process that started this one dies; elsewhere nothing."""
    if sys.platform == "linux":
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG, see prctl(2)
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM, 0, 0, 0)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(STOPPED)
