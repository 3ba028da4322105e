"""The parts of a block. The dtype of the activations decides the arithmetic; weights stay in float32 and are cast where
they are used, so one model trains in bf16 and is tested in float64 without a second code path."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline_lib.shapes import Float


class Linear(nn.Linear):
    """A matrix without bias that multiplies in its input's dtype; `maps`: how many of equal shape lie in it, one below
    the other, so that one product serves them all."""

    def __init__(self, inputs: int, outputs: int, maps: int = 1) -> None:
        super().__init__(inputs, outputs, bias=False)
        self.maps = maps

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.to(x.dtype))


class RMSNorm(nn.Module):
    """x / sqrt(mean(x²) + eps) * gain over the last dimension. Zhang and Sennrich 2019, eq. 4, arxiv.org/abs/1910.07467."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.gain.to(x.dtype), self.eps)


class SwiGLU(nn.Module):
    """W_down(silu(W_gate x) * W_up x). Shazeer 2020, eq. 6, arxiv.org/abs/2002.05202."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.gate_up = Linear(channels, 2 * hidden, maps=2)
        self.down = Linear(hidden, channels)

    def forward(self, x: Float[Tensor, "B T C"]) -> Float[Tensor, "B T C"]:
        gate, up = self.gate_up(x).chunk(2, dim=-1)  # (B, T, F) each
        out: Tensor = self.down(F.silu(gate) * up)
        return out


def rotary_table(context: int, width: int, theta: float) -> Tensor:
    """Angles t * theta^(-2i / D) for positions t < context. Su et al. 2021, eq. 15, arxiv.org/abs/2104.09864."""
    rates = theta ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)  # (D/2,)
    return torch.arange(context, dtype=torch.float64)[:, None] * rates  # (T, D/2)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the pairs (x_i, x_{i + D/2}) by their angles; cos and sin broadcast against x's halves."""
    left, right = x.chunk(2, dim=-1)
    return torch.cat((left * cos - right * sin, left * sin + right * cos), dim=-1)
