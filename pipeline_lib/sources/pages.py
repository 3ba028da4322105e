"""Web pages as they were sent: HTML is decoded here and stripped in `clean`.

Which encoding: a mark, else UTF-8 where the bytes are that, else what the server's header or the
page's own <meta> says, else a guess. UTF-8 goes before what is said, since pages are converted more
often than their <meta> is mended. https://html.spec.whatwg.org/#determining-the-character-encoding
"""

import re
from collections.abc import Iterator

from pipeline_lib.sources.bounds import MOST_DOCUMENT, Stream, whole
from pipeline_lib.sources.encodings import decode
from pipeline_lib.sources.row import Row

MARKUP = "html"
META_WITHIN = 4096
"""Bytes in which a charset is looked for; browsers look in 1,024, pages have it later too."""
META_CHARSET = re.compile(
    rb"<meta\b[^<>]{0,300}?\bcharset\s{0,9}=[\s\"']{0,9}([\w:.-]{1,40})", re.I
)
HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w:.-]{1,40})", re.I)


def rows(stream: Stream, name: str) -> Iterator[Row]:
    """The file as one row; SourceError where it is larger than a page can be."""
    text = page(whole(stream, name, MOST_DOCUMENT))
    yield Row(name, {"text": text, "file": name, "markup": MARKUP})


def page(content: bytes, content_type: str = "") -> str:
    """A page's HTML as text; `content_type`: the header that it was sent with."""
    said = HEADER_CHARSET.search(content_type[:1000])
    if said:
        return decode(content, said[1])
    meta = META_CHARSET.search(content[:META_WITHIN])
    return decode(content, meta[1].decode("ascii", "replace") if meta else "")
