"""Supervised fine-tuning on conversations: only the assistant's tokens and their end token are learnt."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from pipeline_lib import progress
from pipeline_lib.errors import DataError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.params import SftParams
from pipeline_lib.training.batches import Batch, Order
from pipeline_lib.training.loop import Row, Run, train
from pipeline_lib.training.losses import summed_loss
from pipeline_lib.training.packing import lay_out, pack_conversations


class FineTuning:
    """One run over (train, validation) conversations; the weights of the best validation are the result."""

    def __init__(self, run: Run, params: SftParams, splits: tuple[Shards, Shards]) -> None:
        self.run, self.params = run, params
        self.train, self.validation = splits
        width = run.model.shape.context
        self.packed = pack_conversations(self.train, width)
        held_out = pack_conversations(self.validation, width)
        if not len(self.packed) or not len(held_out):
            raise DataError(
                "sft shards: expected conversations with an answer within model.context tokens "
                "for training and validation, found none; raise model.context or add conversations"
            )
        rows = range(min(params.evaluate_batches * params.micro_batch, len(held_out)))
        self.held_out = lay_out(self.validation, held_out, rows)
        self.order = Order(len(self.packed), self.train.index.digest, params.seed)

    def rows(self) -> Iterator[Row]:
        lost = self.packed.left_out + self.packed.cut
        if lost:
            progress.say(
                f"sft: {self.packed.cut:,} conversations cut at {self.packed.width:,} tokens, "
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
            "padding": self.packed.padding,
            "skipped": 0,
        }

    def gradient(self, step: int) -> Row:
        items = [item for _, item in self.order.batch(step, self.params.batch)]
        batch = lay_out(self.train, self.packed, items)
        targets, total = batch.learnt, 0.0
        for part in batch.to(self.run.hardware.device).split(self.params.micro_batch):
            loss = self.loss(part) / targets
            loss.backward()
            total += loss.item()
        return {"loss": total}

    def loss(self, batch: Batch) -> Tensor:
        """Summed over what is learnt."""
        model = self.run.model
        hidden = model.hidden(batch.inputs, batch.segments)
        return summed_loss(hidden, model.head_weight, batch.targets, batch.counts)

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
        parts = self.held_out.to(self.run.hardware.device).split(self.params.micro_batch)
        total = math.fsum(self.loss(part).item() for part in parts)
        return total / self.held_out.learnt
