"""bench-loader: how fast batches come out of memory-mapped shards, and what of a training step is spent waiting for them.

    python -m benchmarks.loader [--documents 60000] [--steps 8] [--threads 2]

The shards are made up: documents of lognormal length (median 80 tokens), and conversations of it. A step is the default
model's (`model:` in params.yaml) on 8 rows, forward, backward and optimizer; for larger batches it is taken to grow with
the tokens. M tokens/s and ms a batch are of batches one after the other. `alone`: the share of a step that goes by until it
has its batch where that is made on the spot; `waited`: where it is made ahead. The last line is JSON.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from pipeline_lib.formats import shards, shardwriting
from pipeline_lib.formats.shards import Encoded, Kind, Shards
from pipeline_lib.model.hardware import Hardware, choose, keep_freed_memory
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, Params, read_params
from pipeline_lib.training.batches import Batch, Reader, Windows
from pipeline_lib.training.conversations import pack_conversations
from pipeline_lib.training.losses import summed_loss
from pipeline_lib.training.optimizer import apply_step, optimizers
from pipeline_lib.training.packing import Documents, pack
from pipeline_lib.training.prefetch import Prefetch

ROOT = Path(__file__).resolve().parents[1]
CONTEXTS = (256, 1024)
SMALL, LARGE = 8, 512
"""Rows of a batch; the small one is also trained on."""
ROUNDS = 5
WARM = 2
"""Steps before those that count."""
SHARE = 0.02
"""Of a step: the most that may be spent waiting."""


@dataclass(frozen=True)
class Learner:
    """The default model and what a step does with a batch."""

    model: Transformer
    step: Callable[[Batch], None]


def made_up(folder: Path, kind: Kind, documents: int, vocab_size: int) -> Shards:
    """Documents of lognormal length; of conversations, the second half is learnt."""
    numbers = np.random.default_rng(0)
    lengths = np.exp(numbers.normal(np.log(80), 0.6, size=documents)).astype(int) + 4

    def each() -> Iterator[Encoded]:
        for length in lengths.tolist():
            mask = np.arange(length) > length // 2 if kind == "sft" else None
            yield Encoded(numbers.integers(vocab_size, size=length), length, mask)

    shardwriting.write(folder, kind, "train", each(), vocab_size, "made up")
    return shards.read(folder)


def readers(text: Shards, talks: Shards, context: int) -> dict[str, Reader]:
    return {
        "joined": Windows(text, context, 1),
        "whole": Documents(text, pack(text, context), 1),
        "conversations": Documents(talks, pack_conversations(talks, context, "cut"), 1),
    }


def learner(params: Params, shape: ModelParams, hardware: Hardware) -> Learner:
    model = Transformer(shape, params.tokenizer.vocab_size, seed=1)
    model.dtype = hardware.dtype
    optimizer = optimizers(model, params.pretrain)

    def step(batch: Batch) -> None:
        hidden = model.hidden(batch.inputs, batch.segments)
        loss = summed_loss(hidden, model.head_weight, batch.targets, batch.counts) / batch.learnt
        loss.backward()
        apply_step(optimizer, 1.0, params.pretrain.clip_norm)

    return Learner(model, step)


def seconds_of(reader: Reader, size: int) -> float:
    """Of one batch: the median over rounds of a few steps each."""
    times = max(4, 800 // size)
    rounds = []
    for number in range(ROUNDS):
        started = time.perf_counter()
        for step in range(number * times, (number + 1) * times):
            reader.batch(step, size)
        rounds.append((time.perf_counter() - started) / times)
    return median(rounds)


def trained(learner: Learner, reader: Reader, steps: int, ahead: bool) -> tuple[float, float]:
    """Seconds of a step, its batch included, and those of them until it has its batch; medians."""
    waited, whole = [], []
    batches = Prefetch(lambda step: reader.batch(step, SMALL), steps + WARM, torch.device("cpu"))

    def taken(number: int) -> Batch:
        started = time.perf_counter()
        batch = batches.batch(number)
        waited.append(time.perf_counter() - started)
        return batch

    with batches if ahead else nullcontext():
        for number in range(steps + WARM):
            started = time.perf_counter()
            learner.step(taken(number))
            whole.append(time.perf_counter() - started)
    return median(whole[WARM:]), median(waited[WARM:])


def rows_of(
    name: str, context: int, reader: Reader, model: Learner, steps: int
) -> Iterator[dict[str, Any]]:
    """Figures of a reader with small batches, and with large ones, whose steps are not made."""
    step, alone = trained(model, reader, steps, ahead=False)
    _, waited = trained(model, reader, steps, ahead=True)
    small, large = (seconds_of(reader, size) for size in (SMALL, LARGE))
    longer = step * LARGE / SMALL
    for size, seconds, figures in (
        (SMALL, small, {"step": step * 1e3, "alone": alone / step, "waited": waited / step}),
        (LARGE, large, {"step": longer * 1e3, "alone": large / longer}),
    ):
        yield {
            "reader": name,
            "context": context,
            "batch": size,
            "tokens_per_second": round(size * context / seconds),
            "milliseconds": seconds * 1e3,
            **figures,
        }


def measured(
    params: Params, hardware: Hardware, documents: int, steps: int
) -> Iterator[dict[str, Any]]:
    """Figures of all readers."""
    with tempfile.TemporaryDirectory() as folder:
        size = params.tokenizer.vocab_size
        text = made_up(Path(folder) / "text", "pretrain", documents, size)
        talks = made_up(Path(folder) / "talks", "sft", documents, size)
        for context in CONTEXTS:
            shape = params.model.model_copy(update={"context": context})
            model = learner(params, shape, hardware)
            for name, reader in readers(text, talks, context).items():
                yield from rows_of(name, context, reader, model, steps)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Print a line of the table."""
    waited = f"{row['waited']:.3%}" if "waited" in row else ""
    print(
        f"| {row['reader']} | {row['context']} | {row['batch']} | {row['tokens_per_second'] / 1e6:.1f} "
        f"| {row['milliseconds']:.2f} | {row['step']:.0f} | {row['alone']:.3%} | {waited} |",
        flush=True,
    )
    return {name: round(x, 6) if isinstance(x, float) else x for name, x in row.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--documents", type=int, default=60_000)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    params = read_params(ROOT / "params.yaml")
    runtime = params.runtime.model_copy(update={"threads": chosen.threads, "device": "cpu"})
    keep_freed_memory()
    hardware = choose(runtime)
    print("| reader | context | batch | M tokens/s | ms a batch | ms a step | alone | waited |")
    print("|" + " --- |" * 8)
    rows = [shown(row) for row in measured(params, hardware, chosen.documents, chosen.steps)]
    worst = max(row["waited"] for row in rows if "waited" in row)
    print(json.dumps({"worst_waited": worst, "within": worst < SHARE, "rows": rows}))


if __name__ == "__main__":
    main()
