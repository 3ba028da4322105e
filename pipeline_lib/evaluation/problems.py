"""Problems whose answers can be checked, asked of every model in the same words, as chat.

Base is asked like the others: what it cannot do in this format is what sft teaches. Greedy answers
give the accuracy; completions at temperature 1 give pass@k. A prompt too long to leave room for an
answer counts as wrong. What level and language a problem of the tales has is read off the problem itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline_lib import answers, progress, tales
from pipeline_lib.errors import FormatError
from pipeline_lib.evaluation.statistics import pass_at_k, wilson
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.formats import conversations
from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.model.generation import Sampling, generate
from pipeline_lib.params import EvaluateParams
from pipeline_lib.tokens import chat

ROWS = 512
"""Completions written at once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said to a problem."""

    problem: Conversation
    text: str
    is_right: bool
    stopped: bool
    """It ended its turn by itself."""
    too_long: bool = False
    """The problem left no room to answer."""


def read(folder: Path, limit: int) -> dict[str, list[Conversation]]:
    """The first `limit` problems of each evaluation source, by its name; FormatError without a folder."""
    if not folder.is_dir():
        raise FormatError(f"{folder}: no such folder; run `dvc repro corpus`")
    sets = sorted(path for path in folder.iterdir() if path.is_dir())
    read = {path.name: list(islice(conversations.read(path), limit)) for path in sets}
    return {name: problems for name, problems in read.items() if problems}


def examine(
    subject: Subject, name: str, problems: Sequence[Conversation], params: EvaluateParams
) -> tuple[list[Answer], dict[str, float | int]]:
    """Greedy answers to all `problems`, and their metrics, pass@k on the first ones among them."""
    greedy = ask(subject, problems, params, Sampling(temperature=0.0), copies=1)
    metrics = accuracy(greedy)
    sampled = problems[: params.sampled_problems]
    if sampled:
        drawn = ask(subject, sampled, params, Sampling(temperature=1.0), params.samples)
        metrics |= passes(drawn, params.samples)
    return greedy, {f"{name}.{key}": value for key, value in metrics.items()}


def accuracy(given: Sequence[Answer]) -> dict[str, float | int]:
    """The share of right answers, also by level and language, and how the answers ended."""
    metrics = _rights("accuracy", given) | {
        "count": len(given),
        "stopped": sum(answer.stopped for answer in given) / len(given),
        "too_long": sum(answer.too_long for answer in given),
    }
    for name, answers_of in _by_level_and_language(given).items():
        metrics |= _rights(f"accuracy.{name}", answers_of) | {f"count.{name}": len(answers_of)}
    return metrics


def _rights(name: str, given: Sequence[Answer]) -> dict[str, float | int]:
    """With its Wilson interval."""
    right = sum(answer.is_right for answer in given)
    interval = wilson(right, len(given))
    return {
        name: right / len(given),
        f"{name}_low": interval.low,
        f"{name}_high": interval.high,
    }


def _by_level_and_language(given: Sequence[Answer]) -> dict[str, list[Answer]]:
    """`level_1`, ..., `en`, ...; nothing of problems that are no tales."""
    groups: dict[str, list[Answer]] = {}
    for answer in given:
        question = answer.problem.messages[-1].content
        read = tales.recognise(f"{question}\n{answers.MARKER} {answer.problem.answer}")
        if isinstance(read, tales.Reading) and read.level:
            for name in (f"level_{read.level}", read.language):
                groups.setdefault(name, []).append(answer)
    return dict(sorted(groups.items()))


def passes(drawn: Sequence[Answer], samples: int) -> dict[str, float | int]:
    """pass@1 and pass@k with intervals; `drawn` holds `samples` answers to each problem."""
    rights = [
        sum(answer.is_right for answer in drawn[start : start + samples])
        for start in range(0, len(drawn), samples)
    ]
    metrics: dict[str, float | int] = {"sampled": len(rights)}
    for k in sorted({1, samples}):
        total = sum(pass_at_k(samples, right, k) for right in rights)
        interval = wilson(total, len(rights))
        metrics |= {
            f"pass_at_{k}": total / len(rights),
            f"pass_at_{k}_low": interval.low,
            f"pass_at_{k}_high": interval.high,
        }
    return metrics


def ask(
    subject: Subject,
    problems: Sequence[Conversation],
    params: EvaluateParams,
    sampling: Sampling,
    copies: int,
) -> list[Answer]:
    """`copies` answers to each problem, in order."""
    prompts = [chat.prompt(problem.messages, subject.tokenizer) for problem in problems]
    room = subject.model.shape.context - params.max_new_tokens
    fitting = [i for i, prompt in enumerate(prompts) if len(prompt) <= room]
    fitting.sort(key=lambda i: len(prompts[i]))  # like lengths together: less padding
    given = {
        i: [Answer(problem, "", is_right=False, stopped=False, too_long=True)] * copies
        for i, problem in enumerate(problems)
    }
    for chunk in progress.watch(_chunks(fitting, max(1, ROWS // copies)), None, "batches"):
        completions = generate(
            subject.model,
            [prompts[i] for i in chunk],
            max_new_tokens=params.max_new_tokens,
            stop={subject.tokenizer.end},
            sampling=sampling,
            seed=params.seed + chunk[0],
            copies=copies,
        )
        for place, i in enumerate(chunk):
            said = completions[place * copies : (place + 1) * copies]
            given[i] = [_judge(subject, problems[i], c.ids, stopped=c.stopped) for c in said]
    return [answer for i in range(len(problems)) for answer in given[i]]


def _judge(subject: Subject, problem: Conversation, ids: list[int], *, stopped: bool) -> Answer:
    text = subject.tokenizer.decode(ids)
    is_right = answers.is_right(text, problem.answer, problem.verifier)
    return Answer(problem, text, is_right=is_right, stopped=stopped)


def _chunks(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))
