import torch

from pipeline_lib.training.averaging import Average


def test_the_average_follows_at_first_fast_and_then_at_its_decay() -> None:
    layer = torch.nn.Linear(2, 2, bias=False)
    average = Average(layer, 0.5)
    expected = layer.weight.detach().clone()
    for number in range(1, 20):
        layer.weight.data += 1.0
        average.follow(layer)
        kept = min(0.5, (1 + number) / (10 + number))
        expected = kept * expected + (1 - kept) * layer.weight.detach()
        assert torch.allclose(average.weights["weight"], expected, atol=1e-6)


def test_lent_weights_come_back_as_they_were_also_after_an_error() -> None:
    layer = torch.nn.Linear(2, 2, bias=False)
    average = Average(layer, 0.5)
    averaged = average.weights["weight"].clone()
    layer.weight.data += 1.0
    own = layer.weight.detach().clone()
    try:
        with average.lent(layer):
            assert torch.equal(layer.weight, averaged)
            raise KeyError
    except KeyError:
        pass
    assert torch.equal(layer.weight, own)
    assert torch.equal(average.weights["weight"], averaged)
