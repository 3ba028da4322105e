"""The next step's batch is made while this step runs, by one thread that lives as long as the `with`.

Whoever asks for steps out of order gets each when it is asked for: a batch is a function of its step, so nothing but time
hangs on what lies ready.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import torch

from pipeline_lib.training.batches import Batch


class Prefetch:
    """Batches by step, for steps 0..`steps` - 1; outside of `with`, each is made when it is asked for."""

    def __init__(self, prepare: Callable[[int], Batch], steps: int, device: torch.device) -> None:
        self._prepare, self._steps = prepare, steps
        self._is_pinned = device.type == "cuda"
        self._thread: ThreadPoolExecutor | None = None
        self._ready: tuple[int, Future[Batch] | None] = -1, None

    def __enter__(self) -> "Prefetch":
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
        self._thread, self._ready = None, (-1, None)

    def batch(self, step: int) -> Batch:
        """The batch of a step, on the CPU, pinned for a GPU; raises what making it raised."""
        expected, found = self._ready
        batch = found.result() if found and expected == step else self._made(step)
        if self._thread and expected != step + 1 < self._steps:
            self._ready = step + 1, self._thread.submit(self._made, step + 1)
        return batch

    def _made(self, step: int) -> Batch:
        batch = self._prepare(step)
        return batch.pinned() if self._is_pinned else batch
