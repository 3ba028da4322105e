"""One spelling for every text: mojibake mended, one Unicode form, plain newlines, no control signs.

Done here and nowhere else, since it cannot be undone: the tokenizer takes text as it is. Quotes and
dashes keep their shape; widths and ligatures are the Unicode form's business.

ftfy reads 4 to 7 MB/s, so only lines that can be garbled are shown to it. UTF-8 read in a one-byte
encoding always leaves a sign beyond ASCII that is neither typographic punctuation nor East Asian;
lines without such a sign, control characters or HTML entities ftfy would hand back as they are.
"""

import re
import unicodedata
from typing import Literal

import ftfy

Form = Literal["NFKC", "NFC"]

FTFY = ftfy.TextFixerConfig(
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    normalization=None,
    explain=False,
)
LINE_BREAKS = re.compile("\r\n|[\r\x0c\u2028\u2029]")
SUSPECT = re.compile("[^\t\n\x20-\x7e\u2010-\u2026\u3000-\u30ff\u3400-\u9fff\uff01-\uffee]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
CALCULATOR = re.compile(r"<<[-+*/().,0-9 $%]+=[-+.,0-9 $%]+>>")


def normalise(text: str, form: Form) -> str:
    """`text` in the given Unicode form, without trailing spaces or blank lines around it."""
    text = _mended(LINE_BREAKS.sub("\n", text))
    text = CONTROL.sub("", unicodedata.normalize(form, text))
    return "\n".join([line.rstrip() for line in text.split("\n")]).strip("\n")


def without_calculator(text: str) -> str:
    """GSM8K's answers without `<<48/2=24>>`, the calls of a calculator that this model has not."""
    return CALCULATOR.sub("", text) if "<<" in text else text


def _mended(text: str) -> str:
    # A "<" says that the text is markup or code, where entities are meant: as ftfy's own "auto".
    entities = "&" in text and "<" not in text
    if not entities and not SUSPECT.search(text):
        return text
    config = FTFY._replace(unescape_html=entities)
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if SUSPECT.search(line) or (entities and "&" in line):
            lines[number] = ftfy.fix_text(line, config)
    return "\n".join(lines)
