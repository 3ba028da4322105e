"""What the rows of a stage add up to: last values for the metrics file, curves for DVC's plots.

Speeds and memory (`machine.*`) change from run to run, so they are in neither: two clones write the
same bytes. A number that is not finite is null in the metrics and no point on a curve, since JSON
has no name for it.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline_lib.formats import files

Number = int | float
MODELS = ("base", "sft", "chat")


class Record:
    """Every number of a run, as it came."""

    def __init__(self) -> None:
        self._last: dict[str, Number | None] = {}
        self._curves: dict[str, list[tuple[int, Number]]] = {}

    def add(self, row: Mapping[str, Any]) -> None:
        """Take one row in: `{"step": n, **numbers}`, or numbers alone."""
        for name, value in numbers(row).items():
            if name.startswith("machine."):
                continue
            self._last[name] = value if math.isfinite(value) else None
            if "step" in row and math.isfinite(value):
                self._curves.setdefault(name, []).append((int(row["step"]), value))

    def write_metrics(self, path: Path, *, by_model: bool = False) -> None:
        """The last value of every name; `by_model`: `base.accuracy` is `accuracy` inside `base`."""
        files.write_json(path, _by_model(self._last) if by_model else self._last)

    def write_curves(self, folder: Path) -> None:
        """One CSV per name, columns step and the name, as DVC's plots read them."""
        for name, points in self._curves.items():
            lines = [f"step,{name}", *(f"{step},{value!r}" for step, value in points)]
            files.write_text(folder / f"{name}.csv", "\n".join(lines) + "\n")


def numbers(row: Mapping[str, Any]) -> dict[str, Number]:
    """A row without its step, as plain Python numbers."""
    return {name: _plain(name, value) for name, value in row.items() if name != "step"}


def _plain(name: str, value: Any) -> Number:
    plain = value.item() if hasattr(value, "item") else value
    if not isinstance(plain, int | float):
        raise TypeError(f"{name}: expected a number, found {plain!r}")
    return plain


def _by_model(flat: dict[str, Number | None]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        model, _, rest = name.partition(".")
        if rest and model in MODELS:
            nested.setdefault(model, {})[rest] = value
        else:
            nested[name] = value
    return nested
