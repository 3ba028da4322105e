"""How many weights a shape has, and what a token costs, told by the model's own code without the model.

The parts are built on torch's `meta` device, which holds no numbers: one layer of each kind, and what stands outside of
them. So any depth is counted in the time of two layers, and a change of the code cannot leave the count behind.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch

from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams


@dataclass(frozen=True)
class Counts:
    """Of a model's weights."""

    total: int
    active: int
    """Without the experts that a token does not go to."""
    worked: int
    """Those that a token is multiplied by: of the active ones not the tables where a row is looked up."""
    mapped: int
    """In the blocks' matrices: what Muon takes."""

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(a + b for a, b in zip(self._all, other._all, strict=True)))

    def __sub__(self, other: "Counts") -> "Counts":
        return self + other.times(-1)

    def times(self, number: int) -> "Counts":
        return Counts(*(number * count for count in self._all))

    @property
    def _all(self) -> tuple[int, int, int, int]:
        return self.total, self.active, self.worked, self.mapped


def count(shape: ModelParams, vocab_size: int) -> Counts:
    """The weights of a model of this shape; nothing of its size is made."""
    plain, two = (_built(_made_of(shape, layers, 0), vocab_size) for layers in (1, 2))
    layer = two - plain
    outside = plain - layer
    mixtures = sum(shape.is_mixture(number) for number in range(shape.layers))
    whole = outside + layer.times(shape.layers - mixtures)
    if not mixtures:
        return whole
    return whole + (_built(_made_of(shape, 1, 1), vocab_size) - outside).times(mixtures)


def _made_of(shape: ModelParams, layers: int, every: int) -> ModelParams:
    moe = shape.moe.model_copy(update={"every": every})
    return shape.model_copy(update={"layers": layers, "moe": moe})


@lru_cache(maxsize=1024)
def _built(shape: ModelParams, vocab_size: int) -> Counts:
    with torch.device("meta"):
        model = Transformer(shape, vocab_size, seed=0)
    return of_model(model)


def of_model(model: Transformer) -> Counts:
    """The weights of one that is there."""
    mapped = sum(weight.numel() for weight in model.blocks.parameters() if weight.dim() == 2)
    tables = [model.values, model.places, None if model.head is None else model.embedding]
    looked_up = sum(table.weight.numel() for table in tables if table is not None)
    worked = model.worked_parameters
    return Counts(model.parameter_count, worked + looked_up, worked, mapped)


def flops_per_token(shape: ModelParams, worked: int) -> float:
    """6 N + 12 L H D T, training: Chowdhery et al. 2022 (PaLM), appendix B, arxiv.org/abs/2204.02311; where queries and
    values differ in width, 2 D is the sum of both. `worked`: N, as in `Counts`."""
    attention = 6 * shape.layers * shape.attended_width * shape.context
    return float(6 * worked + attention)
