"""`tokenizer.json`: the same vocabulary for Hugging Face `tokenizers`, which then gives the same ids.

Written by our own code, so no library is needed. A space stands as itself, since nothing changes a
text here; U+2581 in a text is then in no piece and falls to its bytes, as it does in `Tokenizer`.
SentencePiece's BPE has no list of merges: every way to make a piece of two becomes one, in the
order of the pieces' scores. That library's unigram does not know kinds of pieces, and would find
`<0x41>` or `<|user|>` in a text: so texts are cut first inside such names, between two characters
that no piece holds side by side.

Special tokens are `added_tokens`: that library finds them in a text, as its users expect, unless
`encode_special_tokens` is set, and then its ids are ours for every text. It adds no begin and end:
those come with the chat template.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipeline_lib.tokens import proto
from pipeline_lib.tokens.tokenizer import ASSISTANT, CHUNK, SPECIAL_PIECES, Tokenizer

FLT_MIN = 2.0**-126
"""SentencePiece's best score of a unigram model none of whose scores is above it (`max_score_`, unigram_model.cc)."""
_SWAP = str.maketrans(" ▁", "▁ ")
_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] not in ['user', 'assistant', 'system'] %}"
    "{{ raise_exception('expected a turn of user, assistant or system') }}{% endif %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '" + SPECIAL_PIECES[ASSISTANT] + "' }}{% endif %}"
)
"""What chat.py makes of ids, in Jinja, as text: there, what somebody says may hold a special token."""


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    """Spelled with spaces; U+2581 takes their place, so no two pieces become one."""
    kind: int
    score: float
    is_found: bool
    """Whether texts are cut into it. One that holds a real space never meets one in SentencePiece."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a model holds, in the order of the ids."""

    kind: str
    pieces: list[Piece]
    by_chunk: bool

    @property
    def hidden(self) -> list[str]:
        """Names that no text is cut into."""
        return [piece.text for piece in self.pieces if not piece.is_found]

    @property
    def user_defined(self) -> list[str]:
        """Names of the pieces that a person named."""
        return [piece.text for piece in self.of_kind(proto.USER_DEFINED)]

    def of_kind(self, kind: int) -> list[Piece]:
        """Those of one kind that texts are cut into."""
        return [piece for piece in self.pieces if piece.kind == kind and piece.is_found]


def vocabulary(tokenizer: Tokenizer) -> Vocabulary:
    """The pieces of a tokenizer as that library is to know them."""
    model = proto.Model(tokenizer.model, "tokenizer.model")
    of_text = (proto.NORMAL, proto.USER_DEFINED)
    pieces = [
        Piece(p.text.translate(_SWAP), p.kind, p.score, p.kind in of_text and " " not in p.text)
        for p in model.pieces
    ]
    return Vocabulary(model.kind, pieces, tokenizer.by_chunk)


def hindrance(of: Vocabulary) -> str:
    """Why that library cannot give the same ids; empty where it can, as with all that `train` learns."""
    if short := next((name for name in of.hidden if len(name) == 1), ""):
        return f"the piece {short!r}, which no text is cut into, is a single character"
    return _hindrance_of_unigram(of) if of.kind == "unigram" else _hindrance_of_bpe(of)


def _hindrance_of_unigram(of: Vocabulary) -> str:
    held = _held(of)
    whole = (name for name in of.hidden if not any(pair not in held for pair in _pairs(name)))
    found = next(whole, "")
    return f"a text that holds {found!r} has no place to cut it" if found else ""


def _hindrance_of_bpe(of: Vocabulary) -> str:
    if any(piece.kind == proto.UNUSED for piece in of.pieces):
        return "it has unused pieces, through which SentencePiece merges"
    normal = [piece for piece in of.of_kind(proto.NORMAL) if len(piece.text) > 1]
    known = {piece.text for piece in of.pieces if piece.is_found}
    if alone := sorted({c for piece in normal for c in piece.text} - known):
        return f"{alone[0]!r} is in its pieces, and no piece of its own"
    score, times = Counter(piece.score for piece in normal).most_common(1)[0] if normal else (0, 1)
    if times > 1:
        return f"{times} of its pieces have the score {score:g}"
    named = of.user_defined
    if hiding := next((name for name in of.hidden if any(_covers(name, n) for n in named)), ""):
        return f"{hiding!r} in a text would hide a piece that a person named"
    return ""


def _covers(name: str, piece: str) -> bool:
    """Whether that library, which takes the leftmost and longest, may see `name` where `piece` begins."""
    rests = [name[i:] for i in range(len(name))]
    return any(
        rest.startswith(piece) or (i and piece.startswith(rest)) for i, rest in enumerate(rests)
    )


def _pairs(text: str) -> Iterable[str]:
    return map("".join, pairwise(text))


def _held(of: Vocabulary) -> set[str]:
    """Pairs of characters that stand side by side in some piece."""
    return {pair for piece in of.pieces if piece.is_found for pair in _pairs(piece.text)}


def promise(of: Vocabulary) -> str:
    """How far the ids of a vocabulary without hindrance are the same: sums that are not exact decide ties by rounding."""
    of_text = (piece for piece in of.pieces if piece.is_found)
    is_exact = all(p.kind == proto.NORMAL and not p.score % proto.GRAIN for p in of_text)
    if of.kind == "bpe" or (is_exact and of.by_chunk):  # a sum over a long text is not exact
        return "the same ids"
    return "the same ids, but where two ways to cut a text have the same score"


def tokenizer_json(of: Vocabulary) -> str:
    """The file, for a vocabulary without hindrance."""
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added(of),
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": _cuts(of)},
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": _unigram(of) if of.kind == "unigram" else _bpe(of),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def tokenizer_config(tokenizer: Tokenizer) -> dict[str, Any]:
    """What `transformers` wants beside it: names of special tokens and the chat template."""
    begin, end, unknown = tokenizer.pieces([tokenizer.begin, tokenizer.end, tokenizer.unknown])
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": begin.translate(_SWAP),
        "eos_token": end.translate(_SWAP),
        "unk_token": unknown.translate(_SWAP),
        "clean_up_tokenization_spaces": False,
        "chat_template": _TEMPLATE,
    }


def _added(of: Vocabulary) -> list[dict[str, Any]]:
    """Special tokens; and, as SentencePiece's BPE finds them before all else, the pieces a person named."""
    special = (proto.CONTROL, proto.UNKNOWN)
    named = (proto.USER_DEFINED,) if of.kind == "bpe" else ()
    return [
        {
            "id": i,
            "content": piece.text,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": piece.kind in special,
        }
        for i, piece in enumerate(of.pieces)
        if piece.kind in special or (piece.kind in named and piece.is_found)
    ]


def _cuts(of: Vocabulary) -> list[dict[str, Any]]:
    chunks = (CHUNK.pattern, "Isolated") if of.by_chunk else None
    inside = (_inside(of), "MergedWithPrevious") if of.kind == "unigram" else None
    return [
        {"type": "Split", "pattern": {"Regex": cut[0]}, "behavior": cut[1], "invert": False}
        for cut in (chunks, inside)
        if cut
    ]


def _inside(of: Vocabulary) -> str:
    """A pattern that cuts each hidden name once, after the first of two characters that no piece joins."""
    held = _held(of)
    chosen: dict[str, None] = {}
    for name in of.hidden:
        free = [pair for pair in _pairs(name) if pair not in held]
        if not any(pair in chosen for pair in free):
            chosen[free[0]] = None
    return "|".join(f"{re.escape(pair[0])}(?={re.escape(pair[1])})" for pair in chosen)


def _unigram(of: Vocabulary) -> dict[str, Any]:
    unknown = next(i for i, piece in enumerate(of.pieces) if piece.kind == proto.UNKNOWN)
    best = max([FLT_MIN, *(piece.score for piece in of.of_kind(proto.NORMAL))])
    return {
        "type": "Unigram",
        "unk_id": unknown,
        "byte_fallback": True,
        "vocab": [[piece.text, _score(piece, best)] for piece in of.pieces],
    }


def _score(piece: Piece, best: float) -> float:
    """As SentencePiece weighs a piece: one a person named counts `length * max_score_ - 0.1` (unigram_model.cc)."""
    if piece.kind == proto.NORMAL:
        return piece.score
    length = len(piece.text.translate(_SWAP).encode())
    return length * best - 0.1 if piece.kind == proto.USER_DEFINED else 0.0


def _bpe(of: Vocabulary) -> dict[str, Any]:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": next(piece.text for piece in of.pieces if piece.kind == proto.UNKNOWN),
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": True,
        "ignore_merges": False,
        "vocab": {piece.text: i for i, piece in enumerate(of.pieces)},
        "merges": _merges(of),
    }


def _merges(of: Vocabulary) -> list[list[str]]:
    """Every two pieces that make a third, the best third first."""
    normal = {piece.text: piece.score for piece in of.of_kind(proto.NORMAL)}
    ranked = sorted(normal, key=lambda text: -normal[text])
    return [
        [text[:i], text[i:]]
        for text in ranked
        for i in range(1, len(text))
        if text[:i] in normal and text[i:] in normal
    ]
