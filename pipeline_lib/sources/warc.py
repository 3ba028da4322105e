"""Pages out of a WARC file: what servers answered (HTML or text), and texts extracted from it (WET).

Read by ourselves, since a crawl is what strangers wrote: every header and body is bounded before it
is held, and a body is decompressed no further than a page can be long. What is no page (images,
requests, errors, redirects) is passed over; pages that cannot be read are counted on the screen.
https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/
"""

import zlib
from collections import Counter
from collections.abc import Iterator

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.sources.bounds import MIB, MOST_DOCUMENT, MOST_HEADER, Budget, Stream
from pipeline_lib.sources.encodings import decode
from pipeline_lib.sources.labels import label
from pipeline_lib.sources.pages import MARKUP, page
from pipeline_lib.sources.row import Row

Headers = dict[str, str]

PAGES = ("text/html", "application/xhtml+xml")
TEXTS = ("text/plain",)
INFLATERS = {"gzip": 47, "x-gzip": 47, "deflate": 47, "": 0, "identity": 0}
"""Content codings that are read, and zlib's window bits for them: 47 takes gzip and zlib alike."""
BLOCK = 2**16


class UnreadableError(Exception):
    """Why one page cannot be read; the file goes on."""


def rows(stream: Stream, name: str, budget: Budget) -> Iterator[Row]:
    """A row for each page: text, url and, for HTML, markup; SourceError where the file is damaged."""
    left_out: Counter[str] = Counter()
    records = Records(stream, name)
    for number, (headers, block) in enumerate(records, start=1):
        where = f"{name}: record {number}"
        try:
            values = _page(headers, block, budget, where)
        except UnreadableError as why:
            left_out[str(why)] += 1
            continue
        if values:
            yield Row(where, {**values, "url": headers.get("warc-target-uri", "").strip("<>")})
    for reason, found in left_out.items():
        progress.say(f"{name}: {found} pages {reason} and were left out")


class Records:
    """The records of a WARC file in order: headers, and the block where it is wanted and not too long."""

    def __init__(self, stream: Stream, name: str) -> None:
        self._stream, self._name, self._number = stream, name, 0

    def __iter__(self) -> Iterator[tuple[Headers, bytes | None]]:
        while version := self._version():
            self._number += 1
            if not version.startswith(b"WARC/"):
                raise self._bad("a record that begins WARC/", label(version[:40].decode("latin-1")))
            headers = self._headers()
            length = headers.get("content-length", "")
            if not (length.isdecimal() and length.isascii() and len(length) < 16):
                raise self._bad("a Content-Length", label(length) or "none")
            yield headers, self._block(headers, int(length))

    def _version(self) -> bytes:
        """The next line that is not blank; empty at the end."""
        while line := self._stream.readline(MOST_HEADER):
            if line.strip():
                return line
        return b""

    def _headers(self) -> Headers:
        lines: list[bytes] = []
        left = MOST_HEADER
        while (line := self._stream.readline(MOST_HEADER)).strip():
            lines.append(line)
            left -= len(line)
            if left < 0:
                raise self._bad(f"headers of at most {MOST_HEADER} bytes", "more")
        if not line:
            raise self._bad("a whole record", "the end of the file")
        return _parsed(lines)

    def _block(self, headers: Headers, length: int) -> bytes | None:
        wanted = headers.get("warc-type") in ("response", "conversion")
        held = self._stream.read(length) if wanted and length <= MOST_DOCUMENT else b""
        left = length - len(held)
        while left and (passed := self._stream.read(min(left, BLOCK))):
            left -= len(passed)
        if left:
            raise self._bad(f"{length} bytes", f"the end of the file after {length - left}")
        return held if len(held) == length else None

    def _bad(self, expected: str, found: str) -> SourceError:
        return SourceError(
            f"{self._name}: record {self._number}: expected {expected}, found {found}; "
            "fetch it again"
        )


def _parsed(lines: list[bytes]) -> Headers:
    """Header lines by lower-case name; the first counts where one stands twice."""
    found: Headers = {}
    for line in lines:
        name, _, value = line.decode("utf-8", "replace").partition(":")
        found.setdefault(name.strip().lower(), value.strip())
    return found


def _page(headers: Headers, block: bytes | None, budget: Budget, where: str) -> dict[str, str]:
    """The page in a record; empty where there is none, UnreadableError where it is of no use."""
    kind = headers.get("warc-type")
    if kind not in ("response", "conversion"):
        return {}
    if block is None:
        raise UnreadableError(f"are longer than {MOST_DOCUMENT // MIB} MiB")
    if kind == "conversion":
        return {"text": decode(block)} if _media(headers) in TEXTS else {}
    if not headers.get("content-type", "").lower().startswith("application/http"):
        return {}
    status, answer, body = _answer(block)
    media = _media(answer)
    if not status.startswith("2") or media not in PAGES + TEXTS:
        return {}
    body = _inflated(_joined(body, answer), answer.get("content-encoding", ""))
    budget.spend(len(body), where)
    if media in TEXTS:
        return {"text": decode(body)}
    return {"text": page(body, answer.get("content-type", "")), "markup": MARKUP}


def _media(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _answer(block: bytes) -> tuple[str, Headers, bytes]:
    """Status, headers and body of an HTTP answer. https://www.rfc-editor.org/rfc/rfc9112#section-2"""
    head, _, body = block.partition(b"\r\n\r\n")
    if len(head) > MOST_HEADER:
        raise UnreadableError("have headers without end")
    first, *lines = head.split(b"\r\n")
    status = first.decode("latin-1").split(" ")
    return status[1] if len(status) > 1 else "", _parsed(lines), body


def _joined(body: bytes, headers: Headers) -> bytes:
    """A body sent in chunks, in one piece; as it is where it turns out not to be in chunks."""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return body
    parts: list[bytes] = []
    at = 0
    while (end := body.find(b"\r\n", at, at + 64)) >= 0:
        size = _size(body[at:end])
        if size is None:
            break
        parts.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
        if not size:
            break
    return b"".join(parts) if parts else body  # crawlers undo chunks and leave the header


def _size(line: bytes) -> int | None:
    digits = line.partition(b";")[0].strip()
    try:
        return int(digits, 16) if digits.isalnum() else None
    except ValueError:
        return None


def _inflated(body: bytes, coding: str) -> bytes:
    bits = INFLATERS.get(coding.strip().lower())
    if bits is None:
        raise UnreadableError(f"are packed as {label(coding[:20])}")
    if not bits or body.lstrip()[:1] == b"<":  # crawlers unpack and leave the header
        return body
    inflater = zlib.decompressobj(bits)
    try:
        content = inflater.decompress(body, MOST_DOCUMENT)
    except zlib.error:
        raise UnreadableError("are damaged inside their packing") from None
    if inflater.unconsumed_tail:
        raise UnreadableError(f"are longer than {MOST_DOCUMENT // MIB} MiB")
    return content
