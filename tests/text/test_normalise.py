import time

import ftfy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib.tales import tale
from pipeline_lib.text.normalise import FTFY, SUSPECT, normalise, without_calculator


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("schÃ¶n â€” gut", "schön — gut"),
        ("a\r\nb\rc\u2028d\x0ce", "a\nb\nc\nd\ne"),
        ("one  \n\ttwo\t\n", "one\n\ttwo"),
        ("\n\n  first\n\n\nlast\n\n", "  first\n\n\nlast"),
        ("a\x00b\x1b[31mc\x7f\ufeff", "abc"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("<p>Tom &amp; Jerry</p>", "<p>Tom &amp; Jerry</p>"),
        ("ｶﾞ①Ａ", "ガ1A"),
        ("“curly” ‘quotes’ — stay…", "“curly” ‘quotes’ — stay..."),
        ("がガパ〜ー、。「」々", "がガパ〜ー、。「」々"),
    ],
)
def test_texts_get_one_spelling(given_text: str, expected: str) -> None:
    assert normalise(given_text, "NFKC") == expected


def test_nfc_keeps_widths_and_ligatures() -> None:
    assert normalise("ｶﾞ①Ａ ﬁ e\u0301", "NFC") == "ｶﾞ①Ａ ﬁ é"


def test_combining_marks_are_joined_never_stripped() -> None:
    assert normalise("か\u3099ハ\u309a", "NFC") == "がパ"


INNOCENT = st.one_of(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E),
    st.characters(min_codepoint=0x2010, max_codepoint=0x2026),
    st.characters(min_codepoint=0x3000, max_codepoint=0x30FF),
    st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0xFF01, max_codepoint=0xFFEE),
)


@settings(max_examples=500)
@given(st.text(alphabet=INNOCENT, min_size=1))
def test_lines_not_shown_to_ftfy_are_those_it_hands_back(line: str) -> None:
    assert not SUSPECT.search(line)
    assert ftfy.fix_text(line, FTFY._replace(unescape_html=False)) == line


@pytest.mark.parametrize("texts", ["stories", "problems"])
def test_the_tales_pass_untouched(texts: str) -> None:
    told = [tale(11, index, texts).text for index in range(500)]  # type: ignore[arg-type]
    assert [normalise(text, "NFKC") for text in told] == told


def test_calculator_calls_go_and_code_stays() -> None:
    said = "He has 48/2=<<48/2=24>>24 clips, $<<1.5*2=3.00>>3 each. cout << x << 2 >> y;"
    assert without_calculator(said) == "He has 48/2=24 clips, $3 each. cout << x << 2 >> y;"


def test_a_long_run_of_spaces_costs_no_time() -> None:
    started = time.perf_counter()
    assert normalise("a" + " " * 300_000 + "b", "NFKC").endswith("b")
    assert time.perf_counter() - started < 2
