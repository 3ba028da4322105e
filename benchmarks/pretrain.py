"""bench-pretrain: a training step, and real text learnt, beside the plain loop over transformers' GPT-2.

    python -m benchmarks.pretrain [--text FOLDER] [--rounds N] [--steps N] [--tokens N] [--whole]

The shape has 13.8 M parameters: 6 layers, 384 wide, 6 heads, 8,192 pieces, 256 tokens a row. `float32` and `autocast`
are what is written in an afternoon (benchmarks/pretrain_sides.py; no dropout), `bonsai` the pipeline's own step.

Throughput: 8,192 tokens a step; the sides go by turns, step by step, and a ratio is the median over rounds of which
each has all sides. Peaks are of the fastest of a few large products, measured between the rounds; model FLOPs count
89.7 M a token.

Time to loss: the float32 loop learns TOKENS at three rates, of which the worst is given up after an eighth of the way and
the next after a third (with `--whole` none, which takes hours); what the best one spent in its steps, and its validation
loss, are what ours is held to. Ours goes by turns with it, in shorter steps, and its rates fall along a line to nothing at
STEPS; where that does not get there, it starts again with half as many steps more, twice at most. Validations count for
neither. The last line is JSON; `time_to_loss_ratio` is our time by the plain loop's. All sides run on the CPU.
"""

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch

from benchmarks import pretrain_text
from benchmarks.pretrain_shapes import SMALL_FLOPS, running
from benchmarks.pretrain_sides import CONTEXT, DEVICE, Order, Side
from pipeline_lib.model.hardware import Hardware, choose, peak_flops

ROOT = Path(__file__).resolve().parents[1]
ROWS = 32
"""Windows a step of the plain loop, and of throughput."""
OUR_ROWS = 16
"""Windows a step of ours on the way to the loss: more steps of fewer tokens."""
OUR_RATE = 1e-2
"""Of the embeddings: a third of the default model's, which is a third as wide (docs/log.md has what others came to)."""
RATES = (3e-4, 1e-3, 3e-3)
CUTS = (1 / 8, 1 / 3)
"""Shares of the way after which the worst of the rates is given up."""
UNEQUAL = (
    f"not alike in all: the plain loop has a constant rate without warm-up and steps of {ROWS * CONTEXT:,} tokens; ours "
    f"has a decay and steps of {OUR_ROWS * CONTEXT:,}, its rate chosen beforehand on other steps of the same text"
)
EVERY = 5
"""Our steps between two validations."""
TURNS = {"float32": 1, "autocast": 2, "bonsai": 3}
"""Steps of each side in a round."""
WANTED = {
    "throughput_ratio_fp32": 4.5,
    "throughput_ratio_bf16": 1.6,
    "peak_share": 0.5,
    "time_to_loss_ratio": 0.1,
}
SIZES = (1024, 2048)


@dataclass(frozen=True)
class Cut:
    """Where a rate was given up."""

    tokens: int
    loss: float


def peaks() -> dict[str, float]:
    """FLOP/s of the best product in each precision."""
    hardware = choose(running(device=DEVICE))
    found = {}
    for name, dtype in (("bf16", torch.bfloat16), ("float32", torch.float32)):
        kind = Hardware(hardware.device, dtype, hardware.threads)
        found[name] = max(peak_flops(kind, size) for size in SIZES)
    return found


def throughput(rounds: int, *, compiled: bool) -> dict[str, Any]:
    """Tokens per second of each side, the ratios between them, and our share of the peak."""
    sides = {kind: Side(Order(kind, ROWS, compiled=compiled)) for kind in TURNS}
    for side in sides.values():
        side.train(2)
    speeds: dict[str, list[float]] = {kind: [] for kind in TURNS}
    best: dict[str, float] = {}
    for number in range(rounds):
        for name, found in peaks().items():
            best[name] = max(found, best.get(name, 0.0))
        for kind, side in sides.items():
            seconds = median(side.train(TURNS[kind]).seconds)
            speeds[kind].append(ROWS * CONTEXT / seconds)
        print(f"round {number + 1}: " + ", ".join(f"{k} {v[-1]:,.0f}" for k, v in speeds.items()))
    for side in sides.values():
        side.close()
    parameters = {kind: side.parameters for kind, side in sides.items()}
    return {**figures(speeds, best, parameters), "parameters": parameters}


def figures(
    speeds: dict[str, list[float]], best: dict[str, float], parameters: dict[str, int]
) -> dict[str, Any]:
    """Print what the speeds come to."""
    ratios = {
        kind: median(
            ours / theirs for ours, theirs in zip(speeds["bonsai"], speeds[kind], strict=True)
        )
        for kind in ("float32", "autocast")
    }
    share = median(speeds["bonsai"]) * SMALL_FLOPS / best["bf16"]
    print("| side | M parameters | tokens/s | times as fast as it | share of the bf16 peak |")
    print("|" + " --- |" * 5)
    for kind, found in speeds.items():
        of_peak = median(found) * SMALL_FLOPS / best["bf16"]
        print(
            f"| {kind} | {parameters[kind] / 1e6:.2f} | {median(found):,.0f} "
            f"| {ratios.get(kind, 1):.2f} | {of_peak:.3f} |"
        )
    print(
        f"peaks: bf16 {best['bf16'] / 1e9:,.0f}, float32 {best['float32'] / 1e9:,.0f} GFLOP/s, "
        f"{best['bf16'] / best['float32']:.2f} times",
        flush=True,
    )
    return {
        "throughput_ratio_fp32": ratios["float32"],
        "throughput_ratio_bf16": ratios["autocast"],
        "peak_share": share,
        "tokens_per_second": {kind: median(found) for kind, found in speeds.items()},
        "peak_gflops": {kind: value / 1e9 for kind, value in best.items()},
    }


def left_of(sides: dict[float, Side], steps: int) -> tuple[dict[float, Side], dict[float, Cut]]:
    """The side that is left once the others are given up, and how far each of those came."""
    left, given_up = dict(sides), {}
    for cut in CUTS:
        until = math.ceil(cut * steps)
        losses = {}
        for rate, side in left.items():
            losses[rate] = side.train(until - side.steps, validated=True).validation
            said("float32", f"rate {rate:g}", side, losses[rate], ROWS)
        worst = max(losses, key=lambda rate: losses[rate])
        given_up[worst] = Cut(until * ROWS * CONTEXT, losses[worst])
        left.pop(worst).close()
    return left, given_up


def said(kind: str, how: str, side: Side, loss: float, rows: int) -> None:
    tokens = side.steps * rows * CONTEXT
    print(
        f"{kind:8} {how:12} {side.steps:5} steps {tokens / 1e3:6,.0f} k tokens "
        f"{side.seconds:7.1f} s  validation {loss:.3f}",
        flush=True,
    )


def ours(text: Path, steps: int) -> Iterator[tuple[float, float]]:
    """Seconds so far and validation loss, where the schedule is far enough down."""
    side = Side(Order("bonsai", OUR_ROWS, OUR_RATE, steps=steps, text=str(text)))
    while side.steps < steps:
        is_late = side.steps >= steps // 2
        answer = side.train(min(EVERY, steps - side.steps), validated=is_late)
        if is_late:
            said("bonsai", f"of {steps}", side, answer.validation, OUR_ROWS)
        yield side.seconds, answer.validation
    side.close()


def time_to_loss(text: Path, tokens: int, our_steps: int, *, whole: bool) -> dict[str, Any]:
    """The plain loop's loss and time, and when ours was there."""
    steps = max(-(-tokens // (ROWS * CONTEXT)), 2)
    sides = {rate: Side(Order("float32", ROWS, rate, text=str(text))) for rate in RATES}
    left, given_up = (sides, {}) if whole else left_of(sides, steps)
    ahead = ours(text, our_steps)
    found: list[tuple[float, float]] = []
    while min(side.steps for side in left.values()) < steps - 1:
        for side in left.values():
            side.train(1)
        found += [turn for turn in (next(ahead, None),) if turn]
    ends = {}
    for rate, side in left.items():
        ends[rate] = side.train(1, validated=True).validation
        said("float32", f"rate {rate:g}", side, ends[rate], ROWS)
        side.close()
    rate = min(ends, key=lambda rate: ends[rate])
    target, seconds = ends[rate], left[rate].seconds
    found += ahead
    tried = {our_steps: found}
    longest = 2 * our_steps
    while reached(found, target) is None and our_steps <= longest:
        our_steps += our_steps // 2
        tried[our_steps] = found = list(ours(text, our_steps))
    there = reached(found, target)
    rates_table(ends, given_up, steps * ROWS * CONTEXT)
    return {
        "time_to_loss_ratio": None if there is None else there / seconds,
        "target": target,
        "rate": rate,
        "ends": ends,
        "given_up": {rate: asdict(cut) for rate, cut in given_up.items()},
        "seconds": [there, seconds],
        "tried": {
            n: [turns[-1][0], min(loss for _, loss in turns if loss == loss)]
            for n, turns in tried.items()
        },
    }


def rates_table(ends: dict[float, float], given_up: dict[float, Cut], tokens: int) -> None:
    """Say how far each rate of the plain loop came, and what is not alike in the comparison."""
    print("| plain loop's rate | k tokens | validation | |")
    print("|" + " --- |" * 4)
    for rate in RATES:
        cut = given_up.get(rate)
        far, loss = (cut.tokens, cut.loss) if cut else (tokens, ends[rate])
        how = "given up there, the worst of those left" if cut else "to the end"
        print(f"| {rate:g} | {far / 1e3:,.0f} | {loss:.3f} | {how} |")
    print(UNEQUAL, flush=True)


def reached(turns: list[tuple[float, float]], target: float) -> float | None:
    """Seconds until the loss was there; None: never."""
    return next((seconds for seconds, loss in turns if loss <= target), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--text", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=1_000_000, help="that the plain loop learns")
    parser.add_argument(
        "--steps", type=int, default=60, help=f"of ours, of {OUR_ROWS * CONTEXT:,} tokens"
    )
    parser.add_argument("--whole", action="store_true", help="no rate is given up (hours)")
    parser.add_argument("--compile", action="store_true", help="our blocks, by torch.compile")
    parser.add_argument("--work", type=Path, default=ROOT / ".scratch" / "bench-pretrain")
    asked = parser.parse_args()
    text = asked.work / "text.npz"
    train, held_out = pretrain_text.write(asked.text, text)
    print(f"{train / 1e6:.1f} M tokens to learn, {held_out:,} held out", flush=True)
    found = throughput(asked.rounds, compiled=asked.compile)
    found |= time_to_loss(text, asked.tokens, asked.steps, whole=asked.whole)
    for name, wanted in WANTED.items():
        print(f"{name}: {found[name]}, asked {wanted}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
