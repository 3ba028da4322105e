"""The processes that train one model together, and what they tell one another.

Whoever started them (`torchrun`, or a stage itself, see `pipeline_lib.launching`) said in the environment who is who. Small
numbers, such as losses, counts and decisions, go over CPUs in float64, so no GPU waits for them; gradients and weights go
the way of the device. What a clock or a signal decides, rank 0's clock and anybody's signal, is agreed on once a step, so
all act at the same one. Several machines share the project's folder: shards and states are read by each rank itself.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from pipeline_lib.errors import ParamsError, RankError
from pipeline_lib.params import RuntimeParams

Item = TypeVar("Item")
LOOK_SECONDS, LOOKS = 0.02, 10
GONE = (
    "connectFullMesh",
    "Connection closed by peer",
    "Connection closed by remote peer",
    "Connection reset",
    "Broken pipe",
    "remote process exited",
    "remote process exiting",
    "NCCL communicator was aborted",
    "recvValueWithTimeout",
)
"""How torch's transports say that another process is not there any more."""
TRACE = "\nException raised from"
"""Where torch's own words end."""
PATIENCE = timedelta(days=30)
"""For ranks that wait until a twin of the whole run has ended."""


@dataclass(frozen=True)
class Ranks:
    """This process among `count`; alone, everything below is what is put in."""

    rank: int = 0
    count: int = 1
    numbers: Any = None
    """The group that numbers go through, over CPUs."""
    waiting: Any = None
    """The same, with all patience."""

    @property
    def leads(self) -> bool:
        """Whether this one writes, logs and decides."""
        return self.rank == 0

    def sums(self, values: Sequence[float | int]) -> list[float]:
        """Each value summed over the ranks, in float64: the same bits on all."""
        if self.count == 1:
            return [float(value) for value in values]
        total = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(total, group=self.numbers)
        return [float(value) for value in total]

    def sum(self, value: float | int) -> float:
        return self.sums([value])[0]

    def add(self, tensor: Tensor) -> Tensor:
        """The tensor, of any device, summed over the ranks in place."""
        if self.count > 1:
            dist.all_reduce(tensor)
        return tensor

    def all(self, item: Item) -> list[Item]:
        """What each rank has, in their order."""
        if self.count == 1:
            return [item]
        found: list[Any] = [None] * self.count
        dist.all_gather_object(found, item, group=self.numbers)
        return found

    def first(self, item: Item) -> Item:
        """What rank 0 has."""
        if self.count == 1:
            return item
        box: list[Any] = [item]
        dist.broadcast_object_list(box, src=0, group=self.numbers)
        found: Item = box[0]
        return found

    def divided(self, batch: Tensor, work: Callable[[Tensor], Tensor]) -> Tensor:
        """`work` on a batch of matrices, (N, rows, columns), each rank on its own; the whole result on all.

        Filled up with zeros so that all have as many.
        """
        if self.count == 1:
            return work(batch)
        each = -(-len(batch) // self.count)
        filled = batch.new_zeros(each * self.count, *batch.shape[1:])
        filled[: len(batch)] = batch
        mine = work(filled[self.rank * each : (self.rank + 1) * each]).contiguous()
        parts = [torch.empty_like(mine) for _ in range(self.count)]
        dist.all_gather(parts, mine)
        return torch.cat(parts)[: len(batch)]

    def wait(self) -> None:
        """Until all are here, however long it takes."""
        if self.count > 1:
            dist.barrier(group=self.waiting)


ALONE = Ranks()
_here = ALONE


def leads() -> bool:
    """Whether this process is the only one, or the first of those that train together."""
    return int(os.environ.get("RANK", "0")) == 0


@contextmanager
def joined(runtime: RuntimeParams, device: str) -> Iterator[Ranks]:
    """Meet the other ranks while the block runs; inside of another such block, they are met already.

    `device`: cpu or cuda. Raises ParamsError where they cannot train together, RankError when one of them is lost.
    """
    global _here
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1 or _here.count > 1:
        yield _here
        return
    _expect_parallel(runtime, count, device)
    with lost_in_words():
        try:
            _here = _met("cpu:gloo,cuda:nccl" if device == "cuda" else "gloo")
            yield _here
        finally:
            _here = ALONE
            if dist.is_initialized():
                dist.destroy_process_group()


def _met(backend: str) -> Ranks:
    store, rank, count = next(dist.rendezvous("env://"))  # type: ignore[attr-defined]
    store = dist.PrefixStore(_round(store, rank, count), store)  # type: ignore[attr-defined]
    dist.init_process_group(backend, store=store, rank=rank, world_size=count)
    numbers = dist.new_group(backend="gloo")
    return Ranks(rank, count, numbers, dist.new_group(backend="gloo", timeout=PATIENCE))


def _round(store: Any, rank: int, count: int) -> str:
    """A name for this start that none had before: torchrun keeps one store for all, and where a dead rank could be
    reached must not be taken for where its successor can. Rank 0 makes it up; who read an old one gets no answer."""
    mine = secrets.token_hex(8)
    if rank == 0:
        store.set("round", mine)
        for other in range(1, count):
            store.set(f"{mine}/{store.get(f'{mine}/{other}').decode()}", "here")
        return mine
    while True:
        name: str = store.get("round").decode()
        store.set(f"{name}/{rank}", mine)
        for _ in range(LOOKS):
            if store.check([f"{name}/{mine}"]):
                return name
            time.sleep(LOOK_SECONDS)


def _expect_parallel(runtime: RuntimeParams, count: int, device: str) -> None:
    if runtime.parallel == "none":
        raise ParamsError(
            f"runtime.parallel: expected ddp or fsdp, as {count} processes were started to train together, found none; "
            "set it, or start one process"
        )
    if device not in ("cpu", "cuda"):
        raise ParamsError(
            f"runtime.device: expected cpu or cuda with runtime.parallel: {runtime.parallel}, found {device}; "
            "set runtime.parallel to none"
        )
    if runtime.parallel == "fsdp" and runtime.compile is True:
        raise ParamsError(
            "runtime.compile: expected false or auto with runtime.parallel: fsdp, whose blocks are gathered as they are "
            "called, found true; set it to auto"
        )


@contextmanager
def lost_in_words() -> Iterator[None]:
    """What a transport raises when a peer is gone, as the sentence that it means: RankError."""
    try:
        yield
    except RuntimeError as error:
        if not any(sign in str(error) for sign in GONE):
            raise
        said = str(error).partition(TRACE)[0].strip().splitlines()[-1]
        raise RankError(
            f"rank {os.environ['RANK']}: expected all {os.environ['WORLD_SIZE']} ranks at work, found one gone ({said}); "
            "its own error says why, and the next start goes on from the newest state"
        ) from None


def expect_share(what: str, size: int, ranks: Ranks) -> None:
    """Refuse what cannot be dealt out evenly, so that all ranks work on as many parts; ParamsError."""
    if size % ranks.count:
        raise ParamsError(
            f"{what}: expected a multiple of the {ranks.count} ranks, found {size}; "
            "change it, or runtime.processes"
        )


def rounded_up(size: int, ranks: int) -> int:
    """The least number of places that all ranks have equally many of."""
    return -(-size // ranks) * ranks
