"""How a model is laid over ranks, seen on one: where it lies, and in which order it is summed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed import fsdp

from pipeline_lib.model.transformer import Transformer
from pipeline_lib.training.distributed import Ranks
from pipeline_lib.training.parallel import Copied, Sharded, frozen_copy
from pipeline_lib.training.shares import stays_whole
from tests.model.shapes import shaped
from tests.training.ranks import EXPERTS, SHAPE

MIXTURES = 8


@dataclass(frozen=True)
class Noting(Ranks):
    """One rank that notes what it would have summed."""

    added: list[Tensor] = field(default_factory=list)

    def add(self, tensor: Tensor) -> Tensor:
        self.added.append(tensor)
        return tensor


@pytest.fixture
def model() -> Transformer:
    shape = shaped(**{**SHAPE, "layers": MIXTURES, "moe": {**EXPERTS, "every": 1}})
    return Transformer(shape, 40, seed=1)


@pytest.fixture
def group() -> Iterator[None]:
    """Of one process."""
    store = dist.HashStore()  # type: ignore[attr-defined]
    dist.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def test_biases_are_summed_in_the_order_of_their_layers(group: None, model: Transformer) -> None:
    ranks = Noting()
    spread = Sharded(model, ranks)
    biases = [weight for name, weight in model.named_parameters() if stays_whole(name)]
    for layer, bias in enumerate(biases):
        bias.grad = torch.full_like(bias, layer)
    spread.complete()
    assert [int(gradient[0]) for gradient in ranks.added] == list(range(MIXTURES))


def test_shares_lie_where_the_model_does_whatever_else_the_machine_has(
    group: None, model: Transformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, places = fsdp.fully_shard, list[str]()

    def noted(module: nn.Module, **how: Any) -> object:
        places.append(how["mesh"].device_type)
        return real(module, **how)

    monkeypatch.setattr(fsdp, "fully_shard", noted)
    Sharded(model, Ranks())
    assert places == ["cpu"] * (MIXTURES + 1)


def test_copies_lie_on_one_device(model: Transformer, monkeypatch: pytest.MonkeyPatch) -> None:
    places: set[str] = set()

    class Noted(nn.Module):
        def __init__(self, module: nn.Module, **_: Any) -> None:
            super().__init__()
            places.update(weight.device.type for weight in module.parameters())

        def register_comm_hook(self, *_: Any) -> None:
            """Take nothing."""

    monkeypatch.setattr(nn.parallel, "DistributedDataParallel", Noted)
    Copied(model.to("meta"), Ranks())
    assert places == {"meta"}


def test_a_whole_copy_of_shares_scores_as_they_do_and_can_be_frozen(
    group: None, model: Transformer
) -> None:
    ids = torch.arange(12).view(1, -1)
    expected = model(ids).detach()
    spread = Sharded(model, Ranks())
    assert torch.equal(spread.full()(ids), expected)
    for weight in frozen_copy(spread).parameters():
        weight.add_(1.0)
    assert torch.equal(spread.call(lambda shared: shared(ids)), expected)
