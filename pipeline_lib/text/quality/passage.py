"""A text and what several rules ask of it, found once and only when asked."""

from functools import cached_property

from pipeline_lib.text.quality.grams import Grams
from pipeline_lib.text.quality.words import Words, words_of


class Passage:
    """A text in a language: what its lines and words are."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.language = language

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def filled_lines(self) -> list[str]:
        """Lines that hold more than spaces."""
        return [line for line in self.text.split("\n") if line and not line.isspace()]

    @cached_property
    def runs(self) -> list[str]:
        """Characters between spaces: at most as many as there are words."""
        return self.text.split()

    @cached_property
    def words(self) -> Words:
        return words_of(self.runs)

    @cached_property
    def grams(self) -> Grams:
        """Of its words."""
        return Grams(self.words.codes)


def repeated(parts: list[str]) -> tuple[int, int]:
    """How many parts repeat an earlier one, and how many characters these hold."""
    different = set(parts)
    if len(different) == len(parts):
        return 0, 0
    return len(parts) - len(different), sum(map(len, parts)) - sum(map(len, different))
