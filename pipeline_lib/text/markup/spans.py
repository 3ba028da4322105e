"""Stretches of a text, from a character up to another, and the text without them."""

from collections.abc import Iterable, Iterator

Span = tuple[int, int]
"""The first character, and the first after it."""


def without(text: str, spans: Iterable[Span], between: str = "") -> str:
    """`text` less the spans, which come in order, with `between` where they stood."""
    kept, after = [], 0
    for start, stop in spans:
        kept.append(text[after:start])
        after = stop
    return between.join([*kept, text[after:]])


def size(spans: Iterable[Span]) -> int:
    """Characters in all of them."""
    return sum(stop - start for start, stop in spans)


def comments(text: str) -> Iterator[Span]:
    """`<!-- -->` and what lies between; a mark that nothing closes is alone."""
    after = 0
    while (start := text.find("<!--", after)) >= 0:
        stop = text.find("-->", start)
        if stop < 0:
            return
        after = stop + len("-->")
        yield start, after
