"""bench-tales: how varied the tales are, how many bits they hold, how fast they are told and read.

    python -m benchmarks.tales [ROWS] [FIGURE]

prints a table by kind and language of ROWS texts each (2,000), draws type-token curves to FIGURE,
and says all figures as JSON in its last line. Words of Japanese are taken to be runs of one script.
"""

import json
import re
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline_lib.report import drawing, palette
from pipeline_lib.tales import GENRES, LANGUAGES, Language, Reading, Tale, Texts, recognise, tale
from pipeline_lib.tales.entropy import of_texts

ROWS = 2000
SEED = 1
WORD = re.compile(r"[A-Za-z]+|[0-9]|[\u3041-\u309f]+|[\u30a0-\u30ff]+|[\u4e00-\u9fff]+")
LABEL = 48.0
"""Height of a label, in words."""
Curve = list[tuple[int, int]]
"""(words read, different ones among them)."""


@dataclass(frozen=True)
class Row:
    kind: Texts
    language: Language
    bits_per_byte: float
    standard_error: float
    bits_per_text: float
    bytes_per_text: float
    sentences_per_text: float
    bytes_per_sentence: float
    words: int
    duplicates: int
    told_mb_per_second: float
    read_mb_per_second: float


def measure(kind: Texts, language: Language, rows: int) -> tuple[Row, Curve]:
    """All figures of one kind in one language."""
    for index in range(rows):  # a long corpus is told with warm caches
        tale(SEED + 1, index, kind, language)
    started = time.perf_counter()
    told = [tale(SEED, index, kind, language) for index in range(rows)]
    written = time.perf_counter()
    readings = [recognise(one.text) for one in told]
    read = time.perf_counter()
    floor = of_texts((one.log2_probability, len(one.text.encode())) for one in told)
    sentences = sum(one.sentences for one in readings if isinstance(one, Reading))
    if not all(isinstance(one, Reading) for one in readings):
        raise SystemExit(f"{kind} {language}: the recogniser refuses a tale")
    curve = type_token(told)
    row = Row(
        kind=kind,
        language=language,
        bits_per_byte=floor.bits_per_byte,
        standard_error=floor.standard_error,
        bits_per_text=floor.bits / rows,
        bytes_per_text=floor.bytes / rows,
        sentences_per_text=sentences / rows,
        bytes_per_sentence=floor.bytes / sentences,
        words=curve[-1][1],
        duplicates=rows - len({one.text for one in told}),
        told_mb_per_second=floor.bytes / (written - started) / 1e6,
        read_mb_per_second=floor.bytes / (read - written) / 1e6,
    )
    return row, curve


def type_token(told: list[Tale]) -> Curve:
    """How the vocabulary grows with what has been read."""
    seen: set[str] = set()
    read, curve = 0, [(0, 0)]
    for one in told:
        words = WORD.findall(one.text)
        seen.update(words)
        read += len(words)
        curve.append((read, len(seen)))
    return curve


def draw(curves: dict[str, Curve], figure: Path) -> None:
    """Type-token curves, one colour a language, one label a kind, the labels kept apart."""
    paper, axes = drawing.paper(height=4.2)
    longest = max(curve[-1][0] for curve in curves.values())
    free = 0.0
    for name, curve in sorted(curves.items(), key=lambda item: item[1][-1][1]):
        role = "chat" if name.endswith("ja") else "sft"
        axes.plot(*zip(*curve, strict=True), color=palette.light(role), linewidth=1.4)
        free = max(free, curve[-1][1])
        drawing.label(axes, longest, free, name, role, xytext=(12, -3))
        free += LABEL
    axes.set_xscale("symlog", linthresh=100)
    axes.set_xlabel("words read")
    axes.set_ylabel("different words")
    drawing.save(paper, figure)


def main(rows: int, figure: Path | None) -> None:
    measured = {
        f"{kind} {language}": measure(kind, language, rows)
        for kind in GENRES
        for language in LANGUAGES
    }
    columns = list(asdict(next(iter(measured.values()))[0]))
    print("| " + " | ".join(name.replace("_", " ") for name in columns) + " |")
    print("|" + " --- |" * len(columns))
    for row, _ in measured.values():
        values = [f"{v:.4g}" if isinstance(v, float) else str(v) for v in asdict(row).values()]
        print("| " + " | ".join(values) + " |")
    if figure is not None:
        draw({name: curve for name, (_, curve) in measured.items()}, figure)
    print(json.dumps([asdict(row) for row, _ in measured.values()]))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(
        int(arguments[0]) if arguments else ROWS,
        Path(arguments[1]) if len(arguments) > 1 else None,
    )
