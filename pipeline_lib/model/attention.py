"""Grouped-query attention, with rotary positions and RMS-normalised queries and keys where the shape has them.

On CPUs two matrix products and a softmax are 2 to 3 times as fast, forward and backward, as torch's fused attention in
bf16 (docs/log.md); on GPUs the fused one is used. Where every token looks at those before it, queries go block by block,
each against the keys up to its end: what lies in the future is not computed, and scores stay in the cache.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from pipeline_lib.model.cache import KVCache
from pipeline_lib.model.layers import Linear, rms_norm, rotate
from pipeline_lib.params import ModelParams
from pipeline_lib.shapes import Bool, Float

BLOCK = 128
"""Queries that are compared with keys at once."""


class Attention(nn.Module):
    def __init__(self, shape: ModelParams, layer: int) -> None:
        super().__init__()
        self.shape, self.layer = shape, layer
        seen, kept = shape.heads * shape.head_width, shape.kv_heads * shape.head_width
        self.query = Linear(shape.channels, seen, bias=shape.bias)
        self.key_value = Linear(shape.channels, 2 * kept, maps=2, bias=shape.bias)
        self.out = Linear(seen, shape.channels, bias=shape.bias)
        self.share = nn.Parameter(torch.empty(1)) if shape.value_embeddings else None

    def forward(
        self,
        x: Float[Tensor, "B T C"],
        rotary: tuple[Tensor, Tensor] | None,
        mask: Tensor | None,
        cache: KVCache | None,
        positions: Tensor | None,
        known: Float[Tensor, "B T KD"] | None = None,
    ) -> Float[Tensor, "B T C"]:
        """`mask`: which keys each query may see, as in `attend`; None: those not after it. `known`: what is known of each
        token whatever stands around it; the layer adds its share of that to the values."""
        B, T, _ = x.shape
        D = self.shape.head_width
        queries = self.query(x).view(B, T, -1, D)  # (B, T, H, D)
        keys, values = self.key_value(x).view(B, T, -1, D).chunk(2, dim=2)  # (B, T, K, D)
        if known is not None and self.share is not None:
            values = values + (known * self.share.to(x.dtype)).view(B, T, -1, D)
        if self.shape.qk_norm:
            queries, keys = rms_norm(queries), rms_norm(keys)
        if rotary is not None:
            queries, keys = rotate(queries, *rotary), rotate(keys, *rotary)
        queries, keys, values = (part.transpose(1, 2) for part in (queries, keys, values))
        if cache is not None and positions is not None:
            keys, values = cache.update(self.layer, keys, values, positions)  # (B, K, S, D)
        seen = attend(queries, keys, values, mask)
        out: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return out


def attend(
    queries: Float[Tensor, "B H T D"],
    keys: Float[Tensor, "B K S D"],
    values: Float[Tensor, "B K S U"],
    mask: Float[Tensor, "..."] | None,
    scale: float | None = None,
) -> Float[Tensor, "B H T U"]:
    """softmax(scale Q Kᵀ + mask) V; `mask` as from `blinding`, (B, 1, T, S) or (T, S), which where T = S shows no query a
    later key; None: causal, T = S. `scale` is 1 / sqrt(D) where it is not given."""
    if queries.device.type != "cpu":
        return fused(queries, keys, values, mask, scale)
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    if mask is None or queries.shape[2] == keys.shape[2]:
        causal: Tensor = _Causal.apply(queries * scale, keys, values, mask)  # type: ignore[no-untyped-call]
        return causal
    B, H, T, D = queries.shape
    K, S = keys.shape[1], keys.shape[2]
    grouped = (queries * scale).reshape(B, K, H // K * T, D)
    scores = (grouped @ keys.transpose(2, 3)).view(B, K, H // K, T, S)
    weights = (scores + mask.unsqueeze(-3)).softmax(dim=-1).view(B, K, H // K * T, S)
    seen: Tensor = (weights @ values).view(B, H, T, values.shape[3])
    return seen


class _Causal(torch.autograd.Function):
    """softmax(Q Kᵀ + mask) V where no query sees a later key, BLOCK queries at once; the weights are kept for the
    backward pass. Outputs and slopes lie in memory as (B, T, H, D), as what made the inputs and what follows want them."""

    @staticmethod
    def forward(
        ctx: Any, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
    ) -> Tensor:
        B, H, T, _ = queries.shape
        if mask is None:
            mask = blinding(torch.ones(T, T, dtype=torch.bool).tril(), queries.dtype)
        seen = queries.new_empty(B, T, H, values.shape[3]).transpose(1, 2)
        held, known, kept = keys.flatten(0, 1), values.flatten(0, 1), []
        for here, past in _blocks(T):
            scores = _grouped(queries[:, :, here], held) @ held[:, past].mT
            apart = scores.view(B, keys.shape[1], -1, here.stop - here.start, past.stop)
            apart += mask[..., here, past].unsqueeze(-3)
            kept.append(scores.softmax(dim=-1))
            seen[:, :, here] = (kept[-1] @ known[:, past]).view(B, H, -1, values.shape[3])
        ctx.save_for_backward(queries, held, known, *kept)
        return seen

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        queries, held, known, *kept = ctx.saved_tensors
        B, H, T, D = queries.shape
        into_queries = queries.new_empty(B, T, H, D).transpose(1, 2)
        into_keys, into_values = torch.zeros_like(held), torch.zeros_like(known)
        for (here, past), weights in zip(_blocks(T), kept, strict=True):
            slope, asked = (_grouped(x[:, :, here], held) for x in (grad, queries))
            into_values[:, past].baddbmm_(weights.mT, slope)
            into_weights = slope @ known[:, past].mT
            into_scores = torch._softmax_backward_data(into_weights, weights, -1, weights.dtype)
            into_keys[:, past].baddbmm_(into_scores.mT, asked)
            into_queries[:, :, here] = (into_scores @ held[:, past]).view(B, H, -1, D)
        return into_queries, _by_token(into_keys, B), _by_token(into_values, B), None


def _blocks(T: int) -> Iterator[tuple[slice, slice]]:
    """Which queries go together, and the keys up to their end."""
    for start in range(0, T, BLOCK):
        end = min(start + BLOCK, T)
        yield slice(start, end), slice(0, end)


def seen_keys(T: int) -> int:
    """How many keys a query is multiplied with on a CPU, in the mean of T tokens."""
    scores: int = sum((here.stop - here.start) * past.stop for here, past in _blocks(T))
    return scores // T


def _grouped(x: Float[Tensor, "B H n D"], held: Tensor) -> Float[Tensor, "BK Gn D"]:
    """The queries that share keys, one below the other."""
    return x.reshape(len(held), -1, x.shape[3])


def _by_token(x: Float[Tensor, "BK T D"], B: int) -> Float[Tensor, "B K T D"]:
    return x.view(B, -1, *x.shape[1:]).transpose(1, 2).contiguous().transpose(1, 2)


def fused(
    queries: Float[Tensor, "B H T D"],
    keys: Float[Tensor, "B K S D"],
    values: Float[Tensor, "B K S U"],
    mask: Float[Tensor, "..."] | None,
    scale: float | None,
) -> Float[Tensor, "B H T U"]:
    """The same by torch's own, for what is no CPU; to share heads leaves it fewer kernels to choose from."""
    is_shared = queries.shape[1] != keys.shape[1]
    seen: Tensor = F.scaled_dot_product_attention(
        queries, keys, values, mask, is_causal=mask is None, scale=scale, enable_gqa=is_shared
    )
    return seen


def blinding(visible: Bool[Tensor, "..."], dtype: torch.dtype) -> Float[Tensor, "..."]:
    """0 where a key may be seen, minus infinity where not."""
    blind = torch.zeros(visible.shape, dtype=dtype, device=visible.device)
    return blind.masked_fill_(~visible, -torch.inf)
