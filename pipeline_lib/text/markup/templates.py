"""Wiki templates that say something, and how; all others are furniture and go.

The names are those of the English and the Japanese Wikipedia, lower case. A missing word in the
middle of a sentence harms more than a reference too many, so what stands inside sentences is here.
"""

import re
from collections.abc import Callable, Sequence

NAMED = re.compile(r"\s*(?:[A-Za-z_][\w -]{0,30})=")
NUMBERED = re.compile(r"\s*(?:[1-9]|text|content|quote)\s*=")
RANGES = ("to", "and", "by", "or", "-", "–", "x", "×", "+/-", "±")

Say = Callable[[Sequence[str]], str]


def _first(words: Sequence[str]) -> str:
    return words[0] if words else ""


def _second(words: Sequence[str]) -> str:
    return words[1] if len(words) > 1 else _first(words)


def _last(words: Sequence[str]) -> str:
    return words[-1] if words else ""


def _joined(words: Sequence[str]) -> str:
    return "".join(words)


def _measure(words: Sequence[str]) -> str:
    """`convert`: a number and its unit, or two numbers and theirs."""
    if len(words) > 3 and words[1] in RANGES:
        return " ".join(words[:4])
    return " ".join(words[:2])


def _fraction(words: Sequence[str]) -> str:
    return " ".join([*words[:-2], "/".join(words[-2:])])


def _glossed(words: Sequence[str]) -> str:
    """`nihongo`: the English, and in brackets how it is written and read."""
    rest = ", ".join(word for word in words[1:3] if word)
    return f"{_first(words)} ({rest})" if rest else _first(words)


def _reading(words: Sequence[str]) -> str:
    return f"{words[0]}（{words[1]}）" if len(words) > 1 else _first(words)


def _as_of(words: Sequence[str]) -> str:
    return f"As of {' '.join(words[:1])}"


def _constant(text: str) -> Say:
    return lambda words: text


NAMES: tuple[tuple[Say, str], ...] = (
    (
        _first,
        "nowrap|nobr|small|smaller|big|larger|quote|cquote|blockquote|bq|sub|sup|var|mono|tt|code|kbd|key|"
        "keypress|abbr|tooltip|vanchor|visible anchor|flag|flagu|flagcountry|val|angbr|angle bracket|ill|"
        "unicode|polytonic|script|bold|italic|strong|em|underline|sic|dfn|as written|仮リンク|ルビ|ruby|"
        "ふりがな|縦書き|太字|lang-ja-short",
    ),
    (_second, "lang|langue|color|font color"),
    (_last, "transl|transliteration|rtl-lang"),
    (_joined, "chem|chem2|simplenuclide"),
    (_measure, "convert|cvt|unit"),
    (_fraction, "frac|fraction|sfrac|分数"),
    (_glossed, "nihongo|nihongo3"),
    (_reading, "読み仮名|読み仮名 ルビ不使用|よみがな"),
    (_as_of, "as of"),
)
SAYING: dict[str, Say] = {
    **{name: speak for speak, names in NAMES for name in names.split("|")},
    "nbsp": _constant(" "),
    "spaces": _constant(" "),
    "'s": _constant("'s"),
    "'": _constant("'"),
    "ndash": _constant("–"),
    "mdash": _constant("—"),
    "spaced ndash": _constant(" – "),
    "snd": _constant(" – "),
    "!": _constant("|"),
    "=": _constant("="),
    "·": _constant(" · "),
    "•": _constant(" • "),
}


def say(content: str) -> str:
    """What stands on the page for `{{content}}`, links in it already read."""
    name, *parts = content.split("|")
    name = name.strip().lower().replace("_", " ")
    speaks = SAYING.get(name) or (_first if name.startswith("lang-") else None)
    if speaks is None:
        return ""
    words = [NUMBERED.sub("", part, count=1).strip() for part in parts if _speaks(part)]
    return speaks(words)


def _speaks(part: str) -> bool:
    return NUMBERED.match(part) is not None or NAMED.match(part) is None
