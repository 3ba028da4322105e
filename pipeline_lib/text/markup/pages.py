"""The main text of an HTML page: trafilatura's, else the page without its tags.

trafilatura knows an article from what stands around it, but gives nothing, or all there is, for a page
that is short or oddly built. Then plain stripping says what a reader would see, less navigation,
forms and the like; so does it for pages of very many tags, which trafilatura takes minutes over.
"""

import html
import re
from collections.abc import Iterator

from pipeline_lib.text.markup.spans import comments, without

LONGEST = 2_000_000
"""Characters of a page that trafilatura is shown."""
MOST_TAGS = 20_000
"""Likewise signs that open a tag: its time grows with their square, to a second or two by here."""
DECLARATION = re.compile("<[!?][^<>]*>")
MARKS = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)(?=[\s/>])[^<>]*>")
HIDDEN = re.compile(
    "script|style|head|noscript|template|nav|header|footer|aside|form|button|select|svg|iframe|object|menu|"
    "textarea|canvas|audio|video|rt|rp",
    re.IGNORECASE,
)
"""What is not read, with all that is in it."""
BLOCKS = re.compile(
    "p|div|br|hr|h[1-6]|li|ul|ol|dl|dt|dd|tr|table|section|article|main|blockquote|pre|figure|figcaption|"
    "body|html|title|address",
    re.IGNORECASE,
)
SPACES = re.compile(r"[ \t\xa0]{2,}")
BLANK = re.compile(r"\n\s*\n")


def strip(page: str) -> str:
    """What the page has to say, a line for each paragraph."""
    plain = _plain(page)
    simple = len(page) <= LONGEST and page.count("<") <= MOST_TAGS
    article = _article(page) if simple else ""
    return article if 0 < len(article) <= len(plain) else plain


def _article(page: str) -> str:
    import trafilatura  # a quarter of a second that only pages are worth

    found = trafilatura.extract(
        page, include_comments=False, include_tables=True, deduplicate=False, fast=False
    )
    return str(found or "").strip()


def _plain(page: str) -> str:
    """A space or a line break for each tag; hidden elements go where they are closed."""
    page = DECLARATION.sub("", without(page, comments(page)))
    text = "".join(_visible(page.replace("\n", " ")))
    lines = [SPACES.sub(" ", line).strip() for line in html.unescape(text).split("\n")]
    return BLANK.sub("\n\n", "\n".join(lines)).strip()


def _visible(page: str) -> Iterator[str]:
    last = {mark[2].lower(): mark.start() for mark in MARKS.finditer(page) if mark[1]}
    after, hidden = 0, ""
    for mark in MARKS.finditer(page):
        name = mark[2].lower()
        if hidden:
            if mark[1] and name == hidden:
                hidden, after = "", mark.end()
            continue
        yield page[after : mark.start()]
        after = mark.end()
        if HIDDEN.fullmatch(name) and _opens(mark) and mark.start() < last.get(name, -1):
            hidden = name
        elif BLOCKS.fullmatch(name):
            yield "\n"
    yield page[after:]


def _opens(mark: re.Match[str]) -> bool:
    return not mark[1] and not mark[0].endswith("/>")
