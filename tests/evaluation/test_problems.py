from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline_lib.errors import FormatError
from pipeline_lib.evaluation import problems, samples, subject
from pipeline_lib.evaluation.problems import Answer
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.formats import checkpoints, conversations
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.model.generation import Completion, Sampling
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import EvaluateParams
from pipeline_lib.tales import tale
from pipeline_lib.tokens import trainer
from tests.model.shapes import shaped
from tests.sections import cutting

SHAPE = shaped(
    layers=1,
    channels=8,
    heads=1,
    kv_heads=1,
    head_width=8,
    feed_forward="swiglu",
    hidden=8,
    context=64,
    rope_theta=10000.0,
    qk_norm=True,
    tie_embeddings=True,
    value_embeddings=False,
)
CPU = Hardware(torch.device("cpu"), torch.float32, 1)
PARAMS = EvaluateParams(
    seed=1,
    max_tokens=100,
    problems=9,
    samples=4,
    sampled_problems=3,
    max_new_tokens=16,
    free_samples=0,
    pairs=0,
)


def asked(*sums: tuple[int, int]) -> list[Conversation]:
    return [
        Conversation((Message("user", f"{a} + {b} = ?"),), str(a + b), "number", "sums")
        for a, b in sums
    ]


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    params = cutting(vocab_size=279)
    tokenizer = trainer.train([f"{i} + {i * 7} = ?" for i in range(50)], params).model
    learner = Transformer(SHAPE, params.vocab_size, seed=1)
    folder = tmp_path_factory.mktemp("model") / "base"
    checkpoints.write(
        folder, Checkpoint(SHAPE, params.vocab_size, learner.state_dict(), tokenizer, {})
    )
    digest = checkpoints.read(folder).tokenizer_digest
    return subject.load(folder, Path("shards"), digest, CPU)


def answering(monkeypatch: pytest.MonkeyPatch, examined: Subject, share: int) -> list[int]:
    """Answer prompts right but for each `share`-th completion; the list tells the batch sizes."""
    sizes: list[int] = []

    def generate(
        model: Transformer, prompts: Sequence[Sequence[int]], *, copies: int, **_: Any
    ) -> list[Completion]:
        sizes.append(len(prompts) * copies)
        said = []
        for prompt in prompts:
            a, b = map(int, examined.tokenizer.decode(prompt).removesuffix(" = ?").split(" + "))
            for copy in range(copies):
                wrong = copy % share == share - 1
                text = f"It is {a + b + wrong}."
                said.append(Completion([*examined.tokenizer.encode(text), 2], stopped=True))
        return said

    monkeypatch.setattr(problems, "generate", generate)
    return sizes


def test_answers_are_counted_with_intervals_and_pass_at_k(
    monkeypatch: pytest.MonkeyPatch, examined: Subject
) -> None:
    answering(monkeypatch, examined, share=2)
    given, metrics = problems.examine(examined, "sums", asked((1, 2), (3, 9), (2, 2)), PARAMS)
    assert [answer.text for answer in given] == ["It is 3.", "It is 12.", "It is 4."]
    assert metrics["sums.accuracy"] == metrics["sums.accuracy_high"] == metrics["sums.stopped"] == 1
    assert 0.3 < metrics["sums.accuracy_low"] < 1
    assert (metrics["sums.count"], metrics["sums.sampled"]) == (3, 3)
    assert metrics["sums.pass_at_1"] == 0.5
    assert metrics["sums.pass_at_4"] == 1


def test_problems_of_the_tales_are_counted_by_level_and_language_too() -> None:
    told = [tale(1, index, "problems") for index in range(60)]
    given = [
        Answer(
            Conversation((Message("user", one.question),), one.answer, "number", "problems"),
            one.solution,
            is_right=one.level == 1,
            stopped=True,
        )
        for one in told
    ]
    metrics = problems.accuracy(given)
    levels = Counter(f"level_{one.level}" for one in told)
    languages = Counter(one.language for one in told)
    assert {name: metrics[f"count.{name}"] for name in (levels | languages)} == levels | languages
    assert metrics["accuracy.level_1"] == 1 > metrics["accuracy.level_1_low"]
    assert metrics["accuracy.level_2"] == 0 < metrics["accuracy.level_2_high"]
    assert 0 < metrics["accuracy.en"] < 1


def test_other_problems_have_no_level() -> None:
    question = Conversation((Message("user", "Add one to two!"),), "3", "number", "sums")
    given = [Answer(question, "3", is_right=True, stopped=True)]
    assert not [name for name in problems.accuracy(given) if "level" in name or ".en" in name]


def test_a_problem_without_room_for_its_answer_is_wrong_and_counted(
    monkeypatch: pytest.MonkeyPatch, examined: Subject
) -> None:
    answering(monkeypatch, examined, share=99)
    long = Conversation((Message("user", "1 + 1 = ?" * 30),), "2", "number", "sums")
    given, metrics = problems.examine(examined, "sums", [long, *asked((1, 2))], PARAMS)
    assert [answer.is_right for answer in given] == [False, True]
    assert metrics["sums.too_long"] == 1
    assert metrics["sums.accuracy"] == 0.5
    assert metrics["sums.pass_at_4"] == 0.5


def test_answers_come_back_in_the_order_of_the_problems_whatever_the_batches(
    monkeypatch: pytest.MonkeyPatch, examined: Subject
) -> None:
    monkeypatch.setattr(problems, "ROWS", 4)
    sizes = answering(monkeypatch, examined, share=99)
    sums = [(10**5, 1), (1, 2), (300, 4), (5, 6), (70, 8)]
    given = problems.ask(examined, asked(*sums), PARAMS, Sampling(), copies=2)
    assert [answer.text for answer in given[::2]] == [f"It is {a + b}." for a, b in sums]
    assert max(sizes) <= 4


def test_no_sampled_problems_means_no_pass_at_k(
    monkeypatch: pytest.MonkeyPatch, examined: Subject
) -> None:
    answering(monkeypatch, examined, share=99)
    params = PARAMS.model_copy(update={"sampled_problems": 0})
    _, metrics = problems.examine(examined, "sums", asked((1, 2)), params)
    assert not [name for name in metrics if "pass_at" in name]


def test_a_real_model_answers_the_same_twice(examined: Subject) -> None:
    first, metrics = problems.examine(examined, "sums", asked((1, 2), (3, 9)), PARAMS)
    again, same = problems.examine(examined, "sums", asked((1, 2), (3, 9)), PARAMS)
    assert (first, metrics) == (again, same)


def test_sources_are_read_by_name_up_to_a_limit(tmp_path: Path) -> None:
    conversations.write(tmp_path / "sums", asked((1, 2), (3, 4), (5, 6)))
    conversations.write(tmp_path / "none", [])
    (tmp_path / "README").write_text("")
    assert problems.read(tmp_path, 2) == {"sums": asked((1, 2), (3, 4))}


def test_a_missing_folder_of_problems_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none: no such folder; run `dvc repro corpus`"):
        problems.read(tmp_path / "none", 2)


def test_free_texts_are_drawn_at_each_temperature(examined: Subject) -> None:
    drawn = samples.draw(examined, seed=3)
    assert [sample.temperature for sample in drawn] == [1.0] * 3 + [0.7] * 3
    assert drawn == samples.draw(examined, seed=3)


def test_a_model_with_another_tokenizer_is_refused(tmp_path: Path, examined: Subject) -> None:
    checkpoints.write(tmp_path / "base", examined.checkpoint)
    with pytest.raises(FormatError, match=r"base: expected the tokenizer of shards \(f{12}\)"):
        subject.load(tmp_path / "base", Path("shards"), "f" * 64, CPU)
