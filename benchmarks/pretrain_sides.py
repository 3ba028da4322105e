"""The sides of bench-pretrain, each in a process of its own that waits for its turn.

`plain` is what is written in an afternoon: transformers' GPT2LMHeadModel, its own loss, torch's AdamW, in float32 or
under autocast. `bonsai` is the pipeline's own step. A side reads orders from its standard input and answers with what
they took, so that the sides can go by turns.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from benchmarks import pretrain_text
from benchmarks.pretrain_shapes import SMALL, SMALL_VOCAB, Learner, learning, running, shape
from pipeline_lib.model.hardware import choose, keep_freed_memory
from pipeline_lib.training.batches import Batch

CONTEXT = SMALL["context"]
HELD_OUT_ROWS = 64
DEVICE = "cpu"
"""Of all sides, also where there is a GPU: the plain loop is written for it."""
Step = Callable[[Batch], float]


@dataclass(frozen=True)
class Order:
    """What a side shall be."""

    kind: str
    """float32 | autocast | bonsai."""
    rows: int = 32
    """Windows a step."""
    rate: float = 1e-3
    """AdamW's; ours: for the embeddings."""
    matrix_rate: float = 1e-2
    """Muon's."""
    steps: int = 1000
    """Ours: where its schedule ends."""
    text: str = ""
    """A file of ids; none: made up."""
    compiled: bool = False


@dataclass(frozen=True)
class Answer:
    seconds: list[float]
    """Of each step."""
    validation: float
    parameters: int


def plain(order: Order) -> tuple[Step, Step, int]:
    """A step, a validation, and how many parameters."""
    from transformers import GPT2Config, GPT2LMHeadModel

    choose(running(device=DEVICE))  # as many threads as ours
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=SMALL_VOCAB,
            n_positions=CONTEXT,
            n_embd=SMALL["channels"],
            n_layer=SMALL["layers"],
            n_head=SMALL["channels"] // 64,
            bos_token_id=None,
            eos_token_id=None,
            attn_pdrop=0.0,
            embd_pdrop=0.0,
            resid_pdrop=0.0,
        )
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=order.rate)

    def step(batch: Batch) -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=order.kind == "autocast"):
            loss = model(batch.inputs, labels=batch.inputs).loss
        loss.backward()
        optimizer.step()
        return float(loss.item())

    def validate(batch: Batch) -> float:
        logits = model(batch.inputs).logits
        return functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten()).item()

    return step, validate, sum(p.numel() for p in model.parameters())


def bonsai(order: Order) -> tuple[Step, Step, int]:
    """As `plain`."""
    keep_freed_memory()
    rates = {"learning_rate": order.rate, "matrix_learning_rate": order.matrix_rate}
    params = learning(order.steps, order.rows, order.rows, **rates)
    runtime = running(device=DEVICE, compile=order.compiled)
    learner = Learner(shape(**SMALL), SMALL_VOCAB, params, runtime)
    return learner.step, learner.loss, learner.run.model.parameter_count


def serve(order: Order) -> None:
    """Read how many steps to train, and 1 where a validation shall follow; answer each."""
    torch.manual_seed(1)
    made = bonsai if order.kind == "bonsai" else plain
    step, validate, parameters = made(order)
    found = np.load(order.text) if order.text else {"train": pretrain_text.made_up()}
    batches = pretrain_text.batches(found["train"], order.rows, CONTEXT, seed=1)
    for line in sys.stdin:
        (steps, is_validated), validation, seconds = map(int, line.split()), float("nan"), []
        for _ in range(steps):
            started = time.perf_counter()
            step(next(batches))
            seconds.append(time.perf_counter() - started)
        if is_validated:
            with torch.no_grad():
                held_out = pretrain_text.spread(found["validation"], HELD_OUT_ROWS, CONTEXT)
                losses = [validate(part) for part in held_out.split(32)]
            validation = sum(losses) / len(losses)
        print(json.dumps(asdict(Answer(seconds, validation, parameters))), flush=True)


class Side:
    """One side, running elsewhere."""

    def __init__(self, order: Order) -> None:
        told = [sys.executable, "-m", "benchmarks.pretrain_sides", json.dumps(asdict(order))]
        self._process = subprocess.Popen(
            told,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[1],
            env={**os.environ, "TRANSFORMERS_VERBOSITY": "error"},
        )
        self.seconds, self.steps = 0.0, 0
        """Trained so far."""
        self.parameters = 0
        """Known once it has answered."""

    def train(self, steps: int, *, validated: bool = False) -> Answer:
        """Train, and wait for it."""
        told, answers = self._process.stdin, self._process.stdout
        if told is None or answers is None:
            raise SystemExit("a side has no pipes")
        told.write(f"{steps} {int(validated)}\n")
        told.flush()
        line = answers.readline()
        if not line:
            raise SystemExit("a side failed")
        answer = Answer(**json.loads(line))
        self.seconds += sum(answer.seconds)
        self.steps += steps
        self.parameters = answer.parameters
        return answer

    def close(self) -> None:
        self._process.communicate()


if __name__ == "__main__":
    serve(Order(**json.loads(sys.argv[1])))
