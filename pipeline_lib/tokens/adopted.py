"""A SentencePiece model from elsewhere, made ours: every piece keeps its id, and every text comes back.

Brought models normalise, put a space before a text, know fewer characters than there are, and have
other special pieces or none. `clean` normalises here, and nothing may be lost: so the normaliser
becomes identity, what is missing is appended (bytes, chat tokens, begin and end, the space), and
special pieces that a text could have produced become control symbols. A text is then cut as the
model cuts what its own normaliser leaves alone.
"""

from typing import Any

import sentencepiece

from pipeline_lib.errors import FormatError
from pipeline_lib.tokens.tokenizer import BEGIN, END, SPECIAL_PIECES, Tokenizer

SPACE = "▁"
"""How SentencePiece spells a space."""
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
_KINDS = {1: "unigram", 2: "bpe", 3: "word", 4: "char"}
"""trainer_spec.model_type (sentencepiece_model.proto, github.com/google/sentencepiece)."""
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
"""ModelProto.SentencePiece.Type, in the same file."""


def adopt(model: bytes, where: str) -> bytes:
    """A model of the same ids that no text can fool; FormatError, naming `where`, where none can be made."""
    proto = parse(model, where)
    if kind_of(proto) not in ("unigram", "bpe"):
        raise FormatError(
            f"{where}: expected a SentencePiece model of kind unigram or bpe, found {kind_of(proto)}, "
            "which cuts at spaces or characters alone; give another file"
        )
    if not proto.normalizer_spec.escape_whitespaces:
        raise FormatError(
            f"{where}: expected a SentencePiece model that spells a space U+2581, found "
            "escape_whitespaces: false; give another file"
        )
    pieces = _Pieces(proto, where)
    pieces.frame()
    for name in SPECIAL_PIECES[END + 1 :]:
        pieces.make(name, CONTROL)
    for name in BYTES:
        pieces.make(name, BYTE)
    pieces.spell_spaces()
    _settle(proto)
    adopted: bytes = proto.SerializeToString(deterministic=True)
    return Tokenizer(adopted, where).model


def parse(model: bytes, where: str) -> Any:
    """Its ModelProto, without what the published schema does not name, such as tests of its own normaliser."""
    from sentencepiece import sentencepiece_model_pb2

    try:
        sentencepiece.SentencePieceProcessor(model_proto=model).id_to_piece(0)
    except (RuntimeError, IndexError):
        raise FormatError(
            f"{where}: expected a SentencePiece model, found {len(model)} other bytes; "
            "give another file"
        ) from None
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    proto.DiscardUnknownFields()
    return proto


def kind_of(proto: Any) -> str:
    """`unigram`, `bpe`, or what no model here is."""
    return _KINDS[proto.trainer_spec.model_type]


class _Pieces:
    """The pieces of a model, by name; ids are places in the list, so nothing is ever taken out."""

    def __init__(self, proto: Any, where: str) -> None:
        self._proto = proto
        self._where = where
        self._of = {piece.piece: piece for piece in proto.pieces}

    def make(self, name: str, kind: int, score: float = 0.0) -> None:
        """See that `name` is a piece of this kind; what was unknown before stays so, and is refused."""
        found = self._of.get(name)
        if found is None:
            found = self._proto.pieces.add(piece=name, score=score)
            self._of[name] = found
        elif found.type == UNKNOWN:
            raise FormatError(
                f"{self._where}: expected {name} to be a piece of its own, found it to stand for what is "
                "unknown; give another file"
            )
        found.type = kind

    def frame(self) -> None:
        """One piece each for unknown, begin and end, where SentencePiece looks for them."""
        spec = self._proto.trainer_spec
        spec.unk_piece = next(piece.piece for piece in self._proto.pieces if piece.type == UNKNOWN)
        spec.eos_piece = self._own(spec.eos_piece) or SPECIAL_PIECES[END]
        begin = self._own(spec.bos_piece)
        spec.bos_piece = begin if begin not in ("", spec.eos_piece) else SPECIAL_PIECES[BEGIN]
        for name in (spec.bos_piece, spec.eos_piece):
            self.make(name, CONTROL)
        ids = {piece.piece: i for i, piece in enumerate(self._proto.pieces)}
        spec.unk_id, spec.bos_id, spec.eos_id = (
            ids[name] for name in (spec.unk_piece, spec.bos_piece, spec.eos_piece)
        )

    def _own(self, name: str) -> str:
        """`name` where it is a special piece already; one learnt from text stays with the text."""
        found = self._of.get(name)
        is_special = found is not None and found.type in (CONTROL, USER_DEFINED, UNUSED)
        return name if is_special and name not in SPECIAL_PIECES[END + 1 :] else ""

    def spell_spaces(self) -> None:
        """A space that is unknown would come back as U+2581, out of its three bytes."""
        if SPACE in self._of and self._of[SPACE].type == USER_DEFINED:
            return
        normal = [piece.score for piece in self._proto.pieces if piece.type == NORMAL]
        self.make(SPACE, NORMAL, min(normal, default=0.0))


def _settle(proto: Any) -> None:
    proto.normalizer_spec.Clear()
    proto.normalizer_spec.name = "identity"
    proto.normalizer_spec.add_dummy_prefix = False
    proto.normalizer_spec.remove_extra_whitespaces = False
    proto.normalizer_spec.escape_whitespaces = True
    proto.ClearField("denormalizer_spec")
    proto.trainer_spec.byte_fallback = True
    proto.trainer_spec.vocab_size = len(proto.pieces)
