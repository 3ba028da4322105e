"""The real text that bench-clean judges: prose, web pages, raw markup and garbage, a document each.

None of it is part of this repository: the folder is an argument, and a set whose file is not in it
is left out. Books are cut into documents of 1,000 to 6,000 characters, as long as web pages are,
where a paragraph ends; `unwrapped` makes one line of each paragraph, as an extractor of web pages
would.
"""

import bz2
import json
import lzma
import re
from collections.abc import Callable, Iterator
from pathlib import Path

LENGTHS = (1000, 2500, 6000, 1500, 4000)
"""Characters of the documents cut from a book, in turn."""
BOOK = re.compile(r"\*\*\* ?START OF TH.*?\n(.*)\*\*\* ?END OF TH", re.DOTALL)
PAGE = re.compile(r"<text[^>]*>(.*?)</text>", re.DOTALL)
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}
JUNK = 3000


def gutenberg(folder: Path) -> Iterator[str]:
    """Books, unwrapped."""
    for book in _books(folder):
        yield from _cut([" ".join(paragraph.split()) for paragraph in book], "\n")


def gutenberg_wrapped(folder: Path) -> Iterator[str]:
    """The same books as their files have them: lines of 70 characters, blank lines between."""
    for book in _books(folder):
        yield from _cut(book, "\n\n")


def kyoto_en(folder: Path) -> Iterator[str]:
    """Wikipedia's articles on Kyoto, as translated into English."""
    return _kyoto(folder, "text_en")


def kyoto_ja(folder: Path) -> Iterator[str]:
    """The same articles in Japanese."""
    return _kyoto(folder, "text_ja")


def c4(folder: Path) -> Iterator[str]:
    """Pages that C4's own rules have kept."""
    for page in json.loads((folder / "web/c4_ref_520.json").read_text(encoding="utf-8")):
        yield f"{page['input']} {page['output']}"


def wiki_markup(folder: Path) -> Iterator[str]:
    """Wikipedia's articles in raw markup: templates, tables, lists of links."""
    with bz2.open(folder / "web/enwiki_shortened.xml.bz2", "rt", encoding="utf-8") as file:
        for page in PAGE.findall(file.read()):
            for entity, sign in ENTITIES.items():
                page = page.replace(entity, sign)
            yield from _cut(page.split("\n\n"), "\n\n")


def plays(folder: Path) -> Iterator[str]:
    """Shakespeare: short lines, speakers' names."""
    text = (folder / "tinyshakespeare.txt").read_text(encoding="utf-8")
    yield from _cut(text.split("\n\n"), "\n\n")


def garbage(folder: Path) -> Iterator[str]:
    """A picture and what else is no text, read as text."""
    path = folder / "web/ungoliant_garbage.txt"
    text = path.read_text(encoding="utf-8", errors="replace")
    yield from (text[start : start + JUNK] for start in range(0, len(text), JUNK))


Texts = Callable[[Path], Iterator[str]]
ENGLISH: dict[Texts, float] = {
    gutenberg: 0.25,
    kyoto_en: 0.25,
    c4: 0.25,
    wiki_markup: 0.12,
    plays: 0.1,
    garbage: 0.03,
}
"""Sets that are compared -> share of the characters."""
ALL: tuple[Texts, ...] = (*ENGLISH, gutenberg_wrapped, kyoto_ja)


def language(texts: Texts) -> str:
    return "ja" if texts is kyoto_ja else "en"


def sample(folder: Path, characters: int) -> Iterator[tuple[str, str]]:
    """Name of the set and text, evenly drawn from each set."""
    for texts, share in ENGLISH.items():
        found = read(texts, folder)
        if not found:
            print(f"{texts.__name__}: not in {folder}, left out")
        most = int(share * characters * len(found) / max(sum(map(len, found)), 1))
        for text in evenly(found, most):
            yield texts.__name__, text


def evenly(texts: list[str], most: int) -> list[str]:
    """At most so many of the texts, from beginning to end."""
    taken = min(most, len(texts))
    return [texts[number * len(texts) // taken] for number in range(taken)]


def read(texts: Texts, folder: Path) -> list[str]:
    """All documents of a set; none where its file is not in the folder."""
    try:
        return [text for text in texts(folder) if text.strip()]
    except FileNotFoundError:
        return []


def _books(folder: Path) -> Iterator[list[str]]:
    """The paragraphs of each book, without the licence around it."""
    for path in sorted((folder / "gutenberg").glob("*.txt")):
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        text = text.replace("\r\n", "\n")
        if found := BOOK.search(text):
            yield re.split(r"\n{2,}", found[1].strip())


def _kyoto(folder: Path, field: str) -> Iterator[str]:
    with lzma.open(folder / "kyotowiki_4704.jsonl.xz", "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)[field]


def _cut(paragraphs: list[str], border: str) -> Iterator[str]:
    """Documents of whole paragraphs, of LENGTHS characters in turn."""
    held: list[str] = []
    turn = 0
    for paragraph in paragraphs:
        held.append(paragraph)
        if sum(map(len, held)) >= LENGTHS[turn % len(LENGTHS)]:
            yield border.join(held)
            held, turn = [], turn + 1
    if held:
        yield border.join(held)
