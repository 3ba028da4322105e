"""What the training stages do with the model."""

from typing import Literal

from pydantic import Field, model_validator

from pipeline_lib.params.section import Section, Share


class OptimizerParams(Section):
    """What every training stage has: an optimizer, warm-up, decay and clipping."""

    seed: int
    steps: int = Field(gt=0)
    optimizer: Literal["adamw", "muon"]
    """muon: for the blocks' matrices; the rest stays with AdamW."""
    learning_rate: float = Field(gt=0)
    """AdamW's."""
    matrix_learning_rate: float = Field(gt=0)
    """Muon's; adamw does not read it."""
    matrix_momentum: float = Field(ge=0, lt=1)
    decay: Literal["cosine", "linear"]
    final_learning_rate: Share  # of both rates, at the last step
    warmup_steps: int = Field(ge=0)
    weight_decay: float = Field(ge=0)  # on matrices only
    beta1: float = Field(ge=0, lt=1)
    beta2: float = Field(ge=0, lt=1)
    clip_norm: float = Field(ge=0)
    """Largest norm of the whole gradient; 0: no clipping."""


class BatchedParams(OptimizerParams):
    batch: int = Field(gt=0)
    """Sequences of `model.context` tokens per step (B)."""
    micro_batch: int = Field(gt=0)
    """Sequences at once; gradients are accumulated to a batch."""
    evaluate_every: int = Field(gt=0)
    """Steps between two validations."""
    evaluate_batches: int = Field(gt=0)
    """Batches of `micro_batch` sequences each validation reads."""

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
