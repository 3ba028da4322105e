"""What counts as said before, and what counts as a leaked test question."""

from pydantic import Field

from pipeline_lib.params.section import Section, Share


class NearParams(Section):
    """Near-duplicate documents: MinHash over shingles, candidates by bands (Broder 1997; Leskovec et al., ch. 3)."""

    words: int = Field(ge=1, le=64)
    """Words of a shingle, where words are spaced."""
    characters: int = Field(ge=1, le=64)
    """Characters of a shingle, where they are not: Japanese, Chinese, Thai."""
    bands: int = Field(ge=0, le=256)
    """Groups of hashes of which one must agree for two documents to be compared; 0: no search."""
    rows: int = Field(ge=1, le=64)
    """Hashes of a band. 14 bands of 8 find .57/.92/1.0 of the pairs at Jaccard .7/.8/.9."""
    similarity: Share
    """Least share of all hashes that agree, an estimate of the Jaccard similarity; 0: agreement of a band is enough."""
    seed: int = Field(ge=0)


class ParagraphParams(Section):
    """Paragraphs that stood in an earlier document."""

    paragraph_chars: int = Field(ge=0)
    """Characters of the shortest paragraph sought: "He smiled." is nobody's copy; 0: no search."""


class ContaminationParams(Section):
    """When a text is said to hold an evaluation item."""

    words: int = Field(ge=2, le=64)
    """Words of an n-gram shared with an item (GPT-3, appendix C: 13)."""
    characters: int = Field(ge=2, le=128)
    """Characters of an n-gram where words are not spaced: 13 English words are about 25 of Japanese."""
    min_overlap: float = Field(gt=0, le=1)
    """Least share of an item's n-grams: made from a template, two questions share phrases and are not the same."""
    min_words: int = Field(ge=1)
    """An item shorter than an n-gram is sought as a whole inside texts from so many words on; one that is
    shorter still counts only where it stands alone, as a turn or as lines of its own."""
    min_characters: int = Field(ge=1)
    """Likewise in characters, where words are not spaced."""
