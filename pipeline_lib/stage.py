"""The edge: a stage's `main` becomes a program.

The signature is the contract: arguments typed as a section of params.yaml come from there, paths
come from the command line that dvc.yaml spells. What `main` yields goes to the screen, to MLflow,
to `metrics/<stage>.json` and to one CSV per curve, in the path `<stage>_plots`; a stage never logs.
The files are written only when `main` has ended well.
"""

import argparse
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_lib import engine, launching, leaving, screen, tracking
from pipeline_lib.params import Params, Section, read_params
from pipeline_lib.rows import Record

SECTION_OF_TYPE = {field.annotation: name for name, field in Params.model_fields.items()}
BY_MODEL = "evaluate"
"""The stage whose metrics nest: `base.accuracy` is `accuracy` inside `base`."""

Metrics = Mapping[str, int | float]
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


def run(main: Main, *, trains: bool = False) -> None:
    """Call `main` with its sections and paths; leave with a sentence where one can mend it.

    One that `trains` does so on several processes where `runtime.parallel` says it: this one then only watches them.
    """
    name = Path(inspect.getfile(main)).stem
    contract = contract_of(main)
    paths = _paths(name, contract)
    with leaving.in_one_sentence():
        params = read_params()
        sections = {key: getattr(params, key) for key in contract.sections.values()}
        arguments = {arg: sections[key] for arg, key in contract.sections.items()} | paths
        if trains and (count := launching.wanted(params.runtime)) > 1:
            sys.exit(launching.launch(name, count))
        if trains and leaving.follows():  # rank 0 says, sends and writes what there is
            _iterate(main, arguments, tracking.Off())
            return
        with (
            screen.of_stage(name) as cost,
            engine.on(params.runtime.engine, params.runtime.cluster),
            tracking.of_stage(name, params, sections, list(paths.values())) as tracker,
        ):
            record = _iterate(main, arguments, tracker)
            record.write_metrics(Path("metrics") / f"{name}.json", by_model=name == BY_MODEL)
            if plots := paths.get(f"{name}_plots"):
                record.write_curves(plots)
            tracker.add(cost.row())


def _iterate(main: Main, arguments: dict[str, Any], tracker: tracking.Tracker) -> Record:
    record = Record()
    with closing(_generator(main(**arguments))) as rows:
        for row in rows:
            record.add(row)
            tracker.add(row)
    return record


def _generator(rows: Any) -> Any:
    """Something with `close`: being stopped must reach the training loop, which saves its state."""
    return rows if inspect.isgenerator(rows) else (row for row in rows)


def _paths(name: str, contract: Contract) -> dict[str, Path]:
    parser = argparse.ArgumentParser(prog=f"python -m stages.{name}")
    for path in contract.paths:
        parser.add_argument(path, type=Path)
    return vars(parser.parse_args())


def _is_section(argument: inspect.Parameter) -> bool:
    return isinstance(argument.annotation, type) and issubclass(argument.annotation, Section)
