"""Long texts cut into sections, so that a handful of books can be split at all.

A source of few documents cannot be divided by the hash of a document: one book is all in training
or all in validation. Its long documents are therefore cut where a paragraph ends, and each section
is a document of its own. Sections of one book may then fall on both sides: validation tells how
well the model continues these books, not how well it reads new ones.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline_lib.formats.documents import Document, document_id

FEW = 50
"""Documents below which a source is cut."""
SHORTEST = 4_000
"""Characters of a section, but for the last."""
LONGEST = 10_000
"""Characters that are left whole."""
BORDERS = ("\n\n", "\n", "。", ". ", " ")
"""Where to cut, best first."""


def sections(document: Document) -> Iterator[Document]:
    """The document itself where it is short, else its sections, numbered in `meta`."""
    if len(document.text) <= LONGEST:
        yield document
        return
    for number, text in enumerate(cut(document.text), start=1):
        meta = {**document.meta, "section": str(number)}
        yield replace(document, id=document_id(text), text=text, meta=meta)


def cut(text: str) -> Iterator[str]:
    """Pieces of at most LONGEST characters; but for newlines between them nothing is lost."""
    start = 0
    while len(text) - start > LONGEST:
        end = _border(text, start)
        yield text[start:end].strip("\n")
        start = end
    if rest := text[start:].strip("\n"):
        yield rest


def _border(text: str, start: int) -> int:
    for border in BORDERS:
        found = text.find(border, start + SHORTEST, start + LONGEST)
        if found >= 0:
            return found + len(border)
    return start + LONGEST
