"""How many texts each rule dropped, and some of them to look at.

The samples are those with the lowest ids: hashes, so they are drawn evenly, and the same ones
whatever the number of workers.
"""

import heapq
import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline_lib.formats import files

KEPT = "kept"
SAMPLES = 20
"""Of each source and rule."""
SAMPLE_CHARACTERS = 4000


@dataclass(frozen=True, order=True)
class Sample:
    """A dropped text, its beginning if it is long."""

    id: str
    rule: str
    characters: int
    text: str


@dataclass
class Funnel:
    """Counts by (source, what became of it), where that is `kept` or the rule's name."""

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    bytes: Counter[tuple[str, str]] = field(default_factory=Counter)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What was done to texts, by source and what: `masked.email`, `markup.wiki`."""
    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=lambda: defaultdict(list))

    def keep(self, source: str, size: int) -> None:
        self._count((source, KEPT), size)

    def drop(self, source: str, rule: str, size: int, id: str, text: str) -> None:
        """Count a text that `rule` dropped, and hold its sample where the id is low enough."""
        self._count((source, rule), size)
        held = self.samples[source, rule]
        held.append(Sample(id, rule, len(text), text[:SAMPLE_CHARACTERS]))
        if len(held) > 2 * SAMPLES:
            self.samples[source, rule] = heapq.nsmallest(SAMPLES, held)

    def note(self, source: str, what: str) -> None:
        """Count something that was done to a text."""
        self.notes[source, what] += 1

    def take_back(self, source: str, size: int) -> None:
        """A text that was counted as kept is not."""
        self.rows[source, KEPT] -= 1
        self.bytes[source, KEPT] -= size

    def add(self, other: "Funnel") -> None:
        """Take in what was counted elsewhere."""
        self.rows.update(other.rows)
        self.bytes.update(other.bytes)
        self.notes.update(other.notes)
        for place, samples in other.samples.items():
            self.samples[place] = heapq.nsmallest(SAMPLES, self.samples[place] + samples)

    def metrics(self, rules: list[str]) -> dict[str, int]:
        """`kept`, `dropped.<rule>` (all rules, also those that dropped nothing), then by source."""
        numbers: dict[str, int] = {KEPT: 0, **{f"dropped.{rule}": 0 for rule in rules}}
        numbers |= {"bytes.kept": 0, **{f"bytes.dropped.{rule}": 0 for rule in rules}}
        for (source, fate), count in sorted(self.rows.items()):
            name = fate if fate == KEPT else f"dropped.{fate}"
            numbers[name] += count
            numbers[f"bytes.{name}"] += self.bytes[source, fate]
            numbers[f"{source}.{name}"] = count
            numbers[f"{source}.bytes.{name}"] = self.bytes[source, fate]
        for (source, what), count in sorted(self.notes.items()):
            numbers[what] = numbers.get(what, 0) + count
            numbers[f"{source}.{what}"] = count
        return numbers

    def write_samples(self, folder: Path) -> None:
        """`<source>/<rule>.jsonl` with some of what was dropped; `index.json` counts all of it."""
        dropped = {place: rows for place, rows in sorted(self.rows.items()) if place[1] != KEPT}
        index: dict[str, dict[str, int]] = {}
        for (source, rule), rows in dropped.items():
            index.setdefault(source, {})[rule] = rows
            shown = heapq.nsmallest(SAMPLES, self.samples[source, rule])
            lines = [json.dumps(asdict(sample), ensure_ascii=False) for sample in shown]
            files.write_text(folder / source / f"{rule}.jsonl", "\n".join(lines) + "\n")
        files.write_json(folder / "index.json", index)

    def _count(self, place: tuple[str, str], size: int) -> None:
        self.rows[place] += 1
        self.bytes[place] += size
