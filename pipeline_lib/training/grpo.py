"""Group relative policy optimisation on answers that can be checked.

Each step: G completions for each of a few prompts, a reward of 1 for a right answer, the advantage of each over its group's
mean, and a clipped policy-gradient step. Completions without advantage are not even scored when there is no KL penalty.
Scores are taken at the sampling temperature over the whole vocabulary, as they were drawn.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipeline_lib import answers, progress
from pipeline_lib.errors import DataError
from pipeline_lib.formats.shards import Prompt, Prompts
from pipeline_lib.model.cache import padded
from pipeline_lib.model.generation import Completion, Sampling, for_inference, generate
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import GrpoParams
from pipeline_lib.shapes import Float
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training.advantages import (
    advantages,
    clipped_objective,
    kl_k2,
    kl_k3,
    token_weights,
)
from pipeline_lib.training.loop import train
from pipeline_lib.training.losses import token_log_probabilities
from pipeline_lib.training.order import Order, random_numbers
from pipeline_lib.training.run import Row, Run

NOTED = 2
"""Completions of each step that the rollout table shows."""


@dataclass(frozen=True)
class Rollout:
    """One completion, what it was worth, and what each of its tokens weighs in the loss."""

    prompt: list[int]
    completion: Completion
    reward: float
    advantage: float
    weight: float

    @property
    def length(self) -> int:
        return len(self.prompt) + len(self.completion.ids)


@dataclass(frozen=True)
class Scores:
    """Of N completion tokens: log-probabilities and entropy in nats, advantage, weight in the loss."""

    log_probabilities: Tensor
    entropy: Tensor
    advantage: Tensor
    weight: Tensor


class Reinforcement:
    """One run over prompts with known answers."""

    def __init__(
        self, run: Run, params: GrpoParams, prompts: Prompts, tokenizer: Tokenizer
    ) -> None:
        self.run, self.params, self.prompts, self.tokenizer = run, params, prompts, tokenizer
        room = run.model.shape.context - params.max_new_tokens
        self.usable = [i for i in range(len(prompts)) if len(prompts[i].ids) <= room]
        if not self.usable:
            raise DataError(
                f"grpo.max_new_tokens: expected prompts of at most {room} tokens (model.context - max_new_tokens), "
                f"found none among {len(prompts):,}; lower it or raise model.context"
            )
        self.order = Order(len(self.usable), prompts.index.digest, params.seed)
        self.reference = self._reference() if params.beta else None

    def _reference(self) -> Transformer:
        frozen = copy.deepcopy(self.run.model)
        return frozen.requires_grad_(requires_grad=False)

    def rows(self) -> Iterator[Row]:
        left_out = len(self.prompts) - len(self.usable)
        if left_out:
            progress.say(f"grpo: {left_out:,} prompts leave no room for an answer: left out")
        most = self.params.prompts * self.params.group * self.params.max_new_tokens
        yield from train(self.run, self.gradient, lambda _: iter(()), 1, most, self.rehearse)
        yield {
            "prompts": len(self.usable),
            "prompts.left_out": left_out,
            "skipped": 0,
            **self.run.account(),
        }

    def rehearse(self) -> None:
        """One step's work without its effects."""
        rollouts, _ = self.roll_out(0)
        self.accumulate(self._parts(rollouts), None)
        self.run.notes.clear()

    def gradient(self, step: int) -> Row:
        """Roll out, then all but the last of `updates` optimizer steps; the last one's gradients stay for the loop."""
        rollouts, figures = self.roll_out(step)
        parts = self._parts(rollouts)
        old = self._old(parts)
        learnt = self.accumulate(parts, old)
        for _ in range(self.params.updates - 1):
            self.run.learn(learnt["loss"])
            learnt = self.accumulate(parts, old)
        return {**figures, **learnt}

    def _parts(self, rollouts: list[Rollout]) -> list[list[Rollout]]:
        """Micro-batches of completions alike in length; those that teach nothing are left out."""
        signal = [r for r in rollouts if r.advantage or self.reference is not None]
        signal.sort(key=lambda r: r.length)
        size = self.params.micro_batch
        return [signal[k : k + size] for k in range(0, len(signal), size)]

    def roll_out(self, step: int) -> tuple[list[Rollout], Row]:
        """Completions of this step's prompts, and their figures."""
        _, items = self.order.batch(step, self.params.prompts)
        chosen = [self.prompts[self.usable[i]] for i in items.tolist()]
        seed = int(random_numbers("rollouts", self.params.seed, step).integers(1 << 62))
        completions = generate(
            for_inference(self.run.model),
            [prompt.ids.tolist() for prompt in chosen],
            max_new_tokens=self.params.max_new_tokens,
            stop={self.tokenizer.end},
            sampling=Sampling(temperature=self.params.temperature),
            seed=seed,
            copies=self.params.group,
        )
        owners = [prompt for prompt in chosen for _ in range(self.params.group)]
        rewards = self._rewards(owners, completions)  # (P, G)
        gains = advantages(rewards, self.params.advantage)
        lengths = torch.tensor([len(c.ids) for c in completions])
        parts = (owners, completions, rewards.flatten().tolist(), gains.flatten().tolist())
        weights = token_weights(lengths, self.params).tolist()
        rollouts = [
            Rollout(p.ids.tolist(), c, r, a, w)
            for p, c, r, a, w in zip(*parts, weights, strict=True)
        ]
        self._note(step, rollouts)
        return rollouts, {
            "reward": float(rewards.mean()),
            "reward.std": float(rewards.std(dim=1, correction=0).mean()),
            "advantage.no_signal": float((gains == 0).all(dim=1).float().mean()),
            "length": float(lengths.float().mean()),
            "stopped": sum(c.stopped for c in completions) / len(completions),
        }

    def _rewards(self, owners: list[Prompt], completions: list[Completion]) -> Float[Tensor, "P G"]:
        right = [
            answers.is_right(self.tokenizer.decode(c.ids), prompt.answer, prompt.verifier)
            for prompt, c in zip(owners, completions, strict=True)
        ]
        return torch.tensor(right, dtype=torch.float32).view(-1, self.params.group)

    def _note(self, step: int, rollouts: list[Rollout]) -> None:
        for rollout in rollouts[:: max(len(rollouts) // NOTED, 1)]:
            self.run.notes.append(
                {
                    "step": step + 1,
                    "prompt": self.tokenizer.decode(rollout.prompt),
                    "completion": self.tokenizer.decode(rollout.completion.ids),
                    "reward": rollout.reward,
                    "advantage": rollout.advantage,
                    "finish": "stop" if rollout.completion.stopped else "length",
                }
            )

    def accumulate(self, parts: list[list[Rollout]], old: list[Tensor] | None) -> Row:
        """Gradients of the whole step, micro-batch by micro-batch; its loss and figures."""
        self.run.optimizer.zero_grad()
        sums = {"loss": 0.0, "clipped": 0.0, "entropy": 0.0, "kl": 0.0}
        tokens = 0
        for number, part in enumerate(parts):
            scores = self.score(self.run.model, part)
            before = scores.log_probabilities.detach() if old is None else old[number]
            objective, clipped = clipped_objective(
                scores.log_probabilities, before, scores.advantage, self.params
            )
            loss = -(objective * scores.weight).sum()
            if self.reference is not None:
                with torch.no_grad():
                    reference = self.score(self.reference, part).log_probabilities
                penalty = kl_k2(scores.log_probabilities, reference)
                loss = loss + self.params.beta * (penalty * scores.weight).sum()
                sums["kl"] += float(kl_k3(scores.log_probabilities.detach(), reference).sum())
            self.run.backward(loss)
            sums["loss"] += loss.item()
            sums["clipped"] += float(clipped.sum())
            sums["entropy"] += float(scores.entropy.sum())
            tokens += len(scores.weight)
        means = {k: v / max(tokens, 1) for k, v in sums.items() if k != "loss"}
        if self.reference is None:
            del means["kl"]
        return {"loss": sums["loss"], **means}

    def score(self, model: Transformer, part: list[Rollout]) -> Scores:
        """Score the completions' tokens, the end token too, at the temperature they were drawn at."""
        device = self.run.hardware.device
        T = min(padded(max(r.length for r in part)), model.shape.context + 1)
        ids = torch.zeros(len(part), T, dtype=torch.long)
        owner = torch.full((len(part), T), -1)
        for row, rollout in enumerate(part):
            whole = rollout.prompt + rollout.completion.ids
            ids[row, : len(whole)] = torch.tensor(whole)
            owner[row, len(rollout.prompt) : len(whole)] = row
        owners = owner[:, 1:]
        counts = (owners >= 0).to(device)
        hidden = model.hidden(ids[:, :-1].to(device))[counts]  # (N, C)
        log_probabilities, entropy = token_log_probabilities(
            hidden,
            model.head_weight,
            ids[:, 1:].to(device)[counts],
            self.params.temperature,
            model.shape.logit_softcap,
        )
        rows = owners[owners >= 0].numpy()
        advantage = np.array([r.advantage for r in part], dtype=np.float32)[rows]
        weight = np.array([r.weight for r in part], dtype=np.float32)[rows]
        return Scores(
            log_probabilities,
            entropy,
            torch.from_numpy(advantage).to(device),
            torch.from_numpy(weight).to(device),
        )

    def _old(self, parts: list[list[Rollout]]) -> list[Tensor] | None:
        """Log-probabilities before the first of several updates; with one update the ratio is 1 by definition."""
        if self.params.updates == 1:
            return None
        with torch.no_grad():
            return [self.score(self.run.model, part).log_probabilities for part in parts]
