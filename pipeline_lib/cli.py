"""`bonsai`: talk to a model, choose a preset, bring runs into MLflow.

What is heavy (torch, MLflow) is imported by the command that needs it: the others are quick.
"""

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib import inspect_cli, leaving, plan_cli, preset_cli
from pipeline_lib.inspect_cli import number

if TYPE_CHECKING:
    from pipeline_lib.talk import Speaker

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def main(words: Sequence[str] | None = None) -> None:
    """Entry point of the console script."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may know few characters
    with leaving.when_nobody_reads(), leaving.in_one_sentence():
        chosen = _parser().parse_args(words)
        chosen.command(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bonsai", description="What the pipeline's stages do not do: talk, presets, tracking."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_generate(commands)
    _add_chat(commands)
    preset_cli.add_preset(commands)
    inspect_cli.add_inspect(commands)
    plan_cli.add_plan(commands)
    _add_track(commands)
    return parser


def _add_generate(commands: "Commands") -> None:
    command = commands.add_parser(
        "generate",
        help="text from a model",
        description="Text from a model, shown as it comes. A chat model is asked; a base model "
        "goes on with the prompt.",
    )
    command.set_defaults(command=_generate)
    _add_model(command)
    command.add_argument(
        "--prompt",
        default="",
        help="what to ask or to go on from; none: from nothing; -: from standard input",
    )
    command.add_argument(
        "--chat",
        action=argparse.BooleanOptionalAction,
        help="use the chat template or not (default: as the model was trained)",
    )
    command.add_argument(
        "--stream",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="show text as it comes",
    )


def _add_chat(commands: "Commands") -> None:
    command = commands.add_parser(
        "chat",
        help="talk to a model in the terminal",
        description="Talk to a model, turn by turn; Ctrl-D leaves. Where the context is full, the "
        "oldest turns are forgotten.",
    )
    command.set_defaults(command=_chat)
    _add_model(command)
    command.add_argument(
        "--system", default="", help="what the model is told before the first turn"
    )


def _add_model(command: argparse.ArgumentParser) -> None:
    shown = " (default: %(default)s)"
    add = command.add_argument
    add("--model", type=Path, required=True, help="a model folder, such as data/models/chat")
    add("--max-tokens", type=number(int, 1), default=200, help="longest answer" + shown)
    add(
        "--temperature",
        type=number(float, 0),
        default=0.7,
        help="0: always the likeliest token" + shown,
    )
    add("--top-k", type=number(int, 0), default=0, help="draw from the k likeliest; 0: from all")
    add(
        "--top-p",
        type=number(float, 1e-6, 1),
        default=1.0,
        help="draw from the likeliest tokens that together have this probability" + shown,
    )
    add("--seed", type=number(int, 0), default=1, help="same seed, same text" + shown)


def _add_track(commands: "Commands") -> None:
    command = commands.add_parser(
        "track",
        help="bring into MLflow what is not there yet",
        description="Bring stages into MLflow that ran while its server was away or that DVC took "
        "from its cache, of the workspace and of every experiment. Twice is as once.",
    )
    command.set_defaults(command=_track)


def _generate(chosen: argparse.Namespace) -> None:
    from pipeline_lib.talk import Turn

    speaker = _speaker(chosen)
    prompt = sys.stdin.read() if chosen.prompt == "-" else chosen.prompt
    as_chat = speaker.is_chat if chosen.chat is None else chosen.chat
    pieces = speaker.answer([Turn("user", prompt)]) if as_chat else speaker.go_on(prompt)
    _show(pieces if chosen.stream else iter(["".join(pieces)]))


def _chat(chosen: argparse.Namespace) -> None:
    from pipeline_lib.talk import Turn

    speaker = _speaker(chosen)
    turns = [Turn("system", chosen.system)] if chosen.system else []
    print(f"{chosen.model}: ask away; Ctrl-D leaves.")
    for place, question in enumerate(_questions()):
        turns = speaker.fitting([*turns, Turn("user", question)])
        answer = _show(speaker.reseeded(chosen.seed + place).answer(turns))
        turns.append(Turn("assistant", answer))


def _questions() -> Iterator[str]:
    while True:
        try:
            question = input("> ").strip()
        except EOFError:
            print()
            return
        if question:
            yield question


def _show(pieces: Iterator[str]) -> str:
    said = []
    for piece in pieces:
        print(piece, end="", flush=True)
        said.append(piece)
    print()
    return "".join(said)


def _speaker(chosen: argparse.Namespace) -> "Speaker":
    from pipeline_lib import talk
    from pipeline_lib.model.generation import Sampling

    sampling = Sampling(chosen.temperature, chosen.top_k, chosen.top_p)
    return talk.load(chosen.model, sampling, chosen.max_tokens, chosen.seed)


def _track(_chosen: argparse.Namespace) -> None:
    from pipeline_lib.tracking import catchup

    for sentence in catchup.bring():
        print(sentence)


if __name__ == "__main__":
    main()
