"""What `bonsai inspect` shows of the tokenizer: a text in its pieces, and how well all of them fit.

Spaces and ends of lines are made visible. Colours are backgrounds with black on them, so that they
are read on dark and on light terminals.
"""

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline_lib.errors import FormatError, ParamsError
from pipeline_lib.formats import files
from pipeline_lib.inspection import CONTROL
from pipeline_lib.tokens import diagnostics
from pipeline_lib.tokens.tokenizer import Tokenizer

STANDARD_INPUT = "-"
SHADES = (153, 223, 151, 217, 189)
"""Backgrounds in turn, of the 256 colours: blue, sand, green, pink, violet."""
SPACE, NEWLINE = "·", "⏎"
LISTED = 12
"""Pieces of a kind on one line."""
MEASURES = ("bytes_per_token", "tokens_per_character", "tokens_per_word", "byte_fallback")

_SIGNS = str.maketrans({"▁": SPACE, " ": SPACE, "\n": NEWLINE, "\t": "⇥"})
_BYTE_NEWLINE = "<0x0A>"


def tokens(tokenizer: Tokenizer, text: str, color: bool) -> Iterator[str]:
    """The text in its pieces, on backgrounds that change or parted by bars, then their number."""
    ids = tokenizer.encode(text)
    pieces = tokenizer.pieces(ids)
    if ids:
        parted = _painted(pieces) if color else _barred(pieces)
        yield from "".join(parted).removesuffix("\n").split("\n")
    yield from _summary(tokenizer, ids, text)


def table(tokenizer: Tokenizer, text: str) -> Iterator[str]:
    """A line for each token: id, piece, the bytes it stands for."""
    ids = tokenizer.encode(text)
    pieces = tokenizer.pieces(ids)
    signs = [*map(_sign, pieces)]
    width = max([len("piece"), *map(columns, signs)])
    yield f"{'id':>8}  {'piece':{width}}  bytes"
    for token, piece, sign in zip(ids, pieces, signs, strict=True):
        spelled = piece[3:5] if tokenizer.is_byte(token) else _hexadecimal(piece)
        yield f"{token:>8}  {sign}{' ' * (width - columns(sign))}  {spelled}"
    yield from _summary(tokenizer, ids, text)


def wants_color(asked: bool | None) -> bool:
    """What was asked; else NO_COLOR, then FORCE_COLOR (https://no-color.org, https://force-color.org), then a terminal."""
    if asked is not None:
        return asked
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def read(text: str | None, file: Path | None) -> str:
    """The text that was named, a file's, or standard input's; FormatError where it is not there or not UTF-8."""
    where = str(file) if file else "standard input"
    if file is None and text not in (None, STANDARD_INPUT):
        where, content = "text", str(text).encode(errors="surrogateescape")
    else:
        content = _bytes(file) if file else sys.stdin.buffer.read()
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        found = f"the byte 0x{content[error.start]:02X} at {error.start:,}"
        raise FormatError(f"{where}: expected UTF-8, found {found}; convert it first") from None


def fit(metrics: Path, plots: Path) -> Iterator[str]:
    """The measures in all, by language and by source, and the pieces that stand out; FormatError where the tokenizer has
    not run."""
    found: Mapping[str, Any] = files.read_json(metrics / "tokenizer.json", made_by="tokenizer")
    pieces = diagnostics.pieces(plots)
    yield f"{'held-out text':28} {'bytes/token':>12} {'tokens/char':>12} {'tokens/word':>12} {'single bytes':>13}"
    start = f"{MEASURES[0]}."
    for kind in ("", *(n.removeprefix(start) for n in found if n.startswith(start))):
        yield _row(found, kind)
    yield f"{found.get('vocab_size', 0):,} pieces in the vocabulary"
    yield _listing(f"{len(pieces['unused']):,} unused", pieces["unused"])
    yield _listing("longest used", pieces["longest"])
    yield _listing("most used", pieces["most_used"])


def draw(plots: Path, path: Path) -> bool:
    """The compression curve; whether there was anything to draw. ParamsError where `path` does not end in .png."""
    from pipeline_lib.report import drawing, vocabulary

    if path.suffix != ".png":
        raise ParamsError(f"{path}: expected a name that ends in .png, found another")
    figure = vocabulary.compression(diagnostics.points(plots))
    if figure is None:
        return False
    drawing.save(figure, path)
    return True


def columns(text: str) -> int:
    """Of a terminal: two for a wide character, none for one that combines."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def _sign(piece: str) -> str:
    """A piece as a person sees it; what would steer a terminal is a mark."""
    if piece == _BYTE_NEWLINE:
        return NEWLINE
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", piece.translate(_SIGNS))


def _painted(pieces: Iterable[str]) -> Iterator[str]:
    for place, piece in enumerate(pieces):
        shade = SHADES[place % len(SHADES)]
        yield f"\x1b[30;48;5;{shade}m{_sign(piece)}\x1b[0m{_end(piece)}"


def _barred(pieces: Sequence[str]) -> Iterator[str]:
    for place, piece in enumerate(pieces, 1):
        yield _sign(piece) + (_end(piece) or ("|" if place < len(pieces) else ""))


def _end(piece: str) -> str:
    """The line ends where the text's does."""
    return "\n" if piece == _BYTE_NEWLINE or "\n" in piece else ""


def _summary(tokenizer: Tokenizer, ids: list[int], text: str) -> Iterator[str]:
    size = len(text.encode())
    said = f"{len(ids):,} tokens, {size:,} bytes, {len(text):,} characters"
    if ids:
        said += f": {size / len(ids):.2f} bytes per token, {len(ids) / len(text):.2f} tokens per character"
    yield said
    if (back := tokenizer.decode(ids)) != text:
        place = next((i for i, (a, b) in enumerate(zip(text, back, strict=False)) if a != b), None)
        at = min(len(text), len(back)) if place is None else place
        yield f"the text does not come back: {text[at : at + 9]!r} at {at:,} is {back[at : at + 9]!r}"


def _hexadecimal(piece: str) -> str:
    return piece.replace("▁", " ").encode().hex(" ").upper()


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise FormatError(f"{file}: expected a file of text, found none; name another") from None


def _row(found: Mapping[str, Any], name: str) -> str:
    values = [found.get(f"{measure}.{name}" if name else measure) for measure in MEASURES]
    shown = [
        f"{'' if v is None else format(v, form):>{width}}"
        for v, form, width in zip(
            values, (".3f", ".3f", ".3f", ".3%"), (12, 12, 12, 13), strict=True
        )
    ]
    return f"{name.replace('.', ' ', 1) or 'all':28} {' '.join(shown)}"


def _listing(title: str, pieces: Mapping[str, int]) -> str:
    first = list(pieces.items())[:LISTED]
    words = [f"{_sign(p)} ×{uses:,}" if uses else _sign(p) for p, uses in first]
    more = [] if len(pieces) <= LISTED else ["..."]
    return f"{title}{': ' if words else ''}{'  '.join(words + more)}"
