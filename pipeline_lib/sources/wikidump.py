"""Articles out of a MediaWiki dump: pages of namespace 0 that are no redirects, as wiki markup.

The parser keeps no tree: it is told what to look at and forgets the rest, so that a dump of any
size takes the memory of its longest page. Dumps have no document type, and entities can be defined
nowhere else: a file that has one is refused before anything in it can unfold or be fetched.
https://www.mediawiki.org/wiki/Help:Export#Export_format
"""

from collections.abc import Iterator

from lxml import etree

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.tables import one_line
from pipeline_lib.sources.bounds import MIB, MOST_DOCUMENT, Stream
from pipeline_lib.sources.labels import label
from pipeline_lib.sources.row import Row

MARKUP = "wiki"
BLOCK = 2**16
DEEPEST = 50
"""Elements inside elements; a dump has six."""
KEPT = {"title", "ns", "text", "model", "base"}
"""Elements whose text is wanted. Where a page has many revisions the last one counts."""


def rows(stream: Stream, name: str) -> Iterator[Row]:
    """A row for each article: text, title, url and markup; SourceError where it is no sound dump."""
    articles = Articles(name)
    parser = etree.XMLParser(
        target=articles, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        while block := stream.read(BLOCK):
            parser.feed(block)
            yield from articles.taken()
        parser.close()
    except etree.XMLSyntaxError as error:
        raise SourceError(
            f"{name}: expected a whole MediaWiki dump, found {label(one_line(error))}; "
            "fetch it again"
        ) from None
    yield from articles.taken()


class Articles:
    """Told of each tag and text by the parser; holds the articles finished since last asked."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._depth = 0
        self._pages = 0
        self._said: list[str] | None = None
        self._held = 0
        self._page: dict[str, str] = {}
        self._address = ""
        self._finished: list[Row] = []

    def taken(self) -> list[Row]:
        """The articles finished since the last time."""
        taken, self._finished = self._finished, []
        return taken

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise SourceError(
            f"{self._name}: expected a MediaWiki dump, found a document type, which can define "
            "entities without end; leave it out"
        )

    def start(self, tag: str, attributes: object, namespaces: object = None) -> None:
        local = _local(tag)
        if not self._depth and local != "mediawiki":
            raise SourceError(
                f"{self._name}: expected a MediaWiki dump, found XML of <{label(local)}>; "
                "convert it to .txt or .jsonl"
            )
        self._depth += 1
        if self._depth > DEEPEST:
            raise SourceError(
                f"{self._name}: expected a MediaWiki dump, found elements {DEEPEST} deep; "
                "leave it out"
            )
        self._said = [] if local in KEPT else None
        self._held = 0
        if local == "page":
            self._page = {}
            self._pages += 1
        if local == "redirect":
            self._page["redirect"] = local

    def data(self, text: str) -> None:
        if self._said is None:
            return
        self._held += len(text)
        if self._held > MOST_DOCUMENT:
            raise SourceError(
                f"{self._name}: page {self._pages}: expected at most {MOST_DOCUMENT // MIB} Mi "
                "characters, found more; no article is that long: leave it out"
            )
        self._said.append(text)

    def end(self, tag: str) -> None:
        self._depth -= 1
        local = _local(tag)
        if self._said is not None:
            self._page[local] = "".join(self._said)
            self._said = None
        if local == "base":
            self._address = self._page["base"].rpartition("/")[0]
        if local == "page":
            self._finish(self._page)

    def close(self) -> None:
        """What the parser calls at the end."""

    def _finish(self, page: dict[str, str]) -> None:
        is_article = page.get("ns", "0").strip() == "0" and "redirect" not in page
        if not is_article or page.get("model", "wikitext") != "wikitext":
            return
        title = page.get("title", "")
        found = {"text": page.get("text", ""), "title": title, "markup": MARKUP}
        if self._address:
            found["url"] = f"{self._address}/{title.replace(' ', '_')}"
        self._finished.append(Row(f"{self._name}: page {self._pages}", found))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
