"""Bits per byte: what a model pays for unseen text, in a unit that no tokenizer can flatter.

All pieces and the end token are paid for, given begin, of whole documents, over the UTF-8 bytes of
their text. Where a document is longer than the context, the window slides by half of it and each
token is paid for once, with at least half a context in sight (but for the document's start).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline_lib.evaluation import statistics
from pipeline_lib.formats.shards import Shards
from pipeline_lib.model.cache import padded
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.shapes import Float, Int
from pipeline_lib.tokens.tokenizer import Tokenizer

Ids = npt.NDArray[Any]

BATCH_TOKENS = 2048
"""On a CPU: they stay in its cache, 1.3 times as fast as 8192 (4 layers, 160 wide)."""
GPU_BATCH_TOKENS = 32_768
CHUNK = 1024
"""Rows of float32 logits that exist at once."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """What a split costs."""

    bits_per_byte: float
    interval: statistics.Interval
    documents: int
    tokens: int
    """Tokens paid for."""
    windowed: int
    """Documents longer than the context."""
    bits: Sequence[float]
    """Of each document."""

    def metrics(self, prefix: str) -> dict[str, float | int]:
        return {
            f"{prefix}bits_per_byte": self.bits_per_byte,
            f"{prefix}bits_per_byte_low": self.interval.low,
            f"{prefix}bits_per_byte_high": self.interval.high,
            f"{prefix}documents": self.documents,
            f"{prefix}tokens": self.tokens,
            f"{prefix}windowed": self.windowed,
        }


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a split: its ids, begin and end among them, and the bytes of its text."""

    ids: Ids
    bytes: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Window:
    document: int
    ids: Ids
    """What is seen, and the last target: one more than is predicted from."""
    skip: int
    """Targets that an earlier window has paid for."""


def choose(shards: Shards, max_tokens: int, tokenizer: Tokenizer) -> list[Document]:
    """Whole documents of at most `max_tokens` tokens in all, evenly spread; one at least."""
    spans = _spread(shards.doc_ends.astype(np.int64), max_tokens)
    rows = (shards.tokens[start:end].astype(np.int64) for start, end in spans)
    told = ((ids, tokenizer.decode(ids)) for ids in rows)
    return [Document(ids, len(text.encode()), text) for ids, text in told]


def _spread(ends: npt.NDArray[np.int64], limit: int) -> list[tuple[int, int]]:
    """Spans to take: a document is taken where those taken before it lag behind their share."""
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    share = min(1.0, limit / max(1, int(ends[-1]))) if len(ends) else 1.0
    taken: list[tuple[int, int]] = []
    held = 0
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if held <= share * start and held + end - start <= limit:
            taken.append((start, end))
            held += end - start
    return taken or [(int(s), int(e)) for s, e in zip(starts[:1], ends[:1], strict=True)]


def measure(model: Transformer, documents: Sequence[Document]) -> Likelihood:
    """Bits per byte of `documents`; the batches they are put in change nothing but rounding."""
    context = model.shape.context
    bits = costs(model, [document.ids for document in documents])
    value, interval = statistics.ratio(bits, [d.bytes for d in documents])
    return Likelihood(
        bits_per_byte=value,
        interval=interval,
        documents=len(documents),
        tokens=sum(len(document.ids) - 1 for document in documents),
        windowed=sum(len(document.ids) - 1 > context for document in documents),
        bits=bits,
    )


@torch.inference_mode()
def costs(model: Transformer, rows: Sequence[Ids]) -> list[float]:
    """Bits of each row of ids, given its first one."""
    context = model.shape.context
    windows = [w for i, ids in enumerate(rows) for w in _windows(i, ids, context)]
    bits = [0.0] * len(rows)
    is_cpu = model.head_weight.device.type == "cpu"
    room = BATCH_TOKENS if is_cpu else GPU_BATCH_TOKENS
    for batch in _batches(windows, context, room):
        for window, cost in zip(batch, _cost(model, batch, context), strict=True):
            bits[window.document] += cost / math.log(2)
    return bits


def _windows(document: int, ids: Ids, context: int) -> Iterator[_Window]:
    """Windows that pay for every target once; the last one ends where the document does."""
    targets = len(ids) - 1
    paid = 0
    while paid < targets:
        start = 0 if not paid else min(paid - context // 2, max(0, targets - context))
        seen = min(context, targets - start)
        yield _Window(document, ids[start : start + seen + 1], paid - start)
        paid = start + seen


def _batches(windows: Iterable[_Window], context: int, room: int) -> Iterator[list[_Window]]:
    """Windows of like length together: little padding, few shapes (oneDNN keeps each)."""
    groups: dict[int, list[_Window]] = {}
    for window in windows:
        groups.setdefault(_width(window, context), []).append(window)
    for width, group in sorted(groups.items()):
        rows = max(1, room // width)
        for start in range(0, len(group), rows):
            yield group[start : start + rows]


def _width(window: _Window, context: int) -> int:
    return min(padded(len(window.ids) - 1), context)


def _cost(model: Transformer, batch: Sequence[_Window], context: int) -> list[float]:
    """Nats of what each window pays for. Causal attention never sees the padding behind."""
    device = model.head_weight.device
    width = max(_width(window, context) for window in batch)
    ids = torch.zeros(len(batch), width + 1, dtype=torch.long)
    paid = torch.zeros(len(batch), width, dtype=torch.bool)
    for row, window in enumerate(batch):
        ids[row, : len(window.ids)] = torch.from_numpy(window.ids)
        paid[row, window.skip : len(window.ids) - 1] = True
    hidden = model.hidden(ids[:, :-1].to(device))  # (B, T, C)
    nats = _nats(model, hidden[paid.to(device)], ids[:, 1:][paid].to(device))
    return [float(part.sum()) for part in nats.split(paid.sum(dim=1).tolist())]


def _nats(
    model: Transformer, hidden: Float[Tensor, "N C"], targets: Int[Tensor, " N"]
) -> Float[Tensor, " N"]:
    """-log softmax(logits)[target] from max, exp and sum: faster on a CPU than torch's softmax."""
    costs = []
    for rows, ids in zip(hidden.split(CHUNK), targets.split(CHUNK), strict=True):
        logits = model.logits(rows).float()  # (n, V)
        highest = logits.amax(dim=-1, keepdim=True)
        chosen = logits.gather(1, ids[:, None])
        total = logits.sub_(highest).exp_().sum(dim=-1, keepdim=True)
        costs.append((highest + total.log() - chosen)[:, 0].double().cpu())
    return torch.cat(costs) if costs else torch.zeros(0, dtype=torch.float64)


def unigram(train: Shards, documents: Sequence[Document]) -> float:
    """Bits per byte of the best model without context: token frequencies, add-one smoothed."""
    counts = np.ones(train.index.vocab_size)
    block = 1 << 24
    for start in range(0, len(train.tokens), block):
        counts += np.bincount(train.tokens[start : start + block], minlength=len(counts))
    cost = -np.log2(counts / counts.sum())
    bits = sum(float(cost[document.ids[1:]].sum()) for document in documents)
    return bits / sum(document.bytes for document in documents)
