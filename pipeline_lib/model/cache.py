"""Keys and values of the tokens a batch has seen, so that each new token costs one position.

Rows have lengths of their own: a row's next token is written behind its last one, and what lies beyond a row's length is
never attended to. Time grows in blocks of 32: oneDNN keeps a primitive per shape, and one per length takes gigabytes.
"""

import torch
from torch import Tensor

BLOCK = 32


def padded(length: int) -> int:
    """`length` rounded up to whole blocks."""
    return -(-length // BLOCK) * BLOCK


class Cache:
    """Of each layer, one or more (B, K, S, D) tensors; and the length of each row. A model may keep more of its own."""

    def __init__(self, layers: int) -> None:
        self.held: list[tuple[Tensor, ...]] = [()] * layers
        self.lengths = torch.zeros(0, dtype=torch.long)  # (B,)

    @property
    def room(self) -> int:
        """Positions held for each row (S)."""
        return self.held[0][0].shape[2] if self.held[0] else 0

    def write(self, layer: int, new: tuple[Tensor, ...], positions: Tensor) -> tuple[Tensor, ...]:
        """Write each (B, K, T, D) of `new` at `positions` (B, T); return all that is held, (B, K, S, D)."""
        needed = padded(int(positions.max()) + 1)
        rows = torch.arange(len(positions), device=positions.device)[:, None]
        held = self.held[layer] or tuple(part[:, :, :0] for part in new)
        roomy = tuple(_roomy(part, needed) for part in held)
        for part, added in zip(roomy, new, strict=True):
            part[rows, :, positions] = added.transpose(1, 2)
        self.held[layer] = roomy
        return roomy

    def select(self, rows: Tensor) -> None:
        """Keep these rows, in this order; a row may be named many times (a prompt and its G completions)."""
        self.held = [tuple(part.index_select(0, rows) for part in held) for held in self.held]
        self.lengths = self.lengths[rows]


def _roomy(held: Tensor, needed: int) -> Tensor:
    B, K, S, D = held.shape
    if needed <= S:
        return held
    roomy = held.new_zeros(B, K, needed, D)
    roomy[:, :, :S] = held
    return roomy


class KVCache(Cache):
    """A pair of tensors per layer, (B, K, S, D): keys, turned already, and values."""

    def update(
        self, layer: int, keys: Tensor, values: Tensor, positions: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Add those of the tokens at `positions` (B, T); return all keys and all values, (B, K, S, D)."""
        all_keys, all_values = self.write(layer, (keys, values), positions)
        return all_keys, all_values


class LatentCache(Cache):
    """One tensor per layer, (B, 1, S, L + R): the latents, and behind each the rotary key that all heads share."""

    def update(self, layer: int, latents: Tensor, positions: Tensor) -> Tensor:
        """Add those of the tokens at `positions` (B, T); return all, (B, 1, S, L + R)."""
        (held,) = self.write(layer, (latents,), positions)
        return held
