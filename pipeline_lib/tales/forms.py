"""How each thing of the world reads in a sentence, and back.

A form is a way to write a kind of entity: `a` writes an item as "a red ball", `the` as "the ball".
`Wording.texts(tongue, form)` writes; `Vocabulary.blanked(sentence)` puts a mark in place of every
form that it finds, so that a sentence becomes its shape, and says what stood there. Japanese has two
tongues, polite and plain, of one vocabulary.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from pipeline_lib.tales import lexicon, problem_words, sayings
from pipeline_lib.tales.lexicon import Amount, Item, Language, Noun, Person, Place
from pipeline_lib.tales.sayings import Phrase

Tongue = Literal["en", "polite", "plain"]
TONGUES: Mapping[Language, tuple[Tongue, ...]] = {"en": ("en",), "ja": ("polite", "plain")}
LANGUAGE: Mapping[Tongue, Language] = {"en": "en", "polite": "ja", "plain": "ja"}

Entity = Any
"""An object of the lexicon. Forms are tables, so any hashable thing may have one."""
Table = Mapping[Entity, str]

AGREEING: Mapping[str, Mapping[str, str]] = {
    "he": {"she": "she", "he": "he"},
    "He": {"she": "She", "he": "He"},
    "him": {"she": "her", "he": "him"},
    "his": {"she": "her", "he": "his"},
    "His": {"she": "Her", "he": "His"},
    "himself": {"she": "herself", "he": "himself"},
    "girl": {"she": "girl", "he": "boy"},
    "女の子": {"she": "女の子", "he": "男の子"},
}
"""Words that agree with a person: form -> gender -> word. They are no marks but part of a shape."""

FIRST_MARK = 0xE000
"""Marks are characters of private use."""
REMEMBERED = 1024
"""Sentences whose forms are known still: several kinds of text look at the first one, and short ones come again."""
LONGEST = 300
"""Characters of those; noise may have no full stop."""


def spoken(phrase: str, tongue: Tongue) -> str:
    """The half of `polite|plain` that `tongue` uses."""
    polite, parts, plain = phrase.partition("|")
    return plain if parts and tongue == "plain" else polite


SILENT_H = frozenset({"honest", "hour"})


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" or word in SILENT_H else "a"


def _english_amount(amount: Amount) -> str:
    noun = amount.noun.en if amount.count == 1 else amount.noun.plural
    return f"{lexicon.NUMBERS[amount.count]} {noun}"


def _numeral(amount: Amount) -> str:
    return f"{lexicon.NUMERALS[amount.count]}{amount.noun.counter}"


def _negated(able: str) -> str:
    """泳げます -> 泳げません, 泳げる -> 泳げない."""
    return able[:-1] + "せん" if able.endswith("ます") else able[:-1] + "ない"


def _english() -> dict[str, Table]:
    people, items = lexicon.PEOPLE, [item for row in lexicon.ITEMS for item in row]
    amounts = [amount for row in lexicon.AMOUNTS.values() for amount in row]
    held = [amount for amount in amounts if amount.count]
    return {
        "name": {p: p.en for p in people},
        "a": {i: f"{_article(i.adjective.en)} {i.adjective.en} {i.noun.en}" for i in items},
        "the": {i: f"the {i.noun.en}" for i in items},
        "The": {i: f"The {i.noun.en}" for i in items},
        "adjective": {i: i.adjective.en for i in items},
        "amount": {a: _english_amount(a) for a in held},
        "count": {a: lexicon.NUMBERS[a.count] for a in held},
        "Count": {a: lexicon.NUMBERS[a.count].capitalize() for a in held},
        "nouns": {noun: noun.plural for noun in lexicon.COUNTED},
        "in": {place: place.en for place in lexicon.PLACES},
        "to": {place: f"to {place.noun}" for place in lexicon.PLACES},
        "time": {phrase: phrase.en for phrase in sayings.TIMES},
        "spot": {phrase: phrase.en for phrase in sayings.SPOTS},
        "mood": {phrase: phrase.en for phrase in sayings.MOODS},
        "doing": {phrase: phrase.en for phrase in sayings.DOINGS},
        "feat": {phrase: phrase.en for phrase in sayings.FEATS},
        "trait": {phrase: f"{_article(phrase.en)} {phrase.en}" for phrase in sayings.TRAITS},
        "scenery": {phrase: phrase.en for phrase in sayings.SCENERY},
        **_english_measures(),
    }


def _japanese(tongue: Tongue) -> dict[str, Table]:
    items = [item for row in lexicon.ITEMS for item in row]
    held = [amount for row in lexicon.AMOUNTS.values() for amount in row if amount.count]
    return {
        "name": {p: p.ja for p in lexicon.PEOPLE},
        "a": {i: f"{i.adjective.ja}い{i.noun.ja}" for i in items},
        "the": {i: i.noun.ja for i in items},
        "past": {i: f"{i.adjective.ja}かった" for i in items},
        "amount": {a: f"{a.noun.ja}を{_numeral(a)}" for a in held},
        "count": {a: _numeral(a) for a in held},
        "nouns": {noun: noun.ja for noun in lexicon.COUNTED},
        "place": {place: place.ja for place in lexicon.PLACES},
        "time": {phrase: phrase.ja for phrase in sayings.TIMES},
        "spot": {phrase: phrase.ja for phrase in sayings.SPOTS},
        "mood": {phrase: spoken(phrase.ja, tongue) for phrase in sayings.MOODS},
        "doing": {phrase: spoken(phrase.ja, tongue) for phrase in sayings.DOINGS},
        "feat": {phrase: spoken(phrase.ja, tongue) for phrase in sayings.FEATS},
        "cannot": {phrase: _negated(spoken(phrase.ja, tongue)) for phrase in sayings.FEATS},
        "trait": {phrase: phrase.ja for phrase in sayings.TRAITS},
        "scenery": {phrase: spoken(phrase.ja, tongue) for phrase in sayings.SCENERY},
        **_japanese_measures(),
    }


def _english_measures() -> dict[str, Table]:
    return {
        "digits": {measure: str(measure.count) for measure in problem_words.TOLD},
        "chore": {phrase: phrase.en for phrase in problem_words.CHORES},
        "a_line": {phrase: f"a {phrase.en}" for phrase in problem_words.LINES},
        "the_line": {phrase: f"the {phrase.en}" for phrase in problem_words.LINES},
        "before": {phrase: phrase.en for phrase in problem_words.WAITS},
        "pastime": {phrase: phrase.en for phrase in problem_words.PASTIMES},
        "walk": {phrase: phrase.en for phrase in problem_words.WALKS},
    }


def _japanese_measures() -> dict[str, Table]:
    counted = {noun: f"何{noun.counter}" for noun in lexicon.COUNTED}
    return {
        "digits": {m: f"{m.count}{m.counter}" for m in problem_words.TOLD},
        "how_many": counted,
        "chore": {phrase: phrase.ja for phrase in problem_words.CHORES},
        "line": {phrase: phrase.ja for phrase in problem_words.LINES},
        "until": {phrase: phrase.ja for phrase in problem_words.WAITS},
        "pastime": {phrase: phrase.ja for phrase in problem_words.PASTIMES},
        "walk": {phrase: phrase.ja for phrase in problem_words.WALKS},
    }


TABLES: Mapping[Tongue, dict[str, Table]] = {
    "en": _english(),
    "polite": _japanese("polite"),
    "plain": _japanese("plain"),
}


class Vocabulary:
    """All forms of a language, to be found in its sentences."""

    def __init__(self, tables: Iterable[Mapping[str, Table]]) -> None:
        self.marks: dict[str, str] = {}
        """Text -> the mark of its form."""
        self.entities: dict[str, tuple[Entity, ...]] = {}
        """Text -> what it may stand for."""
        forms: dict[str, str] = {}
        for table in tables:
            for form, written in table.items():
                for entity, text in written.items():
                    if forms.setdefault(text, form) != form:
                        raise ValueError(f"{text!r} is written by {forms[text]} and by {form}")
                    known = self.entities.get(text, ())
                    if entity not in known:
                        self.entities[text] = (*known, entity)
        names = sorted(set(forms.values()))
        self.mark_of = {form: chr(FIRST_MARK + number) for number, form in enumerate(names)}
        self.form_of = {mark: form for form, mark in self.mark_of.items()}
        self.marks = {text: self.mark_of[form] for text, form in forms.items()}
        self._finder = re.compile(rf"(?<![A-Za-z])({any_of(self.marks)})(?![A-Za-z])")
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._blanked)

    def blanked(self, sentence: str) -> tuple[str, tuple[str, ...]]:
        """The sentence with a mark for each form, and the forms."""
        is_long = len(sentence) > LONGEST
        return self._blanked(sentence) if is_long else self._remembered(sentence)

    def _blanked(self, sentence: str) -> tuple[str, tuple[str, ...]]:
        parts = self._finder.split(sentence)
        found = tuple(parts[1::2])
        parts[1::2] = [self.marks[text] for text in found]
        return "".join(parts), found

    def starts(self, sentence: str) -> list[int]:
        """Where each form of a sentence begins."""
        return [form.start() for form in self._finder.finditer(sentence)]


def any_of(words: Iterable[str]) -> str:
    """A regular expression for the longest of `words` that stands at a place."""
    root: dict[str, Any] = {}
    for word in words:
        node = root
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    return _alternatives(root)


def _alternatives(node: Mapping[str, Any]) -> str:
    branches = [
        re.escape(character) + _alternatives(below)
        for character, below in sorted(node.items())
        if character
    ]
    if not branches:
        return ""
    body = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return f"(?:{body})?" if "" in node else body


class Wording:
    """The words of a kind of text: how its things read, and what agrees with them."""

    def __init__(
        self,
        tables: Mapping[Tongue, Mapping[str, Table]],
        agreeing: Mapping[str, Mapping[str, str]],
        agreed: Sequence[Entity],
    ) -> None:
        """`agreed`: those with a gender, which the words of `agreeing` agree with."""
        self.tables, self.agreeing, self._agreed = tables, agreeing, agreed
        self.vocabulary = {
            language: Vocabulary(tables[tongue] for tongue in tongues)
            for language, tongues in TONGUES.items()
        }

    def texts(self, tongue: Tongue, form: str) -> Table:
        """Entity -> how it reads; for words that agree, who or what they agree with -> word."""
        words = self.agreeing.get(form)
        return self.tables[tongue][form] if words is None else self.agreeing_texts(words)

    def agreeing_texts(self, words: Mapping[str, str]) -> Table:
        return {one: words[one.gender] for one in self._agreed if one.gender in words}


WORDING = Wording(TABLES, AGREEING, lexicon.PEOPLE)
"""Of people and what they have."""


__all__ = [
    "Amount",
    "Entity",
    "Item",
    "Noun",
    "Person",
    "Phrase",
    "Place",
    "Table",
    "Tongue",
    "Vocabulary",
    "Wording",
    "spoken",
]
