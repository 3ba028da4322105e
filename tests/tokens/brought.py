"""SentencePiece models as people bring them: trained here, with settings that are not ours."""

import io
from functools import cache
from typing import Any

from sentencepiece import SentencePieceTrainer

from pipeline_lib.tokens.tokenizer import SPECIAL_PIECES

from .conftest import some_texts

CHAT = list(SPECIAL_PIECES[3:])
AWKWARD: dict[str, dict[str, Any]] = {
    "as SentencePiece makes it": {},
    "bpe": {"model_type": "bpe"},
    "like Llama's": {
        "model_type": "bpe",
        "byte_fallback": True,
        "normalization_rule_name": "identity",
        "remove_extra_whitespaces": False,
        "allow_whitespace_only_pieces": True,
        "split_digits": True,
    },
    "like T5's": {"bos_id": -1, "pad_id": 0, "eos_id": 1, "unk_id": 2},
    "folded, with tests of its own": {
        "normalization_rule_name": "nmt_nfkc_cf",
        "self_test_sample_size": 20,
    },
    "spaces behind words": {"model_type": "bpe", "treat_whitespace_as_suffix": True},
    "spaces behind words, unigram": {"treat_whitespace_as_suffix": True},
    "pieces across words": {"split_by_whitespace": False},
    "pieces across words, bpe": {"model_type": "bpe", "split_by_whitespace": False},
    "pieces of spaces": {"user_defined_symbols": ["▁▁", "▁▁▁▁", "ab▁c", "a b", "\n\n", "<t>"]},
    "pieces of spaces, bpe": {
        "model_type": "bpe",
        "user_defined_symbols": ["▁▁", "▁▁▁▁", "ab▁c", "a b", "\n\n", "<t>", "▁"],
    },
    "names that a text may hold": {
        "user_defined_symbols": [*CHAT, "<s>", "<0x41>"],
        "bos_id": -1,
        "eos_id": -1,
    },
    "one piece for begin and end": {"bos_piece": "<|e|>", "eos_piece": "<|e|>", "bos_id": -1},
    "begin among the texts": {"bos_id": -1, "byte_fallback": True, "model_type": "bpe"},
}


def trained(texts: list[str], **changed: Any) -> bytes:
    made = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=(line for text in texts for line in text.split("\n") if line),
        model_writer=made,
        minloglevel=2,
        **{"vocab_size": 400, "model_type": "unigram", "hard_vocab_limit": False, **changed},
    )
    return made.getvalue()


@cache
def awkward(name: str) -> bytes:
    """The model of these settings."""
    return trained(some_texts(), **AWKWARD[name])
