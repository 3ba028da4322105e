"""Whether a language sets spaces between its words: what counts words asks here first."""

UNSPACED = frozenset({"ja", "zh", "yue", "wuu", "th", "lo", "km", "my", "bo", "dz"})
"""ISO 639 codes of languages that set no spaces between words."""
SPACED = 15
"""Characters per word from which a text in no known language counts as not spaced; German has 7."""


def is_spaced(language: str, characters: int, words: int) -> bool:
    """By its language where that is known, else by how many characters there are between spaces."""
    if language:
        return language not in UNSPACED
    return characters <= SPACED * max(words, 1)
