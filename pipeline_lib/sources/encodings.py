"""Plain text from bytes of unknown encoding: UTF-8 first, then what old archives are written in.

Guessing stays simple on purpose. UTF-8 is self-checking, so bytes that decode are UTF-8, and bytes
that nearly do are UTF-8 with damage. Of the rest, text is taken for Japanese (cp932 or EUC-JP) only
where kana show up as often as Japanese needs them, since Western bytes read as Japanese give rare
kanji and half-width signs, hardly ever kana. A page says its own charset; one that is known is
believed where the bytes are no UTF-8. What is wide (UTF-16, UTF-32) becomes UTF-8 as it is read, so
that whoever looks for lines need not know.
"""

import codecs
import io
import re
from typing import cast

from pipeline_lib.sources.bounds import Stream

KANA = re.compile("[\u3041-\u30ff]")
FOREIGN = re.compile("[^\x00-\x7f]")
LEAST_KANA = 0.2
"""Of the characters beyond ASCII. Running Japanese has 0.5 and more."""
MOST_LOST = 0.01
"""Undecodable characters that a file is forgiven: vendors' own signs, a torn line."""
SAMPLE = 2**16
"""Bytes, from the first beyond ASCII on, that a guess is made of."""
BLOCK = 2**18
BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
JAPANESE = ("cp932", "euc_jp")

MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, which it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
LEAST_NULS = 0.1
"""Of the bytes in every second place: spaces and ASCII letters in UTF-16 without a mark."""

CHARSETS = {
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "cp1252"),
    **dict.fromkeys(("shift_jis", "shift-jis", "x-sjis", "sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "x-gbk"), "gb18030"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "windows-949"), "cp949"),
    **{f"windows-125{n}": f"cp125{n}" for n in range(9)},
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    "iso-8859-9": "cp1254",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "euc-jp": "euc_jp",
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "big5": "big5hkscs",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "macintosh": "mac-roman",
}
"""What pages say, and Python's codec for what browsers do. A name that is not here is not believed:
Python has codecs that are no charsets. https://encoding.spec.whatwg.org/#names-and-labels"""
SEVEN_BIT = "iso2022_jp"
"""Looks like ASCII, so its label counts before UTF-8 does."""


def decode(content: bytes, charset: str = "") -> str:
    """The text of a file or page, without its mark; `charset` is what its maker says it is."""
    if codec := wide(content):
        return content.decode(codec, "replace").removeprefix("\ufeff")
    said = CHARSETS.get(charset.strip().lower(), "")
    if said == SEVEN_BIT:
        return content.decode(said, "replace")
    text = _utf8(content)
    return _decode_as(said or guess(content), content) if text is None else text


def _utf8(content: bytes) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:  # halves of characters, each spelled as if it were whole
        return sound(content.decode("utf-8-sig", "surrogatepass"))
    except UnicodeDecodeError:
        return None


def _decode_as(codec: str, content: bytes) -> str:
    if codec != "cp1252":
        return content.decode(codec, "replace").removeprefix("\ufeff")
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def sound(text: str) -> str:
    """Halves of one character joined; half a character, which no file can hold, marked as lost."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def guess(content: bytes) -> str:
    """Python's codec for bytes without a mark: utf-8, cp932, euc_jp or cp1252."""
    first = BEYOND_ASCII.search(content)
    if first is None:
        return "utf-8"
    sample = content[first.start() :]
    if _lost(_begun(sample, "utf-8")) <= MOST_LOST:
        return "utf-8"
    shares = {codec: _kana(_begun(sample, codec)) for codec in JAPANESE}
    codec = max(JAPANESE, key=lambda name: shares[name])
    return codec if shares[codec] >= LEAST_KANA else "cp1252"


def _begun(content: bytes, codec: str) -> str:
    """The beginning, decoded; a character that SAMPLE cuts is not held against it."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    return decoder.decode(content[:SAMPLE], final=len(content) <= SAMPLE)


def _lost(text: str) -> float:
    """The share that could not be decoded of the characters beyond ASCII."""
    return text.count("\ufffd") / max(1, len(FOREIGN.findall(text)))


def _kana(text: str) -> float:
    """The share of kana in the characters beyond ASCII; 0 where too many are lost."""
    if _lost(text) > MOST_LOST:
        return 0.0
    return len(KANA.findall(text)) / max(1, len(FOREIGN.findall(text)))


class Lines:
    """Decodes line by line: each UTF-8, or else what the file's beginning is written in."""

    def __init__(self, head: bytes) -> None:
        self._codec = guess(head)

    def decode(self, line: bytes) -> str:
        """One line's text; a line that is not UTF-8 in a file that began as ASCII is guessed at."""
        text = _utf8(line)
        if text is None:
            text = _decode_as(guess(line) if self._codec == "utf-8" else self._codec, line)
        return text


def wide(head: bytes) -> str | None:
    """UTF-16's or UTF-32's codec, where a mark or the places of NULs show it."""
    for mark, codec in MARKS.items():
        if head.startswith(mark):
            return codec
    head = head[:SAMPLE]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) <= LEAST_NULS * len(head) / 2 or min(even, odd) > max(even, odd) / 10:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def narrow(stream: Stream) -> io.BufferedReader:
    """The same text, in UTF-8 where it was wide."""
    buffered = stream if isinstance(stream, io.BufferedReader) else _buffered(stream)
    codec = wide(buffered.peek())
    return io.BufferedReader(Narrowed(buffered, codec), BLOCK) if codec else buffered


def _buffered(stream: Stream) -> io.BufferedReader:
    return io.BufferedReader(cast(io.RawIOBase, stream), BLOCK)


class Narrowed(io.RawIOBase):
    """UTF-8 out of something wide, a block at a time."""

    def __init__(self, stream: Stream, codec: str) -> None:
        super().__init__()
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(codec)("replace")
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._held:
            block = self._stream.read(BLOCK)
            text = self._decoder.decode(block, final=not block)
            self._held = text.encode("utf-8", "replace")
            if not block:
                break
        given, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)
