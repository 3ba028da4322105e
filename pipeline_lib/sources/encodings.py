"""Plain text from bytes of unknown encoding: UTF-8 first, then what old archives are written in.

Guessing stays simple on purpose. UTF-8 is self-checking, so bytes that decode are UTF-8. Of the
rest, text is taken for Japanese (cp932) only where kana show up as often as Japanese needs them,
since Western bytes read as cp932 give rare kanji and half-width signs, hardly ever kana.
"""

import codecs

KANA = ("\u3041", "\u30ff")
LEAST_KANA = 0.2
"""Of the characters beyond ASCII. Running Japanese has 0.5 and more."""
MOST_LOST = 0.01
"""Undecodable characters that old cp932 files are forgiven: vendors' own signs."""


def decode(content: bytes) -> str:
    """The text of a file: UTF-8 or UTF-16 with a mark, else cp932 or Windows-1252 (Latin-1)."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _japanese(content) or _western(content)


def _japanese(content: bytes) -> str | None:
    text = content.decode("cp932", "replace")
    foreign = [character for character in text if character > "\x7f"]
    kana = sum(KANA[0] <= character <= KANA[1] for character in foreign)
    lost = foreign.count("\ufffd")
    enough = kana >= LEAST_KANA * len(foreign) and lost <= MOST_LOST * len(foreign)
    return text if foreign and enough else None


def _western(content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")
