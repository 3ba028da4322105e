"""Aozora Bunko's notation for print taken off: readings, editors' notes, legend and colophon.

Inside a line 《》 holds the reading of what stands before it and ［＃］ a note; ※［＃］ stands for a
sign that JIS X 0208 lacks, so the note is replaced by that sign where it names one (JIS X 0213 or
Unicode), else by 〓, which printers set for a missing sort. A file with no legend of Aozora's may be
prose that means 《》: there only kana behind a kanji or a ｜ are taken for a reading.

Brackets are matched with a stack, since notes hold notes; what is never closed stays as it is.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice

from pipeline_lib.text.markup.spans import Span

HEADINGS = ("【テキスト中に現れる記号について】", "［表記について］")
LEGEND_LINES = 40
"""Lines from the top in which a legend begins, and which it is at most long."""
RULE = re.compile(r"-{20,}\s*")
COLOPHON = re.compile("^底本[：:]", re.MULTILINE)
CREDIT = re.compile("^(?:入力|校正|青空文庫作成ファイル)[：:]", re.MULTILINE)
SIGNED_OFF = "ボランティアの皆さんです"
COLOPHON_SIZE = 20_000
"""Characters: one that lists every doubtful sign is long, one that goes on for a book is none."""
END_NOTES = re.compile(r"\n-{20,}\s*\n●入力者注[^\n]*\n(?:[^-\n][^\n]*\n|\n)*-{20,}\s*\Z")
FEWEST = 5
"""Readings, or notes, from which a text without legend counts as written in this notation."""

KANJI = "\u2e80-\u2fdf\u3005-\u3007\u303b\u3400-\u9fff\uf900-\ufaff〓\U00020000-\U0003ffff"
KANA = "\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe・　／＼″"
IS_KANJI = re.compile(f"[{KANJI}]")
READING = re.compile(f"[{KANA}]+")
READS = re.compile(f"(?:[{KANJI}]|｜[^｜《》［］\n]{{1,40}})《[{KANA}]+》")
LONGEST = 60
"""Characters of a reading where there is no legend: longer ones are speech in brackets."""
NOTE = re.compile("［＃[^［］\n]{1,200}］")
TOKENS = re.compile("(※?［＃|[［］《》｜])")
OPENERS = {"］": ("［", "［＃", "※［＃"), "》": ("《",)}

JIS = re.compile(r"(?<![0-9-])([12])-([0-9]{1,2})-([0-9]{1,2})(?![0-9-])")
UNICODE = re.compile(r"U\+([0-9A-Fa-f]{4,6})")
MISSING = "〓"
PLAIN = str.maketrans("《》｜［］＃", "⦅⦆|[]#")
"""Signs of the text that would read as notation."""
REPEATS = {"／″＼": "〴〵", "／＼": "〳〵"}
"""The repeat mark that is two lines high in print, without and with dakuten."""

ACCENTED = re.compile("〔([^〔〕\n]{1,2000})〕")
ACCENT = re.compile(r"(?:AE|Ae|ae|OE|Oe|oe|s)&|[A-Za-z](?:[`'^~&/_]|[:,](?=[A-Za-z]))|[!?]@")
MARKS = dict(zip("`'^~:&,_", "\u0300\u0301\u0302\u0303\u0308\u030a\u0327\u0304", strict=True))
SIGN_NAMES = "AE& Ae& ae& OE& Oe& oe& s& O/ o/ !@ ?@"
SIGNS = dict(zip(SIGN_NAMES.split(), "ÆÆæŒŒœßØø¡¿", strict=True))
"""Of the accent notation, https://www.aozora.gr.jp/accent_separation.html, what is no mark alone."""


def is_signed(text: str) -> bool:
    """Legend or colophon are there, or notation so often that no prose has it by chance."""
    if "《" not in text and "［＃" not in text and "底本" not in text:
        return False
    return (
        _legend(text.split("\n", 2 * LEGEND_LINES)) is not None
        or next(_colophons(text), None) is not None
        or _often(READS, text)
        or _often(NOTE, text)
    )


def _often(pattern: re.Pattern[str], text: str) -> bool:
    return sum(1 for _ in islice(pattern.finditer(text), FEWEST)) == FEWEST


def strip(text: str) -> str:
    """The work as it is read: title, author and text."""
    lines = _without_colophons(text).split("\n")
    found = _legend(lines)
    explained = ""
    if found is not None:
        explained = "\n".join(lines[found[0] : found[1]])
        del lines[found[0] : found[1]]
    read = (_line(line, known=found is not None) for line in lines)
    text = "\n".join(line for line in read if line is not None).strip("\n")
    if found is not None:
        for typed, sign in REPEATS.items():
            text = text.replace(typed, sign)
    if "アクセント分解" in explained:
        text = ACCENTED.sub(_accented, text)
    return text


def _legend(lines: Sequence[str]) -> Span | None:
    """The first line of the legend and the first after it."""
    for number, line in enumerate(lines[:LEGEND_LINES]):
        if line.strip() in HEADINGS:
            start = number - 1 if number and RULE.fullmatch(lines[number - 1]) else number
            after = enumerate(lines[number : number + LEGEND_LINES], number)
            return next(((start, i + 1) for i, one in after if RULE.fullmatch(one)), None)
    return None


def _colophons(text: str) -> Iterator[Span]:
    """From the line that names the printed source to the end of the thanks to the volunteers."""
    credits = [found.start() for found in CREDIT.finditer(text)]
    after = 0
    for found in COLOPHON.finditer(text):
        limit = found.end() + COLOPHON_SIZE
        place = bisect_left(credits, found.end())
        if found.start() < after or place == len(credits) or credits[place] > limit:
            continue
        signed = text.find(SIGNED_OFF, credits[place], limit)
        last = signed if signed >= 0 else text.find("\n\n", credits[place], limit)
        after = len(text) if last < 0 else text.find("\n", last) + 1 or len(text)
        yield found.start(), after


def _without_colophons(text: str) -> str:
    kept, after = [], 0
    for start, stop in _colophons(text):
        kept.append(END_NOTES.sub("", text[after:start].rstrip()))
        after = stop
    return "\n\n".join([*kept, text[after:]]) if kept else text


def _line(line: str, known: bool) -> str | None:
    """A line without readings and notes; None: it held nothing else."""
    if "《" not in line and "［＃" not in line:
        return line
    left = Line(known)
    for token in TOKENS.split(line):
        left.take(token)
    text = "".join(left.pieces)
    return text if text.strip() or not line.strip() else None


class Line:
    """What is left of a line so far, and which brackets in it are open."""

    def __init__(self, known: bool) -> None:
        self.known = known
        self.pieces: list[str] = []
        self.signs: list[int] = []
        """Where brackets and ｜ stand in `pieces`."""
        self.open: list[int] = []
        """Where brackets stand that may yet be closed."""
        self.waiting = {"］": 0, "》": 0}
        """How many of them each closing sign may close."""

    def take(self, token: str) -> None:
        if token in self.waiting:
            self._close(token)
        elif TOKENS.fullmatch(token):
            self._keep(token)
            if token != "｜":
                self.open.append(len(self.pieces) - 1)
                self.waiting["》" if token == "《" else "］"] += 1
        elif token:
            self.pieces.append(token)

    def _keep(self, sign: str) -> None:
        self.signs.append(len(self.pieces))
        self.pieces.append(sign)

    def _close(self, sign: str) -> None:
        """Match `sign` with the nearest bracket of its kind; what was left open inside stays."""
        if not self.waiting[sign]:
            self._keep(sign)
            return
        while True:
            start = self.open.pop()
            opener = self.pieces[start]
            self.waiting["》" if opener == "《" else "］"] -= 1
            if opener in OPENERS[sign]:
                break
        if opener == "《":
            self._read(start)
        elif opener == "［":
            self._keep(sign)
        else:
            note = "".join(self.pieces[start:])
            self._cut(start)
            if opener == "※［＃":
                self.pieces.append(_named(note))

    def _read(self, start: int) -> None:
        before = self.signs[bisect_left(self.signs, start) - 1] if self.signs[0] < start else -1
        barred = before >= 0 and self.pieces[before] == "｜"
        if not self.known and not (self._is_reading(start) and (barred or self._is_kanji(start))):
            self._keep("》")
            return
        self._cut(start)
        if barred:
            self.signs.pop()
            if before == len(self.pieces) - 1:
                self.pieces.pop()
            else:
                self.pieces[before] = ""

    def _is_reading(self, start: int) -> bool:
        said = "".join(self.pieces[start + 1 : start + 1 + LONGEST + 1])
        whole = len(self.pieces) - start - 1 <= LONGEST
        return whole and len(said) <= LONGEST and READING.fullmatch(said) is not None

    def _is_kanji(self, start: int) -> bool:
        return start > 0 and IS_KANJI.fullmatch(self.pieces[start - 1][-1:]) is not None

    def _cut(self, start: int) -> None:
        del self.pieces[start:]
        while self.signs and self.signs[-1] >= start:
            self.signs.pop()


def _named(note: str) -> str:
    """The sign that a note on a missing one names by its code."""
    if code := UNICODE.search(note):
        number = int(code[1], 16)
        sign = chr(number) if number <= 0x10FFFF else MISSING
    elif code := JIS.search(note):
        plane, row, cell = (int(digits) for digits in code.groups())
        sign = _jis(plane, row, cell)
    else:
        return MISSING
    return sign.translate(PLAIN) if sign.isprintable() else MISSING


def _jis(plane: int, row: int, cell: int) -> str:
    """A sign of JIS X 0213:2004, by way of EUC, where row and cell are bytes from 0xA1 up."""
    if not (1 <= row <= 94 and 1 <= cell <= 94):
        return MISSING
    code = bytes([0xA0 + row, 0xA0 + cell])
    try:
        return (b"\x8f" + code if plane == 2 else code).decode("euc_jis_2004")
    except UnicodeDecodeError:
        return MISSING


def _accented(found: re.Match[str]) -> str:
    """Without its brackets where an accent was written in it; else they are the author's."""
    text = ACCENT.sub(_accent, found[1])
    return found[0] if text == found[1] else text


def _accent(found: re.Match[str]) -> str:
    typed = found[0]
    if typed in SIGNS:
        return SIGNS[typed]
    composed = unicodedata.normalize("NFC", typed[0] + MARKS.get(typed[1:], ""))
    return composed if len(composed) == 1 and composed != typed[0] else typed
