"""Train a tokenizer whose bytes depend on the text and the parameters alone.

SentencePiece writes file names and its number of threads into a model, and with another number of
threads learns another unigram vocabulary. So it is fed from memory, answers to memory, and its
threads are a constant here. Normalisation is identity: `clean` has normalised once, and a tokenizer
must not lose what it is given.
"""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece

from pipeline_lib.errors import DataError, FormatError
from pipeline_lib.formats import files
from pipeline_lib.params import TokenizerParams
from pipeline_lib.tokens import adopted, huggingface, passages, proto
from pipeline_lib.tokens.huggingface import Vocabulary
from pipeline_lib.tokens.passages import Sample
from pipeline_lib.tokens.tokenizer import (
    BEGIN,
    END,
    MODEL_FILE,
    SPECIAL_PIECES,
    UNKNOWN,
    Tokenizer,
)

THREADS = 4
"""Never a parameter: another number makes another vocabulary."""
MOST_DROPPED = 0.01
ABOUT_FILE = "about.json"

_BORDER = "\x1f"
"""Where it stands no piece reaches across."""
_RESERVED = dict.fromkeys(map(ord, f"\0▁▅{_BORDER}"), " ")
"""Characters at which SentencePiece drops a line, which are spelled in bytes anyway; and the border."""
_KATAKANA = re.compile(r" *[ァ-ヺヽヾ][ァ-ヺヽヾー]*\n*")
"""A stretch of it, with the spaces before it and the line's end after it."""

_LINE = re.compile(r"[^\n]+\n*")
_SILENT = 3


@dataclass(frozen=True, slots=True)
class Trained:
    model: bytes
    vocab: str
    """One piece and its score a line, as SentencePiece writes it."""
    metrics: dict[str, int | float]


def train(texts: Iterable[str], params: TokenizerParams) -> Trained:
    """Learn the pieces of texts held in memory; raises as `fit` does."""
    return fit(passages.draw(texts, params.sample_bytes, params.seed), params)


def fit(sample: Sample, params: TokenizerParams) -> Trained:
    """Learn the pieces of a sample; DataError where it cannot carry what `params` ask."""
    if (worst := max(sample.dropped_lines, sample.dropped_bytes)) > MOST_DROPPED:
        raise DataError(
            f"tokenizer: expected at most {MOST_DROPPED:.0%} of the text in stretches of over "
            f"{passages.LONGEST} bytes without a space or a full stop, found {worst:.1%}; "
            "drop such documents in clean"
        )
    lines = [line for p in sample.passages for line in _lines(p.translate(_RESERVED), params)]
    if not lines:
        raise DataError(
            "tokenizer: expected text to learn from, found none; "
            "add a source with role: pretrain, let clean keep more, or raise tokenizer.sample_bytes"
        )
    model = proto.rounded(_learn(lines, params))
    return Trained(
        model=model,
        vocab=_vocab(model),
        metrics={
            "vocab_size": params.vocab_size,
            "sample_bytes": sample.bytes,
            "sample_lines": len(lines),
            "dropped_lines": sample.dropped_lines,
            "dropped_bytes": sample.dropped_bytes,
        },
    )


def adopt(model: bytes, where: str) -> Trained:
    """Take a model from elsewhere in place of one that is learnt; FormatError where it cannot be made safe."""
    try:
        ours = adopted.adopt(model, where)
    except UnicodeDecodeError:
        raise FormatError(
            f"{where}: expected names of pieces in UTF-8, found other bytes; give another file"
        ) from None
    return Trained(ours, _vocab(ours), {"vocab_size": Tokenizer(ours).vocab_size})


def write(folder: Path, trained: Trained, params: TokenizerParams) -> Tokenizer:
    """Lay the model, its vocabulary, its twin for Hugging Face and what to know of it into `folder`; whole or not at all."""
    tokenizer = Tokenizer(trained.model)
    twin = huggingface.vocabulary(tokenizer)
    hindrance = huggingface.hindrance(twin)
    with files.whole_folder(folder) as fresh:
        files.write_bytes(fresh / MODEL_FILE, trained.model)
        files.write_text(fresh / "tokenizer.vocab", trained.vocab)
        files.write_json(fresh / ABOUT_FILE, _about(tokenizer, twin, params, hindrance))
        if not hindrance:
            files.write_text(fresh / "tokenizer.json", huggingface.tokenizer_json(twin))
            files.write_json(
                fresh / "tokenizer_config.json", huggingface.tokenizer_config(tokenizer)
            )
    return tokenizer


def _about(
    tokenizer: Tokenizer, twin: Vocabulary, params: TokenizerParams, hindrance: str
) -> dict[str, Any]:
    existing = params.existing
    return {
        "sha256": tokenizer.digest,
        "from": existing.model_dump() if existing else "learnt",
        "kind": twin.kind,
        "vocab_size": tokenizer.vocab_size,
        "normaliser": "identity",
        "specials": {name: i for i, name in tokenizer.specials.items()},
        "user_defined": twin.user_defined,
        "by_chunk": tokenizer.by_chunk,
        "huggingface": f"none: {hindrance}" if hindrance else huggingface.promise(twin),
    }


def _lines(passage: str, params: TokenizerParams) -> list[str]:
    """What SentencePiece is shown at once: no piece shall reach from one line into the next.

    It cuts a line's end off, but for one that something follows. A lone space makes no pair, so BPE learns pieces that
    end with the line, and nothing else from it; unigram would count it as a piece.
    """
    if params.kind == "unigram":
        lines = [line for line in passage.split("\n") if line]
    else:
        lines = [f"{line} " if line.endswith("\n") else line for line in _LINE.findall(passage)]
    if not params.katakana_apart:
        return lines
    return [_KATAKANA.sub(rf"{_BORDER}\g<0>{_BORDER}", line).strip(_BORDER) for line in lines]


def _learn(sentences: list[str], params: TokenizerParams) -> bytes:
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type=params.kind,
            vocab_size=params.vocab_size,
            character_coverage=params.character_coverage,
            split_digits=params.split_digits,
            split_by_whitespace=not params.across_words,
            pretokenization_delimiter=_BORDER if params.katakana_apart else "",
            num_threads=THREADS,
            max_sentence_length=2 * passages.LONGEST,  # borders have their bytes, too
            byte_fallback=True,
            allow_whitespace_only_pieces=True,
            required_chars="▁",  # where words are not spaced it would be learnt as unknown
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            unk_id=UNKNOWN,
            bos_id=BEGIN,
            eos_id=END,
            pad_id=-1,
            unk_piece=SPECIAL_PIECES[UNKNOWN],
            bos_piece=SPECIAL_PIECES[BEGIN],
            eos_piece=SPECIAL_PIECES[END],
            control_symbols=list(SPECIAL_PIECES[END + 1 :]),
            user_defined_symbols=params.user_defined,
            minloglevel=_SILENT,
        )
    except RuntimeError as error:
        raise _in_words(str(error), params.vocab_size) or error from None
    return model.getvalue()


def _in_words(error: str, asked: int) -> DataError | None:
    """SentencePiece's two complaints about the vocabulary, with the number that would do."""
    if most := re.search(r"Vocabulary size too high.*<= (\d+)", error):
        return DataError(
            f"tokenizer.vocab_size: expected at most {most[1]} for this corpus, found {asked}; "
            "lower it or add text"
        )
    if least := re.search(r"smaller than required_chars\. \d+ vs (\d+)", error):
        return DataError(
            f"tokenizer.vocab_size: expected at least {least[1]} for the characters of this "
            f"corpus, found {asked}; raise it or lower tokenizer.character_coverage"
        )
    return None


def _vocab(model: bytes) -> str:
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
    rows = [
        f"{pieces.id_to_piece(i)}\t{pieces.get_score(i):.6g}\n"
        for i in range(pieces.get_piece_size())
    ]
    return "".join(rows)
