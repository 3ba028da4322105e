"""What is text and what is packaging: Gutenberg, Aozora, wiki and HTML markup, stock lines of the web.

A document is changed only on evidence: what its reader knows (`meta["markup"]`: "wiki" or "html"), a
line that only the packaging has, or notation so often that no prose has it by chance. This comes
before `normalise`, which would make plain signs of ｜, ［ and ＃.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline_lib.text.markup import aozora, boilerplate, gutenberg, pages, wiki

READERS: dict[str, Callable[[str], str]] = {"wiki": wiki.strip, "html": pages.strip}
"""By what `meta["markup"]` says."""
DOUBT = "gutenberg: under half the text lies between its markers"


@dataclass(frozen=True)
class Stripped:
    """A text without its packaging, and what was taken off."""

    text: str
    kinds: tuple[str, ...]
    """Of wiki, html, gutenberg, aozora, boilerplate, in the order in which they came off."""
    flagged: str
    """Why a person should look at it; empty: no reason."""


def strip(text: str, meta: Mapping[str, str]) -> Stripped:
    """The text proper; unchanged, to the last space, where nothing says that it is packed."""
    kinds: list[str] = []
    flagged = ""
    kind = meta.get("markup", "")
    if kind in READERS:
        text = READERS[kind](text.replace("\r\n", "\n"))
        kinds.append(kind)
    if gutenberg.is_signed(text):
        text, doubted = gutenberg.strip(text.replace("\r\n", "\n"))
        flagged = DOUBT if doubted else ""
        kinds.append("gutenberg")
    if aozora.is_signed(text):
        text = aozora.strip(text.replace("\r\n", "\n"))
        kinds.append("aozora")
    if (bare := boilerplate.strip(text)) is not text:
        text = bare
        kinds.append("boilerplate")
    return Stripped(text, tuple(kinds), flagged)
