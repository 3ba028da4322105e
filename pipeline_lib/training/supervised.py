"""What pretraining and fine-tuning share: gradients of a batch of known next tokens, and a validation on held-out ones."""

import math

import torch
from torch import Tensor

from pipeline_lib.model.routing import Routing
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import BatchedParams
from pipeline_lib.training.batches import Batch, Reader
from pipeline_lib.training.distributed import expect_share, rounded_up
from pipeline_lib.training.losses import summed_objective
from pipeline_lib.training.parallel import last_marked
from pipeline_lib.training.prefetch import Prefetch
from pipeline_lib.training.run import Row, Run


class Supervised:
    """One run over a reader's batches, validated on the same rows each time; a stage adds what it yields."""

    def __init__(self, run: Run, params: BatchedParams, reader: Reader, held_out: Batch) -> None:
        self.run, self.reader, self.held_out = run, reader, held_out
        self._batched, self.ranks = params, run.ranks
        expect_share(f"{run.stage}.batch", params.batch, run.ranks)
        run.compile()
        self.ahead = Prefetch(self._batch, params.steps, run.hardware.device)

    def _batch(self, step: int) -> Batch:
        return self.reader.batch(step, self._batched.batch, self.ranks.rank, self.ranks.count)

    def gradient(self, step: int) -> Row:
        """Leave the gradients of a step in the weights; its loss in nats per learnt token, and the routers' figures."""
        batch = self.ahead.batch(step)
        targets, total = int(self.ranks.sum(batch.learnt)), 0.0
        routing = Routing(self.run.model.shape.moe)
        for part, is_last in last_marked(self._parts(batch)):
            with self.run.spread.accumulating(is_last=is_last):
                objective, loss = self.objective(part, self._batched.z_loss, routing)
                self.run.backward(objective / targets)
            total += (loss / targets).item()
        self.run.spread.complete()
        routing.loads = {layer: self.ranks.add(load) for layer, load in routing.loads.items()}
        return {"loss": self.ranks.sum(total), **routing.figures()}

    def objective(
        self, batch: Batch, z_loss: float = 0.0, routing: Routing | None = None
    ) -> tuple[Tensor, Tensor]:
        """What is minimised, and the cross-entropy in nats, summed over the targets that count."""

        def cost(model: Transformer) -> tuple[Tensor, Tensor]:
            hidden = model.hidden(batch.inputs, batch.segments, routing=routing)
            cap = model.shape.logit_softcap
            objective, loss = summed_objective(
                hidden, model.head_weight, batch.targets, batch.counts, z_loss, cap
            )
            return objective if routing is None else objective + routing.cost(batch.counts), loss

        return self.run.spread.call(cost)

    @torch.no_grad()
    def validate(self) -> float:
        """Mean loss in nats per learnt token."""
        with self.run.averaged():
            losses = self.ranks.sums(self._losses(self._parts(self.held_out)))
        return math.fsum(losses) / self.held_out.learnt

    def _losses(self, parts: "list[Batch]") -> list[float]:
        """Of each part, 0.0 where it is another rank's turn. Who has none left works on the last for nothing, as under
        FSDP all have to work together."""
        found = [0.0] * len(parts)
        for turn in range(
            self.ranks.rank, rounded_up(len(parts), self.ranks.count), self.ranks.count
        ):
            loss = self.objective(parts[min(turn, len(parts) - 1)])[1].item()
            if turn < len(parts):
                found[turn] = loss
        return found

    def _parts(self, batch: Batch) -> "list[Batch]":
        return list(batch.to(self.run.hardware.device).split(self._batched.micro_batch))
