"""A corpus of any size for bench-shard: real text multiplied with edits, in parts as `corpus` leaves them.

In a module of its own, so that workers can import what they are to do.
"""

import functools
import random
from dataclasses import dataclass
from pathlib import Path

from benchmarks import data
from pipeline_lib import engine
from pipeline_lib.formats import documents, tables
from pipeline_lib.formats.documents import Document, document_id


@dataclass(frozen=True)
class Portion:
    """One part of the corpus to write."""

    path: Path
    text: Path
    seed: int


_documents = functools.cache(data.documents)


def write_portion(one: Portion) -> int:
    """Edited documents to the size of a part; their bytes."""
    source = _documents(one.text)
    draw = random.Random(one.seed)
    rows, held = [], 0
    while held < tables.PART_BYTES - data.LENGTH * 3:
        text = data.edited(source[draw.randrange(len(source))], draw)
        rows.append(Document(document_id(text), text, "text"))
        held += documents.size(rows[-1])
    documents.write_part(one.path, rows)
    return held


def write_corpus(folder: Path, text: Path, size: int) -> int:
    folder.mkdir(parents=True)
    count = max(1, size // (tables.PART_BYTES - data.LENGTH))
    portions = [Portion(tables.part_path(folder, i), text, i) for i in range(count)]
    return sum(engine.map(write_portion, portions, 0))
