"""Text from nothing, for a person to read.

At temperature 1 it is what the model believes text to be; at 0.7 only the likelier part of that.
"""

from dataclasses import dataclass

from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.model.generation import Sampling, generate

TEMPERATURES = (1.0, 0.7)
TEXTS = 3
"""At each temperature."""
LONGEST = 192


@dataclass(frozen=True, slots=True)
class Sample:
    temperature: float
    text: str
    stopped: bool


def draw(subject: Subject, seed: int) -> list[Sample]:
    """A few free texts at each temperature, from begin alone."""
    tokens = min(LONGEST, subject.model.shape.context - 1)
    return [
        Sample(temperature, subject.tokenizer.decode(completion.ids), completion.stopped)
        for temperature in TEMPERATURES
        for completion in generate(
            subject.model,
            [[subject.tokenizer.begin]],
            max_new_tokens=tokens,
            stop={subject.tokenizer.end},
            sampling=Sampling(temperature=temperature),
            seed=seed,
            copies=TEXTS,
        )
    ]
