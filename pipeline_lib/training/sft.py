"""Supervised fine-tuning on conversations: only the assistant's tokens and their end token are learnt."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from pipeline_lib import progress
from pipeline_lib.errors import DataError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.params import SftParams
from pipeline_lib.shapes import Bool, Int
from pipeline_lib.training.batches import Order
from pipeline_lib.training.loop import Row, Run, train
from pipeline_lib.training.losses import summed_loss
from pipeline_lib.training.packing import lay_out, pack

Batch = tuple[Int[Tensor, "B W"], Int[Tensor, "B W"], Bool[Tensor, "B T"]]
"""Ids and segments of W = T + 1 tokens, and which of the T targets are learnt."""


class FineTuning:
    """One run over (train, validation) conversations; the weights of the best validation are the result."""

    def __init__(self, run: Run, params: SftParams, splits: tuple[Shards, Shards]) -> None:
        self.run, self.params = run, params
        self.train, self.validation = splits
        self.width = run.model.shape.context + 1
        self.packed, held_out = pack(self.train, self.width), pack(self.validation, self.width)
        if not self.packed.rows or not held_out.rows:
            raise DataError(
                "sft shards: expected conversations with an answer within model.context tokens "
                "for training and validation, found none; raise model.context or add conversations"
            )
        self.held_out = held_out.rows[: params.evaluate_batches * params.micro_batch]
        self.order = Order(len(self.packed.rows), self.train.index.digest, params.seed)

    def rows(self) -> Iterator[Row]:
        lost = self.packed.left_out + self.packed.cut
        if lost:
            progress.say(
                f"sft: {self.packed.cut:,} conversations cut at {self.width:,} tokens, "
                f"{self.packed.left_out:,} without an answer within them left out"
            )
        tokens = self.params.batch * self.run.model.shape.context
        yield from train(self.run, self.gradient, self.after, self.run.runtime.log_every, tokens)
        self.run.model.load_state_dict(self.run.best["weights"])
        yield {
            "best.step": self.run.best["step"],
            "best.validation.loss": self.run.best["loss"],
            "conversations": self.train.index.documents - self.packed.left_out,
            "conversations.cut": self.packed.cut,
            "conversations.left_out": self.packed.left_out,
            "padding": self.padding(),
            "skipped": 0,
        }

    def gradient(self, step: int) -> Row:
        items = [item for _, item in self.order.batch(step, self.params.batch)]
        size = self.params.micro_batch
        parts = [
            self.batch(self.train, [self.packed.rows[i] for i in items[k : k + size]])
            for k in range(0, len(items), size)
        ]
        targets = sum(int(counts.sum()) for _, _, counts in parts)
        total = 0.0
        for part in parts:
            loss = self.loss(part) / targets
            loss.backward()
            total += loss.item()
        return {"loss": total}

    def batch(self, shards: Shards, rows: list[list[int]]) -> Batch:
        laid = [lay_out(shards, row, self.width) for row in rows]
        ids, segments, counts = (
            torch.from_numpy(np.stack(x)).to(self.run.hardware.device)
            for x in zip(*laid, strict=True)
        )
        return ids, segments, counts[:, 1:]

    def loss(self, batch: Batch) -> Tensor:
        ids, segments, counts = batch
        model = self.run.model
        hidden = model.hidden(ids[:, :-1], segments[:, :-1])
        return summed_loss(hidden, model.head_weight, ids[:, 1:], counts)

    def after(self, step: int) -> Iterator[Row]:
        if step % self.params.evaluate_every and step != self.params.steps:
            return
        loss = self.validate()
        if loss < self.run.best.get("loss", float("inf")):
            weights = {k: v.detach().clone() for k, v in self.run.model.state_dict().items()}
            self.run.best = {"loss": loss, "step": step, "weights": weights}
        yield {"step": step, "validation.loss": loss}

    @torch.no_grad()
    def validate(self) -> float:
        """Mean loss in nats per learnt token."""
        total, targets = 0.0, 0
        for k in range(0, len(self.held_out), self.params.micro_batch):
            batch = self.batch(self.validation, self.held_out[k : k + self.params.micro_batch])
            total += self.loss(batch).item()
            targets += int(batch[2].sum())
        return total / targets

    def padding(self) -> float:
        """Share of the packed rows that holds nothing."""
        ends = self.train.doc_ends.astype(np.int64)
        lengths = np.minimum(np.diff(ends, prepend=0), self.width)
        used = sum(int(lengths[item]) for row in self.packed.rows for item in row)
        return 1 - used / (len(self.packed.rows) * self.width)
