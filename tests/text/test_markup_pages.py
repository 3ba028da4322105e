import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.tales import tale
from pipeline_lib.text.markup import Stripped, boilerplate, pages, strip

HTML = {"markup": "html"}
FIRST = "The old harbour of Lowmere was built in 1843, when herring was still landed by the ton."
SECOND = "Today a single boat goes out, and its owner mends nets for the museum in the afternoon."
MENU = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/a'>About us</a></li></ul></nav>"
FOOTER = "<footer><p>© 2020 Lowmere Times. All rights reserved.</p><a href='/p'>Privacy policy</a></footer>"


def page(body: str, menu: str = MENU, footer: str = FOOTER) -> str:
    head = "<head><title>Lowmere</title><style>p {color: red}</style><script>var a = '<p>no</p>';</script></head>"
    return f"<!DOCTYPE html><html>{head}<body>{menu}{body}{footer}</body></html>"


ARTICLE = (
    "<main><article><h1>The harbour</h1>"
    + f"<p>{FIRST}</p><p>{SECOND}</p>" * 3
    + "</article></main>"
)
STOCK = {
    "article": page(ARTICLE),
    "no landmarks": page(
        f"<div><p>{FIRST}</p><p>{SECOND}</p></div>", "<div id=menu><a href=/>Home</a></div>"
    ),
    "short": page(f"<p>{FIRST}</p>"),
    "unclosed": f"<html><body><p>{FIRST}<p>{SECOND}",
    "japanese": page(
        "<article><p>港は一八四三年に築かれた。ガパが残る。</p><p>今は舟が一艘だけ出る。</p></article>"
    ),
    "old": f"<html><body><table><tr><td>{FIRST}<br>{SECOND}</td></tr></table></body></html>",
}
SAID = dict.fromkeys(STOCK, (FIRST, SECOND)) | {
    "short": (FIRST,),
    "japanese": ("港は一八四三年に築かれた。ガパが残る。", "今は舟が一艘だけ出る。"),
}


@pytest.mark.parametrize("name", STOCK)
def test_a_page_gives_its_text_and_nothing_around_it(name: str) -> None:
    found = strip(STOCK[name], HTML)
    for sentence in SAID[name]:
        assert sentence in found.text
    for around in ("About us", "rights reserved", "Privacy", "color", "var a", "<p", "DOCTYPE"):
        assert around not in found.text
    assert found.kinds[0] == "html"


def test_where_no_article_is_found_tags_alone_are_taken_off() -> None:
    assert pages._plain("<p>One &amp; two<br>three</p><script>x</script><div>4 < 5</div>") == (
        "One & two\nthree\n\n4 < 5"
    )


def test_a_hidden_element_that_is_never_closed_hides_nothing() -> None:
    assert pages._plain("<nav>menu <p>Text") == "menu\nText"


def test_a_page_of_very_many_tags_is_not_shown_to_the_library() -> None:
    started = time.perf_counter()
    found = pages.strip("<div><p>a b c</p></div>" * 20_000)
    assert found.count("a b c") == 20_000
    assert time.perf_counter() - started < 8


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<nav>", "<script>", "&", "</p>", "<td>a"])
def test_hostile_pages_take_their_length_in_time(piece: str) -> None:
    started = time.perf_counter()
    pages.strip(piece * (200_000 // len(piece)))
    assert time.perf_counter() - started < 8


def test_code_and_arithmetic_without_a_label_keep_their_signs() -> None:
    said = "if (a<b) { x = <T>y; } // <p>not a page</p>\n《題》 と 3 < 5\r\n"
    assert strip(said, {}) == Stripped(said, (), "")


@pytest.mark.parametrize(
    "line",
    [
        "© 2020 Lowmere Times. All rights reserved.",
        "All rights reserved",
        "We use cookies to give you the best experience.",
        "Accept all cookies",
        "Share on Facebook",
        "Click to share on Twitter (Opens in new window)",
        "  Skip to main content",
        "Please enable JavaScript to view this page.",
        "Your email address will not be published. Required fields are marked *",
        "Powered by WordPress",
        "当サイトではクッキーを使用しています。",
        "無断転載・複製を禁じます",
        "ページトップへ戻る",
        "Facebookでシェアする",
    ],
)
def test_stock_lines_go_wherever_they_stand(line: str) -> None:
    assert strip(f"{FIRST}\n{line}\n{SECOND}", {}) == Stripped(
        f"{FIRST}\n{SECOND}", ("boilerplate",), ""
    )


@pytest.mark.parametrize(
    "line",
    [
        "He said that all rights reserved by the crown were now his, and nobody laughed.",
        "We use cookies as bait, said the boy. " + "They float, and the fish come up at once. " * 3,
        "Home",
        "Search",
        "Share this bread with the ducks.",
        "Terms were agreed at noon.",
        "Copyright, 1897, in the United States of America, according",
        "(c) 3 apples",
        "Advertisement was his trade.",
        "彼はクッキーを焼いた。",
        "次へ",
    ],
)  # fmt: skip
def test_sentences_that_begin_like_stock_lines_stay(line: str) -> None:
    said = f"{FIRST}\n{line}\n{SECOND}"
    assert strip(said, {}) == Stripped(said, (), "")


def test_a_menu_goes_where_three_lines_of_it_stand_together() -> None:
    assert strip(f"Home\n\n» About us\nContact\n{FIRST}\nNext\nPrevious\n", {}).text == (
        f"\n{FIRST}\nNext\nPrevious\n"
    )


@pytest.mark.parametrize("texts", ["stories", "facts", "dialogues", "problems"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_tales_come_through_untouched(texts: str, language: str) -> None:
    for index in range(100):
        told = tale(3, index, texts, language).text  # type: ignore[arg-type]
        assert strip(told, {}) == Stripped(told, (), "")


@given(st.text(max_size=200))
def test_text_without_a_sign_of_packaging_is_unchanged(text: str) -> None:
    assert strip(text, {}) == Stripped(text, (), "")


LINES = st.sampled_from(
    [
        "Home",
        "About",
        "",
        "A line.",
        "All rights reserved.",
        "Next",
        "Contact us",
        " - Share",
        "次へ",
    ]
)


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_lines_stripped_once_are_stripped(text: str) -> None:
    once = boilerplate.strip(text)
    assert boilerplate.strip(once) == once
