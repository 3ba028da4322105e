"""A SentencePiece model from elsewhere, made ours: every piece keeps its id, and every text comes back.

Brought models normalise, put a space before a text, know fewer characters than there are, and have
other special pieces or none. `clean` normalises here, and nothing may be lost: so the normaliser
becomes identity, what is missing is appended (bytes, chat tokens, begin and end, the space), and
special pieces that a text could have produced become control symbols. A text is then cut as the
model cuts what its own normaliser leaves alone.
"""

from pipeline_lib.errors import FormatError
from pipeline_lib.tokens.proto import (
    BYTE,
    CONTROL,
    NORMAL,
    UNKNOWN,
    UNUSED,
    USER_DEFINED,
    Model,
    Normaliser,
    Piece,
    Spec,
    Trainer,
)
from pipeline_lib.tokens.tokenizer import BEGIN, END, SPECIAL_PIECES, Tokenizer

SPACE = "▁"
"""How SentencePiece spells a space."""
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))


def adopt(model: bytes, where: str) -> bytes:
    """A model of the same ids that no text can fool; FormatError, naming `where`, where none can be made."""
    made = Model(model, where)
    if made.kind not in ("unigram", "bpe"):
        raise FormatError(
            f"{where}: expected a SentencePiece model of kind unigram or bpe, found {made.kind}, "
            "which cuts at spaces or characters alone; give another file"
        )
    if not made.normaliser.number(Normaliser.ESCAPE_WHITESPACES, 1):
        raise FormatError(
            f"{where}: expected a SentencePiece model that spells a space U+2581, found "
            "escape_whitespaces: false; give another file"
        )
    pieces = _Pieces(made, where)
    pieces.frame()
    for name in SPECIAL_PIECES[END + 1 :]:
        pieces.make(name, CONTROL)
    for name in BYTES:
        pieces.make(name, BYTE)
    pieces.spell_spaces()
    _settle(made)
    return Tokenizer(made.encoded(), where).model


class _Pieces:
    """The pieces of a model, by name; ids are places in the list, so nothing is ever taken out."""

    def __init__(self, model: Model, where: str) -> None:
        self._model = model
        self._where = where
        self._of = {piece.text: piece for piece in model.pieces}

    def make(self, name: str, kind: int, score: float = 0.0) -> None:
        """See that `name` is a piece of this kind; FormatError where it stands for what is unknown."""
        found = self._of.get(name)
        if found is None:
            self._of[name] = found = Piece(name, score, kind)
            self._model.pieces.append(found)
        elif found.kind == UNKNOWN:
            raise FormatError(
                f"{self._where}: expected {name} to be a piece of its own, found it to stand for what is "
                "unknown; give another file"
            )
        found.kind = kind

    def frame(self) -> None:
        """One piece each for unknown, begin and end, where SentencePiece looks for them."""
        spec = self._model.trainer
        unknown = next(name for name, piece in self._of.items() if piece.kind == UNKNOWN)
        end = self._own(spec.text(Trainer.EOS_PIECE, "</s>")) or SPECIAL_PIECES[END]
        begin = self._own(spec.text(Trainer.BOS_PIECE, "<s>"))
        if begin in ("", end):
            begin = SPECIAL_PIECES[BEGIN]
        for name in (begin, end):
            self.make(name, CONTROL)
        ids = {piece.text: i for i, piece in enumerate(self._model.pieces)}
        for text, place, name in (
            (Trainer.UNK_PIECE, Trainer.UNK_ID, unknown),
            (Trainer.BOS_PIECE, Trainer.BOS_ID, begin),
            (Trainer.EOS_PIECE, Trainer.EOS_ID, end),
        ):
            spec.put(text, name)
            spec.put(place, ids[name])

    def _own(self, name: str) -> str:
        """`name` where it is a special piece already; one learnt from text stays with the text."""
        found = self._of.get(name)
        is_special = found is not None and found.kind in (CONTROL, USER_DEFINED, UNUSED)
        return name if is_special and name not in SPECIAL_PIECES[END + 1 :] else ""

    def spell_spaces(self) -> None:
        """A space that is unknown would come back as U+2581, out of its three bytes."""
        if SPACE in self._of and self._of[SPACE].kind == USER_DEFINED:
            return
        normal = [piece.score for piece in self._model.pieces if piece.kind == NORMAL]
        self.make(SPACE, NORMAL, min(normal, default=0.0))


def _settle(model: Model) -> None:
    model.normaliser = Spec()
    model.normaliser.put(Normaliser.NAME, "identity")
    model.normaliser.put(Normaliser.ADD_DUMMY_PREFIX, 0)
    model.normaliser.put(Normaliser.REMOVE_EXTRA_WHITESPACES, 0)
    model.normaliser.put(Normaliser.ESCAPE_WHITESPACES, 1)
    model.trainer.put(Trainer.BYTE_FALLBACK, 1)
    model.trainer.put(Trainer.VOCAB_SIZE, len(model.pieces))
