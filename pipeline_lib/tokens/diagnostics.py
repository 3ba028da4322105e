"""What the tokenizer's stage leaves to look at beside its metrics: the use of pieces, and the compression curve.

`pieces.json` has the unused, the longest and the most used pieces, `compression.csv` bytes per token
by vocabulary size, a column for all text and one for each language, as DVC's plots read them.
"""

import csv
import io
from pathlib import Path

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import files
from pipeline_lib.tokens import compression
from pipeline_lib.tokens.compression import Point
from pipeline_lib.tokens.measure import Counts
from pipeline_lib.tokens.tokenizer import Tokenizer

PIECES, COMPRESSION = "pieces.json", "compression.csv"
SIZE = "vocab_size"


def leave(folder: Path, counts: Counts, tokenizer: Tokenizer) -> list[Point]:
    """Write both files into `folder`; the points of the curve, none where nothing was counted."""
    points = compression.curve(tokenizer.model, counts.excerpts)
    files.write_json(folder / PIECES, counts.pieces(tokenizer))
    files.write_text(folder / COMPRESSION, _as_csv(points))
    return points


def pieces(folder: Path) -> dict[str, dict[str, int]]:
    """`Counts.pieces` as they were left; FormatError where they were not."""
    path = folder / PIECES
    found = files.read_json(path, made_by="tokenizer")
    names = ("unused", "longest", "most_used")
    if not isinstance(found, dict) or not all(isinstance(found.get(n), dict) for n in names):
        raise _damaged(path, f"the uses of pieces as {', '.join(names)}")
    return {name: found[name] for name in names}


def points(folder: Path) -> list[Point]:
    """The curve as it was left; FormatError where it was not."""
    path = folder / COMPRESSION
    try:
        rows = [*csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))]
        return [
            Point(int(row[SIZE]), name, float(value))
            for row in rows
            for name, value in row.items()
            if name != SIZE
        ]
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file; run `dvc repro tokenizer`") from None
    except (KeyError, TypeError, ValueError):
        raise _damaged(path, f"numbers by {SIZE}") from None


def _as_csv(points: list[Point]) -> str:
    names = list(dict.fromkeys(point.language for point in points))
    lines = [",".join([SIZE, *names])]
    for size in dict.fromkeys(point.size for point in points):
        row = [repr(point.bytes_per_token) for point in points if point.size == size]
        lines.append(",".join([str(size), *row]))
    return "\n".join(lines) + "\n"


def _damaged(path: Path, wanted: str) -> FormatError:
    return FormatError(
        f"{path}: expected {wanted}, found something else; run `dvc repro -f -s tokenizer`"
    )
