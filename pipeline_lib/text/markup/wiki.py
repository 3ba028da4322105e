"""Wiki markup read as a page: links and headings as their words, furniture gone.

One scan with a stack in place of a parser: a tenth of the markup makes nine tenths of the pages, and
mwparserfromhell, against which the tests hold it, takes eight times as long, and forty to take out
references, files and categories as well. Templates that say something in a sentence are said
(`templates`); others, tables, references, files and categories go, and so do the sections that list
sources. What is never closed loses its brackets alone.
"""

import html
import re
from collections.abc import Iterator

from pipeline_lib.text.markup import templates
from pipeline_lib.text.markup.spans import Span, comments, without

REDIRECT = re.compile(r"\s*#\s*(?:redirect|転送|リダイレクト)", re.IGNORECASE)
HIDDEN = (
    "ref|references|gallery|math|chem|ce|source|syntaxhighlight|timeline|imagemap|score|hiero|graph|"
    "mapframe|templatestyles|includeonly|inputbox|style|script|pre"
)
HIDDEN_TAG = re.compile(rf"<(/?)({HIDDEN})(?=[\s/>])([^<>]*)>", re.IGNORECASE)
TAG = re.compile(
    r"</?(?:a|abbr|b|bdi|big|blockquote|center|cite|code|dd|del|dfn|div|dl|dt|em|font|h[1-6]|i|ins|kbd|li|"
    r"noinclude|nowiki|ol|onlyinclude|p|poem|q|rb|ruby|s|samp|section|small|span|strike|strong|sub|sup|table|"
    r"tbody|td|th|tr|tt|u|ul|var|wbr)(?=[\s/>])[^<>]*>|"
    rf"</?(?:{HIDDEN})(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
READINGS = re.compile(r"<rt>[^<>]*</rt>|</?rp>|<rp>[^<>]*</rp>", re.IGNORECASE)
BREAK = re.compile(r"<(?:br|hr)\b[^<>]*>\n?", re.IGNORECASE)
BRACKET = re.compile(r"(\{\{|\}\}|\[\[|\]\]|\{\||\|\}(?!\}))")
ROW_START = re.compile(r"(?:\A|\n)[ \t:*#]*\Z")
DEEPEST = 40
"""Brackets in brackets: a page has a dozen, and each more costs a look at what it holds."""

OUTSIDE = re.compile(r"\[(?:https?:|ftp:|mailto:|news:|//)[^\s\[\]<>]*(?:[ \t]+([^\[\]\n]*))?\]")
QUOTES = re.compile("'{2,}")
SWITCH = re.compile("__[A-Z]{3,30}__")
HOLLOW = re.compile(r"[ \t]?(?:\([\s,;:/]*\)|（[\s、，,；;：:/]*）)")
LEFT_BEFORE = re.compile(r"([(（])\s?[,;、；][\s,;、；]*")
LEFT_AFTER = re.compile(r"[,;、；]\s?([)）])| ([,;])(?=\s)")
"""What a template that says nothing leaves behind: `(; born 1879)`, `Achilles , or`."""
SPACES = re.compile("(?<=[^ \n]) {2,}")
BLANK = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
FURNITURE = re.compile(
    "(?:file|image|media|category|template|special|portal|help|module|"
    r"ファイル|画像|カテゴリ|テンプレート|メディア|特別|ヘルプ)\s*:",
    re.IGNORECASE,
)
ELSEWHERE = re.compile(
    "(?:wikt|wiktionary|s|wikisource|w|wikipedia|q|wikiquote|b|commons|d|species|v|voy):", re.I
)
LANGUAGE = re.compile("(?:[a-z]{2,3}|simple|zh-[a-z-]{2,20}|be-x-old|roa-[a-z-]+|nds-nl|map-bms):")
SOURCES = re.compile(
    r"(?:foot|end)?notes|(?:foot)?notes,? (?:citations )?and (?:references|citations)|references(?: and notes)?|"
    "(?:selected )?bibliography|sources|citations|works cited|external links|see also|further reading|"
    "脚注|注釈|出典|(?:注釈|脚注)(?:・|と)出典|(?:主な|主要)?参考文献|外部リンク|関連項目|関連書籍|関連文献|"
    "参照|参考|註|注",
    re.IGNORECASE,
)
"""Sections that list and do not tell."""


def strip(text: str) -> str:
    """The words of a wiki page, its headings as lines, a blank line between paragraphs."""
    if REDIRECT.match(text):
        return ""
    text = without(text, comments(text)).replace("<!--", "")
    text = without(text, _hidden(text))
    text = _inline(_read(text))
    return BLANK.sub("\n\n", "\n".join(_lines(text))).strip()


def _hidden(text: str) -> Iterator[Span]:
    """References and other things that stand elsewhere on the page, or are no words."""
    start, name = -1, ""
    for tag in HIDDEN_TAG.finditer(text):
        closing, this, rest = tag.groups()
        if not closing and not rest.endswith("/"):
            start, name = tag.start(), this.lower()
        elif closing and this.lower() == name:
            yield start, tag.end()
            name = ""


def _read(text: str) -> str:
    """Links and templates as what they say."""
    page = Page()
    for token in _tokens(text):
        page.take(token)
    return "".join(piece for piece in page.pieces if piece not in OPENS)


def _tokens(text: str) -> Iterator[str]:
    """Brackets and what lies between them; a table's only where a line begins."""
    position = 0
    for number, token in enumerate(BRACKET.split(text)):
        between = number % 2 == 0
        position += len(token)
        if between or token not in ("{|", "|}"):
            yield token
        else:
            before = text[max(0, position - 22) : position - 2]
            yield from [token] if ROW_START.search(before) else token


OPENS = {"{{": "}}", "[[": "]]", "{|": "|}"}
CLOSES = {close: opener for opener, close in OPENS.items()}


class Page:
    """What is read so far, and which brackets are open."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.open: list[int] = []
        self.waiting = dict.fromkeys(OPENS, 0)
        """How many of each kind of opening bracket may yet be closed."""

    def take(self, token: str) -> None:
        if token in OPENS and len(self.open) < DEEPEST:
            self.open.append(len(self.pieces))
            self.pieces.append(token)
            self.waiting[token] += 1
        elif token in CLOSES:
            self._close(CLOSES[token])
        elif token and token not in OPENS:
            self.pieces.append(token)

    def _close(self, opener: str) -> None:
        """Read what the nearest such bracket holds; others left open inside it are none."""
        if not self.waiting[opener]:
            return
        while True:
            start = self.open.pop()
            found = self.pieces[start]
            self.waiting[found] -= 1
            if found == opener:
                break
        inside = [piece for piece in self.pieces[start + 1 :] if piece not in OPENS]
        del self.pieces[start:]
        if opener != "{|":
            content = "".join(inside)
            self.pieces.append(templates.say(content) if opener == "{{" else _link(content))


def _link(content: str) -> str:
    target, bar, words = content.partition("|")
    space, _, name = target.partition(":")
    if FURNITURE.match(target.lstrip()):
        return ""
    if LANGUAGE.match(target) and not bar and not ELSEWHERE.match(target):
        return ""
    if bar and words.strip():
        return words
    return name if not space.strip() or ELSEWHERE.match(target) else target


def _inline(text: str) -> str:
    text = OUTSIDE.sub(lambda found: found[1] or "", text)
    text = TAG.sub("", BREAK.sub("\n", READINGS.sub("", text)))
    text = SWITCH.sub("", QUOTES.sub("", text))
    text = SPACES.sub(" ", HOLLOW.sub("", html.unescape(text)))
    return LEFT_AFTER.sub(r"\1\2", LEFT_BEFORE.sub(r"\1", text))


def _lines(text: str) -> Iterator[str]:
    """Lines without list marks, headings without sections under them and what lists sources."""
    hidden = 0
    waiting: list[tuple[int, str]] = []
    for line in text.split("\n"):
        level, words = _heading(line)
        if level:
            hidden = 0 if level <= hidden else hidden
            while waiting and waiting[-1][0] >= level:
                waiting.pop()
            if not hidden and SOURCES.fullmatch(words):
                hidden = level
            waiting.append((level, words))
        elif not hidden and (words := line.lstrip("*#:; \t").rstrip()) and words[0] not in "|":
            for _, heading in waiting:
                yield from ("", heading, "")
            waiting.clear()
            yield words
        elif not line.strip():
            yield ""


def _heading(line: str) -> tuple[int, str]:
    """How deep and in what words; (0, "") where the line is none."""
    line = line.strip()
    if len(line) < 3 or line[0] != "=" or line[-1] != "=":
        return 0, ""
    words = line.strip("=")
    return (len(line) - len(line.lstrip("=")), words.strip()) if words.strip() else (0, "")
