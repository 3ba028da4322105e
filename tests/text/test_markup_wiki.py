import bz2
import json
import re
import time
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import mwparserfromhell
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.text.markup import Stripped, strip, templates, wiki

ROOT = Path(__file__).parents[2]
DUMP = ROOT.parent / "shared" / "data" / "web" / "enwiki_shortened.xml.bz2"
LABELS = json.loads(Path(__file__).with_name("markup_labels.json").read_text())["wiki"]
needs_dump = pytest.mark.skipif(not DUMP.exists(), reason="the real pages are not here")
WIKI = {"markup": "wiki"}


@cache
def pages() -> dict[str, str]:
    found = {}
    for page in re.findall(rb"<page>.*?</page>", bz2.decompress(DUMP.read_bytes()), re.DOTALL):
        tree = ElementTree.fromstring(page)
        found[tree.findtext("title") or ""] = tree.findtext(".//text") or ""
    return found


@cache
def read(title: str) -> str:
    return strip(pages()[title], WIKI).text


@needs_dump
@pytest.mark.parametrize("title", LABELS)
def test_a_page_begins_with_its_first_sentence_and_keeps_the_headings_that_head_text(
    title: str,
) -> None:
    label = LABELS[title]
    lines = [line for line in read(title).split("\n") if line]
    assert lines[0].startswith(label["first"])
    assert set(label["kept"]) <= set(lines)


@needs_dump
def test_sections_that_list_sources_go() -> None:
    gone = sum(len(label["gone"]) for label in LABELS.values())
    left = [
        (title, heading)
        for title, label in LABELS.items()
        for heading in label["gone"]
        if heading in read(title).split("\n")
    ]
    assert len(left) <= 0.02 * gone, left


@needs_dump
def test_no_brackets_tags_or_references_are_left_on_any_page() -> None:
    for title in LABELS:
        found = read(title)
        assert not re.search(r"\{\{|\}\}|\[\[|\]\]|<ref|</|''|^=|^\*|\{\|", found, re.MULTILINE), (
            title
        )


@needs_dump
def test_paragraphs_are_those_that_the_library_reads_where_no_template_speaks() -> None:
    same = seen = 0
    for title in list(LABELS)[4:10]:
        code = mwparserfromhell.parse(pages()[title])
        for tag in code.filter_tags(matches=lambda node: node.tag == "ref"):
            code.remove(tag)
        for template in code.filter_templates(recursive=False):
            if templates.say(str(template)[2:-2]):
                code.replace(template, "")
        ours = {"".join(re.findall(r"\w", line)) for line in read(title).split("\n")}
        for line in str(code.strip_code()).split("\n"):
            if len(line) > 200 and not line.startswith("thumb"):
                seen += 1
                same += "".join(re.findall(r"\w", line)) in ours
    assert seen > 40
    assert same >= 0.75 * seen  # the others hold a template that speaks, or list sources


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("'''Kyoto''' is a ''city'' in [[Japan]].", "Kyoto is a city in Japan."),
        ("the [[Honshu|main island]]s and [[Kobe#History]]", "the main islands and Kobe#History"),
        ("[[File:A.jpg|thumb|A [[cat]] on a [[mat|rug]]]]Text", "Text"),
        ("[[Image:A.jpg]][[Category:Cats]][[fr:Chat]]Text", "Text"),
        ("[[:Category:Cats]] and [[wikt:cat|cat]]", "Category:Cats and cat"),
        ("One.<ref>Two, [[three]].</ref><ref name=a/> Four<ref name=\"b\">x</ref>.", "One. Four."),
        ("One<ref>never closed and two", "Onenever closed and two"),
        ("{{Infobox|name={{nowrap|A}}|b={{c|{{d}}}}}}A.", "A."),
        ("{{lang|fr|mot}}, {{convert|5|km|mi}}, {{convert|3|to|5|m}}, {{lang-de|Wort}}", "mot, 5 km, 3 to 5 m, Wort"),
        ("water ({{chem|H|2|O}}), {{frac|1|2}}", "water (H2O), 1/2"),
        ("'''Connes''' ({{IPA-fr|alɛ̃}}; born 1947)", "Connes (born 1947)"),
        ("before\n{| class=x\n|-\n| cell {{a|b}}\n{| \n| inner\n|}\n|}\nafter", "before\n\nafter"),
        ("[http://a.b Words] and [http://c.d]", "Words and"),
        ("a<!-- hidden [[x]] -->b<!-- open", "ab open"),
        ("x < y and y > z, 1 <2> 3", "x < y and y > z, 1 <2> 3"),
        ("a&nbsp;b &amp; c<br />d<sub>2</sub>", "a\xa0b & c\nd2"),
        ("* one\n** two\n# three\n: four", "one\ntwo\nthree\nfour"),
        ("== History ==\nText.\n== Empty ==\n== See also ==\n* [[B]]\n=== Deeper ===\nc", "History\n\nText."),
        ("#REDIRECT [[Ayn Rand]]", ""),
        ("__NOTOC__\nText", "Text"),
        ("<math>x^2</math>Text<gallery>\nA.jpg|b\n</gallery>", "Text"),
        ("never closed {{ and [[ stay words", "never closed and stay words"),
        ("'''京都'''（きょうと）は、[[日本]]の[[都市|まち]]。<ref>出典</ref>", "京都（きょうと）は、日本のまち。"),
        ("[[ファイル:A.jpg|thumb|絵]]{{読み仮名|大江|おおえ}}は{{仮リンク|甲|en|A}}。", "大江（おおえ）は甲。"),
        ("== 概要 ==\n本文。\n== 脚注 ==\n{{Reflist}}\n== 外部リンク ==\n* [http://a b]", "概要\n\n本文。"),
        ("#転送 [[京都]]", ""),
        ("<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>", "漢字"),
    ],
)  # fmt: skip
def test_markup_is_read_as_the_page_shows_it(markup: str, text: str) -> None:
    assert strip(markup, WIKI) == Stripped(text, ("wiki",), "")


def test_without_its_label_markup_is_left_alone() -> None:
    said = "In C, {{0}} and a[[1]] are '''odd''' == fine.\n* [[x]]"
    assert strip(said, {}) == Stripped(said, (), "")


MARKUP = st.lists(
    st.sampled_from(["{{", "}}", "[[", "]]", "|", "\n", "word", "<ref>", "</ref>", "=", "'''", "<!--"])
).map("".join)  # fmt: skip


@given(MARKUP)
def test_no_bracket_survives_whatever_the_nesting(markup: str) -> None:
    found = wiki.strip(markup)
    assert not any(bracket in found for bracket in ("{{", "}}", "[[", "]]"))


@given(st.text(alphabet="がぱグズ漢字 abc\n。", max_size=80))
def test_words_without_markup_are_all_kept(text: str) -> None:
    assert wiki.strip(text).split() == text.split()


@pytest.mark.parametrize(
    "piece",
    ["[[", "{{", "[[a|", "{{a|", "{|\n", "|}", "]]", "}}", "<ref>", "<", "<!--", "=\n", "[http://a ", "{{a}}", "(", "'"],
)  # fmt: skip
def test_hostile_text_takes_its_length_in_time(piece: str) -> None:
    text = piece * (30_000 // len(piece))
    started = time.perf_counter()
    wiki.strip(text)
    assert time.perf_counter() - started < 3
