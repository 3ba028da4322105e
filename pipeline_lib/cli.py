"""`bonsai`: talk to a model, choose a preset, bring runs into MLflow.

What is heavy (torch, MLflow) is imported by the command that needs it: the others are quick.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_lib import leaving, presets

if TYPE_CHECKING:
    from pipeline_lib.inspection import Shown
    from pipeline_lib.talk import Speaker

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

PARAMS = Path("params.yaml")


def main(words: Sequence[str] | None = None) -> None:
    """Entry point of the console script."""
    chosen = _parser().parse_args(words)
    with leaving.in_one_sentence():
        chosen.command(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bonsai", description="What the pipeline's stages do not do: talk, presets, tracking."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_generate(commands)
    _add_chat(commands)
    _add_preset(commands)
    _add_inspect(commands)
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
    add("--max-tokens", type=_number(int, 1), default=200, help="longest answer" + shown)
    add(
        "--temperature",
        type=_number(float, 0),
        default=0.7,
        help="0: always the likeliest token" + shown,
    )
    add("--top-k", type=_number(int, 0), default=0, help="draw from the k likeliest; 0: from all")
    add(
        "--top-p",
        type=_number(float, 1e-6, 1),
        default=1.0,
        help="draw from the likeliest tokens that together have this probability" + shown,
    )
    add("--seed", type=_number(int, 0), default=1, help="same seed, same text" + shown)


def _add_preset(commands: "Commands") -> None:
    command = commands.add_parser(
        "preset",
        help="overlays of params.yaml",
        description="Overlays of params.yaml, laid over it from left to right.",
    )
    actions = command.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="what there is").set_defaults(command=_list_presets)
    apply = actions.add_parser("apply", help="edit params.yaml, comments kept")
    apply.set_defaults(command=_apply_presets)
    spell = actions.add_parser("args", help="one experiment: dvc exp run $(bonsai preset args X)")
    spell.set_defaults(command=_spell_presets)
    for action in (apply, spell):
        action.add_argument("names", nargs="+", metavar="NAME")


def _add_inspect(commands: "Commands") -> None:
    command = commands.add_parser(
        "inspect",
        help="look at the data: what was kept, what was dropped and why",
        description="Look at the data that the stages left: kept and dropped texts, where a string stands.",
    )
    what = command.add_subparsers(required=True, metavar="WHAT")
    funnel = what.add_parser("funnel", help="how many texts each rule dropped, by source")
    funnel.add_argument("--figure", type=Path, help="also draw it, as a .png")
    funnel.set_defaults(command=_inspect_funnel)
    kept = what.add_parser("kept", help="a sample of what was kept")
    kept.set_defaults(command=_inspect_kept)
    kept.add_argument("--seed", type=_number(int, 0), default=1, help="another seed, other texts")
    dropped = what.add_parser("dropped", help="samples of what was dropped, by rule")
    dropped.set_defaults(command=_inspect_dropped)
    dropped.add_argument("rule", nargs="?", help="the rule (default: all of them)")
    search = what.add_parser("search", help="where a string stands")
    search.set_defaults(command=_inspect_search)
    search.add_argument("text", help="the string, as it is written")
    search.add_argument(
        "--raw", action="store_true", help="in what was downloaded, not what is clean"
    )
    for one in (kept, dropped, search):
        one.add_argument("--source", help="one source (default: all)")
        one.add_argument(
            "-n", "--count", type=_number(int, 1), default=3, help="texts shown of each"
        )
        one.add_argument(
            "--characters", type=_number(int, 0), default=1000, help="of each text; 0: all"
        )
    for one in (kept, dropped, search, funnel):
        one.add_argument("--data", type=Path, default=Path("data"), help="where the data lies")


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
    for number, question in enumerate(_questions()):
        turns = speaker.fitting([*turns, Turn("user", question)])
        answer = _show(speaker.reseeded(chosen.seed + number).answer(turns))
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


def _list_presets(_chosen: argparse.Namespace) -> None:
    for preset in presets.known():
        print(f"{preset.name:12} {preset.about}")


def _apply_presets(chosen: argparse.Namespace) -> None:
    presets.apply(PARAMS, chosen.names)
    print(f"{PARAMS} has {', then '.join(chosen.names)} applied; `dvc repro` builds it.")


def _spell_presets(chosen: argparse.Namespace) -> None:
    print(" ".join(presets.arguments(PARAMS, chosen.names)))


def _inspect_funnel(chosen: argparse.Namespace) -> None:
    from pipeline_lib import inspection

    metrics = chosen.data.parent / "metrics"
    for line in inspection.funnel(metrics):
        print(line)
    if chosen.figure:
        inspection.draw_funnel(metrics, chosen.figure)
        print(f"drawn: {chosen.figure}")


def _inspect_kept(chosen: argparse.Namespace) -> None:
    from pipeline_lib import inspection

    _print(inspection.kept(chosen.data / "clean", chosen.source, chosen.count, chosen.seed), chosen)


def _inspect_dropped(chosen: argparse.Namespace) -> None:
    from pipeline_lib import inspection

    found = inspection.dropped(chosen.data / "dropped", chosen.source, chosen.rule, chosen.count)
    _print(found, chosen)


def _inspect_search(chosen: argparse.Namespace) -> None:
    from pipeline_lib import inspection

    folder = chosen.data / ("raw" if chosen.raw else "clean")
    if not _print(inspection.search(folder, chosen.text, chosen.source, chosen.count), chosen):
        print(f"{folder}: {chosen.text!r} stands nowhere")


def _print(found: Iterator["Shown"], chosen: argparse.Namespace) -> int:
    shown = 0
    for shown, one in enumerate(found, start=1):  # noqa: B007 - how many there were is the answer
        print(one.lines(chosen.characters))
    return shown


def _track(_chosen: argparse.Namespace) -> None:
    from pipeline_lib.tracking import catchup

    for sentence in catchup.bring():
        print(sentence)


def _number(kind: type, low: int | float, high: int | float = math.inf) -> Callable[[str], Any]:
    """A type for argparse: `kind` from `low` to `high`."""
    noun = "a whole number" if kind is int else "a number"
    bounds = f"from {low:g} to {high:g}" if high < math.inf else f"of at least {low:g}"

    def read(word: str) -> Any:
        try:
            value = kind(word)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"expected {noun} {bounds}, found {word}")
        return value

    return read


if __name__ == "__main__":
    main()
