"""Swallow's rules for Japanese, which has no spaces: characters are counted. Each rule's name is its reason.

Okazaki et al. 2024 (https://arxiv.org/abs/2404.17733), read as their program does: shares of kana are of the
Japanese letters, the share of Japanese of all characters; of the n-grams that come again, the different ones are
counted, not their characters. One change: empty lines are no paragraphs. NFKC makes three dots of an ellipsis and
half-width marks of ！？, so both spellings are known here.
"""

import re
from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pipeline_lib.params import SwallowParams
from pipeline_lib.text.quality.grams import Grams, counted, repeats
from pipeline_lib.text.quality.passage import repeated

SENTENCE = re.compile(r"[^。．！？!?\n]+[。．！？!?]?")
ELLIPSES = ("…", "・", "...")
MARKS = "、，。．！？!?"
KANJI = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF), (0x3005, 0x3007), (0x303B, 0x303B))
TOP = (2, 3, 4)
LONG = (5, 6, 7, 8, 9, 10)


class Japanese:
    """A Japanese text: its lines, sentences, letters and n-grams of characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Half a pair of surrogates is no character, but no reason to stop either.
        self.codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        self.hiragana = self._between((0x3041, 0x3096))
        self.katakana = self._between((0x30A1, 0x30FA))

    @cached_property
    def letters(self) -> int:
        """Kana, kanji and the marks of a sentence."""
        kanji = sum(map(self._between, KANJI))
        return self.hiragana + self.katakana + kanji + sum(map(self.text.count, MARKS))

    @cached_property
    def lines(self) -> list[str]:
        return [line for line in self.text.split("\n") if line.strip()]

    @cached_property
    def sentences(self) -> list[str]:
        return SENTENCE.findall(self.text)

    @cached_property
    def grams(self) -> Grams:
        return Grams(self.codes)

    def _between(self, block: tuple[int, int]) -> int:
        first, last = block
        return int(((self.codes >= first) & (self.codes <= last)).sum())


def swallow_too_short(text: Japanese, rules: SwallowParams) -> bool:
    return min(len(text.text), text.letters) < rules.min_letters


def swallow_japanese(text: Japanese, rules: SwallowParams) -> bool:
    """Half of it is something else: tables, code, another language."""
    return text.letters < rules.min_japanese * len(text.text)


def swallow_hiragana(text: Japanese, rules: SwallowParams) -> bool:
    """No sentence does without hiragana: a list of names, or Chinese."""
    return text.hiragana < rules.min_hiragana * text.letters


def swallow_katakana(text: Japanese, rules: SwallowParams) -> bool:
    """Lists of products."""
    return text.katakana > rules.max_katakana * text.letters


def swallow_mean_sentence(text: Japanese, rules: SwallowParams) -> bool:
    """Menus have short lines; what has no full stops is no prose."""
    if not text.sentences:
        return rules.min_mean_sentence > 0
    mean = sum(map(len, text.sentences)) / len(text.sentences)
    return not rules.min_mean_sentence <= mean <= rules.max_mean_sentence


def swallow_longest_sentence(text: Japanese, rules: SwallowParams) -> bool:
    """Keywords strung together."""
    return max(map(len, text.sentences), default=0) > rules.max_sentence


def swallow_ellipsis_sentences(text: Japanese, rules: SwallowParams) -> bool:
    """Many sentences break off: teasers of other pages."""
    broken = sum(sentence.rstrip().endswith(ELLIPSES) for sentence in text.sentences)
    return broken > rules.max_ellipsis_sentences * len(text.sentences)


def swallow_duplicate_lines(text: Japanese, rules: SwallowParams) -> bool:
    """Too many lines or sentences repeat an earlier one, or hold too much of the text."""
    return any(_repeat(parts, rules) for parts in (text.lines, text.sentences))


def swallow_top_ngram(text: Japanese, rules: SwallowParams) -> bool:
    """One string of two to four characters comes again and again."""
    most = len(text.text)
    for n, share in zip(TOP, rules.max_top_ngrams, strict=True):
        keys = text.grams.keys(n)
        if most > share * len(keys):  # the most frequent of the shorter ones says that it may be
            most = int(counted(keys)[1].max(initial=0))
            if most > share * len(keys):
                return True
    return False


def swallow_duplicate_ngrams(text: Japanese, rules: SwallowParams) -> bool:
    """Too many strings of five to ten characters come again."""
    again = repeats(text.grams.keys(LONG[0]))
    for n, share in zip(LONG, rules.max_duplicate_ngrams, strict=True):
        keys = text.grams.keys(n)
        # No longer string comes again more often: with this bound most texts need no count.
        if again > share * (len(keys) - again) and _come_again(keys) > share:
            return True
    return False


RULES: tuple[Callable[[Japanese, SwallowParams], bool], ...] = (
    swallow_too_short,
    swallow_japanese,
    swallow_hiragana,
    swallow_katakana,
    swallow_mean_sentence,
    swallow_longest_sentence,
    swallow_ellipsis_sentences,
    swallow_duplicate_lines,
    swallow_top_ngram,
    swallow_duplicate_ngrams,
)


def _repeat(parts: list[str], rules: SwallowParams) -> bool:
    times, characters = repeated(parts)
    most_characters = rules.max_duplicate_line_chars * sum(map(len, parts))
    return times > rules.max_duplicate_lines * len(parts) or characters > most_characters


def _come_again(keys: npt.NDArray[np.uint64]) -> float:
    """Share of the different n-grams that come more than once."""
    _, counts = counted(keys)
    return float((counts > 1).mean())
