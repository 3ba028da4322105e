"""Model shapes for tests: the shipped one with changes, so that a new key needs no edit in every test."""

from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from pipeline_lib.params import ModelParams, read_params

Part = TypeVar("Part", bound=nn.Module)
SHIPPED = read_params(Path(__file__).parents[2] / "params.yaml").model


def shaped(**changes: Any) -> ModelParams:
    """The shipped shape with these keys changed."""
    return ModelParams.model_validate({**SHIPPED.model_dump(), **changes})


def drawn(part: Part, seed: int = 0) -> Part:
    """A part of a model that stands alone, in float64, with weights: it is the model that draws them else."""
    numbers = torch.Generator().manual_seed(seed)
    for name, weight in part.double().named_parameters():
        if name != "balance":  # of a mixture: it starts even
            nn.init.normal_(weight, std=weight.shape[-1] ** -0.5, generator=numbers)
    return part
