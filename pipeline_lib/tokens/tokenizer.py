"""Text to token ids and back, without loss: SentencePiece that no text can fool, at a word cache's speed.

SentencePiece spells a space as U+2581, so a text that holds U+2581 would come back with a space in
its stead. Here that one character is always spelled in its three bytes, which decode to what they
were: every string comes back. Chat tokens are control symbols: they have ids, but no text is ever
cut into them.

No piece that is learnt here reaches across a line's end or from a word into the space after it, so
a text may be cut there and its parts encoded alone. BPE is cut into chunks, and those that come
again are remembered: that is twice to four times as fast. Unigram is cut into long segments, since
it is as fast as a cache; the scores that are learnt here are rounded (`proto`), so that sums over
a segment are exact and every cut gives the same ids. A vocabulary from elsewhere that has pieces
across such borders is asked for whole texts.
"""

import hashlib
import re
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import SupportsIndex

import numpy as np
import numpy.typing as npt
import sentencepiece

from pipeline_lib.errors import FormatError

UNKNOWN, BEGIN, END, USER, ASSISTANT, SYSTEM = range(6)
SPECIAL_PIECES = ("<|unknown|>", "<|begin|>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>")
"""In the order of their ids, at the front of every vocabulary that is learnt here."""

MODEL_FILE = "tokenizer.model"
CHUNK = re.compile(r" *[^ \n]+\n*| +\n*|\n+")
"""A word with the spaces before it and the line's end after it; either may be there without a word."""
SEGMENT = 1024
"""Characters, at least: of the least probable the sum of scores is still exact (`proto.GRAIN`)."""

Ids = npt.NDArray[np.uint32]

_SPACE = "▁"
_BORDER = re.compile(r"(?<=\n)(?=[^\n])|(?<=[^ \n])(?= )")
_UINT32 = "I" if array("I").itemsize == 4 and sys.byteorder == "little" else ""
"""What `array` calls it, where it can make it: half the time of NumPy for a few numbers."""
_SILENT = 3  # SentencePiece's C++ log levels: 0 info, 1 warning, 2 error

sentencepiece.set_min_log_level(_SILENT)


class Tokenizer:
    """A SentencePiece model, held as its bytes: its digest is its file's."""

    def __init__(self, model: bytes, where: str = MODEL_FILE) -> None:
        self.model = model
        self.digest = hashlib.sha256(model).hexdigest()
        self._processor = _processor(model, where)
        self.vocab_size: int = self._processor.get_piece_size()
        ids = _special_ids(self._processor, where)
        self.unknown, self.begin, self.end, self.user, self.assistant, self.system = ids
        self.specials: dict[int, str] = dict(zip(ids, SPECIAL_PIECES, strict=True))
        """Id -> name of what no text is cut into."""
        self._chunks = _Chunks(self._processor)
        learnt = self.learnt
        self.by_chunk = all(map(_is_within_chunk, map(self._processor.id_to_piece, learnt)))
        """Whether no piece reaches from one chunk into the next."""
        self._cached = all(map(float.is_integer, map(self._processor.get_score, learnt)))
        """As BPE's ranks are; only speed hangs on it."""

    @property
    def learnt(self) -> list[int]:
        """Ids that are neither special nor a byte: pieces of text."""
        of = self._processor
        return [
            i
            for i in range(self.vocab_size)
            if not (of.is_control(i) or of.is_unknown(i) or of.is_byte(i) or of.is_unused(i))
        ]

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Read a .model file, or the one in a folder; FormatError where there is none."""
        file = path / MODEL_FILE if path.is_dir() else path
        try:
            return cls(file.read_bytes(), str(file))
        except FileNotFoundError:
            raise FormatError(f"{file}: no such file; run `dvc repro tokenizer`") from None

    def ids(self, text: str) -> Ids:
        """Pieces of `text` as an array, no special ids."""
        return np.frombuffer(self.packed(text), dtype="<u4")

    def packed(self, text: str) -> bytes:
        """Pieces of `text`, four bytes each, little-endian: what joins fastest to long columns."""
        if not self.by_chunk:
            return _encoded(self._processor, text)
        if self._cached:
            return b"".join(map(self._chunks.__getitem__, CHUNK.findall(text)))
        return b"".join(_encoded(self._processor, segment) for segment in _segments(text))

    def encode(self, text: str) -> list[int]:
        """Pieces of `text`, no special ids."""
        ids: list[int] = self.ids(text).tolist()
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` of each text."""
        return [self.encode(text) for text in texts]

    def decode(self, ids: Iterable[SupportsIndex], specials: bool = False) -> str:
        """The text of `ids`; special ids vanish, or where `specials` show as `<|end|>` etc."""
        parts: list[str] = []
        for special, group in groupby(map(int, ids), key=self.specials.__contains__):
            if special and specials:
                parts += [self.specials[i] for i in group]
            elif not special:
                parts.append(self._processor.decode(list(group)))
        return "".join(parts)

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """How each id is written in the vocabulary."""
        return [self._processor.id_to_piece(int(i)) for i in ids]

    def is_byte(self, token: int) -> bool:
        """Whether an id stands for one byte of a character that has no piece of its own."""
        return bool(self._processor.is_byte(token))


class _Chunks(dict[str, bytes]):
    """Chunk -> its packed ids; a long chunk is not likely to come again, and is not kept."""

    MOST = 1 << 18
    """Chunks held: some 60 MB."""
    LONGEST = 24

    def __init__(self, processor: sentencepiece.SentencePieceProcessor) -> None:
        super().__init__()
        self._processor = processor

    def __missing__(self, chunk: str) -> bytes:
        packed = _encoded(self._processor, chunk)
        if len(chunk) <= self.LONGEST:
            if len(self) >= self.MOST:
                self.clear()
            self[chunk] = packed
        return packed


def _segments(text: str) -> Iterator[str]:
    """`text`, cut between chunks after every SEGMENT characters."""
    start = 0
    while border := _BORDER.search(text, start + SEGMENT):
        yield text[start : border.start()]
        start = border.start()
    yield text[start:]


def _encoded(processor: sentencepiece.SentencePieceProcessor, text: str) -> bytes:
    """SentencePiece's own ids, packed; U+2581 in its bytes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise FormatError(
            f"text: expected Unicode, found half a character ({text[error.start]!r}) at {error.start:,}; "
            "read it as UTF-8"
        ) from None
    first, *rest = text.split(_SPACE)
    packed = _packed(processor.encode(first))
    if rest:
        space = _packed([processor.piece_to_id(f"<0x{byte:02X}>") for byte in _SPACE.encode()])
        packed += b"".join(space + _packed(processor.encode(part)) for part in rest)
    return packed


def _packed(ids: list[int]) -> bytes:
    return array(_UINT32, ids).tobytes() if _UINT32 else np.array(ids, dtype="<u4").tobytes()


def _is_within_chunk(piece: str) -> bool:
    return CHUNK.fullmatch(piece.replace(_SPACE, " ")) is not None


def _processor(model: bytes, where: str) -> sentencepiece.SentencePieceProcessor:
    try:
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        processor.id_to_piece(0)
    except (RuntimeError, IndexError):
        raise FormatError(
            f"{where}: expected a SentencePiece model, found {len(model)} other bytes; "
            "run `dvc repro -f -s tokenizer`"
        ) from None
    return processor


def _special_ids(processor: sentencepiece.SentencePieceProcessor, where: str) -> list[int]:
    """Of SPECIAL_PIECES. A brought vocabulary has its own names for the first three, at ids of its own."""
    named = [processor.unk_id(), processor.bos_id(), processor.eos_id()]
    chat = [processor.piece_to_id(piece) for piece in SPECIAL_PIECES[len(named) :]]
    if min(named) < 0 or not all(map(processor.is_control, named[1:] + chat)):
        least = min(len(SPECIAL_PIECES), processor.get_piece_size())
        found = [processor.id_to_piece(i) for i in range(least)]
        raise FormatError(
            f"{where}: expected the special pieces {' '.join(SPECIAL_PIECES)}, "
            f"found {' '.join(found)}; run `dvc repro -f -s tokenizer`"
        )
    return named + chat
