import numpy as np
import pytest
import torch

from pipeline_lib.model.generation import (
    Sampling,
    draw,
    for_inference,
    generate,
    row_seeds,
    stream,
    truncate,
    uniforms,
)
from pipeline_lib.model.transformer import Transformer
from tests.model.test_transformer import SHAPE, VOCAB, some_ids

LONG = SHAPE.model_copy(update={"context": 70})
GREEDY = Sampling(temperature=0.0)


@pytest.fixture(scope="module")
def model() -> Transformer:
    sharp = Transformer(LONG, VOCAB, seed=5)
    with torch.no_grad():
        for weight in sharp.parameters():
            if weight.dim() == 2:
                weight.mul_(8)  # so that the next token is not a matter of rounding
    return for_inference(sharp)


def slow_greedy(model: Transformer, prompt: list[int], new: int) -> list[int]:
    ids = list(prompt)
    for _ in range(new):
        ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
    return ids[len(prompt) :]


def test_incremental_logits_equal_full_logits(model: Transformer) -> None:
    ids = some_ids(2, 40)
    full = model(ids)
    cache = model.new_cache()
    with torch.inference_mode():
        for t in range(40):
            hidden = model.hidden(ids[:, t : t + 1], cache=cache, positions=torch.full((2, 1), t))
            assert torch.allclose(model.logits(hidden)[:, 0], full[:, t], atol=1e-4)


def test_a_batch_of_unequal_prompts_gives_what_each_gives_alone(model: Transformer) -> None:
    prompts = [[1, 2, 3], [4] * 35, [7]]
    found = generate(model, prompts, max_new_tokens=30, stop=set(), sampling=GREEDY)
    for prompt, completion in zip(prompts, found, strict=True):
        assert completion.ids == slow_greedy(model, prompt, 30)
        assert not completion.stopped


def test_a_completion_ends_with_the_stop_token_and_no_later(model: Transformer) -> None:
    [whole] = generate(model, [[1, 2]], max_new_tokens=20, stop=set(), sampling=GREEDY)
    stop = whole.ids[6]
    [found] = generate(model, [[1, 2]], max_new_tokens=20, stop={stop}, sampling=GREEDY)
    assert found.ids == whole.ids[: whole.ids.index(stop) + 1]
    assert found.stopped


def test_copies_of_a_prompt_differ_and_do_not_depend_on_the_batch(model: Transformer) -> None:
    how = Sampling(temperature=1.0)
    both = generate(model, [[1], [2]], max_new_tokens=9, stop={3}, sampling=how, seed=7, copies=4)
    alone = generate(model, [[1]], max_new_tokens=9, stop={3}, sampling=how, seed=7, copies=4)
    assert both[:4] == alone
    assert len({tuple(c.ids) for c in both[:4]}) > 1


def test_stream_gives_what_generate_gives(model: Transformer) -> None:
    how = Sampling(temperature=0.8, top_k=20, top_p=0.9)
    [whole] = generate(model, [[1, 2]], max_new_tokens=40, stop={9}, sampling=how, seed=3)
    drawn = stream(model, [1, 2], max_new_tokens=40, stop={9}, sampling=how, seed=3)
    assert list(drawn) == whole.ids


def test_the_context_ends_a_completion(model: Transformer) -> None:
    [found] = generate(model, [[1] * 60], max_new_tokens=99, stop=set(), sampling=GREEDY)
    assert len(found.ids) == 10
    assert len(list(stream(model, [1] * 60, max_new_tokens=99, stop=set(), sampling=GREEDY))) == 10


def test_a_prompt_that_fills_the_context_is_refused(model: Transformer) -> None:
    with pytest.raises(ValueError, match="1 to 69 tokens"):
        generate(model, [[1] * 70], max_new_tokens=1, stop=set(), sampling=GREEDY)


def test_a_prompt_changes_what_follows(model: Transformer) -> None:
    found = generate(model, [[1, 2], [3, 4]], max_new_tokens=8, stop=set(), sampling=GREEDY)
    assert found[0].ids != found[1].ids


def test_draws_follow_the_distribution() -> None:
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().expand(20_000, 4)
    ids = draw(logits, Sampling(), uniforms(row_seeds(1, 20_000), 0))
    shares = np.bincount(ids.numpy(), minlength=4) / 20_000
    assert np.abs(shares - [0.5, 0.3, 0.15, 0.05]).max() < 0.015


def test_temperature_sharpens() -> None:
    logits = torch.tensor([[0.6, 0.4]]).log().expand(20_000, 2)
    ids = draw(logits, Sampling(temperature=0.5), uniforms(row_seeds(1, 20_000), 0))
    assert (ids == 0).double().mean().item() == pytest.approx(0.36 / 0.52, abs=0.015)


def test_top_k_and_top_p_leave_the_most_likely() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    by_k = truncate(logits, Sampling(top_k=2)).isfinite()
    by_p = truncate(logits, Sampling(top_p=0.6)).isfinite()
    assert by_k.tolist() == by_p.tolist() == [[True, True, False, False]]


def test_uniforms_are_uniform_and_a_function_of_seed_and_position() -> None:
    numbers = uniforms(row_seeds(0, 10_000), 3)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert abs(numbers.mean() - 0.5) < 0.01
    assert (numbers == uniforms(row_seeds(0, 10_000), 3)).all()
    assert (numbers != uniforms(row_seeds(0, 10_000), 4)).all()
