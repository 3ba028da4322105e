import pytest
import torch

from pipeline_lib.params import GrpoParams, Params
from pipeline_lib.training.advantages import (
    advantages,
    clipped_objective,
    kl_k2,
    kl_k3,
    token_weights,
)


def grpo(params: Params, **changes: object) -> GrpoParams:
    return params.grpo.model_copy(update=changes)


@pytest.mark.parametrize("kind", ["centred", "standardised"])
def test_advantages_sum_to_zero_in_each_group(kind: str) -> None:
    rewards = torch.tensor([[1.0, 0, 0, 1], [1, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
    found = advantages(rewards, kind)
    assert torch.allclose(found.sum(dim=1), torch.zeros(4), atol=1e-6)
    assert (found[2:] == 0).all()
    assert (found[0].sign() == torch.tensor([1.0, -1, -1, 1])).all()


def test_the_first_gradient_is_that_of_reinforce(params: Params) -> None:
    logs = torch.tensor([-1.0, -2.0, -0.5], requires_grad=True)
    gains = torch.tensor([0.5, -0.5, 0.25])
    objective, clipped = clipped_objective(logs, logs.detach(), gains, params.grpo)
    [slope] = torch.autograd.grad(objective.sum(), logs)
    assert torch.allclose(slope, gains)
    assert (clipped == 0).all()


def test_a_ratio_beyond_the_clip_has_no_gradient_where_it_helps_itself(params: Params) -> None:
    section = grpo(params, clip_low=0.2, clip_high=0.28)
    old = torch.zeros(4)
    logs = torch.tensor([0.5, 0.5, -0.5, -0.5], requires_grad=True)
    gains = torch.tensor([1.0, -1.0, 1.0, -1.0])
    objective, clipped = clipped_objective(logs, old, gains, section)
    [slope] = torch.autograd.grad(objective.sum(), logs)
    assert (slope != 0).tolist() == [False, True, True, False]
    assert clipped.tolist() == [1.0, 0.0, 0.0, 1.0]


def test_token_weights_are_those_of_the_papers(params: Params) -> None:
    lengths = torch.tensor([2, 6])
    weights = {
        kind: token_weights(lengths, grpo(params, aggregation=kind, max_new_tokens=10)) * lengths
        for kind in ("grpo", "dr_grpo", "dapo")
    }
    assert weights["grpo"].tolist() == pytest.approx([0.5, 0.5])
    assert weights["dr_grpo"].tolist() == pytest.approx([0.1, 0.3])
    assert weights["dapo"].tolist() == pytest.approx([0.25, 0.75])


def test_kl_estimators_agree_in_the_mean_and_k2_pulls_towards_the_reference() -> None:
    numbers = torch.Generator().manual_seed(0)
    ours, reference = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.4, 0.4, 0.2])
    ids = torch.multinomial(ours, 200_000, replacement=True, generator=numbers)
    exact = (ours * (ours / reference).log()).sum()
    k2 = kl_k2(ours.log()[ids], reference.log()[ids]).mean()
    k3 = kl_k3(ours.log()[ids], reference.log()[ids]).mean()
    assert k3.item() == pytest.approx(exact.item(), rel=0.05)
    assert k2.item() == pytest.approx(exact.item(), rel=0.1)

    logits = ours.log().requires_grad_()
    logs = logits.log_softmax(-1)
    [found] = torch.autograd.grad(kl_k2(logs[ids], reference.log()[ids]).mean(), logits)
    logs = logits.log_softmax(-1)
    exact_kl = (logs.exp() * (logs - reference.log())).sum()
    [expected] = torch.autograd.grad(exact_kl, logits)
    assert torch.allclose(found, expected, atol=5e-3)
