"""The parts of a block. The dtype of the activations decides the arithmetic; weights stay in float32 and are cast where
they are used, so one model trains in bf16 and is tested in float64 without a second code path."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline_lib.params import ModelParams
from pipeline_lib.shapes import Float

EPSILON = 1e-5
"""What every norm adds to a mean square."""


class Linear(nn.Linear):
    """A matrix that multiplies in its input's dtype; `maps`: how many of equal shape lie in it, one below the other, so
    that one product serves them all."""

    def __init__(self, inputs: int, outputs: int, maps: int = 1, *, bias: bool = False) -> None:
        super().__init__(inputs, outputs, bias=bias)
        self.maps = maps

    def reset_parameters(self) -> None:
        """Nothing: the model draws all weights, and to draw them twice takes time (on `meta` two seconds of imports)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.to(x.dtype), as_type(self.bias, x))


class Table(nn.Embedding):
    """Rows that are looked up."""

    def reset_parameters(self) -> None:
        """As in `Linear`."""


def as_type(weight: Tensor | None, x: Tensor) -> Tensor | None:
    """The weight, where there is one, in the dtype of what it meets."""
    return None if weight is None else weight.to(x.dtype)


class _RMSNorm(torch.autograd.Function):
    """One pass for the sizes, one for the product; torch's own takes float32 copies (docs/log.md)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, eps: float) -> Tensor:
        wide = torch.promote_types(x.dtype, torch.float32)
        sizes = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=wide)
        inverse = (sizes.square() / x.shape[-1] + eps).rsqrt().to(x.dtype)
        normed: Tensor = x * inverse
        ctx.save_for_backward(normed, inverse)
        return normed

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        normed, inverse = ctx.saved_tensors
        along = (grad * normed).mean(dim=-1, keepdim=True)
        into_x: Tensor = torch.addcmul(grad, normed, along, value=-1).mul_(inverse)
        return into_x, None


def rms_norm(x: Tensor, eps: float = EPSILON) -> Tensor:
    """x / sqrt(mean(x²) + eps) over the last dimension. Zhang and Sennrich 2019, eq. 4, arxiv.org/abs/1910.07467.

    Without a gain: the matrix behind it learns that too, and a gain's gradient costs more than the norm.
    """
    if x.device.type != "cpu":
        return F.rms_norm(x, (x.shape[-1],), eps=eps)
    normed: Tensor = _RMSNorm.apply(x, eps)  # type: ignore[no-untyped-call]
    return normed


class Norm(nn.Module):
    """What `model.norm` names, over the last dimension, with gain and bias where the shape has them.

    LayerNorm: Ba, Kiros and Hinton 2016, section 3, arxiv.org/abs/1607.06450.
    """

    def __init__(self, shape: ModelParams, width: int) -> None:
        super().__init__()
        self.centred = shape.norm == "layernorm"
        has_bias = self.centred and shape.norm_gain and shape.bias
        self.gain = nn.Parameter(torch.ones(width)) if shape.norm_gain else None
        self.bias = nn.Parameter(torch.zeros(width)) if has_bias else None

    def forward(self, x: Tensor) -> Tensor:
        if self.centred:
            gain, bias = as_type(self.gain, x), as_type(self.bias, x)
            return F.layer_norm(x, (x.shape[-1],), gain, bias, EPSILON)
        normed = rms_norm(x)
        return normed if self.gain is None else normed * self.gain.to(x.dtype)


class _SquaredReLU(torch.autograd.Function):
    """Keeps one tensor for the backward pass where autograd would keep two."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        positive = x.relu()
        ctx.save_for_backward(positive)
        squares: Tensor = positive.square()
        return squares

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (positive,) = ctx.saved_tensors
        into_x: Tensor = torch.addcmul(grad.new_zeros(()), grad, positive, value=2)
        return into_x


class SquaredReLU(nn.Module):
    """W_down relu(W_up x)². So et al. 2021, section 4.2, arxiv.org/abs/2109.08668."""

    def __init__(self, channels: int, hidden: int, *, bias: bool = False) -> None:
        super().__init__()
        self.up = Linear(channels, hidden, bias=bias)
        self.down = Linear(hidden, channels, bias=bias)

    def forward(self, x: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        inside = _SquaredReLU.apply(self.up(x))  # type: ignore[no-untyped-call]
        out: Tensor = self.down(inside)  # (B, T, F) -> (B, T, C)
        return out


class GELU(nn.Module):
    """W_down gelu(W_up x), with the tanh that GPT-2 has for the normal distribution.

    Hendrycks and Gimpel 2016, section 2, arxiv.org/abs/1606.08415.
    """

    def __init__(self, channels: int, hidden: int, *, bias: bool = False) -> None:
        super().__init__()
        self.up = Linear(channels, hidden, bias=bias)
        self.down = Linear(hidden, channels, bias=bias)

    def forward(self, x: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        out: Tensor = self.down(F.gelu(self.up(x), approximate="tanh"))
        return out


class SwiGLU(nn.Module):
    """W_down(silu(W_gate x) * W_up x). Shazeer 2020, eq. 6, arxiv.org/abs/2002.05202."""

    def __init__(self, channels: int, hidden: int, *, bias: bool = False) -> None:
        super().__init__()
        self.gate_up = Linear(channels, 2 * hidden, maps=2, bias=bias)
        self.down = Linear(hidden, channels, bias=bias)

    def forward(self, x: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        gate, up = self.gate_up(x).chunk(2, dim=-1)  # (B, T, F) each
        out: Tensor = self.down(F.silu(gate) * up)
        return out


FEED_FORWARD: dict[str, type[GELU | SwiGLU | SquaredReLU]] = {
    "gelu": GELU,
    "swiglu": SwiGLU,
    "relu2": SquaredReLU,
}


def capped(logits: Tensor, cap: float) -> Tensor:
    """cap tanh(logits / cap): Gemma Team 2024, section 2, arxiv.org/abs/2408.00118; a cap of 0 changes nothing."""
    if not cap:
        return logits
    if logits.dtype == torch.float32:
        # tanh x = 2 sigmoid(2 x) - 1, which takes a CPU a fifth of the time (docs/log.md)
        return (logits * (2 / cap)).sigmoid_().mul(2 * cap).sub(cap)
    return cap * torch.tanh(logits / cap)


def rotary_table(context: int, width: int, theta: float) -> Tensor:
    """Angles t * theta^(-2i / D) for positions t < context. Su et al. 2021, eq. 15, arxiv.org/abs/2104.09864."""
    with torch.device("cpu"):  # wherever the model is built
        rates = theta ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)  # (D/2,)
        return torch.arange(context, dtype=torch.float64)[:, None] * rates  # (T, D/2)


class _Rotation(torch.autograd.Function):
    """Turns there and back by tables as wide as x: three passes over whole rows, where halves of 16 take six and no CPU
    likes them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return torch.addcmul(x * cos, _swapped(x), sin)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return torch.addcmul(grad * cos, _swapped(grad), sin, value=-1), None, None


def _swapped(x: Tensor) -> Tensor:
    left, right = x.chunk(2, dim=-1)
    return torch.cat((right, left), dim=-1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the pairs (x_i, x_{i + D/2}) by their angles; cos and sin broadcast against x's halves."""
    wide = (torch.cat((cos, cos), dim=-1), torch.cat((-sin, sin), dim=-1))
    spread = (table.expand(x.shape[-table.dim() :]).contiguous() for table in wide)
    turned: Tensor = _Rotation.apply(x, *spread)  # type: ignore[no-untyped-call]
    return turned
