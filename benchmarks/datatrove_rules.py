"""datatrove's rules, run on demand: the other side of bench-clean, in an environment of its own.

    python benchmarks/datatrove_rules.py TEXTS

reads a JSON list of texts; then, for each line on standard input that names a family (or `all`), judges
every text and prints {"seconds": CPU time, "reasons": [one per text, null where it is kept]}. It
imports nothing of this repository. A text is dropped by the first family it breaks, as in a pipeline,
and the families share the words that datatrove remembers of it.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils.text import split_into_parts

FAMILIES = {
    "gopher_repetition": GopherRepetitionFilter,
    "gopher_quality": GopherQualityFilter,
    "c4": C4QualityFilter,
    "fineweb": FineWebQualityFilter,
}


def reason(text: str, filters: list[Any]) -> str | None:
    """The first reason to drop a text; its lines are removed on the way."""
    document = Document(text=text, id="0")
    for one in filters:
        verdict = one.filter(document)
        if verdict is not True:
            return str(verdict[1]) if isinstance(verdict, tuple) else one.name
    return None


def main(path: Path) -> None:
    texts = json.loads(path.read_text(encoding="utf-8"))
    filters = {name: family(language="en") for name, family in FAMILIES.items()}
    for line in sys.stdin:
        name = line.strip()
        chosen = list(filters.values()) if name == "all" else [filters[name]]
        split_into_parts.cache_clear()
        started = time.process_time()
        reasons = [reason(text, chosen) for text in texts]
        seconds = time.process_time() - started
        print(json.dumps({"seconds": seconds, "reasons": reasons}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
