"""`bonsai preset`: its words on the command line, each a use of the overlays of params.yaml (`presets`)."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib import presets

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

PARAMS = Path("params.yaml")


def add_preset(commands: "Commands") -> None:
    """`bonsai preset ACTION`, one subcommand for each use."""
    command = commands.add_parser(
        "preset",
        help="overlays of params.yaml",
        description="Overlays of params.yaml, laid over it from left to right: `nue tiny`.",
    )
    actions = command.add_subparsers(required=True, metavar="ACTION")

    def action(
        name: str, run: Callable[[argparse.Namespace], None], words: str
    ) -> "argparse.ArgumentParser":
        found = actions.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        found.set_defaults(command=run)
        if name != "list":
            found.add_argument(
                "names",
                nargs="+",
                metavar="NAME",
                help="a preset, or an overlay of your own: x.yaml",
            )
        return found

    action("list", _list, "what there is")
    show = action("show", _show, "an overlay as it is, or the params.yaml that it would make")
    show.add_argument("--result", action="store_true", help="the whole params.yaml that would be")
    diff = action("diff", _diff, "what would change in params.yaml, or what sets two presets apart")
    diff.add_argument(
        "--against",
        nargs="+",
        default=[],
        metavar="NAME",
        help="compare with the params.yaml that these would make (default: with params.yaml)",
    )
    action("apply", _apply, "edit params.yaml, comments kept")
    action("args", _spell, "one experiment: dvc exp run $(bonsai preset args NAME)")


def _list(_chosen: argparse.Namespace) -> None:
    for preset in presets.known():
        print(f"{preset.name:12} {preset.about}")


def _show(chosen: argparse.Namespace) -> None:
    if chosen.result:
        print(presets.result(PARAMS, chosen.names), end="")
        return
    print("\n".join(preset.text for preset in presets.find(chosen.names)), end="")


def _diff(chosen: argparse.Namespace) -> None:
    changes = presets.changes(PARAMS, chosen.names, chosen.against)
    for change in changes:
        print(change)
    if not changes:
        print("Nothing differs.")


def _apply(chosen: argparse.Namespace) -> None:
    presets.apply(PARAMS, chosen.names)
    print(f"{PARAMS} has {', then '.join(chosen.names)} applied; `dvc repro` builds it.")


def _spell(chosen: argparse.Namespace) -> None:
    print(" ".join(presets.arguments(PARAMS, chosen.names)))
