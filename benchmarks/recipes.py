"""bench-recipes: the search of recipes, through `dvc exp run --queue`.

    python -m benchmarks.recipes queue tales|real [RUN ...]  # one experiment a run of recipes.yaml, or these alone
    dvc queue start -j 2                              # two runs at once, of one thread each
    python -m benchmarks.recipes table tales|real [--plain] [--figure F.png]

`queue` asks for a clone whose data stages are done (`dvc repro shard`), so that only pretraining runs. `table`
prints bits per byte of the held-out rows, the best first, and what is against the first run of the set; its last
line is JSON. Experiments are named SET-RUN; `--plain` reads those that are named RUN alone.

A run of the queue works in a temporary workspace, .dvc/tmp/exps/NAME, from where `../shared` is .dvc/tmp/exps/shared.
So write `download.files` and the sources' paths absolutely, or `ln -s` the folder to that place.
"""

import argparse
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline_lib import presets
from pipeline_lib.report import drawing
from pipeline_lib.report.palette import light

RUNS = Path(__file__).with_suffix(".yaml")
PARAMS = Path("params.yaml")
MEASURE = "validation.bits_per_byte"


def words(search: Mapping[str, Any], name: str) -> list[str]:
    """`dvc exp run`'s overrides of one run."""
    overrides = {**search["base"], **search["runs"][name]}
    laid = presets.arguments(PARAMS, search["presets"]) if search["presets"] else []
    return [*laid, *(w for key, value in overrides.items() for w in ("-S", f"{key}={value}"))]


def queue(search: Mapping[str, Any], names: Sequence[str], prefix: str) -> None:
    """Put these runs into DVC's queue, each under its name behind the prefix."""
    for name in names:
        command = ["dvc", "exp", "run", "--quiet", "--queue", "--name", prefix + name]
        subprocess.run([*command, *words(search, name), "pretrain"], check=True)
        print(f"queued {prefix}{name}", flush=True)


def finished() -> Iterator[tuple[str, float]]:
    """Name and bits per byte of this clone's experiments that came to an end."""
    import dvc.api

    for row in dvc.api.exp_show():
        measured = row.get(MEASURE)
        if row.get("State") == "Success" and isinstance(measured, float):
            yield str(row["Experiment"]), measured


def of_set(search: Mapping[str, Any], found: Mapping[str, float], prefix: str) -> dict[str, float]:
    """Run -> bits per byte, of the experiments that are named so behind the prefix."""
    return {name: found[prefix + name] for name in search["runs"] if prefix + name in found}


def table(search: Mapping[str, Any], measured: Mapping[str, float]) -> None:
    """The best first; against the run that the others change one thing of."""
    base = measured.get("base")
    print("| run | bits per byte | against base | what is changed |")
    print("|" + " --- |" * 4)
    for name, bits in sorted(measured.items(), key=lambda pair: pair[1]):
        against = f"{bits / base - 1:+.1%}" if base else ""
        changes = ", ".join(f"{key} {value}" for key, value in search["runs"][name].items())
        print(f"| {name} | {bits:.4f} | {against} | {changes} |")


def draw(search: Mapping[str, Any], measured: Mapping[str, float], path: Path) -> None:
    """A dot a run, the best at the top, a line where the unchanged one stands."""
    figure, axes = drawing.paper(0.9 + 0.24 * len(measured))
    ranked = sorted(measured.items(), key=lambda pair: -pair[1])
    for place, (name, bits) in enumerate(ranked):
        axes.plot(bits, place, "o", color=light("chat" if name == "base" else "base"))
    axes.set_yticks(range(len(ranked)), [name for name, _ in ranked])
    if "base" in measured:
        axes.axvline(measured["base"], color=light("chat"), linewidth=0.8)
    axes.set_xlabel("held-out bits per byte")
    axes.set_title(search["about"], loc="left")
    drawing.save(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("action", choices=["queue", "table"])
    parser.add_argument("set", choices=["tales", "real"])
    parser.add_argument("runs", nargs="*", help="to queue; none named: all of the set")
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--plain", action="store_true", help="experiments named without their set")
    chosen = parser.parse_args()
    search = YAML(typ="safe").load(RUNS.read_text(encoding="utf-8"))[chosen.set]
    prefix = "" if chosen.plain else f"{chosen.set}-"
    if chosen.action == "queue":
        if unknown := [name for name in chosen.runs if name not in search["runs"]]:
            parser.error(f"{chosen.set} has no run {', '.join(unknown)}: see {RUNS.name}")
        queue(search, chosen.runs or list(search["runs"]), prefix)
        return
    measured = of_set(search, dict(finished()), prefix)
    table(search, measured)
    if chosen.figure:
        draw(search, measured, chosen.figure)
    print(json.dumps({chosen.set: measured}))


if __name__ == "__main__":
    main()
