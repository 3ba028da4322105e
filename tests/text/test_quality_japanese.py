from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.params.quality import QualityParams
from pipeline_lib.text import quality
from pipeline_lib.text.quality import swallow
from pipeline_lib.text.quality.swallow import Japanese

ROOT = Path(__file__).parents[2]
PRINTED: dict[str, Any] = yaml.safe_load(
    (ROOT / "benchmarks/quality_printed.yaml").read_text("utf-8")
)
RULES = QualityParams.model_validate(PRINTED)
KEEPER = (
    "灯台守は夜明け前に、ランタンとパンひとつだけを持って小さな舟を出した。"
    "昼には風向きが変わったので、彼は岩かげでパンを半分食べ、静かに待つことにした。"
    "かもめが近くまで来て彼をながめ、ごちそうのない客のようにまた飛び去っていった。\n"
    "この灯りを守って三十年になる。父もまた、同じ窓から同じ海を見て暮らした人だった。"
    "姿を見たこともない船が、この光をたよりに、名も知らぬ港へと通りすぎていったはずである。"
    "寒さや、話し相手のいない長い晩とひきかえなら、悪くない取引だと彼には思えた。\n"
    "霧が晴れると、舟は置いたままの場所で、乾いた小石の上に横たわっていた。"
    "彼は自分を笑い、舟を水に押しだすと、暗くなる前に着こうと家に向かって漕ぎはじめた。"
    "戸口には近所の子どもが二人、魚を入れたかごを提げて立っており、どこへ行っていたのかと口々にたずねた。"
    "海がどれほど広いか確かめに行ったのだ、と灯台守は答え、かごの中をのぞきこんで目を細めた。"
)
BROKEN = "".join(f"\n{n}人目の客も黙って海を見ていただけだった…" for n in "一二三四五六七八")


def reason(text: str) -> str | None:
    return quality.judge(text, "ja", RULES).reason


def test_japanese_prose_breaks_no_rule() -> None:
    assert quality.judge(KEEPER, "ja", RULES) == quality.Verdict(KEEPER, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (KEEPER[:300], "swallow_too_short"),
        (KEEPER + "lighthouse " * 50, "swallow_japanese"),
        ("東京都千代田区霞関一丁目二番三号、" * 30 + "。", "swallow_hiragana"),
        (
            "ランタンを売る。パンヲカウ、フネヲダス、ウミヲミル、アメニヌレル、イエニカエル。" * 12,
            "swallow_hiragana",
        ),
        (KEEPER + "ランプスタンドバッテリーケーブルアダプターのまち。" * 60, "swallow_katakana"),
        (KEEPER.replace("、", "。"), "swallow_mean_sentence"),
        (KEEPER.replace("。", "、"), "swallow_mean_sentence"),
        (
            KEEPER + "そして" + "海へ山へ谷へ川へ町へ村へと" * 16 + "行った。",
            "swallow_longest_sentence",
        ),
        (KEEPER + BROKEN, "swallow_ellipsis_sentences"),
        (KEEPER + BROKEN.replace("…", "..."), "swallow_ellipsis_sentences"),
        (KEEPER + "\n" + KEEPER.split("\n")[0], "swallow_duplicate_lines"),
        (
            KEEPER + "".join("わは" * times + "。" for times in range(10, 31)),
            "swallow_top_ngram",
        ),
        (KEEPER + KEEPER[:95].replace("。", "と、そして"), "swallow_duplicate_ngrams"),
    ],
)
def test_swallow_says_what_is_wrong_with_japanese(text: str, expected: str) -> None:
    assert reason(text) == expected


def test_blank_lines_between_paragraphs_are_no_duplicates() -> None:
    assert reason(KEEPER.replace("。", "。\n\n\n")) is None


def test_japanese_is_not_judged_where_its_family_is_off() -> None:
    off = RULES.model_copy(update={"swallow": None})
    assert quality.judge("あ", "ja", off) == quality.Verdict("あ", None)


@given(st.text(alphabet="あいうの。", max_size=200))
def test_repeated_characters_are_what_counting_each_n_gram_gives(text: str) -> None:
    limits, japanese = RULES.swallow, Japanese(text)
    assert limits is not None
    grams = {n: Counter(text[at : at + n] for at in range(len(text) - n + 1)) for n in range(2, 11)}
    top = [
        max(grams[n].values(), default=0) > share * grams[n].total()
        for n, share in zip(swallow.TOP, limits.max_top_ngrams, strict=True)
    ]
    again = [
        sum(times > 1 for times in grams[n].values()) > share * len(grams[n])
        for n, share in zip(swallow.LONG, limits.max_duplicate_ngrams, strict=True)
    ]
    assert swallow.swallow_top_ngram(japanese, limits) == any(top)
    assert swallow.swallow_duplicate_ngrams(japanese, limits) == any(again)


def test_letters_are_kana_kanji_and_marks() -> None:
    japanese = Japanese("ひらカタ漢字々、。ー12 ab")
    assert (japanese.hiragana, japanese.katakana, japanese.letters) == (2, 2, 9)
