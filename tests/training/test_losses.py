import pytest
import torch
from torch.nn import functional as F

from pipeline_lib.training import losses
from pipeline_lib.training.losses import (
    summed_loss,
    summed_objective,
    token_log_probabilities,
)


@pytest.fixture
def parts() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    numbers = torch.Generator().manual_seed(0)
    hidden = torch.randn(11, 6, generator=numbers, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(9, 6, generator=numbers, dtype=torch.float64, requires_grad=True)
    return hidden, weight, torch.randint(9, (11,), generator=numbers)


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_it_agrees_with_torch_in_value_and_gradient(
    parts: tuple[torch.Tensor, ...], temperature: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses, "CHUNK", 4)
    hidden, weight, targets = parts
    upstream = torch.linspace(-1, 2, 11, dtype=torch.float64)
    ours, entropy = token_log_probabilities(hidden, weight, targets, temperature)
    found = torch.autograd.grad((ours * upstream).sum(), (hidden, weight))

    logs = F.log_softmax(hidden @ weight.T / temperature, dim=-1)
    theirs = logs.gather(1, targets[:, None])[:, 0]
    expected = torch.autograd.grad((theirs * upstream).sum(), (hidden, weight))
    assert torch.allclose(ours, theirs, atol=1e-12)
    assert torch.allclose(entropy, -(logs.exp() * logs).sum(-1), atol=1e-12)
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("share", ["some", "all", "none", None])
def test_the_summed_loss_agrees_with_torch_in_value_and_gradient(
    parts: tuple[torch.Tensor, ...], share: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses, "CHUNK", 4)
    monkeypatch.setattr(losses, "BLOCK", 3)
    monkeypatch.setattr(losses, "PART", 30)  # three rows of nine
    hidden, weight, targets = (p[:10] if i != 1 else p for i, p in enumerate(parts))
    chosen = {"some": torch.arange(10) % 3 == 0, "all": torch.ones(10, dtype=torch.bool)}
    counts = None if share is None else chosen.get(share, torch.zeros(10, dtype=torch.bool))
    seen = torch.ones(10, dtype=torch.bool) if counts is None else counts
    laid = None if counts is None else counts.view(2, 5)
    loss = summed_loss(hidden.view(2, 5, 6), weight, targets.view(2, 5), laid)
    found = torch.autograd.grad(loss / 7, (hidden, weight))
    theirs = F.cross_entropy(hidden @ weight.T, targets, reduction="none")[seen].sum()
    expected = torch.autograd.grad(theirs / 7, (hidden, weight))
    assert torch.isclose(loss, theirs)
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(found, expected, strict=True))


def test_without_a_gradient_the_loss_is_the_same(parts: tuple[torch.Tensor, ...]) -> None:
    hidden, weight, targets = parts
    with torch.no_grad():
        alone = summed_loss(hidden[None], weight, targets[None])
    assert torch.equal(alone, summed_loss(hidden[None], weight, targets[None]))


@pytest.mark.parametrize("share", ["some", None])
def test_the_z_loss_agrees_with_torch_and_stays_out_of_the_cross_entropy(
    parts: tuple[torch.Tensor, ...], share: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses, "CHUNK", 4)
    monkeypatch.setattr(losses, "BLOCK", 3)
    monkeypatch.setattr(losses, "PART", 30)  # three rows of nine
    hidden, weight, targets = (p[:10] if i != 1 else p for i, p in enumerate(parts))
    seen = torch.arange(10) % 3 == 0 if share else torch.ones(10, dtype=torch.bool)
    laid = seen.view(2, 5) if share else None
    objective, entropy = summed_objective(
        hidden.view(2, 5, 6), weight, targets.view(2, 5), laid, 0.1
    )
    found = torch.autograd.grad(objective / 7, (hidden, weight))
    logits = hidden @ weight.T
    plain = F.cross_entropy(logits, targets, reduction="none")[seen].sum()
    theirs = plain + 0.1 * logits.logsumexp(dim=-1)[seen].square().sum()
    expected = torch.autograd.grad(theirs / 7, (hidden, weight))
    assert torch.isclose(objective, theirs)
    assert torch.isclose(entropy, plain)
    assert not entropy.requires_grad
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(found, expected, strict=True))
