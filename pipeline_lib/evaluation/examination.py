"""All that is asked of the models: of each the same documents, the same problems, the same seeds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib import progress
from pipeline_lib.evaluation import likelihood, problems, samples
from pipeline_lib.evaluation.likelihood import Document
from pipeline_lib.evaluation.problems import Answer
from pipeline_lib.evaluation.samples import Sample
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.formats import shards
from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.formats.shards import Index
from pipeline_lib.params import EvaluateParams
from pipeline_lib.tokens.tokenizer import Tokenizer

Number = float | int

HELD_OUT = ("validation", "test")

SHOWN = 8
"""Answers of each source that the report shows."""


@dataclass(frozen=True, slots=True)
class Findings:
    metrics: dict[str, Number]
    answers: dict[str, list[Answer]]
    """The first ones of each evaluation source, by its name."""
    texts: list[Sample]


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked, and of what data."""

    documents: Mapping[str, Sequence[Document]]
    """By split: validation, test; splits without documents are left out."""
    problems: Mapping[str, Sequence[Conversation]]
    """By source."""
    shards: Mapping[str, Index]
    """By split."""
    unigram: float | None
    """Bits per byte of a unigram model on the validation documents."""


def read(
    pretrain: Path, evaluation: Path, tokenizer: Tokenizer, params: EvaluateParams
) -> Questions:
    """Choose documents from the held-out shards in `pretrain`, problems from `evaluation`."""
    opened = {name: shards.read(pretrain / name, "pretrain") for name in ("train", *HELD_OUT)}
    chosen = {
        name: likelihood.choose(opened[name], params.max_tokens, tokenizer) for name in HELD_OUT
    }
    documents = {name: held for name, held in chosen.items() if sum(d.bytes for d in held)}
    asked = documents.get("validation")
    return Questions(
        documents=documents,
        problems=problems.read(evaluation, params.problems),
        shards={name: split.index for name, split in opened.items()},
        unigram=likelihood.unigram(opened["train"], asked) if asked else None,
    )


def of_each(
    models: Mapping[str, Subject], questions: Questions, params: EvaluateParams
) -> Iterator[tuple[str, Findings]]:
    """Examine each model; one with the weights of another (a skipped stage) is not asked twice."""
    known: dict[str, Findings] = {}
    for name, model in models.items():
        digest = model.checkpoint.digest
        if digest not in known:
            progress.say(f"evaluate: {name}")
            known[digest] = examine(model, questions, params)
        yield name, known[digest]


def examine(subject: Subject, questions: Questions, params: EvaluateParams) -> Findings:
    """Likelihood of each split (validation: no prefix), answers to each source, free texts."""
    metrics: dict[str, Number] = {}
    for split, documents in questions.documents.items():
        prefix = "" if split == "validation" else f"{split}."
        metrics |= likelihood.measure(subject.model, documents).metrics(prefix)
        progress.say(f"evaluate: {split} {metrics[prefix + 'bits_per_byte']:.4f} bits per byte")
    shown: dict[str, list[Answer]] = {}
    for name, asked in questions.problems.items():
        given, counted = problems.examine(subject, name, asked, params)
        metrics |= counted
        shown[name] = given[:SHOWN]
        progress.say(f"evaluate: {name} {counted[name + '.accuracy']:.1%} right")
    return Findings(metrics, shown, samples.draw(subject, params.seed))
