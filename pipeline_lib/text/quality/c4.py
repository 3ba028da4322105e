"""C4's rules: lines that are no sentences are removed, and texts that are code or filler dropped.

Raffel et al. 2020, section 2.2 (https://arxiv.org/abs/1910.10683), with the phrases and the word length of its
program. Filler and braces drop a text only where they stand in a line that would else be kept, as there.
A closing quotation mark ends a sentence in any of its shapes, where C4's program knows the straight ones;
and blank lines stay, one between paragraphs, though it removes them: they say where a thought ends.
"""

import re
from collections.abc import Iterator

from pipeline_lib.params import C4Params
from pipeline_lib.text.quality.passage import Passage
from pipeline_lib.text.quality.words import keeps_dot

CITATION = re.compile(r"\[[0-9]*\]|\[edit\]|\[citation needed\]")
END_MARKS = (*".?!\"'”’»", *"。？！؟۔।॥։።")
ELLIPSES = ("...", "…")
FILLER = "lorem ipsum"
JAVASCRIPT = "javascript"
POLICIES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
"""A line with one of them is a notice to visitors."""
NOTICES = (JAVASCRIPT, *POLICIES)
BLANK_LINES = re.compile(r"\n{2,}")
SENTENCE_END = re.compile(
    r"(?:[!?]|(?<!\.)\.)[\"'”’»)\]]*[ \t]|(?<=[a-z])\.(?=[A-Z])|[。？！؟۔।॥։።]"
)
OPENING = "(['\"“‘"
WORD_BEFORE = 12
"""Characters before a full stop in which a shortened word is looked for."""


def cleaned(passage: Passage, rules: C4Params) -> tuple[str, str | None]:
    """The text without lines that are no prose, and the reason to drop it (None: it is kept)."""
    lowered = passage.text.lower()
    kept = list(_lines_of_prose(passage, rules))
    if "{" in passage.text or FILLER in lowered:
        reason = next(filter(None, map(_drops_text, kept)), None)
        if reason:
            return passage.text, reason
    if notices := [notice for notice in NOTICES if notice in lowered]:
        kept = [line for line in kept if not _holds(line, notices)]
    if _sentences(list(filter(None, kept)), rules.min_sentences) < rules.min_sentences:
        return passage.text, "c4_too_few_sentences"
    text = "\n".join(kept).strip()
    return BLANK_LINES.sub("\n\n", text) if "\n\n\n" in text else text, None


def without_blank_lines(text: str) -> str:
    """What C4's program hands on."""
    return BLANK_LINES.sub("\n", text) if "\n\n" in text else text


def _lines_of_prose(passage: Passage, rules: C4Params) -> Iterator[str]:
    """Lines of enough words, none of them too long, that end as a sentence, without citations; and blank ones."""
    for line in map(str.strip, passage.lines):
        words_are_short = len(line) <= rules.max_word_length or (
            max(map(len, line.split())) <= rules.max_word_length
        )
        has_words = len(line.split(None, rules.min_line_words)) >= rules.min_line_words
        uncited = CITATION.sub("", line) if "[" in line else line
        if not line or (words_are_short and has_words and _ends(uncited, rules)):
            yield uncited


def _ends(line: str, rules: C4Params) -> bool:
    ended = line.endswith(END_MARKS) and not line.endswith(ELLIPSES)
    return ended or not rules.end_punctuation


def _drops_text(line: str) -> str | None:
    lowered = line.lower()
    if FILLER in lowered:
        return "c4_lorem_ipsum"
    return "c4_curly_bracket" if "{" in line and JAVASCRIPT not in lowered else None


def _holds(line: str, notices: list[str]) -> bool:
    lowered = line.lower()
    return any(notice in lowered for notice in notices)


def _sentences(lines: list[str], enough: int) -> int:
    """Sentences in the lines, counted until there are enough."""
    found = len(lines)
    for line in lines:
        if found >= enough:
            break
        found += sum(_is_end(line, end) for end in SENTENCE_END.finditer(line))
    return found


def _is_end(line: str, end: re.Match[str]) -> bool:
    """Whether a sentence ends here: the dot shortens no word, and something follows."""
    if line[end.start()] != ".":
        return end.end() < len(line)
    before = line[max(end.start() - WORD_BEFORE, 0) : end.start()].split()
    return not (before and keeps_dot(before[-1].lstrip(OPENING)))


REASONS = ("c4_lorem_ipsum", "c4_curly_bracket", "c4_too_few_sentences")
