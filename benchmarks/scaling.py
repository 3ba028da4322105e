"""bench-scaling: what a token costs in time and memory, against the size of the model and the length of its context.

    python -m benchmarks.scaling [--steps 3] [--tokens 4096] [--figure docs/scaling.png]

Our blocks with 8,192 pieces, steps of 4,096 tokens: from 1.4 M to 106 M parameters at 256 tokens a row, and from 256 to
4,096 tokens a row at 13.8 M. Each point is measured in a process of its own; its memory is what the process held at
most (of a GPU: what was allocated), less what it held before there was a model. A slope is that of a straight line
through the logarithms: 1 means in proportion. The last line is JSON.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import pretrain_text
from benchmarks.memory import held
from benchmarks.pretrain_shapes import SMALL, SMALL_VOCAB, Learner, learning, running, shape
from pipeline_lib.model.counting import flops_per_token, of_model
from pipeline_lib.model.hardware import choose, keep_freed_memory

ROOT = Path(__file__).resolve().parents[1]
SIZES = ((2, 128), (4, 192), (6, 256), (6, 384), (8, 512), (10, 640), (12, 832))
"""Layers and channels."""
CONTEXTS = (256, 512, 1024, 2048, 4096)
WARM = 1


@dataclass(frozen=True)
class Point:
    layers: int
    channels: int
    context: int
    parameters: int
    seconds: float
    """Of a token."""
    flops: float
    """Of a token, counted."""
    gib: float


def measure(layers: int, channels: int, context: int, tokens: int, steps: int) -> Point:
    """One point, in this process."""
    keep_freed_memory()
    hardware = choose(running())
    before = held(hardware.device.type)
    rows = max(tokens // context, 1)
    told = learning(1000, rows, rows)
    learner = Learner(shape(layers, channels, context), SMALL_VOCAB, told, running())
    batches = pretrain_text.batches(pretrain_text.made_up(), rows, context, seed=1)
    seconds = []
    for _ in range(WARM + steps):
        started = time.perf_counter()
        learner.step(next(batches))
        seconds.append(time.perf_counter() - started)
    model = learner.run.model
    return Point(
        layers,
        channels,
        context,
        model.parameter_count,
        median(seconds[WARM:]) / (rows * context),
        flops_per_token(model.shape, of_model(model).worked),
        (held(hardware.device.type) - before) / 2**30,
    )


def apart(layers: int, channels: int, context: int, asked: argparse.Namespace) -> Point:
    """One point, in a process of its own; printed."""
    numbers = map(str, (layers, channels, context, asked.tokens, asked.steps))
    told = [sys.executable, "-m", "benchmarks.scaling", "--point", *numbers]
    answer = subprocess.run(told, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    point = Point(**json.loads(answer.splitlines()[-1]))
    print(
        f"| {layers} | {channels} | {context} | {point.parameters / 1e6:.1f} | {point.seconds * 1e6:,.0f} "
        f"| {point.flops / point.seconds / 1e9:,.0f} | {point.gib:.2f} |",
        flush=True,
    )
    return point


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Of the line through the logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def slopes(points: Sequence[Point], along: str) -> dict[str, float]:
    """How seconds, counted FLOPs and memory grow, over all points and over the last two."""
    found = {}
    for name in ("seconds", "flops", "gib"):
        for which, some in (("", points), ("_at_the_end", points[-2:])):
            x, y = ([float(getattr(point, of)) for point in some] for of in (along, name))
            found[f"{name}{which}"] = slope(x, y)
    print(
        f"against {along}: seconds a token grow with the power {found['seconds']:.2f} "
        f"(at the end {found['seconds_at_the_end']:.2f}; counted FLOPs {found['flops']:.2f} and "
        f"{found['flops_at_the_end']:.2f}), memory with {found['gib']:.2f} ({found['gib_at_the_end']:.2f})"
    )
    return found


def draw(curves: dict[str, list[Point]], found: dict[str, dict[str, float]], path: Path) -> None:
    """Time and memory, above one another, for both kinds of size side by side."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    from pipeline_lib.report import drawing
    from pipeline_lib.report.palette import light

    with rc_context(drawing.STYLE):
        figure = Figure(figsize=(2 * drawing.WIDTH, 1.6 * drawing.HEIGHT), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(2, 2, sharex="col", sharey="row")
        for column, (along, points) in enumerate(curves.items()):
            sizes = [getattr(point, along) for point in points]
            for row, (name, unit) in enumerate((("seconds", 1e6), ("gib", 1.0))):
                axes = panels[row][column]
                values = [getattr(point, name) * unit for point in points]
                axes.loglog(sizes, values, "o-", color=light("chat" if row else "base"), ms=4)
                axes.set_title(f"slope {found[along][name]:.2f}", loc="left")
                axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
                axes.yaxis.set_minor_formatter(NullFormatter())
            is_count = along == "parameters"
            said = [f"{size / 1e6:.3g}" if is_count else f"{size:,}" for size in sizes]
            panels[1][column].set_xticks(sizes, said)
            panels[1][column].xaxis.set_minor_formatter(NullFormatter())
            panels[1][column].set_xlabel("M parameters" if is_count else along)
        panels[0][0].set_ylabel("µs a token")
        panels[1][0].set_ylabel("GiB")
    drawing.save(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=4096, help="of a step")
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="how many of the sizes")
    parser.add_argument("--contexts", type=int, default=len(CONTEXTS), help="likewise")
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--point", type=int, nargs=5, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.point:
        print(json.dumps(asdict(measure(*asked.point))))
        return
    print("| layers | channels | context | M parameters | µs a token | GFLOP/s | GiB |")
    print("|" + " --- |" * 7)
    small = SMALL["layers"], SMALL["channels"]
    sizes = [apart(*size, SMALL["context"], asked) for size in SIZES[: asked.sizes]]
    contexts = [apart(*small, context, asked) for context in CONTEXTS[: asked.contexts]]
    curves = {"parameters": sizes, "context": contexts}
    found: dict[str, Any] = {along: slopes(points, along) for along, points in curves.items()}
    if asked.figure:
        draw(curves, found, asked.figure)
    laid = {along: [asdict(point) for point in points] for along, points in curves.items()}
    print(json.dumps({"slopes": found, **laid}))


if __name__ == "__main__":
    main()
