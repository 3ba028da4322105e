"""One model on many ranks: not at all, a copy on each (DDP), or a share of each weight on each (FSDP2).

All go through one door: `call` runs a function of the model, so a stage's code is the same whichever it is, and what the
function reads of the model outside of its own `forward`, as the matrix of the logits, is there. Gradients are summed, not
averaged: what a target weighs is divided by the number of targets of the whole step before. They are exchanged in the last
part of a step only, while it is still going backwards.

Balancing biases have no gradient in reinforcement, and get it outside of their block, from the routers' cost: under FSDP
they stay whole on each rank, and DDP looks for what has no gradient. It is told to for another reason too: only then does
it keep to the buckets it began with, so that sums over ranks are added up in the same order after a resume.
"""

import copy
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from pipeline_lib.model.transformer import Transformer
from pipeline_lib.training.distributed import Ranks
from pipeline_lib.training.shares import gathered, stays_whole

Result = TypeVar("Result")
Part = TypeVar("Part")


class Door(nn.Module):
    """A module whose call is whatever is to be done with the model: what DDP and FSDP wrap."""

    def __init__(self, model: Transformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, work: Callable[[Transformer], Any]) -> Any:
        return work(self.model)


class Whole:
    """The model on one rank."""

    def __init__(self, model: Transformer, ranks: Ranks) -> None:
        self.model, self.ranks = model, ranks

    def call(self, work: Callable[[Transformer], Result]) -> Result:
        """The result of `work` on the model; tensors with gradients stand in it bare or in tuples."""
        return work(self.model)

    def accumulating(self, *, is_last: bool) -> AbstractContextManager[None]:
        """Around a part of a step, forwards and backwards; gradients are exchanged in the last."""
        return nullcontext()

    def complete(self) -> None:
        """Exchange what is left after the last part."""

    def full(self) -> Transformer:
        """The model with all its weights, to read from; every rank has to ask."""
        return self.model

    def weights(self) -> dict[str, Tensor]:
        """All weights, whole; every rank has to ask."""
        return self.model.state_dict()


class Copied(Whole):
    """A copy on each rank, which learns from its share of the batch."""

    def __init__(self, model: Transformer, ranks: Ranks) -> None:
        super().__init__(model, ranks)
        door = Door(model)
        idle = torch.zeros(1, device=model.head_weight.device)
        door.idle = nn.Parameter(idle)  # DDP warns where it looks for such a weight and finds none
        with (
            warnings.catch_warnings()
        ):  # one of the names is on its way out, the new one not everywhere
            warnings.simplefilter("ignore", FutureWarning)
            self.wrapped = nn.parallel.DistributedDataParallel(
                door,
                broadcast_buffers=False,
                find_unused_parameters=True,
                gradient_as_bucket_view=True,
            )
        self.wrapped.register_comm_hook(None, _summed)

    def call(self, work: Callable[[Transformer], Result]) -> Result:
        if not torch.is_grad_enabled():
            return work(self.model)
        found: Result = self.wrapped(work)
        return found

    def accumulating(self, *, is_last: bool) -> AbstractContextManager[None]:
        return nullcontext() if is_last else self.wrapped.no_sync()


def _summed(
    _: object,
    bucket: dist.GradBucket,  # type: ignore[name-defined]
) -> torch.futures.Future[Tensor]:
    """Sum a bucket of gradients over the ranks."""
    work = dist.all_reduce(bucket.buffer(), async_op=True)
    done: torch.futures.Future[Any] = work.get_future()
    return done.then(lambda future: future.value()[0])


class Sharded(Whole):
    """Each rank keeps its share of every weight, its gradient and what the optimizer knows of it; a block's are gathered
    while it works. Zhao et al. 2023, arxiv.org/abs/2304.11277."""

    def __init__(self, model: Transformer, ranks: Ranks) -> None:
        # over a second, needed here alone
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        super().__init__(model, ranks)
        self.apart = [w for name, w in model.named_parameters() if stays_whole(name)]
        """What stays whole, in an order that all ranks have."""
        door = Door(model)
        # else it would be of the machine's accelerator, even where the model is on the CPU
        mesh = init_device_mesh(model.head_weight.device.type, (ranks.count,))
        for module in (*model.blocks, door):
            sharded = fully_shard(
                module, mesh=mesh, reshard_after_forward=True, ignored_params=set(self.apart)
            )
            sharded.set_gradient_divide_factor(1.0)
            sharded.set_force_sum_reduction_for_comms(True)  # gloo has no sum of multiples
        self.wrapped = door

    def call(self, work: Callable[[Transformer], Result]) -> Result:
        found: Result = self.wrapped(work)
        return found

    def accumulating(self, *, is_last: bool) -> AbstractContextManager[None]:
        self.wrapped.set_requires_gradient_sync(is_last)  # type: ignore[operator]
        return nullcontext()

    def complete(self) -> None:
        for weight in self.apart:
            if weight.grad is not None:
                self.ranks.add(weight.grad)

    def full(self) -> Transformer:
        with torch.device("meta"):  # nothing is drawn for what is replaced at once
            whole = Transformer(self.model.shape, self.model.vocab_size, seed=0)
        whole.load_state_dict(self.weights(), assign=True)
        for name, table in self.model.named_buffers():
            setattr(whole, name, table)
        whole.dtype = self.model.dtype
        return whole

    def weights(self) -> dict[str, Tensor]:
        return {name: gathered(weight) for name, weight in self.model.state_dict().items()}


KINDS: dict[str, type[Whole]] = {"none": Whole, "ddp": Copied, "fsdp": Sharded}


def spread(model: Transformer, ranks: Ranks, kind: str) -> Whole:
    """The model over the ranks as `runtime.parallel` says; its optimizer is to be made afterwards."""
    return (KINDS[kind] if ranks.count > 1 else Whole)(model, ranks)


def frozen_copy(spread: Whole) -> Transformer:
    """The model as it is now, whole, for ever."""
    return copy.deepcopy(spread.full()).requires_grad_(requires_grad=False)


def last_marked(parts: Iterable[Part]) -> Iterator[tuple[Part, bool]]:
    """Each part, and whether it is the last."""
    every = list(parts)
    for number, part in enumerate(every, start=1):
        yield part, number == len(every)
