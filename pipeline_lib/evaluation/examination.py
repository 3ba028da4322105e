"""All that is asked of one model: of each the same documents, the same problems, the same seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline_lib import progress
from pipeline_lib.evaluation import likelihood, problems, samples
from pipeline_lib.evaluation.likelihood import Document
from pipeline_lib.evaluation.problems import Answer
from pipeline_lib.evaluation.samples import Sample
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.params import EvaluateParams

Number = float | int

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
    """What is asked: documents by split, problems by source."""

    documents: Mapping[str, Sequence[Document]]
    problems: Mapping[str, Sequence[Conversation]]


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
