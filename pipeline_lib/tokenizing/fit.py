"""How well a tokenizer fits the held-out text: each part is counted alone, and counts add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib import engine
from pipeline_lib.formats import documents
from pipeline_lib.tokenizing.loading import loaded
from pipeline_lib.tokens import measure
from pipeline_lib.tokens.measure import Counts
from pipeline_lib.tokens.tokenizer import Tokenizer


@dataclass(frozen=True)
class Job:
    """One part to count."""

    part: Path
    model: Path
    digest: str

    def __str__(self) -> str:
        return str(self.part)


def fit(parts: Sequence[Path], model: Path, workers: int) -> Counts:
    """What the tokenizer in `model` makes of all parts."""
    cut = Tokenizer.load(model)
    counts = measure.nothing(cut)
    for found in engine.map(counted, [Job(part, model, cut.digest) for part in parts], workers):
        counts.add(found)
    return counts


def counted(job: Job) -> Counts:
    """Of one part."""
    texts = engine.walk(documents.read_part(job.part), job.part)
    return measure.count(texts, loaded(job.model, job.digest))
