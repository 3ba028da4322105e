"""Which language a text is in, and how surely: its script where that says it, else py3langid.

A text is asked in three places only, so a book costs no more than a page. Kana are Japanese, hangul
is Korean, and so on; where a script serves many languages, py3langid's bundled model tells them
apart; its probabilities already grow with the length of what it reads. Han alone is Japanese where
signs stand that only Japan simplified so.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

PLACES = 3
PLACE = 300
"""Characters looked at in each place: beginning, middle and end."""
FEWEST = 8
"""Letters below which nothing is said, unless the script says it."""
SURE = 20
"""Han signs from which the model is believed between Chinese and Japanese: names are both."""
LETTERED = 0.25
"""Share of the signs that must be letters: less is figures, drawings or noise, in no language."""
MOST = 0.5
"""Share of the letters that a script must have."""
LEAST_KANA = 0.05
"""Of the signs of a Japanese text; running text has half. Chinese has none, bar a name or two."""

NO_LANGUAGE = "zxx"
"""What the model calls figures, tables, code."""

LETTER = re.compile(r"[^\W\d_]")
LINK = re.compile(r"(?:https?://|www\.)\S{1,500}")
KANA = re.compile("[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9d]")
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\u3005\U00020000-\U0003ffff]")
JAPANESE = re.compile(
    "[円図広応総関県沢浜桜発売駅払仏伝価込働畑峠従蔵観帰顕竜滝気変両営択拝歩毎渋焼転軽辺駆験髪徳実対検権勧歓続読鉄銭隠雑霊頼齢]"
)
CHINESE = re.compile(
    "[们这说吗么没给让从还过时会来对为与个你她它們這說嗎麼沒給讓還過會來與個妳您呢吧]"
)
"""Signs that one of the two writes so, and the other not or hardly ever."""
SCRIPTS = {
    "ko": re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]"),
    "th": re.compile("[\u0e01-\u0e5b]"),
    "el": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "he": re.compile("[\u05d0-\u05ea]"),
    "ka": re.compile("[\u10a0-\u10ff]"),
    "hy": re.compile("[\u0531-\u0587]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
    "te": re.compile("[\u0c00-\u0c7f]"),
    "km": re.compile("[\u1780-\u17ff]"),
    "lo": re.compile("[\u0e80-\u0eff]"),
    "si": re.compile("[\u0d80-\u0dff]"),
}
"""Scripts in which, but for a rare exception, one language is written."""


@dataclass(frozen=True)
class Language:
    code: str
    """ISO 639-1; empty: not known."""
    confidence: float
    """From 0 to 1."""


UNKNOWN = Language("", 0.0)


def identify(text: str) -> Language:
    """The language that most of the text is in."""
    sample = LINK.sub(" ", _sample(text))
    letters = len(LETTER.findall(sample))
    if letters <= LETTERED * len("".join(sample.split())):
        return UNKNOWN
    return _by_script(sample, letters) or _by_model(sample, letters)


def _sample(text: str) -> str:
    if len(text) <= PLACES * PLACE:
        return text
    step = (len(text) - PLACE) // (PLACES - 1)
    return "\n".join(text[i * step : i * step + PLACE] for i in range(PLACES))


def _by_script(sample: str, letters: int) -> Language | None:
    kana, han = len(KANA.findall(sample)), len(HAN.findall(sample))
    if kana + han >= MOST * letters:
        if kana >= LEAST_KANA * (kana + han):
            return Language("ja", min((kana + han) / letters, 1.0))
        return _han(sample)
    for code, script in SCRIPTS.items():
        if (found := len(script.findall(sample))) >= MOST * letters:
            return Language(code, min(found / letters, 1.0))
    return None


def _by_model(sample: str, letters: int) -> Language:
    if letters < FEWEST:
        return UNKNOWN
    code, probability = _model().classify(sample)
    return UNKNOWN if code == NO_LANGUAGE else Language(str(code), float(probability))


def _han(sample: str) -> Language:
    """Chinese, or Japanese without kana: lists of names and offices, addresses, kanbun."""
    japanese, chinese = len(JAPANESE.findall(sample)), len(CHINESE.findall(sample))
    if japanese > chinese:
        return Language("ja", japanese / (japanese + chinese + 1))
    likely = dict(_model().rank(sample))
    whole = likely["zh"] + likely["ja"]
    code = "zh" if likely["zh"] >= likely["ja"] else "ja"
    sure = min(len(HAN.findall(sample)) / SURE, 1.0)
    return Language(code, sure * likely[code] / whole if whole else 0.0)


@cache
def _model() -> Any:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
