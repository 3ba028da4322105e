"""All that is asked of the models: of each the same documents, the same problems, the same seeds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib import progress
from pipeline_lib.evaluation import floor, freedom, likelihood, pairs, problems, samples
from pipeline_lib.evaluation.floor import Known
from pipeline_lib.evaluation.freedom import Read
from pipeline_lib.evaluation.likelihood import Document
from pipeline_lib.evaluation.problems import Answer
from pipeline_lib.evaluation.samples import Sample
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.formats import mixtures, shards
from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.formats.shards import Index
from pipeline_lib.params import EvaluateParams
from pipeline_lib.tales import Language
from pipeline_lib.tales.pairs import Pair
from pipeline_lib.tokens.tokenizer import Tokenizer

Number = float | int

HELD_OUT = ("validation", "test")
FREE = "base"
"""The model whose free texts are read back: those that learnt to converse begin with a turn."""

SHOWN = 8
"""Answers of each source, and free texts in each language, that the report shows."""


@dataclass(frozen=True, slots=True)
class Findings:
    metrics: dict[str, Number]
    answers: dict[str, list[Answer]]
    """The first ones of each evaluation source, by its name."""
    texts: list[Sample]
    free: Mapping[Language, Sequence[Read]]
    """The first free texts, by language; empty but for the base model, where the corpus is tales."""


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
    known: Mapping[str, Sequence[Known]]
    """The floor of each document, by split; empty where nobody knows it."""
    no_floor: str
    """Why there is none, in words; empty where there is one."""
    languages: Sequence[Language]
    """Of the tales; empty where not all of the corpus is tales."""
    pairs: Sequence[Pair]


def read(
    pretrain: Path, evaluation: Path, mixture: Path, tokenizer: Tokenizer, params: EvaluateParams
) -> Questions:
    """Choose documents from the held-out shards in `pretrain`, problems from `evaluation`."""
    opened = {name: shards.read(pretrain / name, "pretrain", name) for name in ("train", *HELD_OUT)}
    chosen = {
        name: likelihood.choose(opened[name], params.max_tokens, tokenizer) for name in HELD_OUT
    }
    documents = {name: held for name, held in chosen.items() if sum(d.bytes for d in held)}
    asked = documents.get("validation")
    components = mixtures.read(mixture)
    likely = floor.shares(components)
    known, no_floor = floor.of_splits(
        {split: [d.text for d in held] for split, held in documents.items()}, components
    )
    languages = sorted({language for _, language in likely})
    if no_floor:
        progress.say(f"evaluate: no floor: {no_floor}")
    return Questions(
        documents=documents,
        problems=problems.read(evaluation, params.problems),
        shards={name: split.index for name, split in opened.items()},
        unigram=likelihood.unigram(opened["train"], asked) if asked else None,
        known=known,
        no_floor=no_floor,
        languages=languages,
        pairs=pairs.draw(languages, params.pairs, params.seed),
    )


def of_each(
    models: Mapping[str, Subject], questions: Questions, params: EvaluateParams
) -> Iterator[tuple[str, Findings]]:
    """Examine each model; one with the weights of another (a skipped stage) is not asked twice.

    LeakError where a model is better than the floor allows.
    """
    known: dict[str, Findings] = {}
    for name, model in models.items():
        digest = model.checkpoint.digest
        if digest not in known:
            progress.say(f"evaluate: {name}")
            known[digest] = examine(name, model, questions, params)
        yield name, known[digest]


def examine(name: str, subject: Subject, questions: Questions, params: EvaluateParams) -> Findings:
    """Likelihood of each split (validation: no prefix), pairs, free texts, answers to each source."""
    metrics: dict[str, Number] = {}
    for split in questions.documents:
        metrics |= _likelihood(name, subject, questions, split)
    if questions.pairs:
        metrics |= pairs.examine(subject, questions.pairs)
        progress.say(f"evaluate: minimal pairs {metrics['pairs.accuracy']:.1%} right")
    free: dict[Language, list[Read]] = {}
    if name == FREE and questions.languages and params.free_samples:
        free = freedom.draw(subject, questions.languages, params.free_samples, params.seed)
        metrics |= freedom.metrics(free)
        progress.say(f"evaluate: free texts: {freedom.in_words(free)}")
    shown: dict[str, list[Answer]] = {}
    for source, asked in questions.problems.items():
        given, counted = problems.examine(subject, source, asked, params)
        metrics |= counted
        shown[source] = given[:SHOWN]
        progress.say(f"evaluate: {source} {counted[source + '.accuracy']:.1%} right")
    return Findings(
        metrics=metrics,
        answers=shown,
        texts=samples.draw(subject, params.seed),
        free={language: texts[:SHOWN] for language, texts in free.items()},
    )


def _likelihood(name: str, subject: Subject, questions: Questions, split: str) -> dict[str, Number]:
    """Bits per byte of a split, against its floor where that is known; LeakError below it."""
    prefix = "" if split == "validation" else f"{split}."
    documents = questions.documents[split]
    found = likelihood.measure(subject.model, documents)
    metrics: dict[str, Number] = dict(found.metrics(prefix))
    said = f"evaluate: {split} {found.bits_per_byte:.4f} bits per byte"
    if least := questions.known.get(split):
        paid = found.bits, [document.bytes for document in documents], least
        metrics |= floor.metrics(*paid, prefix)
        least_bits = metrics[f"{prefix}floor_bits_per_byte"]
        said += f", floor {least_bits:.4f}, excess {metrics[f'{prefix}excess']:.1%}"
        floor.expect_above(*paid, name, split)
    progress.say(said)
    return metrics
