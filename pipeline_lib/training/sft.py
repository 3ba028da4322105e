"""Supervised fine-tuning on conversations: only the assistant's tokens and their end token are learnt."""

from collections.abc import Iterator

import numpy as np

from pipeline_lib import progress
from pipeline_lib.errors import DataError, TrainingError
from pipeline_lib.formats.shards import Shards
from pipeline_lib.model.counting import flops_per_token
from pipeline_lib.params import SftParams
from pipeline_lib.training.batches import lay_out
from pipeline_lib.training.conversations import pack_conversations
from pipeline_lib.training.loop import train
from pipeline_lib.training.packing import Documents
from pipeline_lib.training.run import Row, Run
from pipeline_lib.training.speed import with_mfu
from pipeline_lib.training.supervised import Supervised


class FineTuning(Supervised):
    """One run over (train, validation) conversations; the weights of the best validation are the result."""

    def __init__(self, run: Run, params: SftParams, splits: tuple[Shards, Shards]) -> None:
        self.params = params
        self.train, self.validation = splits
        width = run.model.shape.context
        self.packed = pack_conversations(self.train, width, params.overlong)
        held_out = pack_conversations(self.validation, width, params.overlong)
        if not len(self.packed) or not len(held_out):
            raise DataError(
                "sft shards: expected conversations with an answer within model.context tokens "
                "for training and validation, found none; raise model.context or add conversations"
            )
        wanted = params.evaluate_batches * params.micro_batch
        rows = np.unique(np.linspace(0, len(held_out) - 1, wanted).astype(np.int64))  # evenly
        super().__init__(
            run,
            params,
            Documents(self.train, self.packed, params.seed),
            lay_out(self.validation, held_out.pieces(rows), width),
        )

    def rows(self) -> Iterator[Row]:
        if self.packed.left_out + self.packed.cut:
            progress.say(
                f"sft: {self.packed.cut:,} conversations cut after the last answer that {self.packed.width:,} tokens hold, "
                f"{self.packed.left_out:,} left out (sft.overlong: {self.params.overlong})"
            )
        shape = self.run.model.shape
        tokens = self.params.batch * shape.context
        every = self.run.runtime.log_every
        with self.ahead:
            yield from with_mfu(train(self.run, self.gradient, self.after, every, tokens), self.run)
        if not self.run.best.get("weights"):
            raise TrainingError(
                "sft: expected a validation loss that is a number, found none; lower sft.learning_rate"
            )
        yield {
            "best.step": self.run.best["step"],
            "best.validation.loss": self.run.best["loss"],
            "conversations": self.train.index.documents - self.packed.left_out,
            "conversations.overlong": self.packed.overlong,
            "conversations.cut": self.packed.cut,
            "conversations.left_out": self.packed.left_out,
            "padding": self.packed.padding,
            "skipped": 0,
            "tokens": self.run.step * tokens,
            "flops": self.run.step
            * tokens
            * flops_per_token(shape, self.run.model.worked_parameters),
            **self.run.account(),
        }

    def after(self, step: int) -> Iterator[Row]:
        if step % self.params.evaluate_every and step != self.run.end:
            return
        loss = self.validate()
        self.run.compare(loss, self.params.patience)
        yield {"step": step, "validation.loss": loss}
