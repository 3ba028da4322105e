"""The tokenizer's figure: what its text comes down to with fewer pieces."""

from collections.abc import Sequence
from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from pipeline_lib.report.drawing import label, paper
from pipeline_lib.report.palette import light
from pipeline_lib.tokens.compression import ALL, Point

ROLES = ("chat", "sft", "base", "wrong", "muted")
"""Of the languages, in turn."""
APART = 0.055
"""Least distance of two names, as a share of the height."""
TICKS_APART = 1.5
"""Least ratio of two sizes that are both written below the axis."""


def compression(points: Sequence[Point]) -> Figure | None:
    """Bytes per token against the size of the vocabulary, a line for each language; None without points."""
    if not points:
        return None
    names = list(dict.fromkeys(point.language for point in points))
    shown = [name for name in names if name != ALL or len(names) > 2]
    figure, axes = paper()
    ends: dict[str, Point] = {}
    roles = dict(zip((n for n in shown if n != ALL), cycle(ROLES), strict=False)) | {ALL: "ink"}
    for name in shown:
        line = [point for point in points if point.language == name]
        sizes, values = [p.size for p in line], [p.bytes_per_token for p in line]
        style = "o--" if name == ALL else "o-"
        axes.plot(sizes, values, style, color=light(roles[name]), markersize=4.5)
        ends[name] = line[-1]
    top = 1.1 * max(point.bytes_per_token for point in points)
    for name, height in _spread({n: p.bytes_per_token for n, p in ends.items()}, APART * top):
        words = f"{name} {ends[name].bytes_per_token:.2f}"
        label(axes, ends[name].size, height, words, roles[name], xytext=(8, 0), va="center")
    axes.set_ylim(0, top)
    _sizes(axes, sorted({point.size for point in points}))
    axes.set_xlabel("pieces in the vocabulary; fewer: the best of the largest")
    axes.set_ylabel("bytes per token, held-out text")
    return figure


def _sizes(axes: Axes, sizes: list[int]) -> None:
    """A doubling is a step along the axis, and each size is written under its own."""
    axes.set_xscale("log", base=2)
    ticks: list[int] = []
    for size in reversed(sizes):
        if not ticks or ticks[-1] > TICKS_APART * size:
            ticks.append(size)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlim(sizes[0] / 1.15, sizes[-1] * 1.15)


def _spread(heights: dict[str, float], apart: float) -> list[tuple[str, float]]:
    """Names from below, each high enough above the last to be read."""
    placed: list[tuple[str, float]] = []
    for name, height in sorted(heights.items(), key=lambda item: item[1]):
        least = placed[-1][1] + apart if placed else height
        placed.append((name, max(height, least)))
    return placed
