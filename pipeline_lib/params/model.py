"""The model's shape: one Transformer, from GPT-2's to today's.

Gains, biases and the like are switches of their own, so that a published shape is an overlay and no class.
"""

from typing import Literal

from pydantic import Field, model_validator

from pipeline_lib.params.section import Section


class ModelParams(Section):
    layers: int = Field(gt=0)
    channels: int = Field(gt=0)
    """Width of the residual stream (C)."""
    norm: Literal["rmsnorm", "layernorm"]
    """layernorm also takes off the mean, and has a bias where there are gains and biases."""
    norm_gain: bool
    """A learnt factor for each channel behind a norm, as Llama and GPT-2 have it; the next matrix can learn it too."""
    positions: Literal["rope", "learned", "none"]
    """rope turns queries and keys; learned adds a row of a table to the embedding, counted from each document's first
    token; none leaves order to the causal mask."""
    rope_theta: float = Field(gt=0)
    """rope's alone, as the others do not read it."""
    heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    """Key and value heads, each shared by heads / kv_heads query heads (grouped-query attention)."""
    head_width: int = Field(gt=0, multiple_of=2)
    """Channels of one head (D)."""
    qk_norm: bool
    """RMSNorm on queries and keys: larger learning rates stay stable."""
    feed_forward: Literal["gelu", "swiglu", "relu2"]
    """gelu and relu2 have two matrices where swiglu has three, and so 1.5 times the width for the same work."""
    hidden: int = Field(gt=0)
    """Width inside the feed-forward."""
    bias: bool
    """On every matrix of the blocks, and on norms that have a gain, as in GPT-2."""
    context: int = Field(gt=1)
    """Tokens the model sees at once (T)."""
    tie_embeddings: bool
    """The output matrix is the embedding."""
    value_embeddings: bool
    """A second row for each token, of which every layer adds a learnt share to the token's values."""
    logit_softcap: float = Field(ge=0)
    """Logits are bent to stay within plus and minus this; 0: they are not."""

    @model_validator(mode="after")
    def heads_share_evenly(self) -> "ModelParams":
        if self.heads % self.kv_heads:
            raise ValueError(
                f"kv_heads: expected a divisor of heads ({self.heads}), found {self.kv_heads}"
            )
        return self
