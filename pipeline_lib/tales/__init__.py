"""The embedded corpus: texts from a small simulated world, of exactly known probability.

Each text is a pure function of (seed, index). No files, no network, nothing but integers behind
every choice: the same text on every platform and Python version. The grammar is data; the machinery
draws from it, reads texts back, and in both directions adds up log2 of the same probabilities.

lexicon          people, things, places, in both languages    data
story_events     what happens, and how it is told             data
draw             every random choice, and its log2 probability
forms            how each thing reads in a sentence, and back
patterns         sentence patterns, compiled to write and to read
sentences        one sentence, read back
telling          a text told and read by the same steps
story_world, story_rules, story_effects                       state, who may, what changes
reading          what a recogniser says
recognition      any text: its kind, its faults, its probability
entropy          the floor of a corpus
instructions     conversations about stories
pairs            minimal pairs: a tale, and the same tale with one violation
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.entropy import Entropy, of_texts
from pipeline_lib.tales.forms import LANGUAGE
from pipeline_lib.tales.genres import GENRES, Texts
from pipeline_lib.tales.lexicon import LANGUAGES, Language
from pipeline_lib.tales.reading import Break, Fault, Reading, Report, Verdict
from pipeline_lib.tales.recognition import inspect, recognise

WORDS = 1 << 16
"""Added to a kind's salt: the stream of how things are told, apart from what happens."""
TONGUE = 1 << 17
"""Likewise, the stream of languages: another language leaves the events as they are."""


@dataclass(frozen=True, slots=True)
class Tale:
    """One text, and where it is a problem or a conversation, its parts."""

    text: str
    kind: Texts
    language: Language
    log2_probability: float
    """Of all choices that made it; its language is one of them where it was drawn."""
    question: str = ""
    solution: str = ""
    answer: str = ""
    level: int = 0
    """1 to 5; 0: not a problem."""
    turns: tuple[tuple[str, str], ...] = ()
    """(role, content); empty: not a conversation."""


def tale(seed: int, index: int, texts: Texts, language: Language | None = None) -> Tale:
    """The text number `index` of `seed`; its translation is the same number in the other language."""
    genre = GENRES[texts]
    choice = Draw(seed, index, genre.salt + TONGUE)
    spoken = choice.one_of(LANGUAGES) if language is None else language
    tongue = choice.one_of(genre.tongues[spoken])
    events, words = Draw(seed, index, genre.salt), Draw(seed, index, genre.salt + WORDS)
    told = genre.write(tongue, events, words)
    return Tale(
        text=told.text,
        kind=texts,
        language=LANGUAGE[tongue],
        log2_probability=choice.log2_probability + events.log2_probability + words.log2_probability,
        question=told.question,
        solution=told.solution,
        answer=told.answer,
        level=told.level,
        turns=told.turns,
    )


def tales(seed: int, rows: int, texts: Texts, language: Language | None = None) -> Iterator[Tale]:
    """The first `rows` texts of `seed`."""
    return (tale(seed, index, texts, language) for index in range(rows))


def entropy(seed: int, indices: range, texts: Texts, language: Language | None = None) -> Entropy:
    """The floor in bits per byte of these texts, and its standard error; ValueError for no texts."""
    told = (tale(seed, index, texts, language) for index in indices)
    return of_texts((one.log2_probability, len(one.text.encode())) for one in told)


__all__ = [
    "GENRES",
    "LANGUAGES",
    "Break",
    "Entropy",
    "Fault",
    "Language",
    "Reading",
    "Report",
    "Tale",
    "Texts",
    "Verdict",
    "entropy",
    "inspect",
    "recognise",
    "tale",
    "tales",
]
