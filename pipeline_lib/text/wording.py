"""The words of one text as they are written, for those who must not err: slow, and only for suspects."""

import re

import numpy as np

from pipeline_lib.text.near import shingles
from pipeline_lib.text.near.shingles import Hashes, Positions

BEFORE, EXCERPT = 40, 240
"""Characters of an excerpt: before the first word, and in all."""
SIGNS = re.compile(r"[+*/=<>^%×÷−]|(?<![^\W\d])-(?![^\W\d])")
"""Signs of arithmetic; a hyphen beside a letter is none."""


class Wording:
    """A text and where its words stand."""

    def __init__(self, text: str) -> None:
        self._text = text
        found = shingles.tokens([text])
        self._hashes = found.hashes
        self._starts: list[int] = found.starts.tolist()
        self._ends: list[int] = found.ends.tolist()

    def runs(self, n: int) -> Hashes:
        """The hashes of all runs of n words."""
        *_, (_, runs) = shingles.grams(self._hashes, n)
        return runs

    def gram(self, place: int, n: int) -> tuple[str, ...]:
        """The n words from here, case folded."""
        words = slice(place, place + n)
        spans = zip(self._starts[words], self._ends[words], strict=True)
        return tuple(self._text[start:end].casefold() for start, end in spans)

    def shared(self, other: "Wording", n: int, places: Positions) -> Positions:
        """Where runs of n words stand that are also in `other` at one of `places`, word for word."""
        grams = {other.gram(place, n) for place in places.tolist()}
        near = np.flatnonzero(np.isin(self.runs(n), other.runs(n)[places]))
        equal = np.array([self.gram(place, n) in grams for place in near.tolist()], bool)
        found: Positions = near[equal]
        return found

    def signs(self, place: int, n: int) -> list[str]:
        """The signs of arithmetic between the n words from here."""
        start, end = self._span(place, n)
        return SIGNS.findall(self._text, start, end)

    def stands_alone(self, place: int, n: int) -> bool:
        """Whether no other word is on the lines of the n words from here."""
        start, end = self._span(place, n)
        is_first = place == 0 or "\n" in self._text[self._ends[place - 1] : start]
        is_last = place + n == len(self._starts)
        return is_first and (is_last or "\n" in self._text[end : self._starts[place + n]])

    def excerpt(self, place: int) -> str:
        """What is said around the word here, on one line."""
        start = max(0, self._starts[place] - BEFORE)
        return " ".join(self._text[start : start + EXCERPT].split())

    def _span(self, place: int, n: int) -> tuple[int, int]:
        return self._starts[place], self._ends[place + n - 1]
