"""What `bonsai inspect` shows of the data: the funnel, documents kept and dropped, a string searched for.

It reads what the stages left on disk and nothing else; samples are drawn by the hash of a document, so the same seed
shows the same ones. The texts are strangers': what could steer a terminal is not let through.
"""

import heapq
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import xxhash

from pipeline_lib.errors import FormatError, ParamsError
from pipeline_lib.formats import conversations, documents, files, manifests
from pipeline_lib.formats.conversations import Conversation, conversation_id
from pipeline_lib.formats.documents import Document
from pipeline_lib.text.curation import REASONS

WIDTH = 40
"""Characters of the longest bar."""
AROUND = 120
"""Characters shown on each side of what was searched for."""
EPOCHS, SHARES = ("epochs_asked", "epochs"), ("share_asked", "share")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Unicode's control characters but tab and newline: escape sequences begin with one."""


@dataclass(frozen=True)
class Shown:
    """One text, and what there is to say of it."""

    source: str
    id: str
    text: str
    note: str = ""

    def lines(self, limit: int) -> str:
        """A headed block for the terminal; at most `limit` characters of the text (0: all), control characters as �."""
        text = self.text if not limit or len(self.text) <= limit else f"{self.text[:limit]} [...]"
        head = f"--- {self.source} {self.id[:12]} ({len(self.text):,} characters)"
        block = f"{head}{f' {self.note}' if self.note else ''}\n{text}\n"
        return CONTROL.sub("\N{REPLACEMENT CHARACTER}", block)


def funnel(metrics: Path) -> Iterator[str]:
    """Texts read, dropped by each rule and kept, by source, with bars, then what the corpus left out of them; FormatError
    where clean has not run."""
    counts: Mapping[str, Any] = files.read_json(metrics / "clean.json", made_by="clean")
    names = sorted(
        {
            name.split(".")[0]
            for name in counts
            if ".bytes." in name and not name.startswith("bytes.")
        }
    )
    yield from _funnel_of("all sources", counts, "")
    for name in names:
        yield from _funnel_of(name, counts, f"{name}.")
    if (metrics / "corpus.json").exists():
        left_out = files.read_json(metrics / "corpus.json", made_by="corpus")
        yield from _left_out("all sources", left_out, "")
        for name in names:
            yield from _left_out(name, left_out, f".{name}")


def draw_funnel(metrics: Path, path: Path) -> bool:
    """The figure of the report; whether there was anything to draw. ParamsError where `path` does not end in .png."""
    from pipeline_lib.report import drawing, figures

    if path.suffix != ".png":
        raise ParamsError(f"{path}: expected a name that ends in .png, found another")
    figure = figures.funnel(files.read_json(metrics / "clean.json", made_by="clean"))
    if figure is None:
        return False
    drawing.save(figure, path)
    return True


def _funnel_of(title: str, counts: Mapping[str, Any], start: str) -> Iterator[str]:
    prefix = f"{start}dropped."
    dropped = {
        n.removeprefix(prefix): int(v) for n, v in counts.items() if n.startswith(prefix) and v
    }
    kept = int(counts.get(f"{start}kept", 0))
    total = kept + sum(dropped.values())
    size = int(counts.get(f"{start}bytes.kept", 0))
    yield f"{title}: {total:,} read, {kept:,} kept ({kept / max(total, 1):.1%}, {size / 1e6:,.1f} MB)"
    for rule, number in sorted(dropped.items(), key=lambda item: -item[1]):
        bar = "█" * max(1, round(WIDTH * number / max(total, 1)))
        yield f"  {rule:28} {number:>10,} {number / max(total, 1):>7.2%} {bar}"


def _left_out(title: str, counts: Mapping[str, Any], end: str) -> Iterator[str]:
    """Nothing for a source of which nothing was: its name among the sources is known from clean."""
    found = {reason: int(counts.get(f"{reason}{end}", 0)) for reason in REASONS}
    total = sum(found.values())
    if end and not total:
        return
    yield f"{title}: {total:,} texts or sections of them left out of the corpus"
    for reason, number in sorted(found.items(), key=lambda item: -item[1]):
        if number:
            yield f"  {reason:28} {number:>10,}"


def kept(folder: Path, source: str | None, count: int, seed: int) -> Iterator[Shown]:
    """`count` texts of each source (or of one), drawn by hash; ParamsError for a source that is not there."""
    for name in _sources(folder, source):
        found = heapq.nsmallest(count, _items(folder / name, name), key=lambda s: _rank(s.id, seed))
        yield from found


def dropped(folder: Path, source: str | None, rule: str | None, count: int) -> Iterator[Shown]:
    """Samples of what each rule dropped; ParamsError for a rule or source that dropped nothing."""
    index = files.read_json(folder / "index.json", made_by="clean")
    pairs = [(s, r, n) for s, rules in index.items() for r, n in rules.items()]
    chosen = [(s, r, n) for s, r, n in pairs if source in (None, s) and rule in (None, r)]
    if not chosen:
        known = ", ".join(sorted({f"{s} {r}" for s, r, _ in pairs}))
        found = f"{known}; name one of these" if known else "that clean dropped nothing at all"
        asked = f"{source or 'any source'} {rule or ''}".rstrip()
        raise ParamsError(f"{asked}: expected drops, found {found}")
    for name, why, rows in chosen:
        for stored in _stored(folder / name / f"{why}.jsonl", count, made_by="clean"):
            note = f"dropped by {why}, as {rows:,} in all"
            yield Shown(name, stored["id"], stored["text"], note)


def _stored(path: Path, count: int, made_by: str) -> list[Any]:
    """The first `count` JSON lines; FormatError where the file is missing or damaged."""
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:  # texts hold other ends of lines
            return [json.loads(line) for line in islice(lines, count)]
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file; run `dvc repro -f -s {made_by}`") from None
    except ValueError as error:
        raise FormatError(
            f"{path}: expected JSON lines, found {error}; run `dvc repro -f -s {made_by}`"
        ) from None


def search(folder: Path, wanted: str, source: str | None, count: int) -> Iterator[Shown]:
    """The first `count` texts that hold `wanted`, each cut to its surroundings."""
    found = 0
    for name in _sources(folder, source):
        for shown in _items(folder / name, name):
            place = shown.text.find(wanted)
            if place < 0:
                continue
            start, end = max(0, place - AROUND), place + len(wanted) + AROUND
            times = shown.text.count(wanted)
            note = f"{times} times, first at {place:,}"
            yield Shown(name, shown.id, shown.text[start:end], note)
            found += 1
            if found == count:
                return


def _sources(folder: Path, source: str | None) -> list[str]:
    known = [manifest.name for manifest in manifests.read_all(folder)]
    if source is None:
        return known
    if source not in known:
        raise ParamsError(
            f"{source}: expected a source of {folder}, found {', '.join(known)}; name one of these"
        )
    return [source]


def _items(folder: Path, name: str) -> Iterator[Shown]:
    role = manifests.read(folder).role
    read: Iterable[Document] | Iterable[Conversation] = (
        documents.read(folder) if role == "pretrain" else conversations.read(folder)
    )
    for item in read:
        if isinstance(item, Document):
            meta = " ".join(f"{key}={value}" for key, value in sorted(item.meta.items()))
            yield Shown(name, item.id, item.text, meta)
        else:
            turns = [f"{turn.role}: {turn.content}" for turn in item.messages]
            answer = [f"answer: {item.answer}"] if item.answer else []
            yield Shown(name, conversation_id(item), "\n".join([*turns, *answer]))


def _rank(id: str, seed: int) -> int:
    rank: int = xxhash.xxh3_64_intdigest(f"inspect:{seed}:{id}".encode())
    return rank


def mixture(metrics: Path) -> Iterator[str]:
    """Epochs and shares of each pretraining source, as asked for and as made; FormatError where corpus has not run."""
    counts: Mapping[str, Any] = files.read_json(metrics / "corpus.json", made_by="corpus")
    yield f"{'source':24} {'epochs asked':>13} {'made':>8} {'share asked':>12} {'made':>8} {'documents':>11}"
    for name in (key.split(".")[1] for key in counts if key.endswith(".epochs_asked")):
        of = {what: counts[f"mixture.{name}.{what}"] for what in (*EPOCHS, *SHARES)}
        epochs = f"{of['epochs_asked']:>13.2f} {of['epochs']:>8.2f}"
        shares = f"{of['share_asked']:>12.1%} {of['share']:>8.1%}"
        yield f"{name:24} {epochs} {shares} {counts[f'pretrain.train.{name}.documents']:>11,}"


def duplicates(folder: Path, count: int) -> Iterator[Shown]:
    """Clusters of near duplicates: what was kept, and what went for it; nothing where none were sought."""
    path = folder / "near_duplicates.jsonl"
    for cluster in _stored(path, count, made_by="corpus") if path.exists() else ():
        kept = cluster["kept"]
        yield Shown(kept["source"], kept["id"], kept["text"], f"kept for {cluster['dropped']:,}")
        for copy in cluster["copies"]:
            note = f"dropped, Jaccard {copy['jaccard']:.2f}"
            yield Shown(copy["source"], copy["id"], copy["text"], note)


def contaminated(folder: Path, count: int) -> Iterator[Shown]:
    """Texts that held an evaluation item; FormatError where corpus has not run."""
    found = files.read_json(folder / "decontamination.json", made_by="corpus")
    for record in found["records"][:count]:
        note = f"holds {record['set']} {record['item']} ({record['share']:.0%} of it)"
        yield Shown(record["source"], record["document"], record["excerpt"], note)
