"""The shapes that the training benchmarks measure, and what they train them with.

Written out in Python, and of nothing but the core: a bare GPU machine has no YAML, and no transformers.
"""

import math
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import torch

from pipeline_lib.model.hardware import choose
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, PretrainParams, RuntimeParams
from pipeline_lib.training.batches import Batch
from pipeline_lib.training.resume import States
from pipeline_lib.training.run import Run
from pipeline_lib.training.supervised import Supervised

MLA = {"latent": 64, "query_latent": 0, "rope_width": 16, "value_width": 32}
NO_EXPERTS = {
    "every": 0,
    "experts": 2,
    "active": 1,
    "shared": 1,
    "hidden": 1,
    "balance_rate": 0.0,
    "balance_loss": 0.0,
    "z_loss": 0.0,
}
GIVEN = {"parameters": 0, "flops": 0.0, "tokens_per_parameter": 20.0}
SMALL = {"layers": 6, "channels": 384, "context": 256}
SMALL_VOCAB = 8192
SMALL_FLOPS = 89.7e6
"""Of a token: 6 N + 12 layers x width x context, N with the head."""
GPT2 = {"layers": 12, "channels": 768, "context": 1024}
GPT2_VOCAB = 50304
"""GPT-2's 50,257, rounded up to whole blocks of 128."""


def shape(layers: int, channels: int, context: int, head_width: int = 64) -> ModelParams:
    """Our best blocks in that size: what `model:` in params.yaml has, but without what the shape beside it lacks: value
    embeddings and a head of their own, which are parameters, and the cap on logits."""
    heads = channels // head_width
    return ModelParams.model_validate(
        {
            **{"size": "given", "budget": GIVEN, "layers": layers, "channels": channels},
            **{"norm": "rmsnorm", "norm_gain": False},
            **{"positions": "rope", "rope_theta": 1e4, "attention": "mha", "mla": MLA},
            **{"heads": heads, "kv_heads": heads, "head_width": head_width, "qk_norm": True},
            **{"feed_forward": "relu2", "hidden": 4 * channels, "moe": NO_EXPERTS, "bias": False},
            **{"context": context, "tie_embeddings": True, "value_embeddings": False},
            "logit_softcap": 0.0,
            "token_shift": False,
        }
    )


def learning(steps: int, rows: int, micro: int, **changes: Any) -> PretrainParams:
    """What `pretrain:` in params.yaml has, for a run of so many steps of `rows` windows."""
    return PretrainParams.model_validate(
        {
            **{"seed": 1, "steps": steps, "max_minutes": 0.0, "optimizer": "muon"},
            **{"learning_rate": 3e-2, "matrix_learning_rate": 1e-2, "matrix_momentum": 0.95},
            **{"decay": "linear", "decay_share": 0.2, "final_learning_rate": 0.0},
            **{"warmup_steps": min(30, steps // 10), "weight_decay": 0.0, "beta1": 0.8},
            **{"beta2": 0.95, "clip_norm": 1.0, "ema": 0.0, "spike_sigma": 6.0, "max_skipped": 8},
            **{"batch": rows, "micro_batch": micro, "evaluate_every": steps},
            **{"evaluate_batches": 1, "patience": 0, "z_loss": 0.0, "documents": "joined"},
            **{"sample_every": 0, "sample_tokens": 1},
            **changes,
        }
    )


def running(**changes: Any) -> RuntimeParams:
    """What `runtime:` in params.yaml has."""
    return RuntimeParams.model_validate(
        {
            **{"device": "auto", "precision": "auto", "threads": 0, "compile": False},
            **{"parallel": "none", "processes": 0, "recompute": False, "workers": 0},
            **{"engine": "loky", "cluster": "", "log_every": 10, "save_seconds": math.inf},
            **{"resume": "same"},
            **changes,
        }
    )


class Handed:
    """A reader whose steps all read the batch that lies in it."""

    def __init__(self) -> None:
        self.lies = Batch(torch.zeros(0, 1).long(), torch.zeros(0, 1).long())

    def batch(self, step: int, size: int, rank: int = 0, ranks: int = 1) -> Batch:
        return self.lies


class Learner(Supervised):
    """The pipeline's own training of known next tokens, on batches that are handed to it."""

    def __init__(
        self, model: ModelParams, vocab_size: int, params: PretrainParams, runtime: RuntimeParams
    ) -> None:
        hardware = choose(runtime)
        kept = States(Path(mkdtemp()), runtime, {})  # nothing is saved
        learner = Transformer(model, vocab_size, seed=params.seed)
        run = Run("bench", learner, params, runtime, hardware, kept)
        self.handed = Handed()
        super().__init__(run, params, self.handed, self.handed.lies)

    def step(self, batch: Batch) -> float:
        """Learn from a batch, which lies on the CPU; its loss in nats a token."""
        self.handed.lies = batch
        loss = self.gradient(self.run.step)["loss"]
        self.run.learn(loss)
        self.run.step += 1
        return loss

    def loss(self, batch: Batch) -> float:
        """Nats a token, of a batch that lies on the CPU; nothing is learnt."""
        self.held_out = batch
        return self.validate()
