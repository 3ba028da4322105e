"""The model's shape: one Transformer, from GPT-2's to today's.

Gains, biases and the like are switches of their own, so that a published shape is an overlay and no class.
"""

from typing import Literal

from pydantic import Field, model_validator

from pipeline_lib.params.section import Section


class LatentParams(Section):
    """Multi-head latent attention; `heads` and `head_width` count for it too, `kv_heads` does not."""

    latent: int = Field(gt=0)
    """What is kept of a token in place of its keys and values."""
    query_latent: int = Field(ge=0)
    """Width that queries pass through; 0: they come straight from the stream."""
    rope_width: int = Field(gt=0, multiple_of=2)
    """Channels of queries and of the one shared key that turn, beside the `head_width` that do not."""
    value_width: int = Field(gt=0)
    """Channels of one head's values."""


class ExpertParams(Section):
    """Mixtures of experts in place of the feed-forward of some layers."""

    every: int = Field(ge=0)
    """Each layer whose number, counted from 1, this divides is a mixture; 0: none is."""
    experts: int = Field(gt=1)
    """Those that a router chooses from (E)."""
    active: int = Field(gt=0)
    """How many of them a token goes to."""
    shared: int = Field(ge=0)
    """Experts that every token goes to."""
    hidden: int = Field(gt=0)
    """Width inside each expert."""
    balance_rate: float = Field(ge=0)
    """Step, in shares of a gate, of the biases that even out the load without a loss; 0: no such biases."""
    balance_loss: float = Field(ge=0)
    """Weight of a loss that evens out the load; 0: none."""
    z_loss: float = Field(ge=0)
    """Weight of the loss that keeps the routers' logits small; 0: none."""

    @model_validator(mode="after")
    def a_token_goes_to_some_of_them(self) -> "ExpertParams":
        if self.active > self.experts:
            raise ValueError(
                f"active: expected at most as many as there are experts ({self.experts}), found {self.active}"
            )
        return self


class BudgetParams(Section):
    """What `size: auto` may spend: parameters or compute, the other 0; `given` reads none of it."""

    parameters: int = Field(ge=0)
    """Those of the model, embeddings and all experts too."""
    flops: float = Field(ge=0, allow_inf_nan=False)
    """Floating-point operations of the whole pretraining."""
    tokens_per_parameter: float = Field(gt=0, allow_inf_nan=False)
    """Tokens read for each parameter that a token is worked on by. Hoffmann et al. 2022 (Chinchilla), table 3,
    arxiv.org/abs/2203.15556: about 20 makes the most of the compute; more makes a smaller model that is as good."""


class ModelParams(Section):
    size: Literal["given", "auto"]
    """given: as written here; auto: kinds and proportions as here, but layers and widths, and pretrain's steps and rates,
    from the budget (docs/sizing.md)."""
    budget: BudgetParams
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
    attention: Literal["mha", "mla"]
    """mha: keys and values per head, or per group of heads; mla: from a latent."""
    mla: LatentParams
    heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    """Key and value heads, each shared by heads / kv_heads query heads (grouped-query attention)."""
    head_width: int = Field(gt=0, multiple_of=2)
    """Channels of one head (D)."""
    qk_norm: bool
    """RMSNorm on queries and keys: larger learning rates stay stable. Of mla: the shape's norm, on the latents that they
    come from, as a norm behind would bar decoding from the latents."""
    feed_forward: Literal["gelu", "swiglu", "relu2"]
    """gelu and relu2 have two matrices where swiglu has three, and so 1.5 times the width for the same work."""
    hidden: int = Field(gt=0)
    """Width inside the feed-forward."""
    moe: ExpertParams
    bias: bool
    """On every matrix of the blocks (of mla's: on queries and out; on no router), and on layernorms that have a gain, as in
    GPT-2."""
    context: int = Field(gt=1)
    """Tokens the model sees at once (T)."""
    tie_embeddings: bool
    """The output matrix is the embedding."""
    value_embeddings: bool
    """A second row for each token, of which every layer adds a learnt share to the token's values."""
    token_shift: bool
    """Each embedding takes up a learnt share, channel by channel, of the one before it."""
    logit_softcap: float = Field(ge=0)
    """Logits are bent to stay within plus and minus this; 0: they are not."""

    @model_validator(mode="after")
    def auto_has_one_budget(self) -> "ModelParams":
        asked = [bool(self.budget.parameters), bool(self.budget.flops)]
        if self.size == "auto" and sum(asked) != 1:
            found = "both" if all(asked) else "neither"
            raise ValueError(
                f"budget: expected parameters or flops above 0 with size: auto, found {found}"
            )
        return self

    @model_validator(mode="after")
    def heads_share_evenly(self) -> "ModelParams":
        if self.heads % self.kv_heads:
            raise ValueError(
                f"kv_heads: expected a divisor of heads ({self.heads}), found {self.kv_heads}"
            )
        return self

    @model_validator(mode="after")
    def latents_have_no_values(self) -> "ModelParams":
        if self.attention == "mla" and self.value_embeddings:
            raise ValueError(
                "value_embeddings: expected false with attention: mla, which keeps no values to add to, found true"
            )
        return self

    @model_validator(mode="after")
    def some_layer_is_a_mixture(self) -> "ModelParams":
        if self.moe.every > self.layers:
            raise ValueError(
                f"moe.every: expected at most the number of layers ({self.layers}), or 0 for no mixture, "
                f"found {self.moe.every}"
            )
        return self

    def is_mixture(self, layer: int) -> bool:
        """Whether layer `layer`, counted from 0, is a mixture of experts."""
        return self.moe.every > 0 and (layer + 1) % self.moe.every == 0

    @property
    def attended_width(self) -> int:
        """Channels of all heads' queries and values together: what a token costs each that looks at it."""
        if self.attention == "mla":
            return self.heads * (self.head_width + self.mla.rope_width + self.mla.value_width)
        return 2 * self.heads * self.head_width

    @property
    def rope_width(self) -> int:
        """Channels of a head that turn with position."""
        return self.mla.rope_width if self.attention == "mla" else self.head_width
