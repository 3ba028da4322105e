"""How a text is spoilt in one place: the kinds of change that minimal pairs are made of.

A change is a regular expression and what to write instead of what it finds. It knows nothing of the
world: the recogniser says whether what comes out is still a tale.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pipeline_lib.tales.forms import any_of
from pipeline_lib.tales.reading import Fault


class Change(NamedTuple):
    pattern: re.Pattern[str]
    rewrite: Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class Phenomenon:
    """One way to be wrong, and whether grammar or the world of the text forbids it."""

    name: str
    fault: Fault
    changes: tuple[Change, ...]

    def spoilt(self, text: str) -> Iterator[str]:
        """The text, each time with another place of it changed."""
        for change in self.changes:
            for match in change.pattern.finditer(text):
                yield text[: match.start()] + change.rewrite(match) + text[match.end() :]


def swap(words: Mapping[str, str], before: str = r"\b", after: str = r"\b") -> Change:
    """One word for another, between what the two expressions describe."""
    pattern = re.compile(f"({before})({any_of(words)})(?={after})")
    return Change(pattern, lambda match: match[1] + words[match[2]])


def turn(pattern: str, template: str) -> Change:
    """A rearrangement, as `re.sub` writes it."""
    return Change(re.compile(pattern), lambda match: match.expand(template))


def unsaid(words: Mapping[str, str], before: str = r"\b", after: str = r"\b") -> Change:
    """One word for another that the text does not have."""
    pattern = re.compile(f"({before})({any_of(words)})(?={after})")

    def rewrite(match: re.Match[str]) -> str:
        word = words[match[2]]
        while word in match.string:
            word = words[word]
        return match[1] + word

    return Change(pattern, rewrite)


def both_ways(words: Mapping[str, str]) -> dict[str, str]:
    """With the way back."""
    return {**words, **{value: key for key, value in words.items()}}


def in_a_ring(words: tuple[str, ...]) -> dict[str, str]:
    """Each word to the next one, the last to the first."""
    return dict(zip(words, (*words[1:], words[0]), strict=True))
