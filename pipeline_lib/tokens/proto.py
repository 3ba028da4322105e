"""What lies inside a SentencePiece model: pieces, and the settings that decide how a text is cut.

A model is a protobuf message. SentencePiece's own schema for Python asks for one certain release of
protobuf, so the few fields that matter are read here, from the wire; what is not known by name in
the settings stays as it is. Field numbers and defaults: sentencepiece_model.proto
(github.com/google/sentencepiece), encoding: protobuf.dev/programming-guides/encoding.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

import sentencepiece

from pipeline_lib.errors import FormatError

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
"""ModelProto.SentencePiece.Type"""
GRAIN = 2.0**-8
"""Nats. Sums of multiples of it are exact in float32 up to 65,536: two thousand pieces and more."""
_KINDS = {1: "unigram", 2: "bpe", 3: "word", 4: "char"}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SIZES = {_FIXED64: 8, _FIXED32: 4}
_PIECES, _TRAINER, _NORMALISER = 1, 2, 3
_TEXT, _SCORE, _KIND = 1, 2, 3

Fields = dict[int, list[tuple[int, int | bytes]]]
"""Number -> wire type and value, of each time a field is there."""


class Trainer(IntEnum):
    """Fields of TrainerSpec."""

    MODEL_TYPE = 3
    VOCAB_SIZE = 4
    BYTE_FALLBACK = 35
    UNK_ID = 40
    BOS_ID = 41
    EOS_ID = 42
    UNK_PIECE = 45
    BOS_PIECE = 46
    EOS_PIECE = 47


class Normaliser(IntEnum):
    """Fields of NormalizerSpec."""

    NAME = 1
    ADD_DUMMY_PREFIX = 3
    REMOVE_EXTRA_WHITESPACES = 4
    ESCAPE_WHITESPACES = 5


@dataclass(slots=True)
class Piece:
    text: str
    score: float
    kind: int


class Spec:
    """Settings, by field; those that nobody names here stay."""

    def __init__(self, content: bytes = b"") -> None:
        self._fields = _fields(content)

    def number(self, field: int, default: int) -> int:
        """Of an int, a bool or an enum."""
        value = self._fields.get(field, [(_VARINT, default)])[-1][1]
        return value if isinstance(value, int) else default

    def text(self, field: int, default: str) -> str:
        value = self._fields.get(field, [(_BYTES, default.encode())])[-1][1]
        return value.decode() if isinstance(value, bytes) else default

    def put(self, field: int, value: int | str) -> None:
        told = (_BYTES, value.encode()) if isinstance(value, str) else (_VARINT, value)
        self._fields[field] = [told]

    def encoded(self) -> bytes:
        return _encoded(self._fields)


class Model:
    """A model to look into and to change; FormatError, naming `where`, for other bytes."""

    def __init__(self, model: bytes, where: str) -> None:
        try:
            sentencepiece.SentencePieceProcessor(model_proto=model).id_to_piece(0)
            fields = _fields(model)
            self.pieces = [_piece(content) for content in _messages(fields, _PIECES)]
            self.trainer = Spec(b"".join(_messages(fields, _TRAINER)))
            self.normaliser = Spec(b"".join(_messages(fields, _NORMALISER)))
        except (RuntimeError, LookupError, UnicodeDecodeError):  # SentencePiece reads some of these
            raise FormatError(
                f"{where}: expected a SentencePiece model, found {len(model)} other bytes; "
                "give another file"
            ) from None

    @property
    def kind(self) -> str:
        """`unigram`, `bpe`, or what no model here is."""
        return _KINDS.get(self.trainer.number(Trainer.MODEL_TYPE, 1), "unknown")

    def encoded(self) -> bytes:
        """The model, without tests of itself and without a denormaliser."""
        specs = {_TRAINER: self.trainer, _NORMALISER: self.normaliser}
        fields: Fields = {_PIECES: [(_BYTES, _of_piece(piece)) for piece in self.pieces]}
        fields |= {number: [(_BYTES, spec.encoded())] for number, spec in specs.items()}
        return _encoded(fields)


def rounded(model: bytes) -> bytes:
    """A unigram model whose scores are multiples of GRAIN; any other as it is.

    Two ways to cut `bbb` into the same pieces score the same. SentencePiece adds in float32, where rounding then
    decides by the order, and other libraries in float64: with exact sums all go the same way.
    """
    inside = Model(model, "tokenizer.model")
    if inside.kind != "unigram":
        return model
    for piece in inside.pieces:
        piece.score = round(piece.score / GRAIN) * GRAIN
    return inside.encoded()


def _piece(content: bytes) -> Piece:
    fields = Spec(content)
    packed = _messages(_fields(content), _SCORE)
    (score,) = struct.unpack("<f", packed[-1]) if packed else (0.0,)
    return Piece(fields.text(_TEXT, ""), score, fields.number(_KIND, NORMAL))


def _of_piece(piece: Piece) -> bytes:
    fields: Fields = {
        _TEXT: [(_BYTES, piece.text.encode())],
        _SCORE: [(_FIXED32, struct.pack("<f", piece.score))],
    }
    if piece.kind != NORMAL:
        fields[_KIND] = [(_VARINT, piece.kind)]
    return _encoded(fields)


def _messages(fields: Fields, number: int) -> list[bytes]:
    return [value for _, value in fields.get(number, []) if isinstance(value, bytes)]


def _fields(content: bytes) -> Fields:
    """LookupError where the content breaks off, or has what no schema of ours has (groups)."""
    found: Fields = {}
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        wire = tag & 7
        value: int | bytes
        if wire == _VARINT:
            value, at = _varint(content, at)
        else:
            size, at = _varint(content, at) if wire == _BYTES else (_SIZES[wire], at)
            value, at = content[at : at + size], at + size
        found.setdefault(tag >> 3, []).append((wire, value))
    if at > len(content):
        raise IndexError(at)
    return found


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; the number, and where the next begins."""
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _encoded(fields: Fields) -> bytes:
    return b"".join(_field(n, wire, value) for n in sorted(fields) for wire, value in fields[n])


def _field(number: int, wire: int, value: int | bytes) -> bytes:
    tag = _of_varint(number << 3 | wire)
    if isinstance(value, int):
        return tag + _of_varint(value)
    return tag + (_of_varint(len(value)) if wire == _BYTES else b"") + value


def _of_varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])
