"""Minimal pairs, as BLiMP's: two whole tales that are equal but for one violation.

Warstadt et al. 2020, https://doi.org/10.1162/tacl_a_00321. The good one is a story as the corpus
tells it, the bad one the same story with one place of it changed (`pair_english`, `pair_japanese`),
and the reader of stories has refused it for the reason that the phenomenon names. Short stories are
preferred: of those drawn for a pair the first that is short and has a place to spoil.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline_lib.tales import pair_english, pair_japanese, stories
from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.forms import TONGUES, Tongue
from pipeline_lib.tales.lexicon import Language
from pipeline_lib.tales.pair_changes import Phenomenon

SALT = 20
SHORT: Mapping[Language, int] = {"en": 400, "ja": 190}
"""Characters; about 110 pieces of a tokenizer."""
DRAWN = 1500
"""Stories drawn for a pair at the most."""

CATALOGUE: Mapping[Language, tuple[Phenomenon, ...]] = MappingProxyType(
    {"en": pair_english.PHENOMENA, "ja": pair_japanese.PHENOMENA}
)
PHENOMENA: Mapping[Language, tuple[str, ...]] = MappingProxyType(
    {language: tuple(one.name for one in known) for language, known in CATALOGUE.items()}
)
"""Their names; pair `index` shows number `index` of them, and so round."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two whole texts; the recogniser accepts the good one and refuses the bad one."""

    phenomenon: str
    good: str
    bad: str
    language: Language


def pair(seed: int, index: int, language: Language) -> Pair:
    """The pair number `index` of `seed`; neighbours show different phenomena."""
    known = CATALOGUE[language]
    phenomenon = known[index % len(known)]
    best: Pair | None = None
    for number in range(DRAWN):
        choice = Draw(seed, index * DRAWN + number, SALT)
        tongue = choice.one_of(TONGUES[language])
        good = _story(tongue, choice)
        if best is not None and len(good) >= len(best.good):
            continue
        bad = _spoilt(good, tongue, phenomenon, choice)
        if bad is not None:
            best = Pair(phenomenon.name, good, bad, language)
            if len(good) <= SHORT[language]:
                return best
    if best is None:
        raise ValueError(
            f"{phenomenon.name} ({language}): expected a place for it in {DRAWN} stories, found none"
        )
    return best


def _story(tongue: Tongue, choice: Draw) -> str:
    return stories.write(tongue, choice, choice).text


def _spoilt(good: str, tongue: Tongue, phenomenon: Phenomenon, choice: Draw) -> str | None:
    """The text with one sentence of it wrong, if it has a place for that."""
    ways = list(dict.fromkeys(phenomenon.spoilt(good)))
    if not ways:
        return None
    bad = choice.one_of(ways)
    place = first_difference(good, bad)
    wrong = next((v for v in stories.read(bad, tongue).verdicts if v.fault), None)
    if wrong is None or not wrong.start <= place < wrong.end:
        return None
    return bad if wrong.fault and wrong.fault.fault == phenomenon.fault else None


def first_difference(one: str, other: str) -> int:
    """Length of the prefix that two texts share."""
    ends = min(len(one), len(other))
    return next((place for place in range(ends) if one[place] != other[place]), ends)
