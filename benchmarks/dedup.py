"""bench-dedup: near duplicates found by Bonsai and by datatrove, on the same text, in one run.

    python -m benchmarks.dedup [FOLDER]

FOLDER holds books as .txt files (shared/data/gutenberg beside the project). They are cut into
passages; some get a copy of known Jaccard similarity, made by replacing words one at a time and
counting shingles exactly. Both sides read, sign, pair, join and write what is kept, in turns, three
times, on one core; compared are seconds of CPU. datatrove stands in an environment of its own
(`datatrove_home`) and starts warm. Then the share of pairs found beside the formula, in English and
in Japanese. The last line says all figures as JSON.
"""

import json
import lzma
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks import datatrove_home
from benchmarks.datatrove_home import ROOT
from pipeline_lib.formats import documents
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params.duplicates import NearParams
from pipeline_lib.text import near
from pipeline_lib.text.near.signatures import Job, band_hashes, sign, signatures

DATA = ROOT.parent / "shared" / "data"
KYOTO = "kyotowiki_4704.jsonl.xz"
PARAMS = NearParams(words=5, characters=5, bands=14, rows=8, similarity=0.7, seed=1)
ROUNDS = 3
PASSAGES, WORDS = 1800, 400
LEVELS = (0.7, 0.8, 0.8, 0.8, 0.9)
"""Of the copies, in turns: most where the promise is."""
COPIES = 1500
CURVE, PAIRS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95), 200
CHARACTERS = 600
WORD, CHARACTER = re.compile(r"[^\W_]+"), re.compile(r"[^\W_]")


@dataclass(frozen=True)
class Script:
    """How a text falls into units, and what a shingle counts."""

    unit: re.Pattern[str]
    glue: str

    def shingles(self, units: Sequence[str]) -> set[tuple[str, ...]]:
        found = self.unit.findall(self.glue.join(units).casefold())
        return set(zip(*(found[start:] for start in range(5)), strict=False))


ENGLISH, JAPANESE = Script(WORD, " "), Script(CHARACTER, "")


@dataclass(frozen=True)
class Corpus:
    """Passages and copies."""

    documents: list[Document]
    copies: dict[str, float]
    """The level that each was made for, by id."""

    @property
    def megabytes(self) -> float:
        return sum(map(documents.size, self.documents)) / 1e6


def edited(units: list[str], level: float, script: Script, draw: random.Random) -> list[str]:
    """A copy whose Jaccard similarity is, of those that single edits pass, the nearest to `level`."""
    original, copy, similarity = script.shingles(units), list(units), 1.0
    while True:
        further = list(copy)
        further[draw.randrange(len(copy))] = draw.choice(units)
        found = script.shingles(further)
        next_similarity = len(original & found) / len(original | found)
        if next_similarity <= level:
            return copy if similarity + next_similarity < 2 * level else further
        copy, similarity = further, next_similarity


def passages(texts: Sequence[str]) -> Iterator[list[str]]:
    """Runs of WORDS words, from all texts."""
    for text in texts:
        words = text.split()
        for start in range(0, len(words) - WORDS, WORDS):
            yield words[start : start + WORDS]


def corpus(texts: Sequence[str]) -> Corpus:
    """PASSAGES originals, then COPIES copies, made of `texts` alone."""
    draw = random.Random(1)
    found = sorted(passages(texts), key=lambda _: draw.random())[:PASSAGES]
    made = [(" ".join(words), 1.0) for words in found]
    for number, words in enumerate(found[:COPIES]):
        level = LEVELS[number % len(LEVELS)]
        made.append((" ".join(edited(words, level, ENGLISH, draw)), level))
    rows = [Document(document_id(text), text, "bench", "en") for text, _ in made]
    copies = {row.id: level for row, (_, level) in zip(rows, made, strict=True) if level < 1}
    return Corpus(rows, copies)


@dataclass(frozen=True)
class Run:
    """Seconds of CPU, and the ids kept."""

    signatures: float
    all: float
    kept: set[str]

    def recall(self, copies: dict[str, float], level: float) -> float:
        """Share of the copies of a level that were dropped."""
        planted = [id for id, made in copies.items() if made == level]
        return sum(id not in self.kept for id in planted) / len(planted)


def ours(folder: Path, work: Path) -> Run:
    """Parquet to Parquet."""
    parts = sorted(folder.glob("part-*.parquet"))
    work.mkdir()
    started = time.process_time()
    for number, part in enumerate(parts):
        sign(Job(part, number, work, PARAMS))
    signed = time.process_time()
    clusters = near.find(parts, PARAMS, work, workers=1)
    for part in parts:
        rows = zip(documents.read_part(part), clusters.dropped(part), strict=True)
        documents.write_part(work / part.name, [row for row, dropped in rows if not dropped])
    ended = time.process_time()
    kept = {d.id for part in parts for d in documents.read_part(work / part.name)}
    return Run(signed - started, ended - signed, kept)


def theirs(python: Path, folder: Path, work: Path) -> Run:
    """JSON lines to JSON lines."""
    program = Path(__file__).with_name("dedup_datatrove.py")
    shape = (PARAMS.bands, PARAMS.rows, PARAMS.words)
    run = subprocess.run(
        [python, program, folder, work, *map(str, shape)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""},
    )
    told = json.loads(run.stdout.splitlines()[-1])
    seconds = told["seconds"]
    return Run(seconds["signatures"], sum(seconds.values()), set(told["kept"]))


def compare(made: Corpus, python: Path) -> dict[str, float]:
    """Both in turns: ratios of the median seconds, and what each found."""
    sides: dict[str, Callable[[Path, Path], Run]] = {
        "ours": ours,
        "datatrove": partial(theirs, python),
    }
    runs: dict[str, list[Run]] = {name: [] for name in sides}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        documents.write(root / "ours", made.documents)
        (root / "datatrove").mkdir()
        rows = [json.dumps({"id": d.id, "text": d.text}) + "\n" for d in made.documents]
        (root / "datatrove" / "all.jsonl").write_text("".join(rows), encoding="utf-8")
        for _ in range(ROUNDS):
            for name, side in sides.items():
                runs[name].append(side(root / name, root / "work"))
                shutil.rmtree(root / "work")
    return told(made, runs)


def told(made: Corpus, runs: dict[str, list[Run]]) -> dict[str, float]:
    """The table printed, the figures returned."""
    print(f"\n{len(made.documents)} documents, {made.megabytes:.1f} MB, one core, medians")
    print("| | signatures MB/s | all MB/s | found at .7 | .8 | .9 | others dropped |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    seconds: dict[str, tuple[float, float]] = {}
    for name, done in runs.items():
        first, signing = done[0], statistics.median(run.signatures for run in done)
        seconds[name] = signing, statistics.median(run.all for run in done)
        speeds = " | ".join(f"{made.megabytes / s:.2f}" for s in seconds[name])
        recalls = " | ".join(
            f"{first.recall(made.copies, level):.3f}" for level in sorted(set(LEVELS))
        )
        others = sum(d.id not in first.kept and d.id not in made.copies for d in made.documents)
        print(f"| {name} | {speeds} | {recalls} | {others} |")
    ratios = [seconds["datatrove"][n] / seconds["ours"][n] for n in (0, 1)]
    figures = {"signature_ratio": ratios[0], "ratio": ratios[1]}
    for name, done in runs.items():
        suffix = "" if name == "ours" else f"_{name}"
        for level in sorted(set(LEVELS)):
            at = "" if level == 0.8 else f"_at_{level}"
            figures[f"recall{suffix}{at}"] = done[0].recall(made.copies, level)
        figures[f"signature_mb_per_second_{name}"] = made.megabytes / seconds[name][0]
        figures[f"mb_per_second_{name}"] = made.megabytes / seconds[name][1]
    return figures


def curve(name: str, found: list[list[str]], script: Script) -> dict[str, float]:
    """Share of pairs found at each level beside 1 - (1 - s**rows)**bands."""
    draw = random.Random(2)
    print(f"\n{name}: {PAIRS} pairs a level")
    print("| Jaccard | a band agrees | formula | and the estimate is enough | mean estimate |")
    print("| --- | --- | --- | --- | --- |")
    figures = {}
    for level in CURVE:
        units = [draw.choice(found) for _ in range(PAIRS)]
        copies = [edited(unit, level, script, draw) for unit in units]
        first, second = (
            signatures([script.glue.join(unit) for unit in side], PARAMS)
            for side in (units, copies)
        )
        hit = (band_hashes(first, PARAMS) == band_hashes(second, PARAMS)).any(axis=0)
        estimate = (first == second).mean(axis=1)
        enough = hit & (estimate >= PARAMS.similarity)
        formula = 1 - (1 - level**PARAMS.rows) ** PARAMS.bands
        shares = (hit.mean(), formula, enough.mean(), estimate.mean())
        print(f"| {level} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
        figures[f"found_{name}_at_{level}"] = float(enough.mean())
    return figures


def japanese(folder: Path) -> list[list[str]]:
    """Beginnings of articles as characters; none where the corpus is not there."""
    path = folder / KYOTO
    if not path.exists():
        print(f"\n{path.name} is not there: no curve for Japanese")
        return []
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        texts = (json.loads(line)["text_ja"] for line in lines)
        long = (list(text[:CHARACTERS]) for text in texts if len(text) > CHARACTERS)
        return list(islice(long, PASSAGES))


def main(folder: Path) -> None:
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        sys.exit(f"{folder}: expected books as .txt files, found none; name their folder")
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    figures = compare(corpus(texts), datatrove_home.interpreter())
    figures |= curve("en", list(passages(texts)), ENGLISH)
    if units := japanese(folder.parent):
        figures |= curve("ja", units, JAPANESE)
    rounded = {name: round(value, 3) for name, value in figures.items()}
    print(json.dumps(rounded))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "gutenberg")
