"""Any shape that the params allow, drawn at random: switches must not spoil one another."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams
from tests.model.shapes import SHIPPED

VOCAB, TOKENS = 20, 9
some = st.booleans()
latents = st.fixed_dictionaries(
    {
        "latent": st.integers(1, 6),
        "query_latent": st.integers(0, 5),
        "rope_width": st.sampled_from([2, 4]),
        "value_width": st.integers(1, 5),
    }
)
mixtures = st.fixed_dictionaries(
    {
        "every": st.integers(0, 2),
        "experts": st.integers(3, 4),
        "active": st.integers(1, 3),
        "shared": st.integers(0, 2),
        "hidden": st.integers(1, 6),
        "balance_rate": st.sampled_from([0.0, 0.1]),
        "balance_loss": st.just(0.0),
        "z_loss": st.just(0.0),
    }
)
shapes = st.fixed_dictionaries(
    {
        "layers": st.just(2),
        "channels": st.sampled_from([6, 8]),
        "norm": st.sampled_from(["rmsnorm", "layernorm"]),
        "norm_gain": some,
        "positions": st.sampled_from(["rope", "learned", "none"]),
        "attention": st.sampled_from(["mha", "mla"]),
        "mla": latents,
        "heads": st.just(4),
        "kv_heads": st.sampled_from([1, 2, 4]),
        "head_width": st.sampled_from([2, 4]),
        "qk_norm": some,
        "feed_forward": st.sampled_from(["gelu", "swiglu", "relu2"]),
        "hidden": st.integers(1, 10),
        "moe": mixtures,
        "bias": some,
        "context": st.just(TOKENS),
        "tie_embeddings": some,
        "value_embeddings": some,
        "token_shift": some,
        "logit_softcap": st.sampled_from([0.0, 8.0]),
    }
).filter(lambda shape: shape["attention"] == "mha" or not shape["value_embeddings"])


@settings(max_examples=60)
@given(shapes, st.integers(1, TOKENS - 2), st.integers(0, 2**31))
def test_the_future_is_unseen_and_the_past_can_be_kept(
    shape: dict[str, object], before: int, seed: int
) -> None:
    model = Transformer(ModelParams.model_validate({**SHIPPED.model_dump(), **shape}), VOCAB, 0)
    model.double().dtype = torch.float64
    numbers = torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        for weight in model.parameters():
            weight.normal_(std=0.5, generator=numbers)
        ids = torch.randint(VOCAB, (2, TOKENS), generator=numbers)
        whole = model(ids)
        assert torch.allclose(model(ids[:, :before]), whole[:, :before], atol=1e-9)
        cache, places = model.new_cache(), torch.arange(TOKENS).expand(2, TOKENS)
        model.hidden(ids[:, :before], cache=cache, positions=places[:, :before])
        for t in range(before, TOKENS):
            here = slice(t, t + 1)
            hidden = model.hidden(ids[:, here], cache=cache, positions=places[:, here])
            assert torch.allclose(model.logits(hidden), whole[:, here], atol=1e-9)
