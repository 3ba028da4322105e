"""GPT-2's and Llama's shapes against `transformers`: the same weights give the same logits."""

import pytest
import torch

from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams
from tests.model.shapes import shaped

transformers = pytest.importorskip(
    "transformers", reason="transformers is not installed: pip install it"
)

PLAIN = {
    "qk_norm": False,
    "value_embeddings": False,
    "token_shift": False,
    "logit_softcap": 0.0,
    "norm_gain": True,
}
GPT2 = shaped(
    **PLAIN,
    layers=3,
    channels=48,
    norm="layernorm",
    positions="learned",
    heads=4,
    kv_heads=4,
    head_width=12,
    feed_forward="gelu",
    hidden=192,
    bias=True,
    context=40,
    tie_embeddings=True,
)
LLAMA = shaped(
    **PLAIN,
    layers=3,
    channels=48,
    norm="rmsnorm",
    positions="rope",
    rope_theta=5000.0,
    heads=6,
    kv_heads=2,
    head_width=16,
    feed_forward="swiglu",
    hidden=80,
    bias=False,
    context=40,
    tie_embeddings=False,
)
VOCAB = 97
Weights = dict[str, torch.Tensor]


def from_gpt2(theirs: Weights, shape: ModelParams) -> Weights:
    """GPT-2 stores its matrices inputs first, and queries, keys and values side by side in one."""
    width = shape.channels
    ours = {
        "embedding.weight": theirs["transformer.wte.weight"],
        "places.weight": theirs["transformer.wpe.weight"],
        "norm.gain": theirs["transformer.ln_f.weight"],
        "norm.bias": theirs["transformer.ln_f.bias"],
    }
    for layer in range(shape.layers):
        here, there = f"blocks.{layer}.", f"transformer.h.{layer}."
        for name, theirs_name in (("attention_norm", "ln_1"), ("feed_forward_norm", "ln_2")):
            ours[f"{here}{name}.gain"] = theirs[f"{there}{theirs_name}.weight"]
            ours[f"{here}{name}.bias"] = theirs[f"{there}{theirs_name}.bias"]
        for kind in ("weight", "bias"):
            merged = (
                theirs[f"{there}attn.c_attn.{kind}"].mT
                if kind == "weight"
                else theirs[f"{there}attn.c_attn.bias"]
            )
            ours[f"{here}attention.query.{kind}"] = merged[:width]
            ours[f"{here}attention.key_value.{kind}"] = merged[width:]
        for name, theirs_name in (
            ("attention.out", "attn.c_proj"),
            ("feed_forward.up", "mlp.c_fc"),
            ("feed_forward.down", "mlp.c_proj"),
        ):
            ours[f"{here}{name}.weight"] = theirs[f"{there}{theirs_name}.weight"].T
            ours[f"{here}{name}.bias"] = theirs[f"{there}{theirs_name}.bias"]
    return ours


def from_llama(theirs: Weights, shape: ModelParams) -> Weights:
    """Llama keeps keys apart from values, and gates apart from what they gate."""
    ours = {
        "embedding.weight": theirs["model.embed_tokens.weight"],
        "norm.gain": theirs["model.norm.weight"],
        "head.weight": theirs["lm_head.weight"],
    }
    for layer in range(shape.layers):
        here, there = f"blocks.{layer}.", f"model.layers.{layer}."
        attention, mlp = f"{there}self_attn.", f"{there}mlp."
        ours |= {
            f"{here}attention_norm.gain": theirs[f"{there}input_layernorm.weight"],
            f"{here}feed_forward_norm.gain": theirs[f"{there}post_attention_layernorm.weight"],
            f"{here}attention.query.weight": theirs[f"{attention}q_proj.weight"],
            f"{here}attention.key_value.weight": torch.cat(
                [theirs[f"{attention}{kind}_proj.weight"] for kind in "kv"]
            ),
            f"{here}attention.out.weight": theirs[f"{attention}o_proj.weight"],
            f"{here}feed_forward.gate_up.weight": torch.cat(
                [theirs[f"{mlp}{kind}_proj.weight"] for kind in ("gate", "up")]
            ),
            f"{here}feed_forward.down.weight": theirs[f"{mlp}down_proj.weight"],
        }
    return ours


def stirred(model: torch.nn.Module) -> Weights:
    """Every weight moved, gains and biases too, so that none can be left out unnoticed."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return dict(model.state_dict())


def gpt2(shape: ModelParams, vocab_size: int) -> torch.nn.Module:
    config = transformers.GPT2Config(
        vocab_size=vocab_size,
        n_positions=shape.context,
        n_embd=shape.channels,
        n_layer=shape.layers,
        n_head=shape.heads,
        attn_implementation="eager",
    )
    model: torch.nn.Module = transformers.GPT2LMHeadModel(config).eval()
    return model


def llama(shape: ModelParams, vocab_size: int) -> torch.nn.Module:
    config = transformers.LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=shape.channels,
        intermediate_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_width,
        max_position_embeddings=shape.context,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=False,
        attn_implementation="eager",
    )
    model: torch.nn.Module = transformers.LlamaForCausalLM(config).eval()
    return model


def furthest(theirs: torch.nn.Module, ours: Transformer, tokens: int) -> float:
    """The largest difference of two logits, and that they are no small numbers."""
    numbers = torch.Generator().manual_seed(1)
    ids = torch.randint(ours.vocab_size, (2, tokens), generator=numbers)
    with torch.no_grad():
        expected, found = theirs(ids).logits, ours(ids)
    assert expected.std() > 0.3
    return float((expected - found).abs().max())


def test_gpt2s_weights_give_gpt2s_logits() -> None:
    theirs, ours = gpt2(GPT2, VOCAB), Transformer(GPT2, VOCAB, seed=0)
    ours.load_state_dict(from_gpt2(stirred(theirs), GPT2))
    assert furthest(theirs, ours, 40) < 1e-4


def test_llamas_weights_give_llamas_logits() -> None:
    theirs, ours = llama(LLAMA, VOCAB), Transformer(LLAMA, VOCAB, seed=0)
    ours.load_state_dict(from_llama(stirred(theirs), LLAMA))
    assert furthest(theirs, ours, 40) < 1e-4


@pytest.mark.slow
def test_gpt2_small_itself_gives_its_logits() -> None:
    shape = GPT2.model_copy(
        update={"layers": 12, "channels": 768, "heads": 12, "kv_heads": 12, "head_width": 64}
        | {"hidden": 3072, "context": 1024}
    )
    theirs, ours = gpt2(shape, 50_257), Transformer(shape, 50_257, seed=0)
    ours.load_state_dict(from_gpt2(dict(theirs.state_dict()), shape))
    assert ours.parameter_count == sum(weight.numel() for weight in theirs.parameters())
    assert furthest(theirs, ours, 128) < 1e-4


def test_both_count_the_same_parameters() -> None:
    for shape, theirs in ((GPT2, gpt2(GPT2, VOCAB)), (LLAMA, llama(LLAMA, VOCAB))):
        ours = Transformer(shape, VOCAB, seed=0)
        assert ours.parameter_count == sum(weight.numel() for weight in theirs.parameters())
