"""The text that bench-pretrain learns: Gutenberg's books and the English of Kyoto's articles, in 8,192 pieces.

One document in 50 is held out. The text is no part of this repository: the folder is an argument.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks import clean_texts
from benchmarks.pretrain_shapes import SMALL_VOCAB
from pipeline_lib.params import TokenizerParams
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training.batches import Batch

Ids = npt.NDArray[np.uint16]
SETS = {"gutenberg/*.txt": clean_texts.gutenberg, "kyotowiki_4704.jsonl.xz": clean_texts.kyoto_en}
HELD_OUT = 50
PIECES = {
    "kind": "bpe",
    "seed": 1,
    "vocab_size": SMALL_VOCAB,
    "character_coverage": 0.9999,
    "sample_bytes": 10_000_000,
    "split_digits": True,
    "across_words": False,
    "katakana_apart": False,
    "user_defined": [],
    "existing": None,
}


def write(folder: Path, to: Path) -> tuple[int, int]:
    """Lay the ids of both splits into a file; how many each has."""
    found = {name: clean_texts.read(texts, folder) for name, texts in SETS.items()}
    if missing := [name for name, texts in found.items() if not texts]:
        raise SystemExit(
            f"bench-pretrain: expected {' and '.join(SETS)} in {folder}, found no {' and no '.join(missing)}; "
            "name their folder with --text"
        )
    texts = [text for each in found.values() for text in each]
    apart = texts[::HELD_OUT]
    rest = [text for number, text in enumerate(texts) if number % HELD_OUT]
    tokenizer = Tokenizer(trainer.train(rest, TokenizerParams.model_validate(PIECES)).model)
    train, validation = (_ids(tokenizer, part) for part in (rest, apart))
    to.parent.mkdir(parents=True, exist_ok=True)
    np.savez(to, train=train, validation=validation)
    return len(train), len(validation)


def _ids(tokenizer: Tokenizer, texts: list[str]) -> Ids:
    laid = [[tokenizer.begin, *tokenizer.encode(text), tokenizer.end] for text in texts]
    return np.concatenate([np.array(ids, dtype=np.uint16) for ids in laid])


def made_up(tokens: int = 1_000_000) -> Ids:
    """Any ids, for where only time counts."""
    return np.random.default_rng(0).integers(SMALL_VOCAB, size=tokens).astype(np.uint16)


def batches(ids: Ids, rows: int, context: int, seed: int) -> Iterator[Batch]:
    """Windows from anywhere, without end."""
    numbers = np.random.default_rng(seed)
    while True:
        yield windows(ids, numbers.integers(len(ids) - context, size=rows), context)


def spread(ids: Ids, rows: int, context: int) -> Batch:
    """Windows evenly apart: what is validated on."""
    return windows(ids, np.linspace(0, len(ids) - context - 1, rows).astype(np.int64), context)


def windows(ids: Ids, starts: npt.NDArray[np.int64], context: int) -> Batch:
    laid = torch.from_numpy(ids[starts[:, None] + np.arange(context + 1)].astype(np.int64))
    return Batch(laid[:, :-1], laid[:, 1:])
