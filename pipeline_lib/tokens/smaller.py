"""The smaller vocabularies inside a vocabulary: its first merges, or its likeliest pieces.

BPE learns merge after merge, so its first merges with the special, byte and single-character pieces
are, piece for piece, what it learns where less is asked for. A unigram vocabulary is pruned and
weighted anew on its way down, so its likeliest pieces only come near what learning anew would give.
"""

from copy import copy

from pipeline_lib.tokens.proto import NORMAL, Model, Piece


class Vocabularies:
    """All that lie inside the one of a model file; FormatError where it is no such file."""

    def __init__(self, model: bytes, where: str = "tokenizer.model") -> None:
        self._model = Model(model, where)
        pieces = self._model.pieces
        learnt = [i for i, piece in enumerate(pieces) if not _is_kept(piece)]
        self._best_first = sorted(learnt, key=lambda i: (-pieces[i].score, i))
        self.largest = len(pieces)
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
        smaller = copy(self._model)
        smaller.pieces = [p for i, p in enumerate(self._model.pieces) if _is_kept(p) or i in chosen]
        return smaller.encoded()


def _is_kept(piece: Piece) -> bool:
    """Whether no vocabulary can do without it: special, a byte, a single character, or named by a person."""
    return len(piece.text) == 1 or piece.kind != NORMAL
