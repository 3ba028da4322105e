"""Project Gutenberg books without what the Project put around them: header, licence, credits.

The text lies between a line that opens it and the last one that closes it; a file may hold several
books, one after another. Where under half would remain (apart from the licence, which is long and
known), the markers are not believed: only paragraphs that name the Project go, and that is flagged.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Literal

from pipeline_lib.text.markup.spans import Span, size, without

Kind = Literal["open", "close", "small", "licence"]
Event = tuple[int, int, Kind]
"""First character of a marker line, first character after it, what it says."""

NAMES = ("utenberg", "GUTENBERG", "SMALL PRINT", "FULL LICENSE")
"""One is in every line of theirs: looked for first, since whole lines are ten times slower to match."""
NAME = re.compile("|".join(NAMES))
MARKER = re.compile(
    r"(?:"
    r"(?P<open>\*{1,3} ?START OF (?:TH[EI]S? )?PROJECT GUTENBERG|\*END ?\*? ?(?:THE )?SMALL PRINT)|"
    r"(?P<close>\*{1,3} ?END OF (?:TH[EI]S? )?PROJECT GUTENBERG|"
    r"END OF (?:TH[EI]S? )?PROJECT GUTENBERG)|"
    r"(?P<small>\*{1,3} ?START ?\*{0,2} ?(?:THE )?SMALL PRINT)|"
    r"(?P<licence>\*{0,3} ?START: FULL LICENSE|THE FULL PROJECT GUTENBERG LICENSE)"
    r")",
    re.IGNORECASE,
)
KINDS: dict[str, Kind] = {"open": "open", "close": "close", "small": "small", "licence": "licence"}
NAMED = re.compile("project gutenberg", re.IGNORECASE)
BLANK = re.compile(r"\n(?:[ \t]*\n)+")
"""Its end is where a paragraph begins, with its indent."""
CREDIT = re.compile(
    r"(?:This |The )?(?:e-?text |e-?book |file )?(?:was )?"
    r"(?:produced|prepared|transcribed|scanned|entered|digiti[sz]ed|proofed|proofread) "
    r"(?:by|from|and)\b|"
    r"(?:html version|special thanks are due|\[?note: (?:this|the) (?:e-?text|e-?book|file))\b|"
    r"(?:a |the )?(?:millennium fulcrum edition|internet wiretap)\b|"
    r"(?:preparer|transcriber)['’]?s? note|the text is based on translations|"
    r"updated editions? will replace\b|\[?(?:e-?text|e-?book) (?:prepared|produced|by)\b",
    re.IGNORECASE,
)
END_NOTES = re.compile(
    r"\W{0,3}(?:typographical errors corrected|transcriber['’]?s?['’]? notes?\b)", re.IGNORECASE
)
HEAD = 4_000
"""Characters of a book, or half of a short one, among whose paragraphs credits are looked for."""
TAIL = 20_000
"""Likewise a transcriber's notes at the end: some list every misprint in a line of its own."""
LEAST = 0.5
"""Of the text, without the licence: what must remain for the markers to be believed."""


def is_signed(text: str) -> bool:
    """A line stands in the text with which Project Gutenberg opens, closes or licences a book."""
    return any(name in text for name in NAMES) and next(_events(text), None) is not None


def strip(text: str) -> tuple[str, bool]:
    """The books alone, and whether to doubt it: too little lies between the markers."""
    events = list(_events(text))
    bodies = _bodies(events, len(text))
    packaging = list(_packaging(events, len(text)))
    if size(bodies) < LEAST * (len(text) - size(packaging)):
        return _carefully(text, packaging), True
    books = [_book(text[start:stop]) for start, stop in bodies]
    return "\n\n\n".join(book for book in books if book), False


def _events(text: str) -> Iterator[Event]:
    after = 0
    while named := NAME.search(text, after):
        start = text.rfind("\n", after, named.start()) + 1 or after
        after = text.find("\n", named.end()) + 1 or len(text)
        if found := MARKER.match(text, start):
            yield start, after, KINDS[found.lastgroup or ""]


def _bodies(events: Sequence[Event], end: int) -> list[Span]:
    """From a line that opens to the last that closes before licence, small print or next opening."""
    bodies: list[Span] = []
    start = 0 if events[0][2] == "close" else None
    stop: int | None = None
    sealed = False
    for first, after, kind in events:
        if kind == "open":
            if start is not None and stop is not None:
                bodies.append((start, stop))
            start, stop, sealed = after, None, False
        elif not sealed:
            stop = first if kind == "close" or stop is None else stop
            sealed = kind != "close"
    if start is not None:
        bodies.append((start, end if stop is None else stop))
    return bodies


def _packaging(events: Sequence[Event], end: int) -> Iterator[Span]:
    """Where licence and small print stand, whatever else is uncertain."""
    start: int | None = None
    for first, after, kind in events:
        if kind == "open" and start is not None:
            yield start, after
            start = None
        elif kind in ("small", "licence") and start is None:
            start = first
    if start is not None:
        yield start, end


def _carefully(text: str, packaging: Iterable[Span]) -> str:
    paragraphs = _pieces(without(text, packaging, "\n\n"))
    return "".join(p for p in paragraphs if not NAMED.search(p) and not is_signed(p)).strip("\n")


def _book(body: str) -> str:
    """Without credits before it and a transcriber's notes behind it, its own spacing untouched."""
    head = body.find("\n\n", min(HEAD, len(body) // 2)) + 1 or len(body)
    tail = body.find("\n\n", max(len(body) - TAIL, head)) + 1 or len(body)
    first = (p for p in _pieces(body[:head]) if not CREDIT.match(p.lstrip()))
    last = takewhile(lambda p: not END_NOTES.match(p.lstrip()), _pieces(body[tail:]))
    kept = [*_unmarked(first), body[head:tail], *_unmarked(last)]
    while kept and not kept[-1].strip("* \n"):
        kept.pop()
    text = "".join(kept)
    return without(text, [(start, stop) for start, stop, _ in _events(text)]).strip("\n")


def _unmarked(pieces: Iterable[str]) -> list[str]:
    """Without `End of Project Gutenberg's Emma,` and the author's name in the next line."""
    return [piece for piece in pieces if not MARKER.match(piece.lstrip("\n"))]


def _pieces(text: str) -> list[str]:
    """Paragraphs with the blank lines behind them: joined, they are the text again."""
    starts = [found.end() for found in BLANK.finditer(text)]
    return [text[i:j] for i, j in zip([0, *starts], [*starts, len(text)], strict=True)]
