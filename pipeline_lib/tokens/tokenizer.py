"""Text to token ids and back, without loss: SentencePiece that no text can fool.

SentencePiece spells a space as U+2581, so a text that holds U+2581 would come back with a space in
its stead. Here that one character is always spelled in its three bytes, which decode to what they
were: every string comes back. Chat tokens are control symbols: they have ids, but no text is ever
cut into them.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import SupportsIndex

import sentencepiece

from pipeline_lib.errors import FormatError

UNKNOWN, BEGIN, END, USER, ASSISTANT, SYSTEM = range(6)
SPECIAL_PIECES = ("<|unknown|>", "<|begin|>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>")
"""In the order of their ids, at the front of every vocabulary."""

MODEL_FILE = "tokenizer.model"

_SPACE = "▁"
_SILENT = 3  # SentencePiece's C++ log levels: 0 info, 1 warning, 2 error

sentencepiece.set_min_log_level(_SILENT)


class Tokenizer:
    """A trained SentencePiece model, held as its bytes: its digest is its file's."""

    begin = BEGIN
    end = END
    user = USER
    assistant = ASSISTANT
    system = SYSTEM

    def __init__(self, model: bytes, where: str = MODEL_FILE) -> None:
        self.model = model
        self.digest = hashlib.sha256(model).hexdigest()
        self._processor = _processor(model, where)
        self.vocab_size: int = self._processor.get_piece_size()
        self._space_in_bytes = [
            self._processor.piece_to_id(f"<0x{byte:02X}>") for byte in _SPACE.encode()
        ]

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Read a .model file, or the one in a folder; FormatError where there is none."""
        file = path / MODEL_FILE if path.is_dir() else path
        try:
            return cls(file.read_bytes(), str(file))
        except FileNotFoundError:
            raise FormatError(f"{file}: no such file; run `dvc repro tokenizer`") from None

    def encode(self, text: str) -> list[int]:
        """Pieces of `text`, no special ids."""
        first, *rest = text.split(_SPACE)
        ids: list[int] = self._processor.encode(first)
        for part in rest:
            ids += self._space_in_bytes + self._processor.encode(part)
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` of each text, on all cores; the result does not depend on their number."""
        encoded: list[list[int]] = self._processor.encode(list(texts))
        for i, text in enumerate(texts):
            if _SPACE in text:
                encoded[i] = self.encode(text)
        return encoded

    def decode(self, ids: Iterable[SupportsIndex], specials: bool = False) -> str:
        """The text of `ids`; special ids vanish, or where `specials` show as `<|end|>` etc."""
        parts: list[str] = []
        for special, group in groupby(map(int, ids), key=lambda i: i < len(SPECIAL_PIECES)):
            if special and specials:
                parts += [SPECIAL_PIECES[i] for i in group]
            elif not special:
                parts.append(self._processor.decode(list(group)))
        return "".join(parts)

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """How each id is written in the vocabulary."""
        return [self._processor.id_to_piece(int(i)) for i in ids]

    def is_byte(self, token: int) -> bool:
        """Whether an id stands for one byte of a character that has no piece of its own."""
        return bool(self._processor.is_byte(token))


def _processor(model: bytes, where: str) -> sentencepiece.SentencePieceProcessor:
    """Load a model and see that its special ids are ours."""
    try:
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        found = tuple(processor.id_to_piece(i) for i in range(len(SPECIAL_PIECES)))
    except (RuntimeError, IndexError):
        raise FormatError(
            f"{where}: expected a SentencePiece model, found {len(model)} other bytes; "
            "run `dvc repro -f -s tokenizer`"
        ) from None
    if found != SPECIAL_PIECES:
        raise FormatError(
            f"{where}: expected the special pieces {' '.join(SPECIAL_PIECES)}, "
            f"found {' '.join(found)}; run `dvc repro -f -s tokenizer`"
        )
    return processor
