"""Next-token prediction on documents, whole or joined."""

import math
from collections.abc import Iterator

import numpy as np

from pipeline_lib import progress
from pipeline_lib.formats.shards import Shards
from pipeline_lib.model.counting import flops_per_token, of_model
from pipeline_lib.model.generation import Sampling, for_inference, generate
from pipeline_lib.params import PretrainParams
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import batches, packing
from pipeline_lib.training.batches import Reader
from pipeline_lib.training.loop import train
from pipeline_lib.training.run import Row, Run
from pipeline_lib.training.speed import with_mfu
from pipeline_lib.training.supervised import Supervised


class Pretraining(Supervised):
    """One run over (train, validation) shards; `rows()` trains and yields the curve, and at the end a summary."""

    def __init__(
        self, run: Run, params: PretrainParams, splits: tuple[Shards, Shards], tokenizer: Tokenizer
    ) -> None:
        self.params, self.tokenizer = params, tokenizer
        self.train, self.validation = splits
        context = run.model.shape.context
        rows = params.evaluate_batches * params.micro_batch
        reader: Reader
        if params.documents == "whole":
            packed = packing.pack(self.train, context)
            reader = packing.Documents(self.train, packed, params.seed)
            held_out = packing.spread(self.validation, context, rows)
        else:
            reader = batches.Windows(self.train, context, params.seed)
            held_out = batches.spread(self.validation, context, rows)
        super().__init__(run, params, reader, held_out)
        self.bits_per_byte = 1 / math.log(2) * tokens_per_byte(self.validation)

    def rows(self) -> Iterator[Row]:
        tokens = self.params.batch * self.run.model.shape.context
        every = self.run.runtime.log_every
        with self.ahead:
            yield from with_mfu(train(self.run, self.gradient, self.after, every, tokens), self.run)
        yield self.summary(tokens)

    def gradient(self, step: int) -> Row:
        row = super().gradient(step)
        return {**row, "bits_per_byte": row["loss"] / math.log(2) * tokens_per_byte(self.train)}

    def after(self, step: int) -> Iterator[Row]:
        if step % self.params.evaluate_every == 0 or step == self.run.end:
            loss = self.validate()
            if self.params.patience:
                self.run.compare(loss, self.params.patience)
            yield {
                "step": step,
                "validation.loss": loss,
                "validation.bits_per_byte": loss * self.bits_per_byte,
            }
        is_last = step == self.run.end
        if self.params.sample_every and (step % self.params.sample_every == 0 or is_last):
            text = self.sample()
            self.run.notes.append({"step": step, "text": text})
            progress.say(f"pretrain: sample at step {step:,}: {' '.join(text.split())[:160]}")

    def sample(self) -> str:
        """Text from nothing, at temperature 1: what the model believes the corpus is."""
        with self.run.averaged():
            model = for_inference(self.run.spread.full())
        [completion] = generate(
            model,
            [[self.tokenizer.begin]],
            max_new_tokens=self.params.sample_tokens,
            stop={self.tokenizer.end},
            sampling=Sampling(temperature=1.0),
            seed=self.params.seed,
        )
        return self.tokenizer.decode(completion.ids)

    def summary(self, tokens: int) -> Row:
        targets = self.held_out.targets
        counts = self.held_out.counts
        unigram = unigram_loss(self.train, (targets if counts is None else targets[counts]).numpy())
        shape, known = self.run.model.shape, of_model(self.run.model)
        return {
            "parameters": known.total,
            "parameters.active": known.active,
            "shape.layers": shape.layers,
            "shape.channels": shape.channels,
            "shape.heads": shape.heads,
            "shape.hidden": shape.hidden,
            "learning_rate.peak": self.params.learning_rate,
            "tokens": self.run.step * tokens,
            "flops": self.run.step * tokens * flops_per_token(shape, known.worked),
            "epochs": self.run.step * tokens / len(self.train.tokens),
            **self.run.account(),
            "unigram.bits_per_byte": unigram * self.bits_per_byte,
        }


def tokens_per_byte(shards: Shards) -> float:
    """Predicted tokens (all but each document's begin) per UTF-8 byte of text."""
    return (shards.index.tokens - shards.index.documents) / max(shards.index.bytes, 1)


def unigram_loss(train: Shards, targets: np.ndarray) -> float:
    """Nats per token of the best model that ignores context: token frequencies in `train`, add-one smoothed."""
    counts = np.ones(train.index.vocab_size)
    block = 1 << 24
    for start in range(0, len(train.tokens), block):
        counts += np.bincount(train.tokens[start : start + block], minlength=len(counts))
    return float(-np.log(counts / counts.sum())[targets].mean())
