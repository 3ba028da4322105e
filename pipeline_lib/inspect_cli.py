"""`bonsai inspect`: its words on the command line, each a look at what the stages left (`inspection`)."""

import argparse
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline_lib.inspection import Shown

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

Look = Callable[[argparse.Namespace], Iterator[str]]


def add_inspect(commands: "Commands") -> None:
    """`bonsai inspect WHAT`, one subcommand for each look."""
    command = commands.add_parser(
        "inspect",
        help="look at the data: what was kept, what was dropped and why",
        description="Look at the data that the stages left.",
    )
    what = command.add_subparsers(required=True, metavar="WHAT")

    def look(name: str, of: Look, words: str) -> argparse.ArgumentParser:
        found = what.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        found.set_defaults(command=lambda chosen: _show(of(chosen)))
        found.add_argument("--data", type=Path, default=Path("data"), help="where the data lies")
        return found

    funnel = look(
        "funnel",
        _funnel,
        "how many texts each rule dropped, by source, and what the corpus left out",
    )
    funnel.add_argument("--figure", type=Path, help="also draw it, as a .png")
    look("mixture", _mixture, "epochs and shares of the sources, as asked and as made")
    kept = look("kept", _kept, "a sample of what was kept")
    kept.add_argument("--seed", type=number(int, 0), default=1, help="another seed, other texts")
    dropped = look("dropped", _dropped, "samples of what was dropped, by rule")
    dropped.add_argument("rule", nargs="?", help="the rule (default: all of them)")
    search = look("search", _search, "where a string stands")
    search.add_argument("text", help="the string, as it is written")
    search.add_argument(
        "--raw", action="store_true", help="in what was downloaded, not in what is clean"
    )
    shards = look(
        "shards", _shards, "token ids as they lie on the disk, and whether they are whole"
    )
    shards.add_argument(
        "--verify", action="store_true", help="read every byte and compare the digests"
    )
    duplicates = look("duplicates", _duplicates, "near duplicates, and what was kept for them")
    contaminated = look("contaminated", _contaminated, "texts that held an evaluation item")
    _add_tokens(look("tokens", _tokens, "a text in the pieces that the tokenizer cuts it into"))
    tokenizer = look("tokenizer", _tokenizer, "how well the tokenizer fits text it did not see")
    tokenizer.add_argument("--figure", type=Path, help="also draw its compression, as a .png")
    for one in (kept, dropped, search):
        one.add_argument("--source", help="one source (default: all)")
    for one in (kept, dropped, search, duplicates, contaminated):
        one.add_argument("-n", "--count", type=number(int, 1), default=3, help="how many of each")
        one.add_argument(
            "--characters", type=number(int, 0), default=1000, help="of each text; 0: all"
        )


def _add_tokens(command: argparse.ArgumentParser) -> None:
    given = command.add_mutually_exclusive_group()
    given.add_argument("text", nargs="?", help="the text; none, or -: from standard input")
    given.add_argument("--file", type=Path, help="a file of text")
    command.add_argument("--tokenizer", type=Path, help="its folder (default: DATA/tokenizer)")
    command.add_argument("--ids", action="store_true", help="a table of ids, pieces and bytes")
    command.add_argument(
        "--color",
        action=argparse.BooleanOptionalAction,
        help="pieces on coloured backgrounds (default: in a terminal, as NO_COLOR and FORCE_COLOR say)",
    )


def number(kind: type, low: int | float, high: int | float = math.inf) -> Callable[[str], Any]:
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


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _texts(found: "Iterable[Shown]", chosen: argparse.Namespace, nothing: str) -> Iterator[str]:
    empty = True
    for one in found:
        empty = False
        yield one.lines(chosen.characters)
    if empty:
        yield nothing


def _funnel(chosen: argparse.Namespace) -> Iterator[str]:
    from pipeline_lib import inspection

    metrics = _metrics(chosen)
    yield from inspection.funnel(metrics)
    if chosen.figure:
        drawn = inspection.draw_funnel(metrics, chosen.figure)
        yield f"drawn: {chosen.figure}" if drawn else "nothing was read: nothing is drawn"


def _mixture(chosen: argparse.Namespace) -> Iterator[str]:
    from pipeline_lib import inspection

    return inspection.mixture(_metrics(chosen))


def _metrics(chosen: argparse.Namespace) -> Path:
    folder: Path = chosen.data.parent / "metrics"
    return folder


def _kept(chosen: argparse.Namespace) -> Iterator[str]:
    from pipeline_lib import inspection

    folder = chosen.data / "clean"
    found = inspection.kept(folder, chosen.source, chosen.count, chosen.seed)
    return _texts(found, chosen, f"{folder}: nothing was kept")


def _dropped(chosen: argparse.Namespace) -> Iterator[str]:
    from pipeline_lib import inspection

    found = inspection.dropped(chosen.data / "dropped", chosen.source, chosen.rule, chosen.count)
    return _texts(found, chosen, "nothing was dropped")


def _search(chosen: argparse.Namespace) -> Iterator[str]:
    from pipeline_lib import inspection

    folder = chosen.data / ("raw" if chosen.raw else "clean")
    found = inspection.search(folder, chosen.text, chosen.source, chosen.count)
    return _texts(found, chosen, f"{folder}: {chosen.text!r} stands nowhere")


def _shards(chosen: argparse.Namespace) -> Iterator[str]:
    from pipeline_lib import inspect_shards

    folder = chosen.data / "shards"
    return inspect_shards.verify(folder) if chosen.verify else inspect_shards.listing(folder)


def _duplicates(chosen: argparse.Namespace) -> Iterator[str]:
    from pipeline_lib import inspection

    folder = _curation(chosen)
    return _texts(
        inspection.duplicates(folder, chosen.count), chosen, f"{folder}: no near duplicates"
    )


def _contaminated(chosen: argparse.Namespace) -> Iterator[str]:
    from pipeline_lib import inspection

    folder = _curation(chosen)
    found = inspection.contaminated(folder, chosen.count)
    return _texts(found, chosen, f"{folder}: no text holds an evaluation item")


def _curation(chosen: argparse.Namespace) -> Path:
    folder: Path = chosen.data / "corpus" / "curation"
    return folder


def _tokens(chosen: argparse.Namespace) -> Iterator[str]:
    from pipeline_lib import inspect_tokens
    from pipeline_lib.tokens.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(chosen.tokenizer or chosen.data / "tokenizer")
    text = inspect_tokens.read(chosen.text, chosen.file)
    if chosen.ids:
        return inspect_tokens.table(tokenizer, text)
    return inspect_tokens.tokens(tokenizer, text, inspect_tokens.wants_color(chosen.color))


def _tokenizer(chosen: argparse.Namespace) -> Iterator[str]:
    from pipeline_lib import inspect_tokens

    plots = chosen.data.parent / "plots" / "tokenizer"
    yield from inspect_tokens.fit(_metrics(chosen), plots)
    if chosen.figure:
        drawn = inspect_tokens.draw(plots, chosen.figure)
        yield f"drawn: {chosen.figure}" if drawn else "nothing was measured: nothing is drawn"
