"""The smaller vocabularies inside a vocabulary: its first merges, or its likeliest pieces.

BPE learns merge after merge, so its first merges with the special, byte and single-character pieces
are, piece for piece, what it learns where less is asked for. A unigram vocabulary is pruned and
weighted anew on its way down, so its likeliest pieces only come near what learning anew would give.

A model file is a protocol buffer whose field 1, again and again, is a piece. It is cut by hand
(https://protobuf.dev/programming-guides/encoding/): the core has no protobuf, and bytes that are
kept stay as they are.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline_lib.errors import FormatError

_PIECES = 1
_TEXT, _SCORE, _TYPE = 1, 2, 3
_NORMAL = 1
"""Fields of ModelProto and of its SentencePiece: sentencepiece_model.proto, https://github.com/google/sentencepiece."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Value = int | bytes


@dataclass(frozen=True, slots=True)
class _Piece:
    record: bytes
    """As it stands in the file."""
    text: str
    score: float
    """Of a merge its rank below 0, of a unigram its log-probability."""
    is_kept: bool
    """Whether no vocabulary can do without it: special, a byte, a single character, or named by a person."""


class Vocabularies:
    """All that lie inside the one of a model file; FormatError where it is no such file."""

    def __init__(self, model: bytes, where: str = "tokenizer.model") -> None:
        fields = [*_fields(model, where)]
        self._pieces = [_piece(r, v, where) for n, r, v in fields if n == _PIECES]
        self._rest = b"".join(record for number, record, _ in fields if number != _PIECES)
        learnt = [i for i, piece in enumerate(self._pieces) if not piece.is_kept]
        self._best_first = sorted(learnt, key=lambda i: (-self._pieces[i].score, i))
        self.largest = len(self._pieces)
        self.least = self.largest - len(learnt)
        """Pieces with which every text can be spelled as in the whole, character by character."""

    def sizes(self) -> list[int]:
        """The largest, its half, its quarter and so on, and the least."""
        found = [self.least]
        size = self.largest
        while size > self.least:
            found.append(size)
            size //= 2
        return sorted(found)

    def model(self, size: int) -> bytes:
        """The model file with `size` pieces, their order as it was."""
        chosen = set(self._best_first[: size - self.least])
        pieces = (p.record for i, p in enumerate(self._pieces) if p.is_kept or i in chosen)
        return b"".join(pieces) + self._rest


def _piece(record: bytes, value: Value, where: str) -> _Piece:
    found = {number: value for number, _, value in _fields(_bytes(value, where), where)}
    text = _bytes(found.get(_TEXT, b""), where).decode()
    (score,) = struct.unpack("<f", _bytes(found.get(_SCORE, bytes(4)), where))
    return _Piece(record, text, score, len(text) == 1 or found.get(_TYPE, _NORMAL) != _NORMAL)


def _fields(message: bytes, where: str) -> Iterator[tuple[int, bytes, Value]]:
    """Number, whole record and value of each field."""
    end = 0
    while end < len(message):
        start = end
        try:
            key, end = _varint(message, start)
            value, end = _value(message, end, key & 7)
        except (IndexError, KeyError):
            raise _no_model(where) from None
        yield key >> 3, message[start:end], value


def _value(message: bytes, start: int, kind: int) -> tuple[Value, int]:
    if kind == _VARINT:
        return _varint(message, start)
    size, start = (
        _varint(message, start) if kind == _BYTES else ({_FIXED64: 8, _FIXED32: 4}[kind], start)
    )
    if start + size > len(message):
        raise IndexError
    return message[start : start + size], start + size


def _varint(message: bytes, start: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first, while the eighth is set; and where it ends."""
    value = shift = 0
    while True:
        byte = message[start]
        start += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, start


def _bytes(value: Value, where: str) -> bytes:
    if isinstance(value, int):
        raise _no_model(where)
    return value


def _no_model(where: str) -> FormatError:
    return FormatError(
        f"{where}: expected a SentencePiece model, found other bytes; "
        "run `dvc repro -f -s tokenizer`"
    )
