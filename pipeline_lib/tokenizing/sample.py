"""What a tokenizer learns from, drawn from a corpus of any size in two looks at it.

The first counts bytes by source and language, the second offers passages of a low hash; both are
maps over parts. Then every source and language gives its share.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib import engine, progress
from pipeline_lib.formats import documents
from pipeline_lib.tokens import passages
from pipeline_lib.tokens.passages import Candidates, Sample, Stratum


@dataclass(frozen=True)
class Offer:
    """One part to draw from."""

    part: Path
    share: float
    seed: int

    def __str__(self) -> str:
        return str(self.part)


def draw(parts: Sequence[Path], limit: int, seed: int, workers: int) -> Sample:
    """Passages of at most `limit` bytes from all parts; the same ones for any number of workers."""
    sizes: Counter[Stratum] = Counter()
    for found in engine.map(documents.sizes, parts, workers):
        sizes.update(found)
    share = passages.rate(limit, sum(sizes.values()))
    offers = [Offer(part, share, seed) for part in parts]
    offered = Candidates()
    for one in progress.watch(engine.map(offer, offers, workers), len(parts), "files"):
        offered.add(one)
    return passages.choose(offered, limit, sizes)


def offer(one: Offer) -> Candidates:
    """The candidates of one part."""
    rows = engine.walk(documents.read_texts(one.part, "source", "language"), one.part)
    return passages.candidates(((tuple(of), text) for text, *of in rows), one.share, one.seed)
