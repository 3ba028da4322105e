"""Rows out of JSON: a line each, an element of a list each, or one object that holds a list.

Python's parser is asked to be strict where the standard leaves a choice: a key that stands twice is
an error, since readers differ in which one they take. NaN and Infinity, which are no JSON but which
tables write for what is missing, are nothing. A list is read element by element and lines one by
one, so memory is flat in the size of the file; only an object over many lines is parsed at once.
"""

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.tables import one_line
from pipeline_lib.sources.bounds import MIB, MOST_JSON, MOST_LINE, lines, whole
from pipeline_lib.sources.encodings import Lines, decode, guess
from pipeline_lib.sources.labels import label
from pipeline_lib.sources.row import Row, row_of

BLOCK = MIB
SPACE = re.compile(r"[ \t\r\n]*")
HOLDERS = ("data",)
"""Keys of an object under which a list of rows is looked for."""
TASK = "Instances"
"""Super-NaturalInstructions: the whole object is a row, since its instances share a definition."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {label(twice)} twice in one object")
    return found


def _nothing(_: str) -> None:
    return None


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_nothing)


def line_rows(stream: io.BufferedReader, name: str) -> Iterator[Row]:
    """A row for each line that is not blank."""
    return _line_rows(lines(stream, name), Lines(stream.peek()), name)


def _line_rows(numbered: Iterator[tuple[int, bytes]], text: Lines, name: str) -> Iterator[Row]:
    for number, line in numbered:
        if line.strip():
            where = f"{name}:{number}"
            yield row_of(_parsed(text.decode(line), where, "line"), where)


def _parsed(text: str, where: str, what: str) -> Any:
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise _refusal(where, what, error) from None


def _refusal(where: str, what: str, error: Exception) -> SourceError:
    deep = isinstance(error, RecursionError)
    found = "lists inside lists without end" if deep else label(one_line(error))
    return SourceError(f"{where}: expected JSON, found {found}; mend the {what}")


def rows(stream: io.BufferedReader, name: str) -> Iterator[Row]:
    """The rows of a list, of an object's list, or of JSON lines under the name .json."""
    head = stream.peek()
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        elements = Elements(stream, guess(head), name)
        for number, value in enumerate(elements, start=1):
            where = f"{name}: row {number}"
            yield row_of(value, where)
        return
    first = next(lines(stream, name), (1, b""))
    if stream.peek(1) and _is_row(first[1]):
        yield from _line_rows(iter([first]), Lines(head), name)
        yield from _line_rows(lines(stream, name, first=2), Lines(head), name)
        return
    content = first[1] + whole(stream, name, MOST_JSON)
    yield from _held(_parsed(decode(content), name, "file"), name)


def _is_row(line: bytes) -> bool:
    """Whether a first line is an object by itself, so that the next lines are too."""
    try:
        return isinstance(DECODER.decode(decode(line)), dict)
    except (ValueError, RecursionError):
        return False


def _held(stored: Any, name: str) -> Iterator[Row]:
    if isinstance(stored, dict) and isinstance(stored.get(TASK), list):
        yield Row(name, stored)
        return
    held = [stored.get(key) for key in HOLDERS] if isinstance(stored, dict) else [stored]
    listed = next((value for value in held if isinstance(value, list)), None)
    if listed is None:
        raise SourceError(
            f'{name}: expected a list of rows or {{"data": [...]}}, '
            f"found {type(stored).__name__}; write one of these"
        )
    for number, value in enumerate(listed, start=1):
        yield row_of(value, f"{name}: row {number}")


class Elements:
    """The elements of one JSON list, each parsed as soon as all of it has been read."""

    def __init__(self, stream: io.BufferedReader, codec: str, name: str) -> None:
        codec, errors = ("utf-8-sig", "strict") if codec == "utf-8" else (codec, "replace")
        self._decoder = codecs.getincrementaldecoder(codec)(errors)
        self._stream, self._name = stream, name
        self._text, self._at, self._ended = "", 0, False

    def __iter__(self) -> Iterator[Any]:
        self._more(BLOCK)
        self._sign("[")
        more = self._next() != "]" or self._sign("]") != "]"
        while more:
            yield self._element()
            more = self._sign(",]") == ","
        if self._next():
            raise self._bad(ValueError("more after the end of the list"))

    def _element(self) -> Any:
        self._next()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if self._ended or not self._is_cut(error):
                    raise self._bad(error) from None
            else:
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            self._more(max(BLOCK, len(self._text) - self._at))

    def _is_cut(self, error: Exception) -> bool:
        """Whether more text may mend it; SourceError where there is too much of it already."""
        if len(self._text) - self._at > MOST_LINE:
            raise SourceError(
                f"{self._name}: expected elements of at most {MOST_LINE // MIB} MiB, found a "
                "longer one; write one row a line as .jsonl"
            )
        if not isinstance(error, json.JSONDecodeError):
            return False
        return error.pos >= len(self._text) - 16 or error.msg.startswith("Unterminated string")

    def _next(self) -> str:
        """The next sign that is no space, not yet taken; empty at the end."""
        while True:
            found = SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._more(BLOCK)

    def _sign(self, expected: str) -> str:
        sign = self._next()
        if not sign or sign not in expected:
            found = label(sign) if sign else "its end"
            raise self._bad(ValueError(f"{found} where a comma or the end of the list should be"))
        self._at += 1
        return sign

    def _more(self, size: int) -> None:
        block = self._stream.read(size)
        self._ended = not block
        try:
            text = self._decoder.decode(block, final=self._ended)
        except UnicodeDecodeError as error:
            raise SourceError(
                f"{self._name}: expected JSON in UTF-8, found {one_line(error)}; convert it"
            ) from None
        self._text, self._at = self._text[self._at :] + text, 0

    def _bad(self, error: Exception) -> SourceError:
        return _refusal(self._name, "file", error)
