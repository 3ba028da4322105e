"""The data stages' sections: from cleaning to shards."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline_lib.params.duplicates import ContaminationParams, NearParams, ParagraphParams
from pipeline_lib.params.existing import ExistingModel
from pipeline_lib.params.quality import QualityParams
from pipeline_lib.params.section import Section, Share


class CleanParams(Section):
    normal_form: Literal["NFKC", "NFC"]
    """Unicode normalisation, done here and nowhere else."""
    markup: bool
    """Take off what a text is packed in where it shows it: Gutenberg, Aozora, wiki, HTML, stock lines of the web."""
    mask: list[Literal["email", "ip", "phone"]]
    """Personal data to replace by what is reserved for examples."""
    languages: list[str]
    """Keep documents in these only (ISO 639-1); none: in any."""
    language_confidence: Share
    """Below it a document's language is not known, and none of `languages`."""
    min_chars: int = Field(ge=0)
    """Shorter documents hold too little context to predict from."""
    max_chars: int = Field(gt=0)
    max_duplicate_lines: Share
    """Share of lines that repeat an earlier one (Gopher, appendix A: 0.30)."""
    max_duplicate_line_chars: Share
    """Share of characters in such lines (Gopher: 0.20)."""
    max_top_ngram: Share
    """Share of characters in repeats of the most frequent 4-gram of words (Gopher: 0.16) or, where there are no
    spaces, 12-gram of characters."""
    prose: list[str]
    """Sources whose documents must be prose, by the rules under `quality`."""
    quality: QualityParams


class CorpusParams(Section):
    seed: int
    """Changes which documents are held out, and which a fractional weight takes."""
    validation_share: float = Field(gt=0, lt=0.5)
    test_share: float = Field(gt=0, lt=0.5)
    """Both are shares of every source."""
    budgets: dict[str, Annotated[int, Field(gt=0)]]
    """Source -> tokens of it that training is to see, in place of the source's weight."""
    bytes_per_token: float = Field(gt=0)
    """What a budget's token is taken to hold, since the tokenizer is learnt from what is chosen here."""
    max_epochs: float = Field(gt=0)
    """The most that a budget may repeat a source: up to 4 epochs are nearly as good as new text (Muennighoff et al.
    2023, arxiv.org/abs/2305.16264)."""
    near_duplicates: NearParams
    """Sought among the documents of all sources but the tales, whose floor is that of the texts as told."""
    paragraphs: ParagraphParams
    """Likewise."""
    min_chars: int = Field(ge=0)
    """Documents that lost paragraphs and are shorter than this go."""
    contamination: ContaminationParams


def _pieces(asked: list[str]) -> list[str]:
    """A space would not be found (SentencePiece spells it U+2581), and special names are taken."""
    for piece in asked:
        if not piece or re.search(r"[\s▁\0]|^<0x..>$|^<\|\w+\|>$", piece) or asked.count(piece) > 1:
            raise ValueError(
                "expected different pieces without spaces, U+2581 or a special piece's name, "
                f"found {piece!r}"
            )
    return asked


class TokenizerParams(Section):
    existing: ExistingModel | None
    """A SentencePiece model to take instead of learning one. Where it stands, nothing below is read."""
    kind: Literal["unigram", "bpe"]
    seed: int = Field(ge=-(2**63), lt=2**63)
    """Changes which passages are drawn to learn from."""
    vocab_size: int = Field(ge=264, le=262_144)
    """Pieces in all: 256 bytes, the special ones, and what is learnt."""
    character_coverage: float = Field(ge=0.98, le=1)
    """Share of the characters that get a piece of their own; the rest are spelled in bytes."""
    sample_bytes: int = Field(gt=0)
    """Text to train on; drawn evenly from all of it."""
    split_digits: bool
    """Each digit is a piece: arithmetic is easier to learn."""
    across_words: bool
    """A piece may hold several words, such as `went to the`: fewer tokens a text (SuperBPE: Liu et al. 2025,
    arxiv.org/abs/2503.13423)."""
    katakana_apart: bool
    """A piece holds katakana or other script, not both: a name is the same piece whatever particle follows it."""
    user_defined: Annotated[list[str], AfterValidator(_pieces)]
    """Strings that are one piece, such as `<think>`; a text may hold them. Unigram only weighs them: a neighbour that fits
    better can still win."""


class ShardParams(Section):
    file_tokens: int = Field(gt=0)
    """Tokens in one .npy file."""
    max_train_tokens: int = Field(ge=0)
    """Of pretraining text, every source in proportion; 0: all."""
    max_validation_tokens: int = Field(ge=0)
    """Likewise, of validation and of test."""
