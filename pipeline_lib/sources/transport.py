"""One GET over http or https, by range where asked: what came back, or why nothing did.

The standard library's client, since nothing it cannot do is needed: files come as they lie on the
server, one after the other, and each connection serves megabytes. A failure is a StumbleError where
asking again may mend it, else a SourceError; a body that ends too early is a StumbleError as well.
"""

import http.client
import re
import ssl
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit, urlunsplit

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.tables import one_line
from pipeline_lib.sources.retrying import StumbleError

TIMEOUT = 10.0
"""Seconds without a byte after which a connection counts as dead."""
REDIRECTS = 5
BLOCK = 1 << 18
WHOLE, PARTIAL, UNCHANGED, BEYOND = 200, 206, 304, 416
MOVED = (301, 302, 303, 307, 308)
LATER = (408, 425, 429)
"""Statuses below 500 that ask for patience."""


class RefusalError(SourceError):
    """The server has answered, and would answer the same again. `code`: what the hub calls it."""

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Answer:
    status: int
    """WHOLE, PARTIAL, UNCHANGED or BEYOND."""
    start: int
    """Where in the file the body begins."""
    total: int | None
    """Bytes of the whole file, where the server says."""
    tag: str
    """What If-Range takes: a strong ETag, else the date of the last change, else nothing."""
    body: Iterator[bytes]


@contextmanager
def get(url: str, headers: Mapping[str, str]) -> Iterator[Answer]:
    """Ask for `url`; StumbleError or RefusalError where it is not served."""
    asked = {"User-Agent": "bonsai-lm", "Accept-Encoding": "identity", **headers}
    try:
        request = urllib.request.Request(_ascii(url), headers=asked)
        response = _client().open(request, timeout=TIMEOUT)
    except HTTPError as error:  # only redirections that urllib does not follow
        error.close()
        raise RefusalError(f"expected a file, found {one_line(error)}; check the address") from None
    except (OSError, http.client.HTTPException) as error:
        raise _unreached(error) from None
    with response:
        yield _answer(response)


def _ascii(url: str) -> str:
    """The address as it is sent: what HTTP does not spell is escaped, what is escaped stays (RFC 3987, 3.1)."""
    parts = urlsplit(url)
    path, query = (quote(part, safe="/%:@!$&'()*+,;=~?") for part in (parts.path, parts.query))
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return urlunsplit((parts.scheme, host, path, query, ""))


class Statuses(urllib.request.HTTPErrorProcessor):
    """Answers of every status come back as answers; only redirections are followed."""

    def http_response(self, request: Any, response: Any) -> Any:
        if response.status in MOVED:
            return super().http_response(request, response)
        return response

    https_response = http_response


class Redirections(urllib.request.HTTPRedirectHandler):
    """Followed to http(s) alone, never from https to http, and with no token to another server."""

    max_redirections = REDIRECTS

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        came, goes = urlsplit(req.full_url), urlsplit(newurl)
        if goes.scheme not in ("http", "https") or (came.scheme, goes.scheme) == ("https", "http"):
            fp.close()
            raise RefusalError(
                f"expected to be sent on over {came.scheme}, found a redirection to {goes.scheme}; "
                "ask whoever runs the server, or give the right address"
            )
        moved = super().redirect_request(req, fp, code, msg, headers, newurl)
        if moved and (came.scheme, came.netloc) != (goes.scheme, goes.netloc):
            moved.remove_header("Authorization")
        return moved


def _client() -> urllib.request.OpenerDirector:
    """urllib's client without its handlers of file:, ftp: and data: addresses."""
    client = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        Redirections(),
        Statuses(),
    ):
        client.add_handler(handler)
    return client


def _unreached(error: Exception) -> Exception:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return RefusalError(
            f"expected a server that proves who it is, found {reason.verify_message}; check the address "
            "and this machine's clock and certificates"
        )
    if isinstance(reason, TimeoutError):
        return StumbleError(f"nothing within {TIMEOUT:g} s")
    return StumbleError(one_line(reason) if isinstance(reason, Exception) else str(reason))


def _answer(response: http.client.HTTPResponse) -> Answer:
    status, headers = response.status, response.headers
    _check(status, response.reason, headers)
    if status in (UNCHANGED, BEYOND):
        return Answer(status, 0, None, "", iter(()))
    length = headers.get("Content-Length", "")
    due = int(length) if length.isdecimal() else None
    start, total = (0, due) if status == WHOLE else _range(headers.get("Content-Range", ""))
    return Answer(status, start, total, _tag(headers), _body(response, due))


def _check(status: int, reason: str, headers: Message) -> None:
    if status >= 500 or status in LATER:
        raise StumbleError(
            f"{status} {reason}", answered=True, wait=wait_of(headers.get("Retry-After", ""))
        )
    if status not in (WHOLE, PARTIAL, UNCHANGED, BEYOND):
        closed = status in (401, 403)
        raise RefusalError(
            f"expected a file, found {status} {reason}; "
            + ("it is not open to everybody" if closed else "check the address"),
            headers.get("X-Error-Code", ""),
        )
    packed = headers.get("Content-Encoding", "identity")
    if packed not in ("identity", "gzip", "x-gzip") or (
        packed != "identity" and not _is_gzip(headers)
    ):
        raise RefusalError(
            f"expected the file as it is, found it packed as {packed}; give another address"
        )


def _is_gzip(headers: Message) -> bool:
    """Whether the file itself is a .gz, which many servers describe as an encoding."""
    return "gzip" in headers.get_content_type()


def _range(said: str) -> tuple[int, int | None]:
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", said.strip())
    if not found:
        raise RefusalError(
            f"expected a range of bytes, found Content-Range: {said or 'nothing'}; give another address"
        )
    return int(found[1]), None if found[2] == "*" else int(found[2])


def _tag(headers: Message) -> str:
    """RFC 9110, 13.1.5: a weak ETag says nothing about bytes."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified", "")


def wait_of(said: str) -> float | None:
    """Seconds that Retry-After asks for (RFC 9110, 10.2.3: seconds or a date)."""
    if said.isdecimal():
        return float(said)
    try:
        return max(parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _body(response: http.client.HTTPResponse, due: int | None) -> Iterator[bytes]:
    """The body's blocks as they come; StumbleError where it ends before `due` bytes."""
    had = 0
    while due is None or had < due:
        try:
            block = response.read1(BLOCK)
        except TimeoutError:
            raise StumbleError(f"nothing more for {TIMEOUT:g} s", answered=True) from None
        except (OSError, http.client.HTTPException) as error:
            raise StumbleError(f"the connection cut ({one_line(error)})", answered=True) from None
        if not block:
            break
        had += len(block)
        yield block
    if due is not None and had < due:
        raise StumbleError(f"the connection cut after {had:,} of {due:,} bytes", answered=True)
