"""Next-token prediction on documents, whole or joined."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from pipeline_lib import progress
from pipeline_lib.formats.shards import Shards
from pipeline_lib.model.generation import Sampling, for_inference, generate
from pipeline_lib.model.hardware import Hardware, peak_flops
from pipeline_lib.model.routing import Routing
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import PretrainParams
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import batches, packing
from pipeline_lib.training.batches import Batch, Reader
from pipeline_lib.training.loop import train
from pipeline_lib.training.losses import summed_objective
from pipeline_lib.training.prefetch import Prefetch
from pipeline_lib.training.run import Row, Run


class Pretraining:
    """One run over (train, validation) shards; `rows()` trains and yields the curve, and at the end a summary."""

    def __init__(
        self, run: Run, params: PretrainParams, splits: tuple[Shards, Shards], tokenizer: Tokenizer
    ) -> None:
        self.run, self.params, self.tokenizer = run, params, tokenizer
        self.train, self.validation = splits
        context = run.model.shape.context
        rows = params.evaluate_batches * params.micro_batch
        self.reader: Reader
        if params.documents == "whole":
            packed = packing.pack(self.train, context)
            self.reader = packing.Documents(self.train, packed, params.seed)
            self.held_out = packing.spread(self.validation, context, rows)
        else:
            self.reader = batches.Windows(self.train, context, params.seed)
            self.held_out = batches.spread(self.validation, context, rows)
        run.compile()
        self.ahead = Prefetch(self._batch, params.steps, run.hardware.device)
        self.bits_per_byte = 1 / math.log(2) * tokens_per_byte(self.validation)

    def _batch(self, step: int) -> Batch:
        return self.reader.batch(step, self.params.batch)

    def rows(self) -> Iterator[Row]:
        tokens = self.params.batch * self.run.model.shape.context
        peak = matrix_peak(self.run.hardware) if self.run.step < self.params.steps else math.inf
        per_token = flops_per_token(self.run.model)
        every = self.run.runtime.log_every
        with self.ahead:
            for row in train(self.run, self.gradient, self.after, every, tokens):
                if speed := row.get("machine.tokens_per_second"):
                    row = {**row, "machine.mfu": speed * per_token / peak}
                yield row
        yield self.summary(tokens)

    def gradient(self, step: int) -> Row:
        batch = self.ahead.batch(step)
        targets, total = batch.learnt, 0.0
        routing = Routing(self.run.model.shape.moe)
        for part in batch.to(self.run.hardware.device).split(self.params.micro_batch):
            objective, loss = self.objective(part, self.params.z_loss, routing)
            self.run.backward(objective / targets)
            total += (loss / targets).item()
        bits = total / math.log(2) * tokens_per_byte(self.train)
        return {"loss": total, "bits_per_byte": bits, **routing.figures()}

    def objective(
        self, batch: Batch, z_loss: float = 0.0, routing: Routing | None = None
    ) -> tuple[Tensor, Tensor]:
        """What is minimised, and the cross-entropy in nats, summed over the targets."""
        model = self.run.model
        hidden = model.hidden(batch.inputs, batch.segments, routing=routing)
        cap = model.shape.logit_softcap
        objective, loss = summed_objective(
            hidden, model.head_weight, batch.targets, batch.counts, z_loss, cap
        )
        return objective if routing is None else objective + routing.cost(batch.counts), loss

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

    @torch.no_grad()
    def validate(self) -> float:
        """Mean loss in nats per token over the same held-out rows each time."""
        parts = self.held_out.to(self.run.hardware.device).split(self.params.micro_batch)
        with self.run.averaged():
            losses = [self.objective(part)[1].item() for part in parts]
        return math.fsum(losses) / self.held_out.learnt

    def sample(self) -> str:
        """Text from nothing, at temperature 1: what the model believes the corpus is."""
        with self.run.averaged():
            model = for_inference(self.run.model)
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
        return {
            "parameters": self.run.model.parameter_count,
            "tokens": self.run.step * tokens,
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


def matrix_peak(hardware: Hardware) -> float:
    """FLOP/s of the largest product worth its time: on a GPU a small one measures how fast kernels start."""
    return peak_flops(hardware, 8192 if hardware.device.type == "cuda" else 1024)


def flops_per_token(model: Transformer) -> float:
    """6 N + 12 L H D T, training: Chowdhery et al. 2022 (PaLM), appendix B, arxiv.org/abs/2204.02311; where queries and
    values differ in width, 2 D is the sum of both."""
    shape = model.shape
    attention = 6 * shape.layers * shape.attended_width * shape.context
    return float(6 * model.worked_parameters + attention)
