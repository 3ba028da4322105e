"""How large the pages of a Parquet file are, by the pages' own headers.

The footer may say anything; a page's header says how many bytes its decompression may fill, and a
page that gives more is refused by the decompressor. So these few numbers, read before a row group
is, bound the memory that it takes. Footer and headers are Thrift structs in the compact protocol;
they are read here and not through pyarrow, whose view of a damaged footer ends the whole process.
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift,
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline_lib.errors import SourceError
from pipeline_lib.sources.bounds import MIB, Stream

MOST_PAGE = 256 * MIB
"""Pages are written at about 1 MiB; one holds at least one value, and no document is this long."""
MOST_FOOTER = 64 * MIB
"""A footer says some 100 bytes about each column of each row group."""
HEADERS = (2**12, 2**16, 2**24)
"""Bytes that a header is looked for in: statistics, which hold whole values, may make one long."""
DEEPEST = 16
"""Structs and lists inside one another; a footer has eight."""

Fields = Mapping[int, Any]
"""Numbers of the fields to take, and what each must be: int, bytes, fields of its own, or [these]."""

ALL_ROWS, ROW_GROUPS, COLUMNS, ROWS, CHUNK = 3, 4, 1, 3, 3
PATH, STORED_SIZE, DATA_AT, DICTIONARY_AT = 3, 7, 9, 11
PLACE: Fields = {PATH: [bytes], STORED_SIZE: int, DATA_AT: int, DICTIONARY_AT: int}
FOOTER: Fields = {ALL_ROWS: int, ROW_GROUPS: [{COLUMNS: [{CHUNK: PLACE}], ROWS: int}]}
INFLATED, STORED = 2, 3
PAGE: Fields = {INFLATED: int, STORED: int}


class Pages:
    """The pages of one file; SourceError where its footer cannot be read."""

    def __init__(self, file: Stream, name: str) -> None:
        self._file, self._name = file, name
        here = file.tell()
        self._size = file.seek(0, os.SEEK_END)
        file.seek(max(0, self._size - 8))
        size = int.from_bytes(file.read(8)[:4], "little")
        if size > min(self._size, MOST_FOOTER):
            raise self._lie(f"a footer of {size} bytes")
        file.seek(max(0, self._size - 8 - size))
        footer = file.read(size)
        file.seek(here)
        try:
            found = Compact(footer).struct(FOOTER)
        except (IndexError, ValueError):
            raise self._lie("a damaged footer") from None
        self._groups = found.get(ROW_GROUPS, [])
        self.rows: list[int] = [group.get(ROWS, 0) for group in self._groups]
        """How many rows each row group has, going by the footer."""
        rows = found.get(ALL_ROWS, -1)
        if sum(self.rows) != rows or min(self.rows, default=0) < 0:
            raise self._lie(f"{rows} rows in its footer and {sum(self.rows)} in its row groups")

    def largest(self, group: int, wanted: list[str]) -> int:
        """Bytes of the largest page, decompressed, of the wanted columns of one row group.

        SourceError where a page is larger than MOST_PAGE or is none.
        """
        if group >= len(self._groups):
            raise self._lie(f"{len(self._groups)} row groups in its footer")
        here = self._file.tell()
        found = [0]
        for column in self._groups[group].get(COLUMNS, []):
            chunk = column.get(CHUNK, {})
            path = ".".join(part.decode("utf-8", "replace") for part in chunk.get(PATH, []))
            if path in wanted or path.partition(".")[0] in wanted:
                found += self._pages(chunk)
        self._file.seek(here)
        return max(found)

    def _pages(self, chunk: Mapping[int, Any]) -> Iterator[int]:
        data = chunk.get(DATA_AT, 0)
        at = min(data, chunk.get(DICTIONARY_AT) or data)
        end = min(at + chunk.get(STORED_SIZE, 0), self._size)
        while 0 <= at < end:
            length, header = self._header(at)
            inflated, stored = header.get(INFLATED, -1), header.get(STORED, -1)
            if not 0 <= inflated <= MOST_PAGE or stored < 0:
                raise self._lie(f"one of {inflated} bytes at byte {at}")
            yield inflated
            at += length + stored

    def _header(self, at: int) -> tuple[int, Mapping[int, int]]:
        """How long the header at this place is, and what it says."""
        for size in HEADERS:
            self._file.seek(at)
            content = Compact(self._file.read(size))
            try:
                found = content.struct(PAGE)
            except IndexError:
                continue
            except ValueError:
                break
            return content.at, found
        raise self._lie(f"no page header at byte {at}")

    def _lie(self, found: str) -> SourceError:
        return SourceError(
            f"{self._name}: expected Parquet pages of at most {MOST_PAGE // MIB} MiB, found "
            f"{found}; fetch it again or leave it out"
        )


def _fits(value: object, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return isinstance(value, list) and all(_fits(one, wanted[0]) for one in value)
    return isinstance(value, dict if isinstance(wanted, Mapping) else wanted)


class Compact:
    """Thrift's compact protocol, read no further than asked for.

    IndexError where it goes on beyond the content, ValueError where it is no struct.
    """

    def __init__(self, content: bytes) -> None:
        self._content, self.at = content, 0

    def struct(self, wanted: Fields, depth: int = 0) -> dict[int, Any]:
        """The wanted fields of the struct that begins here."""
        found: dict[int, Any] = {}
        field = 0
        while head := self._byte():
            delta, kind = head >> 4, head & 15
            field = field + delta if delta else self._signed()
            if kind > 2:  # 1 and 2 are true and false, all said
                value = self._value(kind, wanted.get(field), depth + 1)
                if field in wanted:
                    if not _fits(value, wanted[field]):
                        raise ValueError(f"another type in field {field}")
                    found[field] = value
        return found

    def _value(self, kind: int, wanted: Any, depth: int) -> Any:
        if depth > DEEPEST:
            raise ValueError("structs without end")
        match kind:
            case 1 | 2 | 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._signed()
            case 7:
                return self._bytes(8)
            case 8:
                return self._bytes(self._unsigned())
            case 9 | 10:
                return self._list(wanted, depth)
            case 12:
                return self.struct(wanted if isinstance(wanted, Mapping) else {}, depth)
            case _:
                raise ValueError(f"no type {kind} in Parquet")

    def _list(self, wanted: Any, depth: int) -> list[Any]:
        head = self._byte()
        size = head >> 4 if head >> 4 < 15 else self._unsigned()
        if size > len(self._content):  # each element takes a byte at least
            raise IndexError
        inner = wanted[0] if isinstance(wanted, list) else None
        return [self._value(head & 15, inner, depth + 1) for _ in range(size)]

    def _bytes(self, size: int) -> bytes:
        self.at += size
        if self.at > len(self._content):
            raise IndexError
        return self._content[self.at - size : self.at]

    def _byte(self) -> int:
        self.at += 1
        return self._content[self.at - 1]

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 63:
                raise ValueError("a number without end")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
