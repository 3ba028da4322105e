"""How the topics of facts and what is said of them read: one animal or many, it or they.

A topic is a kind with its number, which English verbs and pronouns agree with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline_lib.tales import fact_lexicon as lexicon
from pipeline_lib.tales.fact_lexicon import Coat, Part, Parts, Word
from pipeline_lib.tales.forms import Entity, Table, Tongue, Wording, spoken
from pipeline_lib.tales.ontology import KINDS, Kind
from pipeline_lib.tales.patterns import Reference, Roles

Number = Literal["it", "they"]


@dataclass(frozen=True, slots=True, eq=False)
class Topic:
    """What a paragraph is about: "a cat" or "cats"."""

    kind: Kind
    gender: Number

    @property
    def en(self) -> str:
        if self.gender == "they":
            return self.kind.many
        return f"{'an' if self.kind.one[0] in 'aeiou' else 'a'} {self.kind.one}"


ONE = {kind: Topic(kind, "it") for kind in KINDS}
MANY = {kind: Topic(kind, "they") for kind in KINDS}
TOPICS = (*ONE.values(), *MANY.values())

AGREEING: Mapping[str, Mapping[str, str]] = {
    "It/They": {"it": "It", "they": "They"},
    "it/they": {"it": "it", "they": "they"},
    "it/them": {"it": "it", "they": "them"},
    "is": {"it": "is", "they": "are"},
    "Is": {"it": "Is", "they": "Are"},
    "one": {"it": "is"},
    "many": {"they": "are"},
    "has": {"it": "has", "they": "have"},
    "does": {"it": "does", "they": "do"},
    "Does": {"it": "Does", "they": "Do"},
    "eats": {"it": "eats", "they": "eat"},
    "likes": {"it": "likes", "they": "like"},
    "lives": {"it": "lives", "they": "live"},
    "sleeps": {"it": "sleeps", "they": "sleep"},
    "gives": {"it": "gives", "they": "give"},
    "grows": {"it": "grows", "they": "grow"},
    "blooms": {"it": "blooms", "they": "bloom"},
    "needs": {"it": "needs", "they": "need"},
    "tastes": {"it": "tastes", "they": "taste"},
}


def _all(words: Mapping[str, Word]) -> list[Word]:
    return list(words.values())


BARE = {one: Word(one.one.split()[1], one.ja) for one in lexicon.CLASSES.values()}
"""A class without its article: a big *bird*."""
NOUNS = [
    word
    for words in (lexicon.FOODS, lexicon.MATERIALS, lexicon.GIFTS, BARE)
    for word in words.values()
]
SAID: Mapping[str, list[Word]] = {
    "home": _all(lexicon.HOMES),
    "able": _all(lexicon.ABILITIES),
    "company": _all(lexicon.COMPANY),
    "when": [*_all(lexicon.SLEEP), *_all(lexicon.SEASONS)],
    "taste": _all(lexicon.TASTES),
    "need": _all(lexicon.NEEDS),
    "use": _all(lexicon.USES),
}
"""Forms that read alike in all sentences."""


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _english() -> dict[str, Table]:
    classes = lexicon.CLASSES.values()
    sizes = lexicon.SIZES.values()
    return {
        "Topic": {topic: _capital(topic.en) for topic in TOPICS},
        "noun": {t: t.en for t in TOPICS} | {n: n.en for n in NOUNS} | {c: c.many for c in classes},
        "a": {c: c.one for c in classes},
        "quality": {s: s.en for s in sizes} | {d: d.en for d in lexicon.DEGREES},
        "more": {degree: degree.more for degree in lexicon.DEGREES},
        "most": {degree: degree.most for degree in lexicon.DEGREES},
        "parts": {p: _english_parts(p) for p in lexicon.PARTS.values()},
        "part": {part: part.plural for part in lexicon.PART.values()},
        "coat": {coat: f"{coat.look.en} {coat.cover.en}" for coat in lexicon.COATS.values()},
        **{form: {word: word.en for word in words} for form, words in SAID.items()},
    }


def _english_parts(parts: Parts) -> str:
    return f"{lexicon.NUMBERS[parts.count]} {parts.part.plural}"


def _japanese(tongue: Tongue) -> dict[str, Table]:
    classes = lexicon.CLASSES.values()
    sizes = lexicon.SIZES.values()
    degrees = lexicon.DEGREES
    return {
        "noun": {topic: topic.kind.ja for topic in TOPICS}
        | {word: word.ja for word in NOUNS}
        | {known: known.ja for known in classes},
        "quality": {size: size.ja for size in sizes} | {d: f"{d.ja}い" for d in degrees},
        "negated": {degree: f"{degree.ja}く" for degree in degrees},
        "parts": {p: _numbered(p) for p in lexicon.PARTS.values()},
        "part": {part: _asked(part) for part in lexicon.PART.values()},
        "coat": {coat: _look(coat, tongue) for coat in lexicon.COATS.values()},
        **{form: {word: word.ja for word in words} for form, words in SAID.items()},
    }


def _numbered(parts: Parts) -> str:
    return f"{parts.part.ja}が{lexicon.NUMERALS[parts.count]}{parts.part.counter}"


def _asked(part: Part) -> str:
    return f"{part.ja}は{'いくつ' if part.counter == 'つ' else f'何{part.counter}'}"


def _look(coat: Coat, tongue: Tongue) -> str:
    """毛が白いです, 毛が白い; 毛が灰色です, 毛が灰色だ."""
    is_adjective = coat.look.ja.endswith("い")
    ending = "です|" if is_adjective else "です|だ"
    return f"{coat.cover.ja}が{coat.look.ja}{spoken(ending, tongue)}"


WORDING = Wording(
    {"en": _english(), "polite": _japanese("polite"), "plain": _japanese("plain")},
    AGREEING,
    TOPICS,
)


def _is_topic(world: Entity, entity: Entity, roles: Roles) -> bool:
    return world.subject is entity


JAPANESE = {"は": Reference("noun", "は", {"": ""}, _is_topic, 75)}
REFERENCES: Mapping[Tongue, Mapping[str, Reference]] = {
    "en": {
        "It": Reference("Topic", "", AGREEING["It/They"], _is_topic, 75),
        "it": Reference("noun", "", AGREEING["it/they"], _is_topic, 75),
        "them": Reference("noun", "", AGREEING["it/them"], _is_topic, 75),
    },
    "polite": JAPANESE,
    "plain": JAPANESE,
}
