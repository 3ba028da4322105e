"""How a program of ours ends: what a person can mend is one sentence on stderr and status 1, a bug keeps its traceback.

A training stage saves its state when it is stopped, so SIGTERM becomes an exception like Ctrl-C's: it passes through the
generators, whose `finally` and `except` run.
"""

import errno
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pipeline_lib.errors import PipelineError

STOPPED = 128 + signal.SIGTERM
INTERRUPTED = 128 + signal.SIGINT


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """Run the block; leave the process with one sentence where it ends in something a person can mend."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    except PipelineError as error:
        _leave(str(error), 1)
    except KeyboardInterrupt:
        _leave("interrupted; run it again to go on", INTERRUPTED)
    except OSError as error:
        if not (sentence := _mendable(error)):
            raise
        _leave(sentence, 1)
    except MemoryError:
        _leave(
            "memory: expected more than this machine has free; lower the batch or the workers", 1
        )


def _mendable(error: OSError) -> str:
    where = error.filename or "disk"
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"{where}: expected room on the disk, found it full; make room (`dvc gc -w`) and run it again"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{where}: expected to be allowed to use it, found {error.strerror}; change its permissions or owner"
        case _:
            return ""


def _leave(sentence: str, status: int) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
    sys.exit(status)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(STOPPED)
