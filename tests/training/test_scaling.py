"""Loss scaling, with a CPU that computes in float16 standing in for a GPU without bfloat16."""

import math

import pytest
import torch

from pipeline_lib.formats.shards import Shards
from pipeline_lib.model import hardware as hardware_module
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.params import Params
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import scaling
from pipeline_lib.training.pretrain import Pretraining
from pipeline_lib.training.scaling import LossScale
from tests.training.conftest import SMALL, Begin


@pytest.fixture
def hardware() -> Hardware:
    return Hardware(torch.device("cpu"), torch.float16, 1)


@pytest.mark.parametrize(
    ("generation", "precision"), [((6, 1), "fp32"), ((7, 5), "fp16"), ((8, 0), "bf16")]
)
def test_a_gpu_without_bf16_computes_in_fp16(
    generation: tuple[int, int], precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: generation)
    device = torch.device("cuda")
    chosen = Hardware(device, hardware_module._dtype("auto", device), 1)
    assert chosen.describe()["precision"] == precision


def test_a_precision_that_is_named_is_taken() -> None:
    cpu = torch.device("cpu")
    named = [hardware_module._dtype(name, cpu) for name in ("bf16", "fp16", "fp32")]
    assert named == [torch.bfloat16, torch.float16, torch.float32]


def test_the_factor_leaves_the_gradients_as_they_are() -> None:
    weight = torch.nn.Parameter(torch.tensor([3.0]))
    scale = LossScale()
    scale.scaled(weight.square().sum()).backward()
    scale.restore([weight])
    assert weight.grad is not None
    assert weight.grad.item() == 6.0


def test_an_overflow_halves_the_factor_and_patience_doubles_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scaling, "PATIENCE", 3)
    scale = LossScale()
    assert scale.is_to_blame(overflowed=True)
    assert scale.factor == scaling.FIRST / 2
    for _ in range(3):
        assert not scale.is_to_blame(overflowed=False)
    assert scale.factor == scaling.FIRST


def test_a_factor_of_one_is_not_to_blame() -> None:
    scale = LossScale()
    while scale.factor > 1:
        assert scale.is_to_blame(overflowed=True)
    assert not scale.is_to_blame(overflowed=True)
    assert scale.overflows == math.log2(scaling.FIRST)


def test_float16_learns_and_overflows_are_counted_apart(
    params: Params, train: Shards, validation: Shards, tokenizer: Tokenizer, begin: Begin
) -> None:
    changes = {"steps": 40, "evaluate_every": 10, "evaluate_batches": 2, "sample_every": 0}
    bold = {"max_skipped": 0, "matrix_learning_rate": 2e-2}
    section = params.pretrain.model_copy(update={**SMALL, **changes, **bold})
    with begin("pretrain", section) as run:
        assert run.scale is not None
        run.scale.factor = 2.0**40  # float16 ends at 65,504
        rows = list(Pretraining(run, section, (train, validation), tokenizer).rows())
    losses = [row["validation.loss"] for row in rows if "validation.loss" in row]
    assert losses[-1] < losses[0] - 0.2
    assert rows[-1]["overflows"] > 0
    assert rows[-1]["skipped_steps"] == 0
    assert {weight.dtype for weight in run.model.parameters()} == {torch.float32}
