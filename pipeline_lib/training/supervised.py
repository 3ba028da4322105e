"""What pretraining and fine-tuning share: gradients of a batch of known next tokens, and a validation on held-out ones."""

import math

import torch
from torch import Tensor

from pipeline_lib.model.routing import Routing
from pipeline_lib.params import BatchedParams
from pipeline_lib.training.batches import Batch, Reader
from pipeline_lib.training.losses import summed_objective
from pipeline_lib.training.prefetch import Prefetch
from pipeline_lib.training.run import Row, Run


class Supervised:
    """One run over a reader's batches, validated on the same rows each time; a stage adds what it yields."""

    def __init__(self, run: Run, params: BatchedParams, reader: Reader, held_out: Batch) -> None:
        self.run, self.reader, self.held_out = run, reader, held_out
        self._batched = params
        run.compile()
        self.ahead = Prefetch(self._batch, params.steps, run.hardware.device)

    def _batch(self, step: int) -> Batch:
        return self.reader.batch(step, self._batched.batch)

    def gradient(self, step: int) -> Row:
        """Leave the gradients of a step in the weights; its loss in nats per learnt token, and the routers' figures."""
        batch = self.ahead.batch(step)
        targets, total = batch.learnt, 0.0
        routing = Routing(self.run.model.shape.moe)
        for part in self._parts(batch):
            objective, loss = self.objective(part, self._batched.z_loss, routing)
            self.run.backward(objective / targets)
            total += (loss / targets).item()
        return {"loss": total, **routing.figures()}

    def objective(
        self, batch: Batch, z_loss: float = 0.0, routing: Routing | None = None
    ) -> tuple[Tensor, Tensor]:
        """What is minimised, and the cross-entropy in nats, summed over the targets that count."""
        model = self.run.model
        hidden = model.hidden(batch.inputs, batch.segments, routing=routing)
        cap = model.shape.logit_softcap
        objective, loss = summed_objective(
            hidden, model.head_weight, batch.targets, batch.counts, z_loss, cap
        )
        return objective if routing is None else objective + routing.cost(batch.counts), loss

    @torch.no_grad()
    def validate(self) -> float:
        """Mean loss in nats per learnt token."""
        with self.run.averaged():
            losses = [self.objective(part)[1].item() for part in self._parts(self.held_out)]
        return math.fsum(losses) / self.held_out.learnt

    def _parts(self, batch: Batch) -> "list[Batch]":
        return list(batch.to(self.run.hardware.device).split(self._batched.micro_batch))
