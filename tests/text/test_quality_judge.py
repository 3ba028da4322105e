"""The verdict as a whole: labelled cases, languages, hostile input, real text."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline_lib.params.quality import QualityParams
from pipeline_lib.text import quality

ROOT = Path(__file__).parents[2]
PRINTED: dict[str, Any] = yaml.safe_load(
    (ROOT / "benchmarks/quality_printed.yaml").read_text("utf-8")
)
RULES = QualityParams.model_validate(PRINTED)
OFF = QualityParams.model_validate(dict.fromkeys(PRINTED))
GARBAGE = ROOT.parent / "shared/data/web/ungoliant_garbage.txt"
LANGUAGES = ("en", "ja", "zh", "th", "de", "")


@given(st.text(max_size=400), st.sampled_from(LANGUAGES))
def test_any_text_gets_a_verdict_with_a_known_reason(text: str, language: str) -> None:
    verdict = quality.judge(text, language, RULES)
    assert verdict.reason is None or verdict.reason in quality.REASONS
    assert verdict.reason is None or verdict.text == text


@given(
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Co", "Zs", "Mn", "So"]), max_size=300),
    st.sampled_from(["en", "ja"]),
)
def test_half_characters_and_control_signs_are_no_prose(text: str, language: str) -> None:
    assert quality.judge(text * 40, language, RULES).reason is not None


HOSTILE = {
    "one sign": "(",
    "quotation marks": "\"'",
    "dots": ".",
    "dots and brackets": ".)",
    "hyphens": "a-",
    "one letter": "a",
    "one word": "a ",
    "newlines": "\n",
    "lines of a letter": "a.\n",
    "brackets": "[1",
    "abbreviations": "Mr. ",
    "addresses": "http://.",
    "apostrophes": "n't",
    "kana": "あ",
    "kana and stops": "あ。",
    "new words": "",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_twice_the_text_takes_about_twice_the_time(name: str, language: str) -> None:
    for family in PRINTED:
        short, long = (seconds(hostile(name, size), language, family) for size in (8_000, 32_000))
        assert long < 10 * short + 0.1, family


def hostile(name: str, size: int) -> str:
    if name == "new words":
        return " ".join(f"w{number}." for number in range(size // 6))
    return HOSTILE[name] * (size // len(HOSTILE[name]))


def seconds(text: str, language: str, family: str) -> float:
    only = QualityParams.model_validate(dict.fromkeys(PRINTED) | {family: PRINTED[family]})
    started = time.process_time()
    quality.judge(text, language, only)
    return time.process_time() - started


@pytest.mark.parametrize("text", ["", " ", "a", "{ lorem ipsum", "買う" * 900])
@pytest.mark.parametrize("language", LANGUAGES)
def test_with_every_family_off_all_is_kept(text: str, language: str) -> None:
    assert quality.judge(text, language, OFF) == quality.Verdict(text, None)


def test_an_empty_text_is_dropped_where_words_are_counted() -> None:
    gopher = OFF.model_copy(update={"gopher_quality": RULES.gopher_quality})
    assert quality.judge("", "en", gopher).reason == "gopher_too_few_words"
    assert quality.judge("", "ja", RULES).reason == "swallow_too_short"


CHINESE = "我们昨天去了海边，看见很多人在沙滩上散步。天气很好，孩子们在水里玩。" * 3


def test_chinese_is_judged_by_its_lines_alone() -> None:
    assert quality.judge(CHINESE, "zh", RULES).reason is None
    assert (
        quality.judge("\n".join(["首页", "关于我们"] * 9), "zh", RULES).reason
        == "gopher_duplicate_lines"
    )


def test_text_without_spaces_in_no_known_language_is_not_judged_by_words() -> None:
    assert quality.judge(CHINESE, "", RULES).reason is None
    assert quality.judge("spaced words " * 3, "", RULES).reason is not None


def test_a_share_above_one_and_an_unknown_key_are_refused() -> None:
    for wrong in ({"max_short_lines": 1.5}, {"max_shrot_lines": 0.5}):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            QualityParams.model_validate(PRINTED | {"fineweb": PRINTED["fineweb"] | wrong})


@pytest.mark.parametrize("length", [1500, 20_000, 500_000])
def test_of_garbage_nothing_is_kept_however_it_is_cut(length: int) -> None:
    if not GARBAGE.exists():
        pytest.skip(f"{GARBAGE}: not on this machine")
    text = GARBAGE.read_text(encoding="utf-8", errors="replace")
    texts = [text[start : start + length] for start in range(0, len(text), length)]
    kept = [one for one in texts if quality.judge(one, "en", RULES).reason is None]
    assert not kept
