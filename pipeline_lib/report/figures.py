"""What there is to see: the loss on its floor, three learning curves, accuracy with intervals, what cleaning dropped."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    PercentFormatter,
)

from pipeline_lib.report.curves import Curve, smooth
from pipeline_lib.report.drawing import label, paper
from pipeline_lib.report.palette import MODELS, light

Curves = Mapping[str, Curve]
Numbers = Mapping[str, float | int]

ROW = 0.42
"""Inches of one row in a chart of bars or dots."""


def floor(found: Numbers) -> Figure | None:
    """Bits per byte of each kind and language: what it costs at the least, and what the model pays beyond."""
    end = ".excess"
    groups = [key.removesuffix(end) for key in found if key.endswith(end) and key.count(".") == 2]
    if not groups:
        return None
    figure, axes = paper(height=ROW * len(groups) + 0.7)
    for row, name in enumerate(groups):
        least, paid = found[f"{name}.floor_bits_per_byte"], found[f"{name}.bits_per_byte"]
        axes.barh(row, least, height=0.62, color=light("faint"))
        axes.barh(row, paid - least, left=least, height=0.62, color=light("wrong"))
        extra = found[f"{name}.excess_bits_per_document"]
        words = f"{paid / least - 1:+.1%}, {extra:.1f} bits"
        label(axes, max(paid, least), row, words, "muted", xytext=(6, 0), va="center")
    axes.set_yticks(range(len(groups)), [name.replace(".", ", ") for name in groups])
    axes.tick_params(axis="y", labelcolor=light("ink"))
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_xlim(0, 1.4 * max(found[f"{name}.bits_per_byte"] for name in groups))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel("bits per byte; excess in red, and in bits per text")
    axes.grid(visible=True, axis="x", color=light("line"))
    axes.grid(visible=False, axis="y")
    return figure


def pretraining(curves: Curves, unigram: float | None, least: float | None = None) -> Figure | None:
    """Bits per byte over steps, training and validation, between the unigram model and the floor."""
    train, validation = curves.get("bits_per_byte"), curves.get("validation.bits_per_byte")
    if not (train and train.values):
        return None
    figure, axes = paper()
    _trace(axes, train, "base")
    label(axes, *_early(train), "training", "base", xytext=(8, 2))
    ends = [train.values[-1]]
    if validation and validation.values:
        _dots(axes, validation, "ink")
        label(axes, validation.steps[-1], validation.values[-1], "validation", "ink", ha="right")
        ends += validation.values
    if unigram:
        _level(axes, train, unigram, "unigram model", "muted")
        ends.append(unigram)
    if least:
        _level(axes, train, least, f"floor {least:.3f}", "wrong", xytext=(0, -12))
        axes.set_yscale("log")  # else the last tenth above the floor is a hair's breadth
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(_short))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="y", which="minor", size=0)
        axes.set_ylim(least * 0.8, max(ends) * 1.15)
    else:
        axes.set_ylim(0, max(ends) * 1.15)
    _over_steps(axes, "bits per byte")
    return figure


def _level(
    axes: Axes, curve: Curve, height: float, words: str, role: str, **place: tuple[int, int]
) -> None:
    """A dashed line across, named at its right end."""
    axes.axhline(height, color=light(role), linewidth=1, linestyle=(0, (4, 4)))
    label(axes, curve.steps[-1], height, words, role, ha="right", **place)


def fine_tuning(curves: Curves) -> Figure | None:
    """Nats per learnt token over steps, with the validation point whose weights were kept."""
    train, validation = curves.get("loss"), curves.get("validation.loss")
    if not (train and train.values):
        return None
    figure, axes = paper()
    _trace(axes, train, "base")
    label(axes, *_early(train), "training", "base", xytext=(8, 2))
    if validation and validation.values:
        _dots(axes, validation, "sft")
        best = min(range(len(validation.values)), key=validation.values.__getitem__)
        place = (validation.steps[best], validation.values[best])
        label(axes, *place, f"validation, best {place[1]:.3f}", "sft", ha="right", xytext=(0, 9))
        spread = sorted([*train.values[len(train.values) // 20 :], *validation.values])
        axes.set_ylim(0, spread[-1] * 1.1)
    _over_steps(axes, "loss, nats per learnt token")
    return figure


def reinforcement(curves: Curves) -> Figure | None:
    """Mean reward of each step's completions, and its running mean."""
    reward = curves.get("reward")
    if not (reward and reward.values):
        return None
    figure, axes = paper()
    _trace(axes, reward, "chat")
    top = max(reward.values)
    axes.set_ylim(0, min(1.02, max(0.05, top * 1.25)) if top <= 1 else top * 1.15)
    if top <= 1:
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _over_steps(axes, "completions answered right" if top <= 1 else "mean reward")
    return figure


def accuracy(metrics: Mapping[str, Numbers], source: str) -> Figure:
    """Problems answered right by each model, a dot in its 95 % interval."""
    figure, axes = paper(height=ROW * len(MODELS) + 0.7)
    for row, model in enumerate(MODELS):
        found = metrics[model]
        value = found[f"{source}.accuracy"]
        ends = found[f"{source}.accuracy_low"], found[f"{source}.accuracy_high"]
        axes.plot(ends, (row, row), color=light(model), linewidth=6, alpha=0.35)
        axes.plot([value], [row], "o", color=light(model), markersize=7)
        words = f"{value:.1%}"
        label(axes, ends[1], row, words, model, xytext=(9, 0), va="center")
    axes.set_yticks(range(len(MODELS)), MODELS)
    axes.tick_params(axis="y", labelcolor=light("ink"))
    axes.set_ylim(len(MODELS) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.09)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel(f"{source} answered right, with 95% intervals")
    axes.grid(visible=True, axis="x", color=light("line"))
    axes.grid(visible=False, axis="y")
    return figure


def levels(metrics: Mapping[str, Numbers], source: str) -> Figure | None:
    """Problems answered right by level, each model with its intervals."""
    start = f"{source}.accuracy.level_"
    known = [
        key for key in metrics["base"] if key.startswith(start) and key[len(start) :].isdigit()
    ]
    if not known:
        return None
    figure, axes = paper()
    ends = []
    for place, model in enumerate(MODELS):
        at = [int(key[len(start) :]) + 0.08 * (place - 1) for key in known]
        found = metrics[model]
        for x, key in zip(at, known, strict=True):
            interval = (found[f"{key}_low"], found[f"{key}_high"])
            axes.plot((x, x), interval, color=light(model), linewidth=4, alpha=0.35)
        axes.plot(at, [found[key] for key in known], "o-", color=light(model), markersize=5)
        ends.append((found[known[-1]], at[-1], model))
    for height, (value, x, model) in zip(_apart(sorted(ends)), sorted(ends), strict=True):
        moved = (8, 150 * (height - value))  # points a unit of the axis is high, about
        label(axes, x, value, model, model, xytext=moved, va="center")
    axes.set_xticks([int(key[len(start) :]) for key in known])
    axes.set_xlim(0.7, len(known) + 0.75)
    axes.set_ylim(-0.02, 1.04)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("level: steps to the answer")
    axes.set_ylabel(f"{source} answered right")
    return figure


def _apart(ends: list[tuple[float, float, str]]) -> list[float]:
    """Heights for names beside the ends of lines, none upon another."""
    heights: list[float] = []
    for value, _, _ in ends:
        heights.append(max(value, heights[-1] + 0.07) if heights else value)
    return heights


def funnel(counts: Numbers) -> Figure | None:
    """Documents left after each rule that dropped any, and how many it dropped."""
    dropped = {rule: number for rule, number in drops(counts).items() if number}
    total = counts.get("kept", 0) + sum(dropped.values())
    if not total:
        return None
    rows: list[tuple[str, float | int, float | int]] = [("read", total, 0)]
    for rule, number in dropped.items():
        rows.append((rule.replace("_", " "), rows[-1][1] - number, number))
    rows.append(("kept", rows[-1][1], 0))
    figure, axes = paper(height=ROW * len(rows) + 0.7)
    for place, (_, left, lost) in enumerate(rows):
        axes.barh(
            place, left, height=0.62, color=light("chat" if place == len(rows) - 1 else "base")
        )
        axes.barh(place, lost, left=left, height=0.62, color=light("faint"))
        words = f"−{lost:,.0f}" if lost else f"{left:,.0f}"
        label(axes, left + lost, place, words, "muted", xytext=(6, 0), va="center")
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.tick_params(axis="y", labelcolor=light("ink"))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, total * 1.16)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    axes.set_xlabel("texts left after each rule")
    axes.grid(visible=False)
    return figure


def drops(counts: Numbers) -> dict[str, float | int]:
    """How many texts each rule dropped, in the order the rules are asked."""
    start = "dropped."
    return {n.removeprefix(start): v for n, v in counts.items() if n.startswith(start)}


def _trace(axes: Axes, curve: Curve, role: str) -> None:
    """A running mean, over the values themselves in a fainter tone."""
    axes.plot(curve.steps, curve.values, color=light(role), linewidth=0.8, alpha=0.45)
    mean = smooth(curve, max(3, len(curve.values) // 20))
    axes.plot(mean.steps, mean.values, color=light(role))


def _early(curve: Curve) -> tuple[int, float]:
    """A point on the running mean's first slope, where a name fits."""
    place = len(curve.steps) // 12
    return curve.steps[place], smooth(curve, 3).values[place]


def _dots(axes: Axes, curve: Curve, role: str) -> None:
    axes.plot(curve.steps, curve.values, "o-", color=light(role), markersize=4.5, zorder=3)


def _over_steps(axes: Axes, says: str) -> None:
    axes.set_xlabel("step")
    axes.set_ylabel(says)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.margins(x=0.03)


def _short(value: float, _: object = None) -> str:
    """12,000 as 12 k."""
    for unit, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"
