"""The curves that training stages left behind: one CSV per metric, `step,<metric>`, as DVC plots them."""

import csv
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.errors import FormatError


@dataclass(frozen=True, slots=True)
class Curve:
    steps: list[int]
    values: list[float]


def read(folder: Path) -> dict[str, Curve]:
    """Every curve in `folder` by its metric's name; none where the stage had nothing to learn."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.csv"))}


def _read(path: Path) -> Curve:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    try:
        return Curve([int(row[0]) for row in rows[1:]], [float(row[1]) for row in rows[1:]])
    except (IndexError, ValueError):
        raise FormatError(
            f"{path}: expected rows of step,{path.stem}, found something else; "
            "run `dvc repro -f -s` on the stage that made it"
        ) from None


def smooth(curve: Curve, width: int) -> Curve:
    """A running mean over `width` points, centred but where an end is near."""
    half = width // 2
    values = []
    for i in range(len(curve.values)):
        window = curve.values[max(0, i - half) : i + half + 1]
        values.append(sum(window) / len(window))
    return Curve(curve.steps, values)
