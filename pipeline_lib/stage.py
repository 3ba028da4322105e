"""The edge: a stage's `main` becomes a program.

The signature is the contract: arguments typed as a section of params.yaml come from there, paths come from the command
line that dvc.yaml spells. What `main` yields goes to the screen, to MLflow, to `metrics/<stage>.json` and to one CSV per
curve; a stage never logs. The files are written only when `main` has ended well.
"""

import argparse
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_lib import leaving, progress, screen
from pipeline_lib.params import OptimizerParams, Params, Section, read_params
from pipeline_lib.rows import Record

SECTION_OF_TYPE = {field.annotation: name for name, field in Params.model_fields.items()}

Metrics = Mapping[str, float]
Main = Callable[..., Iterator[Metrics]]


@dataclass(frozen=True)
class Contract:
    """What a stage asks for, read off the signature of its `main`."""

    sections: dict[str, str]
    """Argument -> the section of params.yaml whose type it is annotated with."""
    paths: list[str]
    """Arguments that dvc.yaml puts on the command line, in order."""


def contract_of(main: Main) -> Contract:
    arguments = inspect.signature(main, eval_str=True).parameters.values()
    return Contract(
        sections={a.name: SECTION_OF_TYPE[a.annotation] for a in arguments if _is_section(a)},
        paths=[a.name for a in arguments if not _is_section(a)],
    )


def run(main: Main) -> None:
    """Call `main` with its sections and paths; where a person can mend what went wrong, exit with one sentence."""
    with leaving.in_one_sentence():
        name = Path(inspect.getfile(main)).stem
        contract = contract_of(main)
        paths = _paths(name, contract)
        params = read_params()
        sections = {arg: getattr(params, key) for arg, key in contract.sections.items()}
        with screen.of_stage(name) as shown:
            record = _iterate(main, sections, paths, shown)
        record.write_metrics(Path("metrics") / f"{name}.json", by_model=name == "evaluate")
        if "plots" in paths:
            record.write_curves(paths["plots"])


def _iterate(
    main: Main, sections: dict[str, Section], paths: dict[str, Path], shown: screen.Screen
) -> Record:
    record = Record()
    total = _steps(sections)
    with closing(_generator(main, {**sections, **paths})) as rows:
        for row in rows:
            record.add(row)
            if "step" in row:
                progress.show(int(row["step"]), total, "steps", note_of(row))
    return record


def _generator(main: Main, arguments: dict[str, Any]) -> Any:
    """`main` as something with `close`, so that being stopped reaches the training loop, which saves its state."""
    rows = main(**arguments)
    return rows if inspect.isgenerator(rows) else (row for row in rows)


def note_of(row: Metrics) -> str:
    """The number worth watching: a row's first."""
    name = next((n for n in row if n != "step"), None)
    return f"{name} {row[name]:.4g}" if name else ""


def _paths(name: str, contract: Contract) -> dict[str, Path]:
    parser = argparse.ArgumentParser(prog=f"python -m stages.{name}")
    for path in contract.paths:
        parser.add_argument(path, type=Path)
    return vars(parser.parse_args())


def _steps(sections: dict[str, Section]) -> int | None:
    return next((s.steps for s in sections.values() if isinstance(s, OptimizerParams)), None)


def _is_section(argument: inspect.Parameter) -> bool:
    return isinstance(argument.annotation, type) and issubclass(argument.annotation, Section)
