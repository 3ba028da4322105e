"""Multi-head latent attention: what is kept of a token is one short latent and one rotary key that all heads share.

DeepSeek-V2, sections 2.1.2 and 2.1.3, arxiv.org/abs/2405.04434, with the norm on latents of its section 3.1.2. Each head's
keys and values are linear in the latent. Many tokens at once are cheapest with them made (expanded); one new token is
cheapest without: its queries are taken into the latents' space by the matrix of the keys, what the latents gave is taken
out by the matrix of the values, and nothing is made of the tokens before it (absorbed).
"""

import torch
from torch import Tensor, nn

from pipeline_lib.model.attention import attend
from pipeline_lib.model.cache import LatentCache
from pipeline_lib.model.layers import Linear, Norm, rotate
from pipeline_lib.params import ModelParams
from pipeline_lib.shapes import Float


class LatentAttention(nn.Module):
    def __init__(self, shape: ModelParams, layer: int) -> None:
        super().__init__()
        self.shape, self.layer = shape, layer
        wide, mla = shape.channels, shape.mla
        turned = shape.head_width + mla.rope_width
        self.query_in = Linear(wide, mla.query_latent) if mla.query_latent else None
        self.query = Linear(mla.query_latent or wide, shape.heads * turned, bias=shape.bias)
        self.latent = Linear(wide, mla.latent)
        self.rope_key = Linear(wide, mla.rope_width)
        self.key = Linear(mla.latent, shape.heads * shape.head_width)
        self.value = Linear(mla.latent, shape.heads * mla.value_width)
        self.out = Linear(shape.heads * mla.value_width, wide, bias=shape.bias)
        self.latent_norm = Norm(shape, mla.latent) if shape.qk_norm else None
        has_query_norm = shape.qk_norm and mla.query_latent
        self.query_norm = Norm(shape, mla.query_latent) if has_query_norm else None
        self.scale = turned**-0.5

    def forward(
        self,
        x: Float[Tensor, "B T C"],
        rotary: tuple[Tensor, Tensor] | None,
        mask: Tensor | None,
        cache: LatentCache | None,
        positions: Tensor | None,
        known: None = None,
    ) -> Float[Tensor, "B T C"]:
        """As `Attention`; there are no values that what is known of a token could be added to."""
        queries, turned = self._queries(x, rotary)
        latents = self.latent(x)
        latents = latents if self.latent_norm is None else self.latent_norm(latents)
        rope_keys = self.rope_key(x)
        if rotary is not None:
            rope_keys = rotate(rope_keys[:, :, None], *rotary)[:, :, 0]
        held = torch.cat((latents, rope_keys), dim=-1)[:, None]  # (B, 1, T, L + R)
        if cache is not None and positions is not None:
            held = cache.update(self.layer, held, positions)  # (B, 1, S, L + R)
        is_decoding = cache is not None and x.shape[1] == 1
        attention = self._absorbed if is_decoding else self._expanded
        seen = attention(queries, turned, held, mask)  # (B, H, T, U)
        out: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return out

    def _queries(self, x: Tensor, rotary: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor]:
        """Each head's query: what meets the content, (B, H, T, D), and what turns, (B, H, T, R)."""
        inside = x if self.query_in is None else self.query_in(x)
        inside = inside if self.query_norm is None else self.query_norm(inside)
        queries = self.query(inside).unflatten(2, (self.shape.heads, -1))  # (B, T, H, D + R)
        content, turned = queries.split((self.shape.head_width, self.shape.mla.rope_width), dim=-1)
        turned = turned if rotary is None else rotate(turned, *rotary)
        return content.transpose(1, 2), turned.transpose(1, 2)

    def _expanded(
        self, queries: Tensor, turned: Tensor, held: Tensor, mask: Tensor | None
    ) -> Tensor:
        H, L = self.shape.heads, self.shape.mla.latent
        latents, rope_keys = held[:, 0, :, :L], held[..., L:]
        keys = self.key(latents).unflatten(2, (H, -1)).transpose(1, 2)  # (B, H, S, D)
        values = self.value(latents).unflatten(2, (H, -1)).transpose(1, 2)  # (B, H, S, U)
        whole_keys = torch.cat((keys, rope_keys.expand(-1, H, -1, -1)), dim=-1)
        return attend(torch.cat((queries, turned), dim=-1), whole_keys, values, mask, self.scale)

    def _absorbed(
        self, queries: Tensor, turned: Tensor, held: Tensor, mask: Tensor | None
    ) -> Tensor:
        H, L = self.shape.heads, self.shape.mla.latent
        into = self.key.weight.to(queries.dtype).view(H, -1, L)  # (H, D, L)
        out_of = self.value.weight.to(queries.dtype).view(H, -1, L)  # (H, U, L)
        asked = torch.cat((queries @ into, turned), dim=-1)  # (B, H, T, L + R)
        seen = attend(asked, held, held[..., :L], mask, self.scale)  # one head serves all
        return seen @ out_of.mT
