"""Text from nothing.

At temperature 1 it is what the model believes text to be; at 0.7 only the likelier part of that.
"""

from dataclasses import dataclass

from pipeline_lib import tales
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.model.generation import Sampling, generate

TEMPERATURES = (1.0, 0.7)
TEXTS = 3
"""At each temperature, for a person to read."""
LONGEST = 192
"""Tokens of those."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A sentence that the tales' grammar would not have told, by its place in the text."""

    start: int
    end: int
    kind: tales.Fault
    reason: str


@dataclass(frozen=True, slots=True)
class Sample:
    temperature: float
    text: str
    stopped: bool
    faults: tuple[Fault, ...] = ()
    """Found where the corpus is tales: see `freedom`."""


def draw(subject: Subject, seed: int) -> list[Sample]:
    """A few free texts at each temperature, from begin alone."""
    tokens = min(LONGEST, subject.model.shape.context - 1)
    return [
        sample
        for temperature in TEMPERATURES
        for sample in free(subject, TEXTS, seed, temperature, tokens)
    ]


def free(
    subject: Subject, texts: int, seed: int, temperature: float = 1.0, longest: int | None = None
) -> list[Sample]:
    """As many texts at once; `longest` in tokens, None: as the context allows."""
    completions = generate(
        subject.model,
        [[subject.tokenizer.begin]],
        max_new_tokens=longest or subject.model.shape.context - 1,
        stop={subject.tokenizer.end},
        sampling=Sampling(temperature=temperature),
        seed=seed,
        copies=texts,
    )
    return [
        Sample(temperature, subject.tokenizer.decode(completion.ids), completion.stopped)
        for completion in completions
    ]
