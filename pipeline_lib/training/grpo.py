"""Group relative policy optimisation on answers that can be checked.

Each step: G completions for each of a few prompts, a reward of 1 for a right answer, the advantage of each over its group's
mean, and a clipped policy-gradient step. Completions without advantage are not even scored when there is no KL penalty.
Scores are taken at the sampling temperature over the whole vocabulary, as they were drawn.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

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
from pipeline_lib.training.distributed import expect_share, rounded_up
from pipeline_lib.training.loop import train
from pipeline_lib.training.losses import token_log_probabilities
from pipeline_lib.training.order import Order, random_numbers
from pipeline_lib.training.parallel import frozen_copy, last_marked
from pipeline_lib.training.run import Row, Run

Scorer = Callable[[Transformer], tuple[Tensor, Tensor]]
Ask = Callable[[Scorer], tuple[Tensor, Tensor]]

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
        self.ranks = run.ranks
        expect_share("grpo.prompts", params.prompts, run.ranks)
        room = run.model.shape.context - params.max_new_tokens
        self.usable = [i for i in range(len(prompts)) if len(prompts[i].ids) <= room]
        if not self.usable:
            raise DataError(
                f"grpo.max_new_tokens: expected prompts of at most {room} tokens (model.context - max_new_tokens), "
                f"found none among {len(prompts):,}; lower it or raise model.context"
            )
        self.order = Order(len(self.usable), prompts.index.digest, params.seed)
        self.reference = frozen_copy(run.spread) if params.beta else None

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
        """Micro-batches of completions alike in length, of which ranks take turns; those that teach nothing are left out.

        A rank without a last one has one completion that weighs nothing: all have to work together.
        """
        signal = [r for r in rollouts if r.advantage or self.reference is not None]
        signal.sort(key=lambda r: r.length)
        size = self.params.micro_batch
        parts = [signal[k : k + size] for k in range(0, len(signal), size)]
        for _ in range(rounded_up(len(parts), self.ranks.count) - len(parts)):
            parts.append([replace(signal[0], weight=0.0)])
        return parts[self.ranks.rank :: self.ranks.count]

    def roll_out(self, step: int) -> tuple[list[Rollout], Row]:
        """Completions of this step's prompts, and their figures; each rank writes those of its share, and knows all."""
        parts = self.ranks.all(self._written(step))
        owners = [prompt for part in parts for prompt in part[0]]
        completions = [completion for part in parts for completion in part[1]]
        rewards = torch.tensor([r for part in parts for r in part[2]], dtype=torch.float32)
        return self._judged(step, owners, completions, rewards.view(-1, self.params.group))

    def _written(self, step: int) -> tuple[list[Prompt], list[Completion], list[bool]]:
        """This rank's completions, each with its prompt and whether it is right; they are those that one rank would
        write, as each is drawn from numbers of its own."""
        _, items = self.order.batch(step, self.params.prompts, self.ranks.rank, self.ranks.count)
        chosen = [self.prompts[self.usable[i]] for i in items.tolist()]
        seed = int(random_numbers("rollouts", self.params.seed, step).integers(1 << 62))
        completions = generate(
            for_inference(self.run.spread.full()),
            [prompt.ids.tolist() for prompt in chosen],
            max_new_tokens=self.params.max_new_tokens,
            stop={self.tokenizer.end},
            sampling=Sampling(temperature=self.params.temperature),
            seed=seed,
            copies=self.params.group,
            first=self.ranks.rank * len(chosen) * self.params.group,
        )
        owners = [prompt for prompt in chosen for _ in range(self.params.group)]
        right = [
            answers.is_right(self.tokenizer.decode(c.ids), prompt.answer, prompt.verifier)
            for prompt, c in zip(owners, completions, strict=True)
        ]
        return owners, completions, right

    def _judged(
        self,
        step: int,
        owners: list[Prompt],
        completions: list[Completion],
        rewards: Float[Tensor, "P G"],
    ) -> tuple[list[Rollout], Row]:
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
        sums = dict.fromkeys(("loss", "clipped", "entropy", "kl", "tokens"), 0.0)
        for (number, part), is_last in last_marked(enumerate(parts)):
            with self.run.spread.accumulating(is_last=is_last):
                found = self._learn(part, None if old is None else old[number])
            if any(rollout.weight for rollout in part):
                sums = {name: value + found[name] for name, value in sums.items()}
        self.run.spread.complete()
        sums = dict(zip(sums, self.ranks.sums(list(sums.values())), strict=True))
        figures = ("clipped", "entropy", *(() if self.reference is None else ("kl",)))
        means = {name: sums[name] / max(sums["tokens"], 1) for name in figures}
        return {"loss": sums["loss"], **means}

    def _learn(self, part: list[Rollout], old: Tensor | None) -> dict[str, float]:
        """Add the gradients of a micro-batch; sums over its tokens."""
        scores = self.score(self.run.spread.call, part)
        before = scores.log_probabilities.detach() if old is None else old
        objective, clipped = clipped_objective(
            scores.log_probabilities, before, scores.advantage, self.params
        )
        loss = -(objective * scores.weight).sum()
        kl = 0.0
        if self.reference is not None:
            frozen = self.reference
            with torch.no_grad():
                reference = self.score(lambda work: work(frozen), part).log_probabilities
            penalty = kl_k2(scores.log_probabilities, reference)
            loss = loss + self.params.beta * (penalty * scores.weight).sum()
            kl = float(kl_k3(scores.log_probabilities.detach(), reference).sum())
        self.run.backward(loss)
        return {
            "loss": loss.item(),
            "clipped": float(clipped.sum()),
            "entropy": float(scores.entropy.sum()),
            "kl": kl,
            "tokens": len(scores.weight),
        }

    def score(self, ask: Ask, part: list[Rollout]) -> Scores:
        """Score the completions' tokens, the end token too, at the temperature they were drawn at; `ask` runs a function of
        the model that is to score."""
        device = self.run.hardware.device
        T = min(padded(max(r.length for r in part)), self.run.model.shape.context + 1)
        ids = torch.zeros(len(part), T, dtype=torch.long)
        owner = torch.full((len(part), T), -1)
        for row, rollout in enumerate(part):
            whole = rollout.prompt + rollout.completion.ids
            ids[row, : len(whole)] = torch.tensor(whole)
            owner[row, len(rollout.prompt) : len(whole)] = row
        owners = owner[:, 1:]
        counts = (owners >= 0).to(device)

        def scored(model: Transformer) -> tuple[Tensor, Tensor]:
            return token_log_probabilities(
                model.hidden(ids[:, :-1].to(device))[counts],  # (N, C)
                model.head_weight,
                ids[:, 1:].to(device)[counts],
                self.params.temperature,
                model.shape.logit_softcap,
            )

        log_probabilities, entropy = ask(scored)
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
            return [self.score(self.run.spread.call, part).log_probabilities for part in parts]
