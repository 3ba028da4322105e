"""What prose must be to be learnt from: one section per family of published rules, `null` where a family is off.

The values in the shipped params.yaml are those in print; where the paper and the program that made the data
differ, the program's.
"""

from pydantic import Field

from pipeline_lib.params.section import Section, Share


class GopherQualityParams(Section):
    """Rae et al. 2021, appendix A.1.1 (https://arxiv.org/abs/2112.11446). For languages with spaces."""

    min_words: int = Field(ge=0)
    """Words that hold more than punctuation (Gopher: 50)."""
    max_words: int = Field(gt=0)
    """Likewise (Gopher: 100,000)."""
    min_mean_word_length: float = Field(ge=0)
    """Characters (Gopher: 3)."""
    max_mean_word_length: float = Field(gt=0)
    """Characters (Gopher: 10)."""
    max_symbols_per_word: float = Field(ge=0)
    """Of # and of ellipses, each by itself (Gopher: 0.1)."""
    max_bullet_lines: Share
    """Share of lines that start with a bullet (Gopher: 0.9)."""
    max_ellipsis_lines: Share
    """Share of lines that end with an ellipsis (Gopher: 0.3)."""
    min_alphabetic_words: Share
    """Share of words with a letter; signs count as words (Gopher: 0.8)."""
    min_stop_words: int = Field(ge=0)
    """Different ones of the language's most frequent words (Gopher: 2 of 8); no rule where we know none."""


class GopherRepetitionParams(Section):
    """Rae et al. 2021, appendix A.1.1, table A1. Shares of characters are of the whole text."""

    max_duplicate_lines: Share
    """Share of lines that repeat an earlier one (Gopher: 0.30)."""
    max_duplicate_paragraphs: Share
    """Likewise of paragraphs (Gopher: 0.30)."""
    max_duplicate_line_chars: Share
    """Share of characters in such lines (Gopher: 0.20)."""
    max_duplicate_paragraph_chars: Share
    """Likewise in paragraphs (Gopher: 0.20)."""
    max_top_ngrams: tuple[Share, Share, Share]
    """Share of characters in the most frequent 2-, 3- and 4-gram of words (Gopher: 0.20, 0.18, 0.16)."""
    max_duplicate_ngrams: tuple[Share, Share, Share, Share, Share, Share]
    """Share of characters in repeated 5- to 10-grams of words (Gopher: 0.15, 0.14, 0.13, 0.12, 0.11, 0.10)."""


class C4Params(Section):
    """Raffel et al. 2020 (https://arxiv.org/abs/1910.10683): lines are removed, or the whole text.

    For texts with a paragraph a line: of a book whose lines break at 70 characters little would be left.
    """

    end_punctuation: bool
    """Remove lines that do not end as a sentence does. FineWeb left this out: it costs 30 % of the web."""
    min_line_words: int = Field(ge=0)
    """Shorter lines are removed (C4: 3)."""
    max_word_length: int = Field(gt=0)
    """Lines with a longer word are removed, in characters (C4's program: 1,000)."""
    min_sentences: int = Field(ge=0)
    """Of the text that is left (C4: 5)."""


class FineWebParams(Section):
    """Penedo et al. 2024 (https://arxiv.org/abs/2406.17557). For languages with spaces."""

    min_punctuated_lines: Share
    """Share of lines that end with a sentence's mark (FineWeb: 0.12)."""
    quotes_end_lines: bool
    """Whether a closing quotation mark after a sentence's mark ends a line too (FineWeb's program: false, which costs
    a twelfth of good fiction)."""
    short_line: int = Field(ge=0)
    """Characters of a short line (FineWeb: 30)."""
    max_short_lines: Share
    """Share of such lines (FineWeb: 0.67)."""
    max_duplicate_line_chars: Share
    """Share of characters in lines that repeat an earlier one (FineWeb's program: 0.01, its paper: 0.1)."""
    max_newlines_per_word: float = Field(ge=0)
    """Lists have many (FineWeb's program: 0.3)."""


class SwallowParams(Section):
    """Okazaki et al. 2024 (https://arxiv.org/abs/2404.17733). For Japanese.

    A sentence is what ends with 。！？ or a line.
    """

    min_letters: int = Field(ge=0)
    """Characters, and of these Japanese letters (Swallow: 400)."""
    min_hiragana: Share
    """Share of the Japanese letters (Swallow: 0.2)."""
    max_katakana: Share
    """Share of the Japanese letters (Swallow: 0.5)."""
    min_japanese: Share
    """Share of the characters: kana, kanji, 、 and 。 (Swallow: 0.5)."""
    min_mean_sentence: float = Field(ge=0)
    """Characters (Swallow: 20)."""
    max_mean_sentence: float = Field(gt=0)
    """Characters (Swallow: 90)."""
    max_sentence: int = Field(gt=0)
    """Characters of the longest sentence (Swallow: 200)."""
    max_ellipsis_sentences: Share
    """Share of sentences that end with … or ・ (Swallow: 0.2)."""
    max_duplicate_lines: Share
    """Share of lines that repeat an earlier one; also of sentences (Swallow: 0.30)."""
    max_duplicate_line_chars: Share
    """Share of characters in such lines; also sentences (Swallow: 0.20)."""
    max_top_ngrams: tuple[Share, Share, Share]
    """Share of the most frequent 2-, 3- and 4-gram of characters among all (Swallow: 0.20, 0.18, 0.16)."""
    max_duplicate_ngrams: tuple[Share, Share, Share, Share, Share, Share]
    """Share of the different 5- to 10-grams of characters that come again (Swallow: 0.15 to 0.10)."""


class QualityParams(Section):
    gopher_quality: GopherQualityParams | None
    gopher_repetition: GopherRepetitionParams | None
    c4: C4Params | None
    fineweb: FineWebParams | None
    swallow: SwallowParams | None
