"""Paper to draw on: one look for all figures, and the same bytes each time they are saved.

Matplotlib writes the date and its own version into files and random names into SVG; both are turned off here.
"""

import io
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pipeline_lib.formats import files
from pipeline_lib.report.palette import as_variables, light

WIDTH, HEIGHT = 5.2, 3.2
"""Inches; a page shows two beside one another, a phone one."""

DPI = 200

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bonsai",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": light("line"),
    "axes.labelcolor": light("muted"),
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": light("line"),
    "grid.linewidth": 0.8,
    "text.color": light("ink"),
    "xtick.color": light("muted"),
    "ytick.color": light("muted"),
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
}


def paper(height: float = HEIGHT) -> tuple[Figure, Axes]:
    """An empty figure in our look."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasAgg(figure)
        return figure, figure.add_subplot()


def label(axes: Axes, x: int | float, y: int | float, words: str, role: str, **place: Any) -> None:
    """Words beside what they name, in its colour: no legend to look up."""
    settings: dict[str, Any] = {"textcoords": "offset points", "xytext": (0, 6)}
    settings |= {"color": light(role), "fontsize": 9.5, "annotation_clip": False} | place
    axes.annotate(words, (x, y), **settings)


def save(figure: Figure, path: Path) -> None:
    """A PNG on light paper, sharp at twice its size."""
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(
            buffer, format="png", dpi=DPI, facecolor=light("card"), metadata={"Software": None}
        )
    files.write_bytes(path, buffer.getvalue())


def inline(figure: Figure, says: str) -> str:
    """An SVG for the page: its colours are the page's, its text is text, and it says what it shows."""
    buffer = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    svg = buffer.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r"<g id=\"[^\"]*\"/>", "", svg)
    svg = re.sub(r"font-family: [^;\"]*;?", "", svg)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{says}" ', 1)
    return as_variables(svg)
