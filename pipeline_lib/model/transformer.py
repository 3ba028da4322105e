"""The Transformer: pre-norm blocks of attention and a feed-forward over token embeddings.

Weights start Normal(0, 0.02), those that write into the residual stream divided by sqrt(2 x layers) as in GPT-2, so the
first loss is that of a blind guess, ln V; gains start at 1, biases at 0. With value embeddings (as in the record runs of
modded-nanogpt, K. Jordan et al. 2024, github.com/KellerJordan/modded-nanogpt) a layer need not spend its width on saying
which token stands where: a table says it to the values. With a token shift (likewise) nor on which one stood before.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.model.attention import Attention, blinding
from pipeline_lib.model.cache import Cache, KVCache, LatentCache, padded
from pipeline_lib.model.experts import Mixture
from pipeline_lib.model.latent import LatentAttention
from pipeline_lib.model.layers import FEED_FORWARD, Linear, Norm, Table, capped, rotary_table
from pipeline_lib.model.routing import Routing
from pipeline_lib.params import ModelParams
from pipeline_lib.shapes import Float, Int


class Block(nn.Module):
    def __init__(self, shape: ModelParams, layer: int) -> None:
        super().__init__()
        self.attention_norm = Norm(shape, shape.channels)
        attention = LatentAttention if shape.attention == "mla" else Attention
        self.attention = attention(shape, layer)
        self.feed_forward_norm = Norm(shape, shape.channels)
        kind = FEED_FORWARD[shape.feed_forward]
        self.feed_forward = (
            Mixture(shape, layer)
            if shape.is_mixture(layer)
            else kind(shape.channels, shape.hidden, bias=shape.bias)
        )

    def forward(
        self,
        x: Tensor,
        rotary: tuple[Tensor, Tensor] | None,
        mask: Tensor | None,
        cache: Cache | None,
        positions: Tensor | None,
        known: Tensor | None = None,
        routing: Routing | None = None,
    ) -> Tensor:
        x = x + self.attention(self.attention_norm(x), rotary, mask, cache, positions, known)
        normed = self.feed_forward_norm(x)
        is_mixture = isinstance(self.feed_forward, Mixture)
        out: Tensor = self.feed_forward(normed, *((routing,) if is_mixture else ()))
        return x + out


class Transformer(nn.Module):
    """Token ids in, next-token logits out. `dtype` is what it computes in; its weights stay float32."""

    def __init__(self, shape: ModelParams, vocab_size: int, seed: int) -> None:
        super().__init__()
        self.shape, self.vocab_size, self.dtype = shape, vocab_size, torch.float32
        self.recomputes = False
        """Whether a block keeps only its input for the backward pass, and is run again there (gradient checkpointing)."""
        self.embedding = Table(vocab_size, shape.channels)
        self.shift = nn.Parameter(torch.empty(shape.channels)) if shape.token_shift else None
        values = shape.kv_heads * shape.head_width
        self.values = Table(vocab_size, values) if shape.value_embeddings else None
        is_learned = shape.positions == "learned"
        self.places = Table(shape.context, shape.channels) if is_learned else None
        self.blocks = nn.ModuleList(Block(shape, layer) for layer in range(shape.layers))
        self.norm = Norm(shape, shape.channels)
        self.head = None if shape.tie_embeddings else Linear(shape.channels, vocab_size)
        angles = rotary_table(shape.context, shape.rope_width, shape.rope_theta)
        self.register_buffer("cos", angles.cos(), persistent=False)  # (context, D/2)
        self.register_buffer("sin", angles.sin(), persistent=False)
        if not self.embedding.weight.is_meta:  # an outline, whose weights have no numbers
            self._initialise(torch.Generator().manual_seed(seed))

    def _initialise(self, generator: torch.Generator) -> None:
        residual = 0.02 / (2 * self.shape.layers) ** 0.5
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                into_residual = name.endswith(("attention.out.weight", "down.weight"))
                std = residual if into_residual else 0.02
                nn.init.normal_(weight, std=std, generator=generator)
            elif name.endswith("share"):
                nn.init.constant_(weight, 0.5)  # of the value embeddings
            else:
                nn.init.constant_(weight, float(name.endswith("gain")))

    @property
    def head_weight(self) -> Float[Tensor, "V C"]:
        """The matrix that turns hidden states into logits."""
        return self.embedding.weight if self.head is None else self.head.weight

    @property
    def parameter_count(self) -> int:
        return sum(weight.numel() for weight in self.parameters())

    @property
    def worked_parameters(self) -> int:
        """Those that each token is multiplied by: not tables where a row is looked up, nor experts it does not go to."""
        tables = [self.values, self.places, None if self.head is None else self.embedding]
        idle = [
            weight
            for module in self.modules()
            if isinstance(module, Mixture)
            for expert in module.experts[module.moe.active :]
            for weight in expert.parameters()
        ]
        looked_up = sum(t.weight.numel() for t in tables if t is not None)
        return self.parameter_count - looked_up - sum(weight.numel() for weight in idle)

    def new_cache(self) -> Cache:
        """An empty one, of the kind that this attention keeps."""
        kind = LatentCache if self.shape.attention == "mla" else KVCache
        shifted = int(self.shape.token_shift)  # kept behind the layers
        return kind(self.shape.layers + shifted)

    def hidden(
        self,
        ids: Int[Tensor, "B T"],
        segments: Int[Tensor, "B T"] | None = None,
        cache: Cache | None = None,
        positions: Int[Tensor, "B T"] | None = None,
        routing: Routing | None = None,
    ) -> Float[Tensor, "B T C"]:
        """States before the output matrix. Tokens see only earlier ones of their own `segment`; `routing` takes down what
        the routers decide.

        With a `cache`, `positions` says where each token stands in its row; the row must have been filled up to there.
        """
        if ids.shape[1] > self.shape.context:
            raise ValueError(f"{ids.shape[1]} tokens do not fit a context of {self.shape.context}")
        x = F.embedding(ids, self.embedding.weight).to(self.dtype)  # (B, T, C)
        if self.shift is not None:
            x = x + self.shift.to(self.dtype) * self._before(x, segments, cache, positions)
        if self.places is not None:
            standing = places(ids, segments) if positions is None else positions
            x = x + F.embedding(standing, self.places.weight).to(self.dtype)
        known = None if self.values is None else F.embedding(ids, self.values.weight).to(self.dtype)
        rotary = self._rotary(ids.shape[1], positions)
        visible = self._visible(segments, cache, positions)
        mask = None if visible is None else blinding(visible, self.dtype)
        for block in self.blocks:
            x = self._through(block, x, rotary, mask, cache, positions, known, routing)
        out: Tensor = self.norm(x)
        return out

    def _before(
        self, x: Tensor, segments: Tensor | None, cache: Cache | None, positions: Tensor | None
    ) -> Tensor:
        """The embedding before each one in its segment or row, zero before the first, (B, T, C)."""
        if cache is None or positions is None:
            before = F.pad(x[:, :-1], (0, 0, 1, 0))
            if segments is None:
                return before
            begins = F.pad(segments[:, 1:] != segments[:, :-1], (1, 0))
            return before.masked_fill(begins[..., None], 0)
        (held,) = cache.write(self.shape.layers, (x[:, None],), positions)  # (B, 1, S, C)
        rows = torch.arange(len(x), device=x.device)[:, None]
        before = held[rows, 0, (positions - 1).clamp(min=0)]
        return before.masked_fill((positions == 0)[..., None], 0)

    def _through(self, block: nn.Module, *inputs: object) -> Tensor:
        """A block's output; recomputed as in Chen et al. 2016, section 4, arxiv.org/abs/1604.06174. Nothing in a block
        draws random numbers."""
        if self.recomputes and torch.is_grad_enabled():
            again = checkpoint(block, *inputs, use_reentrant=False, preserve_rng_state=False)
            return cast(Tensor, again)
        return cast(Tensor, block(*inputs))

    def forward(
        self, ids: Int[Tensor, "B T"], segments: Int[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B T V"]:
        return self.logits(self.hidden(ids, segments))

    def logits(self, hidden: Float[Tensor, "... C"]) -> Float[Tensor, "... V"]:
        logits = F.linear(hidden, self.head_weight.to(hidden.dtype))
        return capped(logits, self.shape.logit_softcap)

    def _rotary(self, T: int, positions: Tensor | None) -> tuple[Tensor, Tensor] | None:
        if self.shape.positions != "rope":
            return None
        cos, sin = self.get_buffer("cos").to(self.dtype), self.get_buffer("sin").to(self.dtype)
        if positions is None:
            return cos[:T, None], sin[:T, None]  # (T, 1, D/2)
        return cos[positions].unsqueeze(2), sin[positions].unsqueeze(2)  # (B, T, 1, D/2)

    @staticmethod
    def _visible(
        segments: Tensor | None, cache: Cache | None, positions: Tensor | None
    ) -> Tensor | None:
        if cache is not None and positions is not None:
            held = max(cache.room, padded(int(positions.max()) + 1))
            return torch.arange(held, device=positions.device) <= positions[:, None, :, None]
        if segments is None:
            return None
        same = segments[:, None, :, None] == segments[:, None, None, :]  # (B, 1, T, T)
        return same.tril()


def places(ids: Int[Tensor, "B T"], segments: Int[Tensor, "B T"] | None) -> Int[Tensor, "B T"]:
    """Where each token stands in its own segment, counted from 0; a segment's tokens stand together."""
    steps = torch.arange(ids.shape[1], device=ids.device).expand(ids.shape)
    if segments is None:
        return steps
    starts = torch.zeros_like(steps)
    begins = segments[:, 1:] != segments[:, :-1]
    starts[:, 1:] = torch.where(begins, steps[:, 1:], 0)
    return steps - starts.cummax(dim=1).values


def restore(checkpoint: Checkpoint) -> Transformer:
    """The model that a folder holds, in float32 on the CPU."""
    model = Transformer(checkpoint.shape, checkpoint.vocab_size, seed=0)
    model.load_state_dict(dict(checkpoint.weights))
    return model
