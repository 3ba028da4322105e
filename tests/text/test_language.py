import json
import lzma
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.tales import tale
from pipeline_lib.text.language import UNKNOWN, Language, identify

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the real texts are not here")


@cache
def kyoto() -> list[dict[str, str]]:
    with lzma.open(SHARED / "kyotowiki_4704.jsonl.xz", "rt") as file:
        return [json.loads(line) for _, line in zip(range(400), file, strict=False)]


@needs_data
@pytest.mark.parametrize(
    ("language", "length", "least"),
    [
        ("en", 50, 0.75),
        ("en", 200, 0.93),
        ("en", 1000, 0.98),
        ("ja", 50, 0.95),
        ("ja", 200, 0.98),
        ("ja", 1000, 1.0),
    ],
)
def test_pieces_of_the_kyoto_articles_are_told_apart(
    language: str, length: int, least: float
) -> None:
    texts = [one[f"text_{language}"] for one in kyoto()]
    pieces = [text[len(text) // 3 :][:length] for text in texts if len(text) > 2 * length]
    found = [identify(piece).code == language for piece in pieces]
    assert sum(found) >= least * len(found)
    assert len(found) > 50


@needs_data
def test_noise_is_in_no_language() -> None:
    noise = (SHARED / "web" / "ungoliant_garbage.txt").read_text(errors="replace")
    pieces = [noise[start : start + 400] for start in range(0, 80_000, 400)]
    sure = [identify(piece) for piece in pieces if identify(piece).confidence >= 0.5]
    assert len(sure) < 0.1 * len(pieces)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Bonjour tout le monde, comment ça va aujourd'hui ?", "fr"),
        ("Der Hund schläft im Garten, und die Katze sitzt auf der Mauer.", "de"),
        ("Привет, как дела? Сегодня хорошая погода в городе.", "ru"),
        ("안녕하세요, 반갑습니다.", "ko"),
        ("สวัสดีครับ", "th"),
        ("Καλημέρα κόσμε", "el"),
        ("今日は天気がいい。", "ja"),
        ("ｶﾀｶﾅﾀﾞｹ", "ja"),
        ("正三位に昇り、従二位権大納言。", "ja"),
        ("従四位下、右近衛権中将、参議、検非違使別当", "ja"),
        ("中华人民共和国成立于一九四九年十月一日。", "zh"),
        ("這是一個很好的地方，我們都喜歡來這裡玩。", "zh"),
        ("He met 山田さん at the 駅 and they walked to the river, talking of old times.", "en"),
    ],
)
def test_a_sentence_says_its_language(text: str, code: str) -> None:
    found = identify(text)
    assert found.code == code
    assert found.confidence > 0.5


@pytest.mark.parametrize(
    "text", ["", "  \n", "12345 67", "!? ...", "Hello", "3.14 | 2.71 | 1.41 | x | 9.81", "📈📉🚀"]
)
def test_few_letters_say_nothing(text: str) -> None:
    assert identify(text) == UNKNOWN


def test_a_name_in_han_is_nobody_s_for_sure() -> None:
    assert identify("東京都").confidence < 0.3


@pytest.mark.parametrize("texts", ["stories", "facts", "dialogues"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_tales_are_in_their_language(texts: str, language: str) -> None:
    told = [tale(5, index, texts, language).text for index in range(40)]  # type: ignore[arg-type]
    assert sum(identify(text).code == language for text in told) >= 38


def test_what_most_of_a_long_text_is_in_decides() -> None:
    english = "The herring boats came in before dawn and the women met them on the quay. "
    assert identify("目次と凡例。" * 40 + english * 2000).code == "en"


def test_a_book_costs_no_more_than_a_page() -> None:
    identify("warm up the model, please")
    started = time.perf_counter()
    identify("The herring boats came in before dawn. " * 250_000)
    assert time.perf_counter() - started < 1


@given(st.text(max_size=300))
def test_any_text_has_a_language_or_none(text: str) -> None:
    found = identify(text)
    assert 0 <= found.confidence <= 1 + 1e-6
    assert isinstance(found, Language)
    assert found == identify(text)
