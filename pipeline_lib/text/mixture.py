"""The corpus: every source as often as its weight says, held-out parts once, no evaluation prompt.

Weight 2.5 means that training sees each document of a source twice and every second one a third
time. Copies stand a whole pass of their source apart, so that no window of text shows a document
twice. What is held out is held out by hash (`split`), whatever the weight.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline_lib import progress
from pipeline_lib.errors import DataError
from pipeline_lib.formats import conversations, documents, files, manifests, mixtures
from pipeline_lib.formats.conversations import conversation_id
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.formats.mixtures import Component
from pipeline_lib.formats.tables import Writer
from pipeline_lib.params import CorpusParams
from pipeline_lib.text import split
from pipeline_lib.text.contamination import Prompts
from pipeline_lib.text.sections import FEW, sections
from pipeline_lib.text.split import position

Metrics = dict[str, int]

PARTS = {
    "pretrain": ("train", "validation", "test"),
    "sft": ("train", "validation"),
    "rl": ("train",),
}
"""What each role is divided into."""


class Mixture:
    """The cleaned sources of all roles, on their way into the corpus."""

    def __init__(self, clean: Path, params: CorpusParams) -> None:
        self._clean = clean
        self._params = params
        self._sources = manifests.read_all(clean)
        evaluation = (c for s in self._of("evaluation") for c in self._read(s))
        self._prompts = Prompts(evaluation)
        self._metrics: Metrics = {"contaminated": 0}

    def write(self, role: str, folder: Path) -> None:
        """The train, validation and test parts of a role; DataError where one would be empty."""
        sources = self._of(role)
        is_document = role == "pretrain"
        open_writer = documents.writer if is_document else conversations.writer
        writers: dict[str, Writer[Any]] = {p: open_writer(folder / p) for p in PARTS[role]}
        divide = self._split(role, sources)
        for source in sources:
            self._write_source(source, writers, divide)
        for part, writer in writers.items():
            writer.close()
            self._count(f"{role}.{part}", writer.rows, writer.bytes)
            if sources and not writer.rows:
                raise DataError(
                    f"{role}: expected texts for {part}, found none; "
                    "give more text or raise the shares of `corpus` in params.yaml"
                )
        if is_document:
            mixtures.write(folder / mixtures.NAME, [self._component(s) for s in sources])

    def write_evaluation(self, folder: Path) -> None:
        """One folder for each evaluation source, whole; `index.json` names them."""
        sources = self._of("evaluation")
        for source in sources:
            writer = conversations.writer(folder / source.name)
            for conversation in self._read(source):
                writer.add(conversation)
            writer.close()
            self._count(f"evaluation.{source.name}", writer.rows, writer.bytes)
        files.write_json(folder / "index.json", [source.name for source in sources])

    def _component(self, source: Manifest) -> Component:
        name = f"pretrain.train.{source.name}"
        counts = self._metrics[f"{name}.documents"], self._metrics[f"{name}.bytes"]
        return Component(source.name, source.kind, source.texts, source.language, *counts)

    def metrics(self) -> Metrics:
        """Documents and bytes by part, then by source; how many were contaminated."""
        return self._metrics

    def _of(self, role: str) -> list[Manifest]:
        return [source for source in self._sources if source.role == role]

    def _read(self, source: Manifest) -> Iterator[Any]:
        """The source's items, long documents of small sources cut into sections."""
        folder = self._clean / source.name
        if source.role != "pretrain":
            yield from conversations.read(folder)
            return
        for document in documents.read(folder):
            yield from sections(document) if source.rows < FEW else [document]

    def _split(self, role: str, sources: Sequence[Manifest]) -> Callable[[float], str]:
        """Which part a position belongs to."""
        if role == "rl":
            return lambda _: "train"
        validation = self._params.validation_share
        test = self._params.test_share if role == "pretrain" else 0.0
        if not sources or sum(source.rows for source in sources) >= split.FEW:
            return split.by_share(test, validation)
        kept = (i for s in sources for i in self._read(s) if not self._prompts.are_in(i))
        positions = [self._position(item) for item in kept]
        return split.by_rank(positions, test, validation, role)

    def _position(self, item: Any, purpose: str = "split") -> float:
        return position(_id(item), self._params.seed, purpose)

    def _write_source(
        self, source: Manifest, writers: dict[str, Writer[Any]], divide: Callable[[float], str]
    ) -> None:
        counts = dict.fromkeys(writers, 0)
        sizes = dict.fromkeys(writers, 0)
        for part, item in self._copies(source, divide):
            before = writers[part].bytes
            writers[part].add(item)
            counts[part] += 1
            sizes[part] += writers[part].bytes - before
        for part in writers:
            self._count(f"{source.role}.{part}.{source.name}", counts[part], sizes[part])

    def _copies(
        self, source: Manifest, divide: Callable[[float], str]
    ) -> Iterator[tuple[str, Any]]:
        """(part, item) as often as each is to stand there."""
        whole, fraction = divmod(source.weight, 1)
        for copy in range(int(whole) + (fraction > 0)):
            for item in progress.watch(self._read(source), source.rows, f"rows of {source.name}"):
                if self._prompts.are_in(item):
                    self._contaminated(source, first=copy == 0)
                    continue
                part = divide(self._position(item))
                seen_again = copy < whole or self._position(item, "weight") < fraction
                if seen_again if part == "train" else copy == 0:
                    yield part, item

    def _contaminated(self, source: Manifest, *, first: bool) -> None:
        if first:
            name = f"contaminated.{source.name}"
            self._metrics["contaminated"] += 1
            self._metrics[name] = self._metrics.get(name, 0) + 1

    def _count(self, name: str, rows: int, size: int) -> None:
        self._metrics |= {f"{name}.documents": rows, f"{name}.bytes": size}


def _id(item: Any) -> str:
    return item.id if isinstance(item, documents.Document) else conversation_id(item)
