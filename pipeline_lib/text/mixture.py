"""The corpus: every source as often as is asked, held-out parts once, no evaluation prompt.

Weight 2.5 means that training sees each document of a source twice and every second one a third
time; a budget in tokens becomes such a number of epochs. Copies stand a whole pass of their source
apart, so that no window of text shows a document twice. What is held out is held out by hash
(`split`), whatever the weight, and of every source its share.

A map over files says what is left of each (`curation`), a plan says what stands where (`plan`), a
second map writes: so the bytes are the same for any number of workers.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline_lib import engine, progress
from pipeline_lib.errors import DataError, ParamsError
from pipeline_lib.formats import conversations, documents, files, manifests, mixtures, tables
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.formats.mixtures import Component
from pipeline_lib.params import CorpusParams
from pipeline_lib.text import paragraphs, plan, split
from pipeline_lib.text.curation import NEAR, REASONS, Flags, Job, Outcome, Questions, curate
from pipeline_lib.text.leaks import Report
from pipeline_lib.text.near import Clusters, clusters
from pipeline_lib.text.paragraphs import Repeats
from pipeline_lib.text.plan import Curated, Positions
from pipeline_lib.text.sections import FEW

Metrics = dict[str, int | float]

PARTS = {
    "pretrain": plan.SPLITS,
    "sft": ("train", "validation"),
    "rl": ("train",),
}
"""What each role is divided into."""


@dataclass(frozen=True)
class Divide:
    """Where a source's positions part; none: all is for training."""

    at: split.Split | None

    def __call__(self, positions: Positions) -> plan.Sides:
        found = np.zeros(len(positions), dtype=np.int8)
        if self.at:
            found[positions < self.at.validation] = plan.SPLITS.index("validation")
            found[positions < self.at.test] = plan.SPLITS.index("test")
        return found


@dataclass(frozen=True)
class SaidBefore:
    """What of each file stood in an earlier document; None: nobody looked."""

    near: Clusters | None = None
    repeats: Repeats | None = None

    def documents(self, path: Path) -> Flags | None:
        return self.near.dropped(path) if self.near and path in self.near.parts else None

    def paragraphs(self, path: Path) -> Flags | None:
        return self.repeats.flags.get(path) if self.repeats else None


def _questions(name: str, folder: Path) -> Questions:
    parts = [files.sha256(path) for path in tables.parts(folder)]
    return Questions(name, folder.resolve(), hashlib.sha256("".join(parts).encode()).hexdigest())


class Mixture:
    """The cleaned sources of all roles, on their way into the corpus."""

    def __init__(self, clean: Path, notes: Path, params: CorpusParams, workers: int) -> None:
        """`notes`: a folder for what a person may want to look at."""
        self._clean, self._notes, self._params, self._workers = clean, notes, params, workers
        self._sources = manifests.read_all(clean)
        evaluation = self._of("evaluation")
        self._evaluation = tuple(
            _questions(source.name, clean / source.name) for source in evaluation
        )
        self._leaks = Report({source.name: source.rows for source in evaluation})
        self._metrics: Metrics = dict.fromkeys(REASONS, 0)
        self._asked: dict[str, float] = {}
        """Tokens of each source that training was to see."""
        self._expect_known_budgets()

    def write(self, role: str, folder: Path) -> None:
        """The train, validation and test parts of a role; DataError where one would be empty."""
        sources = self._of(role)
        schema = documents.SCHEMA if role == "pretrain" else conversations.SCHEMA
        splits = {
            part: plan.Filling(folder / part, schema, tables.PART_BYTES) for part in PARTS[role]
        }
        with files.passing_folder(folder.parent / role) as scratch:
            said = self._said_before(sources, scratch) if role == "pretrain" else SaidBefore()
            found = {source.name: self._curated(source, said, scratch) for source in sources}
            self._expect_enough(role, found)
            for source in sources:
                self._add(source, found[source.name], splits)
            parts = [part for one in splits.values() for part in one.parts()]
            written = engine.map(plan.write, parts, self._workers)
            for _ in progress.watch(written, len(parts), f"files of {role}"):
                pass
        for name, one in splits.items():
            self._count(f"{role}.{name}", one.rows, one.bytes)
            if sources and not one.rows:
                raise DataError(
                    f"{role}: expected texts for {name}, found none; "
                    "give more text or raise the shares of `corpus` in params.yaml"
                )
        if role == "pretrain":
            self._compare(sources)
            mixtures.write(folder / mixtures.NAME, [self._component(s) for s in sources])

    def write_evaluation(self, folder: Path) -> None:
        """One folder for each evaluation source, whole; `index.json` names them."""
        sources = self._of("evaluation")
        for source in sources:
            writer = conversations.writer(folder / source.name)
            for conversation in conversations.read(self._clean / source.name):
                writer.add(conversation)
            writer.close()
            self._count(f"evaluation.{source.name}", writer.rows, writer.bytes)
        files.write_json(folder / "index.json", [source.name for source in sources])

    def write_notes(self) -> None:
        """`decontamination.json`: which evaluation items stood where; `sources.json`: where all of it came from."""
        files.write_json(self._notes / "decontamination.json", self._leaks.content())
        manifests.write_list(self._notes / manifests.LIST, self._sources)

    def metrics(self) -> Metrics:
        """Documents and bytes by part, then by source; epochs asked for and made; how many were contaminated."""
        return self._metrics

    def _of(self, role: str) -> list[Manifest]:
        return [source for source in self._sources if source.role == role]

    def _expect_known_budgets(self) -> None:
        known = [source.name for source in self._of("pretrain")]
        for name in self._params.budgets:
            if name not in known:
                raise ParamsError(
                    f"corpus.budgets.{name}: expected a pretrain source ({', '.join(known)}), "
                    "found no such one; name one of these"
                )

    def _component(self, source: Manifest) -> Component:
        name = f"pretrain.train.{source.name}"
        counts = (int(self._metrics[f"{name}.{what}"]) for what in ("documents", "bytes"))
        return Component(source.name, source.kind, source.texts, source.language, *counts)

    def _said_before(self, sources: Sequence[Manifest], scratch: Path) -> "SaidBefore":
        """What earlier documents say, of all sources but the tales: those are as the grammar tells them."""
        found = [source for source in sources if source.kind != "tales"]
        parts = [path for source in found for path in tables.parts(self._clean / source.name)]
        near = repeats = None
        if parts and self._params.near_duplicates.bands:
            progress.say(f"near duplicates are sought in {len(parts):,} files")
            asked = self._params.near_duplicates
            near = clusters.find(parts, asked, scratch / "near", self._workers)
            self._metrics |= {f"{NEAR}.{name}": n for name, n in near.counts.items()}
            near.write_samples(self._notes / "near_duplicates.jsonl")
        if parts and self._params.paragraphs.paragraph_chars:
            asked_paragraphs = self._params.paragraphs
            gone = {part: near.dropped(part) for part in parts} if near else {}
            repeats = paragraphs.find(
                parts, asked_paragraphs, scratch / "paragraphs", self._workers, gone
            )
            self._metrics["repeated_paragraphs"] = repeats.count
        return SaidBefore(near, repeats)

    def _curated(self, source: Manifest, said: "SaidBefore", scratch: Path) -> list[Curated]:
        is_cut = source.role == "pretrain" and source.rows < FEW
        jobs = [
            Job(
                path=path,
                scratch=scratch / f"{source.name}-{path.name}",
                role=source.role,
                is_cut=is_cut,
                params=self._params,
                evaluation=self._evaluation,
                near=said.documents(path),
                repeats=said.paragraphs(path),
            )
            for path in tables.parts(self._clean / source.name)
        ]
        found, done = [], 0
        for outcome in engine.map(curate, jobs, self._workers):
            found.append(outcome.curated)
            done += len(outcome.curated.rows) + outcome.dropped.total()
            self._count_drops(source, outcome)
            progress.show(done, max(done, source.rows), f"documents of {source.name}")
        return found

    def _count_drops(self, source: Manifest, outcome: Outcome) -> None:
        for reason, rows in outcome.dropped.items():
            name = f"{reason}.{source.name}"
            self._metrics[reason] += rows
            self._metrics[name] = self._metrics.get(name, 0) + rows
        for document, matches in outcome.leaks:
            self._leaks.add(source.name, document, matches)

    def _expect_enough(self, role: str, found: dict[str, list[Curated]]) -> None:
        """DataError where all sources together are fewer texts than parts."""
        if role == "rl" or not found:
            return
        together = [one.positions for each in found.values() for one in each]
        if sum(map(len, together)) < split.FEW:
            split.by_rank(list(np.concatenate(together)), *self._shares(role), role)

    def _shares(self, role: str) -> tuple[float, float]:
        test = self._params.test_share if role == "pretrain" else 0.0
        return test, self._params.validation_share

    def _divide(self, source: Manifest, found: Sequence[Curated]) -> Divide:
        """By hash, and of a small source by rank, so that each source is held out from where it can be."""
        if source.role == "rl":
            return Divide(None)
        test, validation = self._shares(source.role)
        if sum(len(one.positions) for one in found) >= split.FEW:
            return Divide(split.by_share(test, validation))
        positions = [float(p) for one in found for p in one.positions]
        if len(set(positions)) < len(PARTS[source.role]):
            return Divide(split.by_share(test, validation))
        return Divide(split.by_rank(positions, test, validation, source.name))

    def _add(
        self, source: Manifest, found: Sequence[Curated], splits: dict[str, plan.Filling]
    ) -> None:
        divide = self._divide(source, found)
        there = sum(int(one.sizes[divide(one.positions) == 0].sum()) for one in found)
        before = {name: (one.rows, one.bytes) for name, one in splits.items()}
        for name, path, rows, sizes in plan.copies(found, self._epochs(source, there), divide):
            splits[name].add(path, rows, sizes)
        for name, one in splits.items():
            rows_before, bytes_before = before[name]
            self._count(
                f"{source.role}.{name}.{source.name}",
                one.rows - rows_before,
                one.bytes - bytes_before,
            )

    def _epochs(self, source: Manifest, size: int) -> float:
        """How often training sees the source, which has so many bytes for it: its weight, or what its budget comes to."""
        tokens = self._params.budgets.get(source.name)
        there = size / self._params.bytes_per_token
        asked = source.weight if tokens is None else tokens / max(there, 1)
        made = asked if tokens is None else min(asked, self._params.max_epochs)
        if source.role == "pretrain":
            self._asked[source.name] = asked * there
            self._metrics[f"mixture.{source.name}.epochs_asked"] = asked
            self._metrics[f"mixture.{source.name}.epochs"] = made
        if made < asked:
            progress.say(
                f"{source.name}: {tokens:,} tokens were asked of about {there:,.0f}: {asked:.1f} epochs, "
                f"cut to corpus.max_epochs ({made:g})"
            )
        return made

    def _compare(self, sources: Sequence[Manifest]) -> None:
        """Each source's share of the bytes that training sees, as asked and as it came out."""
        asked = sum(self._asked.values())
        for source in sources:
            name = f"mixture.{source.name}"
            made = self._metrics[f"pretrain.train.{source.name}.bytes"]
            self._metrics[f"{name}.share_asked"] = self._asked[source.name] / max(asked, 1)
            self._metrics[f"{name}.share"] = made / max(self._metrics["pretrain.train.bytes"], 1)
            self._metrics[f"{name}.tokens_asked"] = round(self._asked[source.name])
            self._metrics[f"{name}.tokens"] = round(made / self._params.bytes_per_token)

    def _count(self, name: str, rows: int, size: int) -> None:
        self._metrics |= {f"{name}.documents": rows, f"{name}.bytes": size}
