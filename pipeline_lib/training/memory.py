"""What training a shape takes at its peak, in bytes, from the shape alone: nothing of its size is made.

Counted are the tensors that the code keeps: weights, gradients, the optimizer's, copies of the weights, what autograd saves
of each layer for the backward pass, and what lives for a moment in the loss and in the optimizer's step. Left out is what
Python and torch take by themselves, before any model. `benchmarks/memory.py` holds it beside what was measured.
"""

from dataclasses import dataclass

import torch

from pipeline_lib.model.attention import BLOCK, seen_keys
from pipeline_lib.model.counting import Counts, count
from pipeline_lib.params import ModelParams, OptimizerParams
from pipeline_lib.training.losses import CHUNK

HOLES = 1.8
"""On a CPU: memory held for each byte of activations, as glibc reuses little of what freed tensors of other sizes leave.
Measured, as is the next: docs/sizing.md."""
CODE = 64 * 2**20
"""On a CPU: what torch loads when it first multiplies."""
FLOAT = 4
"""Bytes of a weight, a gradient, and each number an optimizer keeps."""


@dataclass(frozen=True)
class Batches:
    """What a step reads at once, and how it is computed."""

    rows: int
    """Sequences in a micro-batch (B)."""
    width: int
    """Tokens of each (T)."""
    device: str
    dtype: torch.dtype
    recompute: bool = False
    masked: bool = True
    """Whether documents lie side by side, blind to one another."""
    shards: int = 1
    """Ranks that share out the weights, their gradients and what the optimizer keeps (FSDP)."""

    @property
    def tokens(self) -> int:
        return self.rows * self.width

    @property
    def size(self) -> int:
        """Bytes of an activation."""
        return self.dtype.itemsize

    @property
    def on_cpu(self) -> bool:
        return self.device == "cpu"


@dataclass(frozen=True)
class Footprint:
    """Bytes at the peak, by what they are for."""

    weights: int
    gradients: int
    optimizer: int
    copies: int
    """Averaged weights, those of the best validation, those the stage began with or is measured against."""
    activations: int
    """What the backward pass needs, of one micro-batch, with the loss's and one layer's passing needs."""
    step: int
    """What the optimizer needs while it steps; activations are gone by then."""
    on_cpu: bool

    @property
    def lasting(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.copies

    @property
    def peak(self) -> int:
        """What a step is expected to hold at its most."""
        holes, code = (HOLES, CODE) if self.on_cpu else (1.0, 0)
        return self.lasting + code + max(int(holes * self.activations), self.step)

    @property
    def least(self) -> int:
        """What it holds if no byte is lost, and no gradient is there before the activations are gone."""
        return self.lasting - self.gradients + max(self.activations, self.step)


def footprint(
    shape: ModelParams, vocab_size: int, params: OptimizerParams, at: Batches, copies: int = 0
) -> Footprint:
    """The peak of a training step; `copies`: of the weights, beside those that train and their average."""
    counts = count(shape, vocab_size)
    mapped = counts.mapped if params.optimizer == "muon" else 0
    moments = 2 * (counts.total - mapped) + mapped
    own = FLOAT * -(-counts.total // at.shards)
    return Footprint(
        weights=own,
        gradients=own,
        optimizer=FLOAT * -(-moments // at.shards),
        copies=own * (copies + bool(params.ema)),
        activations=activations(shape, vocab_size, counts, at),
        step=_orthogonalised(shape, counts, at.size) if mapped else 0,
        on_cpu=at.on_cpu,
    )


def activations(shape: ModelParams, vocab_size: int, counts: Counts, at: Batches) -> int:
    """Bytes that live between the forward and the backward pass of one micro-batch, at their most."""
    layers = [_block(shape, layer, at) for layer in range(shape.layers)]
    casts = at.size * counts.mapped if at.size < FLOAT else 0
    saved = at.tokens * sum(layers) + casts
    if at.recompute:
        inputs = at.size * shape.channels * shape.layers
        saved = at.tokens * (inputs + max(layers)) + casts // shape.layers
    return saved + _once(shape, at) + max(_passing(shape, at), _loss(shape, vocab_size, at))


def _once(shape: ModelParams, at: Batches) -> int:
    """What no layer has of its own: the last norm, the value embeddings' rows, what is shifted, the mask."""
    known = shape.kv_heads * shape.head_width if shape.value_embeddings else 0
    known += shape.channels if shape.token_shift else 0
    mask = (at.size + 1) * at.width if at.masked else 0
    ids = 3 * 8
    return at.tokens * (at.size * (_norm(shape, shape.channels, at) + known) + mask + ids)


def _block(shape: ModelParams, layer: int, at: Batches) -> int:
    """Bytes that a layer saves of each token."""
    attention = _latent(shape, at) if shape.attention == "mla" else _attention(shape, at)
    kept = 2 * _norm(shape, shape.channels, at) + attention
    if not shape.is_mixture(layer):
        return at.size * (kept + _feed_forward(shape, shape.hidden))
    return at.size * kept + _mixture(shape, at)


def _norm(shape: ModelParams, width: int, at: Batches) -> int:
    """Numbers of each token: its output, which the matrix behind it needs, and what it needs itself."""
    if shape.norm == "layernorm" or not at.on_cpu:
        return (2 + (shape.norm_gain and shape.norm == "rmsnorm")) * width
    return (1 + shape.norm_gain) * width


def _attention(shape: ModelParams, at: Batches) -> int:
    queries, keys = shape.heads * shape.head_width, shape.kv_heads * shape.head_width
    normed = queries + keys if shape.qk_norm else 0
    if at.on_cpu:  # the softmax is kept
        return normed + 2 * queries + 2 * keys + shape.heads * seen_keys(at.width)
    return normed + 3 * queries + 3 * keys


def _latent(shape: ModelParams, at: Batches) -> int:
    mla, heads = shape.mla, shape.heads
    turned = heads * (shape.head_width + mla.rope_width)
    values = heads * mla.value_width
    query_norms = _norm(shape, mla.query_latent, at) if shape.qk_norm else mla.query_latent
    latents = (_norm(shape, mla.latent, at) if shape.qk_norm else 0) + mla.latent + mla.rope_width
    scores = heads * seen_keys(at.width) if at.on_cpu else values
    return query_norms + latents + 2 * turned + 2 * values + scores


def _feed_forward(shape: ModelParams, hidden: int) -> int:
    return (4 if shape.feed_forward == "swiglu" else 2) * hidden


def _mixture(shape: ModelParams, at: Batches) -> int:
    """Bytes: routers see float32; rows go to the experts and come back once for each expert of a token."""
    moe = shape.moe
    wide = FLOAT * (shape.channels * (at.size < FLOAT) + 3 * moe.experts)
    sent = moe.active * (2 * shape.channels + _feed_forward(shape, moe.hidden))
    return wide + at.size * (sent + _feed_forward(shape, moe.shared * moe.hidden))


def _passing(shape: ModelParams, at: Batches) -> int:
    """What the backward pass of one layer makes on its way."""
    scores = 2 * shape.heads * min(at.width, BLOCK) if at.on_cpu else 0
    inside = 2 * max(shape.hidden, shape.channels)
    return at.tokens * at.size * max(scores, inside)


def _loss(shape: ModelParams, vocab_size: int, at: Batches) -> int:
    """Logits of one chunk with their slopes, the slopes of the hidden states, and those of the output matrix, which are
    there twice when they are added to the embedding's."""
    rows = min(CHUNK, at.tokens)
    logits = rows * vocab_size * (FLOAT + 2 * at.size)
    matrix = vocab_size * shape.channels * FLOAT
    return at.tokens * at.size * shape.channels + 2 * matrix + max(logits, matrix)


def _orthogonalised(shape: ModelParams, counts: Counts, size: int) -> int:
    """Muon's: the averaged gradients ahead, and of the matrices of one shape, at most the feed-forwards', the stack, its
    scaled copy and its products."""
    maps = 3 if shape.feed_forward == "swiglu" else 2
    alike = min(maps * shape.layers * shape.channels * shape.hidden, counts.mapped)
    return FLOAT * counts.mapped + alike * (2 * FLOAT + size)
