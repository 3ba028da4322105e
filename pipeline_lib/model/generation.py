"""Text from a model: a batch of prompts at once, or one token after another.

Each row draws from numbers that are a pure function of (its seed, position), so a completion does not depend on what else
is in the batch. Finished rows leave the batch when half of it is done.
"""

import copy
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline_lib.model.cache import Cache, padded
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.shapes import Float, Int


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn. Temperature 0: the most likely one."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


@dataclass(frozen=True)
class Completion:
    """`ids` include the stop token where there was one; `stopped` says so."""

    ids: list[int]
    stopped: bool


EXACT = ("router.weight", "balance")
"""Weights that stay as they are: rounded routers would send tokens elsewhere than in training."""


def for_inference(model: Transformer) -> Transformer:
    """A copy whose weights are already in the dtype it computes in: nothing is cast at each token."""
    quick = copy.deepcopy(model).to(model.dtype).requires_grad_(requires_grad=False).eval()
    for name, weight in model.named_parameters():
        if name.endswith(EXACT):
            quick.get_parameter(name).data = weight.detach().clone()
    return quick


@torch.inference_mode()
def generate(
    model: Transformer,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    stop: Collection[int],
    sampling: Sampling,
    seed: int = 0,
    copies: int = 1,
    first: int = 0,
) -> list[Completion]:
    """`copies` completions of each prompt, in order; prompt and completion together stay within the context. `first`: the
    number of the first completion, where these are a part of many.

    Raises ValueError for an empty prompt or one that fills the context.
    """
    room = model.shape.context
    if any(not 0 < len(prompt) < room for prompt in prompts):
        raise ValueError(f"prompts must have 1 to {room - 1} tokens")
    cache, hidden = _prefill(model, prompts)
    rows = torch.arange(len(prompts), device=hidden.device).repeat_interleave(copies)
    cache.select(rows)
    batch = _Batch(cache, hidden[rows], row_seeds(seed, len(rows), first), stop, room)
    for position in range(max_new_tokens):
        logits = model.logits(batch.hidden).float()
        ids = draw(logits, sampling, uniforms(batch.seeds, position))
        batch.append(ids)
        if not batch.is_active.any() or position == max_new_tokens - 1:
            break
        batch.compact()
        batch.advance(model)
    return [Completion(ids, ids[-1] in stop) for ids in batch.completions]


def stream(
    model: Transformer,
    prompt: Sequence[int],
    *,
    max_new_tokens: int,
    stop: Collection[int],
    sampling: Sampling,
    seed: int = 0,
) -> Iterator[int]:
    """The ids of one completion as they are drawn, the stop token included; the same ids as `generate` gives."""
    with torch.inference_mode():
        cache, hidden = _prefill(model, [prompt])
    seeds = row_seeds(seed, 1)
    for position in range(min(max_new_tokens, model.shape.context - len(prompt))):
        with torch.inference_mode():
            logits = model.logits(hidden).float()
            ids = draw(logits, sampling, uniforms(seeds, position))
        yield int(ids[0])
        if int(ids[0]) in stop:
            return
        if len(prompt) + position + 1 < model.shape.context:
            with torch.inference_mode():
                hidden = _step(model, cache, ids)


def _prefill(model: Transformer, prompts: Sequence[Sequence[int]]) -> tuple[Cache, Tensor]:
    """Fill a cache with the prompts; also each one's last hidden state, (B, C)."""
    device = model.head_weight.device
    lengths = torch.tensor([len(prompt) for prompt in prompts])
    T = min(padded(int(lengths.max())), model.shape.context)
    ids = torch.zeros(len(prompts), T, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt)
    cache = model.new_cache()
    positions = torch.arange(T, device=device).expand(len(prompts), T)
    hidden = model.hidden(ids.to(device), cache=cache, positions=positions)  # (B, T, C)
    cache.lengths = lengths.to(device)
    return cache, hidden[torch.arange(len(prompts)), cache.lengths - 1]


def _step(model: Transformer, cache: Cache, ids: Tensor) -> Tensor:
    """Feed one token per row, (B,); the states that predict the next, (B, C)."""
    hidden = model.hidden(ids[:, None], cache=cache, positions=cache.lengths[:, None])
    cache.lengths = cache.lengths + 1
    return hidden[:, 0]


class _Batch:
    """The rows still being written, and where each one's tokens go."""

    def __init__(
        self,
        cache: Cache,
        hidden: Tensor,
        seeds: npt.NDArray[np.uint64],
        stop: Collection[int],
        room: int,
    ) -> None:
        self.cache, self.hidden, self.seeds, self.room = cache, hidden, seeds, room
        self.stop = torch.tensor(sorted(stop), dtype=torch.long, device=hidden.device)
        self.completions: list[list[int]] = [[] for _ in seeds]
        self.owners = list(range(len(seeds)))
        self.is_active = torch.ones(len(seeds), dtype=torch.bool, device=hidden.device)
        self.ids = torch.zeros(len(seeds), dtype=torch.long, device=hidden.device)

    def append(self, ids: Tensor) -> None:
        active = self.is_active.tolist()
        for owner, is_active, token in zip(self.owners, active, ids.tolist(), strict=True):
            if is_active:
                self.completions[owner].append(token)
        ends = torch.isin(ids, self.stop) | (self.cache.lengths + 1 >= self.room)
        self.is_active = self.is_active & ~ends
        self.ids = ids

    def compact(self) -> None:
        """Drop finished rows once they are half of the batch; fewer shapes than dropping each at once."""
        if 2 * int(self.is_active.sum()) > len(self.is_active):
            return
        rows = self.is_active.nonzero()[:, 0]
        kept = rows.tolist()
        self.cache.select(rows)
        self.ids, self.is_active = self.ids[rows], self.is_active[rows]
        self.seeds, self.owners = self.seeds[kept], [self.owners[row] for row in kept]

    def advance(self, model: Transformer) -> None:
        finished = ~self.is_active  # they stay where they are: nothing they write is read
        self.cache.lengths = self.cache.lengths - finished.long()
        self.hidden = _step(model, self.cache, self.ids)


def draw(
    logits: Float[Tensor, "B V"], sampling: Sampling, uniform: npt.NDArray[np.float64]
) -> Int[Tensor, " B"]:
    """The next token of each row: the quantile `uniform` of its distribution, after temperature, top-k and top-p."""
    if sampling.temperature == 0:
        return logits.argmax(dim=-1)
    probabilities = truncate(logits / sampling.temperature, sampling).softmax(dim=-1)
    cumulative = probabilities.double().cumsum(dim=-1)  # float32 would lose the tail
    targets = torch.from_numpy(uniform).to(logits.device)[:, None] * cumulative[:, -1:]
    ids = torch.searchsorted(cumulative, targets, right=True)[:, 0]
    return ids.clamp(max=logits.shape[-1] - 1)


def truncate(logits: Float[Tensor, "B V"], sampling: Sampling) -> Float[Tensor, "B V"]:
    """Leave the k most likely tokens, and of those the smallest set that holds `top_p` of the probability."""
    if 0 < sampling.top_k < logits.shape[-1]:
        smallest = logits.topk(sampling.top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < smallest, -torch.inf)
    if sampling.top_p < 1:
        ordered, order = logits.sort(dim=-1, descending=True)
        shares = ordered.softmax(dim=-1)
        beyond = shares.cumsum(dim=-1) - shares >= sampling.top_p  # the first token always stays
        logits = logits.masked_fill(beyond.scatter(-1, order, beyond), -torch.inf)
    return logits


def row_seeds(seed: int, rows: int, first: int = 0) -> npt.NDArray[np.uint64]:
    """A seed of its own for each row, counted from `first`."""
    numbers = np.arange(first, first + rows, dtype=np.uint64)
    return _mix(numbers + _mix(np.array([seed], dtype=np.uint64)))


def uniforms(seeds: npt.NDArray[np.uint64], position: int) -> npt.NDArray[np.float64]:
    """Numbers in [0, 1), a pure function of (seed, position)."""
    mixed = _mix(seeds + np.uint64(position * 0x9E3779B97F4A7C15 % (1 << 64)))
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64's finaliser, Steele, Lea and Flood 2014, doi.org/10.1145/2714064.2660195; wraps on purpose."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))
