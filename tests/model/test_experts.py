"""Mixtures of experts against a loop over tokens, and what keeps their load even."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from pipeline_lib.model.experts import Mixture
from pipeline_lib.model.generation import for_inference
from pipeline_lib.model.routing import Routed, Routing, balance_loss, z_loss
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, Params
from pipeline_lib.training.balance import Balance, balances
from pipeline_lib.training.losses import summed_loss
from pipeline_lib.training.optimizer import apply_step, optimizers
from tests.model.shapes import drawn, shaped

MOE = {
    "every": 1,
    "experts": 5,
    "active": 2,
    "shared": 2,
    "hidden": 7,
    "balance_rate": 0.01,
    "balance_loss": 0.02,
    "z_loss": 0.003,
}
VOCAB = 50


def shape_of(**changes: Any) -> ModelParams:
    return shaped(
        layers=2,
        channels=12,
        heads=2,
        kv_heads=2,
        head_width=6,
        feed_forward="swiglu",
        hidden=20,
        context=24,
        bias=True,
        moe={**MOE, **changes},
    )


def mixture_of(**changes: Any) -> Mixture:
    return drawn(Mixture(shape_of(**changes), 0))


@pytest.fixture
def x() -> torch.Tensor:
    numbers = torch.Generator().manual_seed(1)
    return torch.randn(3, 8, 12, generator=numbers, dtype=torch.float64, requires_grad=True)


def slow(mixture: Mixture, x: torch.Tensor) -> torch.Tensor:
    """Token by token: the experts of the highest gates, biases counting for the choice alone, and the shared ones."""
    out = []
    for token in x.flatten(0, 1):
        gates = (mixture.router.weight @ token).softmax(0)
        wanted = gates if mixture.balance is None else gates + mixture.balance
        ranked = sorted((-score, e) for e, score in enumerate(wanted.tolist()))
        best = [e for _, e in ranked[: mixture.moe.active]]
        worked = sum((gates[e] * mixture.experts[e](token) for e in best), torch.zeros_like(token))
        out.append(worked if mixture.shared is None else worked + mixture.shared(token))
    return torch.stack(out).view_as(x)


def gradients(mixture: Mixture, x: torch.Tensor, out: torch.Tensor) -> Iterator[torch.Tensor]:
    weights = [w for n, w in mixture.named_parameters() if n != "balance"]
    upstream = torch.linspace(-1, 2, out.numel(), dtype=out.dtype).view_as(out)
    found = torch.autograd.grad((out * upstream).sum(), [x, *weights], allow_unused=True)
    return (torch.zeros((), dtype=out.dtype) if g is None else g for g in found)


@pytest.mark.parametrize("active", [1, 2, 5])
@pytest.mark.parametrize("shared", [0, 2])
def test_it_is_what_a_loop_over_tokens_gives_in_value_and_gradient(
    x: torch.Tensor, active: int, shared: int
) -> None:
    mixture = mixture_of(active=active, shared=shared)
    with torch.no_grad():
        assert mixture.balance is not None
        mixture.balance.copy_(torch.tensor([0.0, 0.1, -0.1, 0.05, 0.0]))
    found, expected = mixture(x), slow(mixture, x)
    assert torch.allclose(found, expected, atol=1e-12)
    pairs = zip(gradients(mixture, x, found), gradients(mixture, x, expected), strict=True)
    assert all(torch.allclose(ours, theirs, atol=1e-12) for ours, theirs in pairs)


def test_the_router_learns_though_a_token_goes_to_one_expert(x: torch.Tensor) -> None:
    mixture = mixture_of(active=1)
    mixture(x).square().sum().backward()
    assert mixture.router.weight.grad is not None
    assert mixture.router.weight.grad.abs().min() > 0


def test_no_token_is_dropped_though_all_go_to_one_expert(x: torch.Tensor) -> None:
    mixture = mixture_of(active=1, shared=0)
    with torch.no_grad():
        assert mixture.balance is not None
        mixture.balance[3] = 10.0
    out = mixture(x)
    assert torch.allclose(out, slow(mixture, x), atol=1e-12)
    out.sum().backward()
    for number, expert in enumerate(mixture.experts):
        for weight in expert.parameters():
            assert weight.grad is not None
            assert bool(weight.grad.any()) == (number == 3)


def test_bf16_works_on_any_number_of_rows() -> None:
    numbers = torch.Generator().manual_seed(0)
    mixture = drawn(Mixture(shape_of(), 0)).float()
    torch.nn.init.normal_(mixture.router.weight, generator=numbers)
    for tokens in (1, 31, 33):
        x = torch.randn(1, tokens, 12, generator=numbers).bfloat16()
        assert mixture(x).dtype == torch.bfloat16
        assert (mixture(x).float() - mixture(x.float())).abs().max() < 0.05


def test_the_balance_loss_is_1_where_even_and_as_many_as_experts_where_one_has_all() -> None:
    even = torch.eye(4, dtype=torch.float64).repeat(1, 2, 1) * 1e-9  # one token in four to each
    all_to_one = torch.tensor([50.0, 0, 0, 0]).double().expand(1, 8, 4)
    for logits, wanted in ((even, 1.0), (all_to_one, 4.0)):
        routed = Routed(logits, logits.topk(1).indices, None)
        assert balance_loss(logits, routed.loads()).item() == pytest.approx(wanted)


def test_the_losses_are_what_their_papers_say() -> None:
    logits = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0)).double()
    chosen = logits.topk(2).indices
    loads = Routed(logits, chosen, None).loads()
    for row in range(2):
        shares = [[float(e in t) / 2 for e in range(4)] for t in chosen[row].tolist()]
        gates = [(t.exp() / t.exp().sum()).tolist() for t in logits[row]]
        fraction = [sum(share[e] for share in shares) / 6 for e in range(4)]
        mean = [sum(gate[e] for gate in gates) / 6 for e in range(4)]
        expected = 4 * sum(f * p for f, p in zip(fraction, mean, strict=True))
        assert balance_loss(logits, loads)[row].item() == pytest.approx(expected)
        sizes = [float(t.exp().sum().log()) ** 2 for t in logits[row]]
        assert z_loss(logits)[row].item() == pytest.approx(sum(sizes) / 6)


def learn(model: Transformer, ids: torch.Tensor, counts: torch.Tensor, rows: int) -> Routing:
    """Leave the gradients of a batch cut into parts of so many rows."""
    routing = Routing(model.shape.moe)
    for part, kept in zip(ids.split(rows), counts.split(rows), strict=True):
        hidden = model.hidden(part[:, :-1], routing=routing)
        loss = summed_loss(hidden, model.head_weight, part[:, 1:], kept)
        ((loss + routing.cost(kept)) / counts.sum()).backward()
    return routing


def test_gradients_and_figures_do_not_depend_on_how_a_batch_is_cut() -> None:
    ids = torch.randint(VOCAB, (6, 13), generator=torch.Generator().manual_seed(1))
    counts = ids[:, 1:] % 3 > 0  # unequal numbers of targets in each row
    found = []
    for rows in (6, 2, 1):
        model = Transformer(shape_of(), VOCAB, seed=0).double()
        model.dtype = torch.float64
        routing = learn(model, ids, counts, rows)
        found.append(([w.grad for w in model.parameters()], routing.figures()))
    whole, figures = found[0]
    for grads, other in found[1:]:
        for a, b in zip(whole, grads, strict=True):
            assert a is not None
            assert b is not None
            assert torch.allclose(a, b, atol=1e-12, rtol=0)
        assert other == pytest.approx(figures)


def test_a_dense_model_costs_and_says_nothing() -> None:
    model = Transformer(shape_of(every=0), VOCAB, seed=0)
    routing = Routing(model.shape.moe)
    model.hidden(torch.zeros(1, 4, dtype=torch.long), routing=routing)
    assert routing.cost(None) == 0.0
    assert routing.figures() == {}
    assert balances(model) == []


def test_biases_even_out_a_load_that_no_loss_evens_out() -> None:
    mixture = mixture_of(balance_loss=0.0, z_loss=0.0)
    numbers = torch.Generator().manual_seed(1)
    x = torch.randn(8, 64, 12, generator=numbers, dtype=torch.float64)
    x[..., 0] = 4.0  # what all tokens share draws them to the same experts
    with torch.no_grad():
        mixture.router.weight.normal_(std=0.3, generator=numbers)
    [balance] = balances(mixture)
    busiest = []
    for _ in range(80):
        routing = Routing(mixture.moe)
        mixture(x, routing)
        cost = routing.cost(None)
        assert isinstance(cost, torch.Tensor)
        assert cost.item() == 0.0
        cost.backward()
        balance.step()
        balance.zero_grad()
        busiest.append(routing.figures()["experts.busiest"])
    assert busiest[0] > 1.7
    assert max(busiest[-5:]) < 1.2


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_the_biases_take_a_fixed_step_whatever_the_rates_and_the_clipping(
    name: str, params: Params
) -> None:
    model = Transformer(shape_of(), VOCAB, seed=0)
    section = params.pretrain.model_copy(update={"optimizer": name, "weight_decay": 0.1})
    optimizer = optimizers(model, section)
    [balance] = [part for part in optimizer.parts if isinstance(part, Balance)]
    biases = balance.param_groups[0]["params"]
    every = [w for part in optimizer.parts for group in part.param_groups for w in group["params"]]
    assert sorted(map(id, every)) == sorted(map(id, model.parameters()))
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    for bias in biases:
        bias.grad = torch.tensor([100.0, -1e-9, 0.0, 1e-9, -100.0])
    assert apply_step(optimizer, 0.3, 1.0) == 0.0  # the norm of the gradients that are clipped
    for bias in biases:
        step = torch.tensor([-0.01, 0.01, 0.0, -0.01, 0.01])
        assert torch.allclose(bias, step)


def test_biases_stay_where_nobody_asks_what_routers_cost() -> None:
    model = Transformer(shape_of(), VOCAB, seed=0)
    model.hidden(torch.zeros(1, 4, dtype=torch.long)).sum().backward()
    [balance] = balances(model)
    balance.step()
    assert not any(bias.any() for bias in balance.param_groups[0]["params"])


def test_a_model_for_inference_sends_tokens_where_training_sent_them() -> None:
    model = Transformer(shape_of(), VOCAB, seed=0)
    model.dtype = torch.bfloat16
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("balance"):
                weight.uniform_(-0.01, 0.01)
    ids = torch.randint(VOCAB, (4, 20), generator=torch.Generator().manual_seed(1))
    sent = []
    for one in (model, for_inference(model)):
        routing = Routing(one.shape.moe)
        with torch.no_grad():
            one.hidden(ids, routing=routing)
        sent.append([routed.chosen for routed in routing.layers.values()])
    assert all(torch.equal(a, b) for a, b in zip(*sent, strict=True))


def test_layers_are_mixtures_from_the_nth_on_every_nth() -> None:
    shape = shape_of(every=2).model_copy(update={"layers": 5})
    model = Transformer(shape, VOCAB, seed=0)
    assert [isinstance(b.feed_forward, Mixture) for b in model.blocks] == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_idle_experts_are_not_counted_as_work() -> None:
    model = Transformer(shape_of(), VOCAB, seed=0)
    expert = 3 * 12 * 7 + 2 * 7 + 12  # three matrices and their biases
    tables = [] if model.shape.tie_embeddings else [model.embedding]
    tables += [] if model.values is None else [model.values]
    looked_up = sum(table.weight.numel() for table in tables)
    assert model.parameter_count - model.worked_parameters - looked_up == 2 * 3 * expert


def test_where_all_experts_are_active_it_is_their_mean_by_the_gates() -> None:
    mixture = mixture_of(active=5, shared=0)
    x = torch.randn(1, 4, 12, dtype=torch.float64)
    gates = F.linear(x, mixture.router.weight).softmax(-1)
    every = torch.stack([expert(x) for expert in mixture.experts], dim=-1)
    assert torch.allclose(mixture(x), (every * gates[..., None, :]).sum(-1), atol=1e-12)
