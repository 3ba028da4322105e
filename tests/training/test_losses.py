import pytest
import torch
from torch.nn import functional as F

from pipeline_lib.training import losses
from pipeline_lib.training.losses import summed_loss, token_log_probabilities


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


def test_tokens_that_do_not_count_have_no_say(parts: tuple[torch.Tensor, ...]) -> None:
    hidden, weight, targets = (p[:10] if i != 1 else p for i, p in enumerate(parts))
    counts = (torch.arange(10) % 3 == 0).view(2, 5)
    loss = summed_loss(hidden.view(2, 5, 6), weight, targets.view(2, 5), counts)
    all_losses = F.cross_entropy(hidden @ weight.T, targets, reduction="none").view(2, 5)
    assert torch.isclose(loss, all_losses[counts].sum())
    [slope] = torch.autograd.grad(loss, hidden)
    assert (slope.view(2, 5, 6)[~counts] == 0).all()
