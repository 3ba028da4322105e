"""The loop that every training stage shares: step, judge, record, validate, save, go on.

What a stage adds is a function that leaves gradients in the weights for a given step, and one that yields rows after it.
All randomness is a function of the step, so a state is weights, optimizer, rows and the step's number. It is saved when
the next step's loss has shown that its weights are sound, so the newest one on disk is good to go on from.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from pipeline_lib import progress
from pipeline_lib.formats import files
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.training.preflight import duration
from pipeline_lib.training.resume import finish
from pipeline_lib.training.run import Row, Run

Gradient = Callable[[int], Row]
"""Leaves the gradients of a step (counted from 0) in the weights; returns at least `loss`."""
After = Callable[[int], Iterator[Row]]
"""Rows to add once `step` steps are done, such as a validation."""


def train(
    run: Run,
    gradient: Gradient,
    after: After,
    log_every: int,
    tokens: int,
    rehearse: Callable[[], object] | None = None,
) -> Iterator[Row]:
    """Yield the rows recorded before a resume, then train to the last step and yield the rest; the model is then the
    result, averaged or of the best validation where that was asked for.

    `tokens`: how many a step reads, for the speed; `rehearse`: a step's work without its effects, for the forecast.
    Raises TrainingError when too many steps had to be skipped.
    """
    run.restore()
    yield from list(run.rows)
    if run.step == 0:
        announce(run, rehearse or (lambda: gradient(0)), tokens)
    clock, speed = time.perf_counter(), 0.0
    run.budget.start()
    try:
        while run.step < run.end:
            row = advance(run, gradient, speed)
            found = []
            if run.step % log_every == 0 or run.step == run.end:
                now = time.perf_counter()
                done = (run.step - 1) % log_every + 1
                row["machine.tokens_per_second"] = speed = done * tokens / (now - clock)
                clock = now
                found.append(row)
            found.extend(after(run.step))
            run.rows.extend(found)
            yield from found
            run.kept.agree()
            if run.kept.stop_signal is not None:
                run.save()
                run.kept.obey()
    except GeneratorExit:  # whoever reads the rows has gone: a step is never half done here
        run.save_alone()
        raise
    run.expect_good_end()
    finish(run.kept, run.state())
    run.settle()


def advance(run: Run, gradient: Gradient, speed: float = 0.0) -> Row:
    """One optimizer step, or a skipped one; its numbers. `speed`: tokens a second, to be shown; 0: not yet measured."""
    run.plan()
    row = gradient(run.step)
    rate = run.share * run.params.learning_rate
    norm = run.learn(row["loss"])
    run.step += 1
    note = f"loss {row['loss']:.3f}" + (f", {speed:,.0f} tokens/s" if speed else "")
    progress.show(run.step, run.end, "steps", note)
    return {"step": run.step, **row, "learning_rate": rate, "gradient_norm": norm}


def announce(run: Run, rehearse: Callable[[], object], tokens: int) -> None:
    """Rehearse the first step twice without learning from it, and say how long the run will take; what it needs was said
    before the model was made (preflight.py)."""
    if not run.ranks.first(progress.is_heard()):
        return  # to rehearse costs as much as to train
    rehearse()
    start = time.perf_counter()
    rehearse()
    each = time.perf_counter() - start
    run.optimizer.zero_grad()
    seconds, most = each * run.params.steps, 60 * run.params.max_minutes
    cut = f", of which max_minutes leaves {duration(most)}" if 0 < most < seconds else ""
    run.forecast["machine.predicted_hours"] = min(seconds, most or seconds) / 3600
    progress.say(
        f"{run.stage}: {run.params.steps:,} steps of {tokens:,} tokens, {each:.3g} seconds each when tried: about "
        f"{duration(seconds)}{cut}, on {run.hardware.device.type} in {run.hardware.describe()['precision']}; "
        f"{memory_gib(run.hardware):.2f} GiB held so far"
    )


def memory_gib(hardware: Hardware) -> float:
    """Peak memory so far: of the GPU where there is one, else resident."""
    if hardware.device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**30
    try:
        import resource  # not on Windows
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def write_notes(folder: Path, name: str, notes: list[dict[str, str | float]]) -> None:
    """One JSON object per line, into a plots folder."""
    lines = [json.dumps(note, ensure_ascii=False) + "\n" for note in notes]
    files.write_text(folder / name, "".join(lines))
