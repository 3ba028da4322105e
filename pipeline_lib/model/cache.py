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


class KVCache:
    """One (B, K, S, D) pair of tensors per layer, and the length of each row."""

    def __init__(self, layers: int) -> None:
        self.keys: list[Tensor | None] = [None] * layers
        self.values: list[Tensor | None] = [None] * layers
        self.lengths = torch.zeros(0, dtype=torch.long)  # (B,)

    @property
    def room(self) -> int:
        """Positions held for each row (S)."""
        return 0 if self.keys[0] is None else self.keys[0].shape[2]

    def update(
        self, layer: int, keys: Tensor, values: Tensor, positions: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Write (B, K, T, D) at `positions` (B, T); return all that is held, (B, K, S, D)."""
        keys_held = self._roomy(self.keys[layer], keys, positions)
        values_held = self._roomy(self.values[layer], values, positions)
        rows = torch.arange(len(keys), device=keys.device)[:, None]
        keys_held[rows, :, positions] = keys.transpose(1, 2)
        values_held[rows, :, positions] = values.transpose(1, 2)
        self.keys[layer], self.values[layer] = keys_held, values_held
        return keys_held, values_held

    @staticmethod
    def _roomy(held: Tensor | None, new: Tensor, positions: Tensor) -> Tensor:
        B, K, _, D = new.shape
        needed = padded(int(positions.max()) + 1)
        if held is not None and held.shape[2] >= needed:
            return held
        roomy = new.new_zeros(B, K, needed, D)
        if held is not None:
            roomy[:, :, : held.shape[2]] = held
        return roomy

    def select(self, rows: Tensor) -> None:
        """Keep these rows, in this order; a row may be named many times (a prompt and its G completions)."""
        self.keys = [k.index_select(0, rows) if k is not None else None for k in self.keys]
        self.values = [v.index_select(0, rows) if v is not None else None for v in self.values]
        self.lengths = self.lengths[rows]
