"""What the training stages do with the model."""

from typing import Literal

from pydantic import Field, model_validator

from pipeline_lib.params.section import Section, Share

MEASURED_STEPS = 10
"""The least that tells how many steps fit a time budget."""


class OptimizerParams(Section):
    """What every training stage has: an optimizer, warm-up, decay and clipping."""

    seed: int
    steps: int = Field(gt=0)
    max_minutes: float = Field(ge=0)
    """Time budget: the run has fewer `steps` where more do not fit, and its schedule ends there; 0: none."""
    optimizer: Literal["adamw", "muon"]
    """muon: for the blocks' matrices; the rest stays with AdamW."""
    learning_rate: float = Field(gt=0)
    """AdamW's."""
    matrix_learning_rate: float = Field(gt=0)
    """Muon's; adamw does not read it."""
    matrix_momentum: float = Field(ge=0, lt=1)
    decay: Literal["cosine", "linear", "wsd"]
    """How the rates fall after the warm-up: along half a cosine, a line, or not before the last `decay_share`."""
    decay_share: Share
    """Share of the steps over which wsd's rates fall; the others do not read it."""
    final_learning_rate: Share  # of both rates, at the last step
    warmup_steps: int = Field(ge=0)
    weight_decay: float = Field(ge=0)  # on matrices only
    beta1: float = Field(ge=0, lt=1)
    beta2: float = Field(ge=0, lt=1)
    clip_norm: float = Field(ge=0)
    """Largest norm of the whole gradient; 0: no clipping."""
    ema: float = Field(ge=0, lt=1)
    """Decay of a moving average of the weights, which is then validated and handed on; 0: none."""
    spike_sigma: float = Field(ge=0)
    """Standard deviations above the last 128 at which a step's loss is a spike, and the step is skipped; 0: only what is
    no number is."""
    max_skipped: int = Field(ge=0)
    """Steps skipped among the last 128; one more stops the run."""

    @model_validator(mode="after")
    def speed_can_be_measured(self) -> "OptimizerParams":
        if self.max_minutes and self.decay != "wsd" and self.warmup_steps < MEASURED_STEPS:
            raise ValueError(
                f"max_minutes: expected warmup_steps of at least {MEASURED_STEPS}, in which the speed is measured, "
                f"or decay: wsd, found {self.warmup_steps}"
            )
        return self


class BatchedParams(OptimizerParams):
    batch: int = Field(gt=0)
    """Sequences of `model.context` tokens per step (B)."""
    micro_batch: int = Field(gt=0)
    """Sequences at once; gradients are accumulated to a batch."""
    evaluate_every: int = Field(gt=0)
    """Steps between two validations."""
    evaluate_batches: int = Field(gt=0)
    """Batches of `micro_batch` sequences each validation reads."""
    patience: int = Field(ge=0)
    """Validations in a row without a better loss that end the run, with the weights of the best one; 0: no such end."""
    z_loss: float = Field(ge=0)
    """Weight of log² Z, which keeps the logits from drifting; 0: none. Chowdhery et al. 2022 (PaLM), section 5,
    arxiv.org/abs/2204.02311: 1e-4."""

    @model_validator(mode="after")
    def batch_divides(self) -> "BatchedParams":
        if self.batch % self.micro_batch:
            raise ValueError(
                f"micro_batch: expected a divisor of batch ({self.batch}), found {self.micro_batch}"
            )
        return self


class PretrainParams(BatchedParams):
    documents: Literal["whole", "joined"]
    """whole: side by side in a row, blind to one another; joined: end to end, and cut where a row is full."""
    sample_every: int = Field(ge=0)
    """Steps between two samples of text; 0: none."""
    sample_tokens: int = Field(gt=0)


class SftParams(BatchedParams):
    """Batches are packed rows; the weights of the best validation are kept."""

    overlong: Literal["cut", "drop"]
    """What becomes of a conversation longer than `model.context`: it ends after the last answer that fits, or it goes."""


class GrpoParams(OptimizerParams):
    prompts: int = Field(gt=0)  # per step
    group: int = Field(gt=1)  # completions per prompt (G)
    micro_batch: int = Field(gt=0)
    """Completions at once in the backward pass."""
    updates: int = Field(gt=0)
    """Optimizer steps on each batch of rollouts; 1: on policy."""
    max_new_tokens: int = Field(gt=0)
    temperature: float = Field(gt=0)  # of sampling and of scoring alike
    clip_low: float = Field(gt=0, lt=1)
    clip_high: float = Field(gt=0)
    """The ratio is clipped to [1 - clip_low, 1 + clip_high]."""
    beta: float = Field(ge=0)
    """Weight of the KL penalty towards the SFT model; 0: none, and no second model in memory."""
    advantage: Literal["standardised", "centred"]
    """(R - mean) / std per group as in GRPO, or R - mean as in Dr. GRPO."""
    aggregation: Literal["grpo", "dr_grpo", "dapo"]
    """Mean over sequences of token means; sum / (B x max length); sum / tokens of the step."""
