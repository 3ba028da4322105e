"""Every shape that `model:` can spell keeps the promises that the default keeps."""

import itertools
import math
from typing import Any

import pytest
import torch

from pipeline_lib.evaluation.likelihood import costs
from pipeline_lib.formats import checkpoints
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.model.generation import Sampling, for_inference, generate
from pipeline_lib.model.layers import capped
from pipeline_lib.model.routing import Routing
from pipeline_lib.model.transformer import Transformer, places, restore
from pipeline_lib.params import ModelParams
from pipeline_lib.training.losses import summed_loss, token_log_probabilities
from tests.model.shapes import shaped

VOCAB = 50
SMALL = {
    "layers": 2,
    "channels": 32,
    "heads": 4,
    "kv_heads": 2,
    "head_width": 8,
    "hidden": 48,
    "context": 24,
}
GPT2 = {
    "norm": "layernorm",
    "norm_gain": True,
    "positions": "learned",
    "feed_forward": "gelu",
    "bias": True,
    "kv_heads": 4,
    "qk_norm": False,
    "tie_embeddings": True,
    "value_embeddings": False,
    "token_shift": False,
    "logit_softcap": 0.0,
}
LLAMA = {
    "norm_gain": True,
    "feed_forward": "swiglu",
    "qk_norm": False,
    "tie_embeddings": False,
    "value_embeddings": False,
    "token_shift": False,
}
MLA: dict[str, Any] = {
    "attention": "mla",
    "mla": {"latent": 12, "query_latent": 10, "rope_width": 6, "value_width": 7},
    "value_embeddings": False,
    "token_shift": False,
}
MOE = {
    "every": 2,
    "experts": 3,
    "active": 1,
    "shared": 1,
    "hidden": 16,
    "balance_rate": 1e-3,
    "balance_loss": 0.0,
    "z_loss": 1e-3,
}
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "gpt2": GPT2,
    "llama": LLAMA,
    "latent attention": MLA,
    "latent attention of GPT-2": {**GPT2, **MLA, "qk_norm": True},
    "latent attention without query latents, norms and positions": {
        **MLA,
        "mla": {**MLA["mla"], "query_latent": 0},
        "qk_norm": False,
        "positions": "none",
    },
    "experts": {"moe": MOE},
    "experts behind latent attention, all switches on": {
        **LLAMA,
        **MLA,
        "moe": {**MOE, "every": 1, "experts": 4, "active": 2, "balance_loss": 0.01},
        "bias": True,
        "logit_softcap": 15.0,
    },
    "layernorm without gain": {"norm": "layernorm"},
    "learned positions": {"positions": "learned"},
    "no positions": {"positions": "none"},
    "soft cap": {"logit_softcap": 5.0},
    "biases under swiglu": {"bias": True, "feed_forward": "swiglu"},
}
every_variant = pytest.mark.parametrize("name", VARIANTS)


def variant(name: str, **changes: object) -> ModelParams:
    return shaped(**{**SMALL, **VARIANTS[name], **changes})


def made(name: str) -> Transformer:
    return Transformer(variant(name), VOCAB, seed=0)


def woken(name: str) -> Transformer:
    """Float64, and with weights large enough that nothing is drowned by the residual stream."""
    model = made(name).double()
    model.dtype = torch.float64
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(5) if weight.dim() > 1 else weight.add_(0.1)
    return model


def some_ids(rows: int = 2, tokens: int = 12, seed: int = 1) -> torch.Tensor:
    return torch.randint(VOCAB, (rows, tokens), generator=torch.Generator().manual_seed(seed))


def loss_of(model: Transformer, ids: torch.Tensor) -> torch.Tensor:
    routing = Routing(model.shape.moe)
    hidden = model.hidden(ids[:, :-1], routing=routing)
    total = summed_loss(hidden, model.head_weight, ids[:, 1:], None, model.shape.logit_softcap)
    return (total + routing.cost(None)) / ids[:, 1:].numel()


@every_variant
def test_each_position_sees_what_is_before_it_and_nothing_behind(name: str) -> None:
    model, ids = woken(name), some_ids(1)
    changed = ids.clone()
    changed[0, 7] = (ids[0, 7] + 1) % VOCAB
    same = torch.isclose(model(ids), model(changed), rtol=0, atol=1e-11).all(-1)[0]  # (T,)
    assert same.tolist() == [t < 7 for t in range(12)]


@every_variant
def test_documents_side_by_side_are_read_as_if_each_stood_alone(name: str) -> None:
    model, ids = woken(name), some_ids(2)
    segments = torch.tensor([[1] * 5 + [2] * 7, [4] * 3 + [5] * 6 + [0] * 3])
    together = model(ids, segments)
    for row, (start, end) in [(0, (0, 5)), (0, (5, 12)), (1, (0, 3)), (1, (3, 9))]:
        alone = model(ids[row : row + 1, start:end])[0]
        assert torch.allclose(together[row, start:end], alone, atol=1e-10)


@every_variant
def test_logits_one_by_one_are_the_logits_of_the_whole(name: str) -> None:
    model, ids = woken(name), some_ids(3, 24)
    full = model(ids)
    cache = model.new_cache()
    with torch.inference_mode():
        prompt = torch.arange(10).expand(3, 10)
        first = model.hidden(ids[:, :10], cache=cache, positions=prompt)
        assert torch.allclose(model.logits(first), full[:, :10], atol=1e-10)
        for t in range(10, 24):
            hidden = model.hidden(ids[:, t : t + 1], cache=cache, positions=torch.full((3, 1), t))
            assert torch.allclose(model.logits(hidden)[:, 0], full[:, t], atol=1e-10)


@every_variant
def test_the_first_loss_is_that_of_a_blind_guess(name: str) -> None:
    ids = some_ids(8, 24)
    loss = torch.nn.functional.cross_entropy(
        made(name)(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten()
    )
    assert abs(loss.item() - math.log(VOCAB)) < 0.05


@every_variant
def test_every_parameter_gets_a_gradient(name: str) -> None:
    model = made(name)
    loss_of(model, some_ids(8, 24)).backward()
    blind = [n for n, w in model.named_parameters() if w.grad is None or not w.grad.abs().sum() > 0]
    assert blind == []


@every_variant
def test_one_batch_can_be_memorised(name: str) -> None:
    model, ids = made(name), some_ids(2, 17)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, fused=True)
    for _ in range(50):
        optimizer.zero_grad()
        loss = loss_of(model, ids)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.5  # nobody can guess what was drawn at random


@every_variant
def test_a_folder_gives_the_model_back(name: str, tmp_path: Any) -> None:
    model = made(name)
    kept = Checkpoint(model.shape, VOCAB, model.state_dict(), b"pieces", {"stage": "pretrain"})
    checkpoints.write(tmp_path / "base", kept)
    again = restore(checkpoints.read(tmp_path / "base"))
    assert again.shape == model.shape
    assert torch.equal(again(some_ids()), model(some_ids()))


@every_variant
def test_generation_continues_what_greedy_reading_would_say(name: str) -> None:
    model = for_inference(woken(name))
    prompts = [[1, 2, 3], [4] * 11]
    greedy = Sampling(temperature=0.0)
    found = generate(model, prompts, max_new_tokens=8, stop=set(), sampling=greedy)
    for prompt, completion in zip(prompts, found, strict=True):
        ids = list(prompt)
        for _ in range(8):
            ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
        assert completion.ids == ids[len(prompt) :]


@every_variant
def test_copies_of_a_prompt_do_not_depend_on_what_is_beside_them(name: str) -> None:
    model = for_inference(woken(name))
    how = Sampling(temperature=1.0)
    both = generate(model, [[1, 5], [2] * 9], max_new_tokens=6, stop={3}, sampling=how, copies=3)
    alone = generate(model, [[1, 5]], max_new_tokens=6, stop={3}, sampling=how, copies=3)
    assert both[:3] == alone
    assert len({tuple(completion.ids) for completion in both[:3]}) > 1


@every_variant
def test_training_and_evaluation_score_what_generation_draws_from(name: str) -> None:
    model, ids = woken(name), some_ids(1, 20)
    with torch.inference_mode():
        shares = (model(ids)[0, :-1] / 0.7).log_softmax(-1)
        wanted = shares.gather(1, ids[0, 1:, None])[:, 0]
        hidden, cap = model.hidden(ids[:, :-1])[0], model.shape.logit_softcap
        found, _ = token_log_probabilities(hidden, model.head_weight, ids[0, 1:], 0.7, cap)
        assert torch.allclose(found, wanted, atol=1e-10)
        nats = model(ids)[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None]).sum()
        [bits] = costs(model, [ids[0].numpy()])
        assert bits * math.log(2) == pytest.approx(-nats.item(), rel=1e-5)


@every_variant
def test_bf16_computes_nearly_the_same(name: str) -> None:
    model, ids = made(name), some_ids()
    exact = model(ids)
    model.dtype = torch.bfloat16
    assert model(ids).dtype == torch.bfloat16
    assert (model(ids).float() - exact).abs().max() < 0.05


def test_learned_positions_tell_orders_apart_and_none_does_not() -> None:
    ids = torch.tensor([[3, 4, 5, 6, 7]])
    swapped = torch.tensor([[4, 3, 5, 6, 7]])
    for name, differs in [("no positions", False), ("learned positions", True), ("default", True)]:
        shape = variant(name, layers=1)
        model = Transformer(shape, VOCAB, seed=0)
        same = torch.allclose(model(ids)[0, 2:], model(swapped)[0, 2:], atol=1e-6, rtol=0)
        assert same != differs


def test_places_count_from_each_segments_first_token() -> None:
    segments = torch.tensor([[0, 0, 0, 1, 1], [5, 2, 2, 2, 2]])
    found = places(torch.zeros(2, 5, dtype=torch.long), segments)
    assert found.tolist() == [[0, 1, 2, 0, 1], [0, 0, 1, 2, 3]]


def test_biases_and_gains_stand_where_gpt2_has_them() -> None:
    names = [n for n, _ in made("gpt2").named_parameters() if n.startswith("blocks.0.")]
    matrices = ["attention.query", "attention.key_value", "attention.out"]
    matrices += ["feed_forward.up", "feed_forward.down"]
    wanted = {f"blocks.0.{m}.{p}" for m, p in itertools.product(matrices, ("weight", "bias"))}
    norms = ("attention_norm", "feed_forward_norm")
    wanted |= {f"blocks.0.{n}.{p}" for n, p in itertools.product(norms, ("gain", "bias"))}
    assert set(names) == wanted


@pytest.mark.parametrize(("counted", "cap"), [(True, 3.0), (False, 3.0), (False, 32.1)])
def test_the_capped_loss_and_its_gradient_are_those_of_torch(*, counted: bool, cap: float) -> None:
    numbers = torch.Generator().manual_seed(0)
    hidden = (torch.randn(2, 6, 8, generator=numbers, dtype=torch.float64) * cap).requires_grad_()
    weight = torch.randn(9, 8, generator=numbers, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(9, (2, 6), generator=numbers)
    counts = (targets % 2 == 0) if counted else None
    logits = capped(hidden @ weight.T, cap)
    assert logits.abs().max() < cap < (hidden @ weight.T).abs().max()
    costs = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), reduction="none"
    )
    theirs = costs.sum() if counts is None else costs[counts.flatten()].sum()
    ours = summed_loss(hidden, weight, targets, counts, cap)
    assert torch.isclose(ours, theirs)
    for found, expected in zip(
        torch.autograd.grad(ours, (hidden, weight)),
        torch.autograd.grad(theirs, (hidden, weight)),
        strict=True,
    ):
        assert torch.allclose(found, expected, atol=1e-12)


def test_capped_log_probabilities_and_their_gradient_are_those_of_torch() -> None:
    numbers = torch.Generator().manual_seed(0)
    hidden = torch.randn(7, 8, generator=numbers, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(9, 8, generator=numbers, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(9, (7,), generator=numbers)
    shares = (capped(hidden @ weight.T, 3.0) / 0.7).log_softmax(-1)
    theirs = shares.gather(1, targets[:, None])[:, 0]
    ours, entropy = token_log_probabilities(hidden, weight, targets, 0.7, 3.0)
    assert torch.allclose(ours, theirs, atol=1e-12)
    assert torch.allclose(entropy, -(shares.exp() * shares).sum(-1), atol=1e-12)
    upstream = torch.linspace(-1, 2, 7, dtype=torch.float64)
    for found, expected in zip(
        torch.autograd.grad((ours * upstream).sum(), (hidden, weight)),
        torch.autograd.grad((theirs * upstream).sum(), (hidden, weight)),
        strict=True,
    ):
        assert torch.allclose(found, expected, atol=1e-12)
