"""`bonsai plan`: its words on the command line."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_plan(commands: "Commands") -> None:
    """`bonsai plan`."""
    command = commands.add_parser(
        "plan",
        help="what training will need: parameters, memory, tokens, FLOPs, hours, disk",
        description="What the training stages will need with params.yaml as it stands, and whether it is there; "
        "nothing is trained. Hours are guessed from how fast this machine multiplies matrices.",
    )
    command.set_defaults(command=_plan)
    command.add_argument("--data", type=Path, default=Path("data"), help="where the data lies")


def _plan(chosen: argparse.Namespace) -> None:
    from pipeline_lib import planning
    from pipeline_lib.params import read_params

    for line in planning.plan(read_params(), chosen.data):
        print(line)
