import json
import re
import tarfile
import time
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.sources.encodings import decode
from pipeline_lib.text.markup import Stripped, aozora, strip

ROOT = Path(__file__).parents[2]
ARCHIVE = ROOT.parent / "shared" / "data" / "aozora_sjis_182.tar.xz"
LABELS = json.loads(Path(__file__).with_name("markup_labels.json").read_text())["aozora"]
needs_works = pytest.mark.skipif(not ARCHIVE.exists(), reason="the real works are not here")

RULE = "-" * 55 + "\n"
LEGEND = (
    RULE + "【テキスト中に現れる記号について】\n\n《》：ルビ\n（例）菊萵苣《きくぢさ》\n" + RULE
)
TITLE = "食魔\n岡本かの子\n\n"
COLOPHON = (
    "\n\n\n底本：「昭和文学全集　第5巻」小学館\n　　　1986（昭和61）年12月1日初版第1刷発行\n"
    "入力：阿部良子\n校正：松永正敏\n青空文庫作成ファイル：\nこのファイルは、インターネットの図書館、"
    "青空文庫（http://www.aozora.gr.jp/）で作られました。入力、校正、制作にあたったのは、"
    "ボランティアの皆さんです。\n"
)
VOICED = Counter(
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽゔガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポヴ゛゜"
)


@cache
def works() -> dict[str, str]:
    """The labelled ones and a ninth of the others: benchmarks/markup.py reads all."""
    with tarfile.open(ARCHIVE) as archive:
        files = {Path(m.name).name: archive.extractfile(m) for m in archive if m.isfile()}
        few = [
            name for number, name in enumerate(sorted(files)) if number % 9 == 0 or name in LABELS
        ]
        return {name: decode(file.read()) for name in few if (file := files[name])}


@cache
def stripped(name: str) -> Stripped:
    return strip(works()[name], {})


def read(line: str) -> str:
    return strip(TITLE + LEGEND + line + COLOPHON, {}).text.removeprefix(TITLE)


@needs_works
@pytest.mark.parametrize("name", LABELS)
def test_a_work_is_its_title_author_and_text(name: str) -> None:
    label = LABELS[name]
    lines = [line for line in stripped(name).text.split("\n") if line.strip()]
    assert lines[:2] == [label["title"], label["author"]]
    assert lines[2].startswith(label["first"])
    assert lines[-1].endswith(label["last"])


@needs_works
def test_no_notation_is_left_in_any_work() -> None:
    for name in works():
        found = stripped(name)
        assert found.kinds == ("aozora",), name
        assert not re.search("[《》]|［＃|底本：|入力：|^-{9,}|ルビの付く|／″?＼", found.text), name
        assert strip(found.text, {}) == Stripped(found.text, (), "")


@needs_works
def test_no_dakuten_of_the_text_is_lost() -> None:
    for name, work in works().items():
        body = work.split("底本：")[0]
        for packaging in (
            r"-{20,}\r?\n【テキスト中.*?-{20,}",
            "［表記について］.*?-{20,}",
            "-{20,}\\s*●入力者注.*",
        ):
            body = re.sub(packaging, "", body, count=1, flags=re.DOTALL)
        outside = re.sub("《[^《》]*》", "", re.sub("※?［＃(?:[^［］]|［[^［］]*］)*］", "", body))
        signs = Counter({sign: outside.count(sign) for sign in VOICED})
        text = stripped(name).text
        found = Counter({sign: text.count(sign) for sign in VOICED})
        assert found == signs, name


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("菊萵苣《きくぢさ》と和名は", "菊萵苣と和名は"),
        ("この上｜墜《お》ちようもない", "この上墜ちようもない"),
        ("新橋｜ＡＢＣ《えーびーしー》だ", "新橋ＡＢＣだ"),
        ("せんせいたち［＃「せんせいたち」に傍点］も", "せんせいたちも"),
        ("※［＃「さんずい＋胥」、第4水準2-78-89］《した》った", "湑った"),
        ("※［＃「火＋發」、U+243CB、624-3］く", "𤏋く"),
        ("此※［＃二の字点、1-2-22］", "此〻"),
        ("※［＃濁点付き片仮名ワ、1-7-82］ニス", "ヷニス"),
        ("※［＃始め二重括弧、1-2-54］か※［＃終わり二重括弧、1-2-55］", "⦅か⦆"),
        ("※［＃「珈琲」の「おうへん」が「くちへん」］店", "〓店"),
        ("甲※［＃「りっしんべん＋發」、345-19］乙", "甲〓乙"),
        (
            "「※［＃「口＋耳」、第3水準1-14-94］［＃「※［＃「口＋耳」、第3水準1-14-94］」に傍点］く",
            "「咡く",
        ),
        ("学［＃レ］而［＃（シテ）］時", "学而時"),
        ("［＃５字下げ］一［＃「一」は中見出し］", "一"),
        ("ハックニー馬［※１］の", "ハックニー馬［※１］の"),
        ("閉じない《かな", "閉じない《かな"),
        ("閉じない［＃注", "閉じない［＃注"),
        ("余る》かな］", "余る》かな］"),
    ],
)
def test_notation_is_read_as_print(printed: str, text: str) -> None:
    assert read(f"　{printed}") == f"　{text}"


def test_a_line_that_is_only_a_note_goes_and_blank_lines_stay() -> None:
    assert (
        read("一\n［＃ここから２字下げ］\n二\n\n三［＃改ページ］\n［＃改ページ］\n四")
        == "一\n二\n\n三\n四"
    )


def test_accents_are_read_where_the_legend_names_them_and_repeat_marks_wherever_there_is_one() -> (
    None
):
    known = LEGEND.replace(
        "（例）", "／＼：二倍の踊り字\n〔〕：アクセント分解された欧文をかこむ\n（例）"
    )
    line = "いろ／＼、さま／″＼、〔e'tiquette〕、〔ju:ngste〕、〔涅槃経〕、〔La Bruye`re: oui〕"
    found = strip(TITLE + known + line + COLOPHON, {}).text
    assert found.endswith("いろ〳〵、さま〴〵、étiquette、jüngste、〔涅槃経〕、La Bruyère: oui")
    assert read(line).endswith("、〔e'tiquette〕、〔ju:ngste〕、〔涅槃経〕、〔La Bruye`re: oui〕")
    assert strip(line, {}).text == line


def test_works_in_one_file_are_all_kept() -> None:
    found = strip(
        TITLE + LEGEND + "一つ目。" + COLOPHON + "\n食魔に贈る\n\n二つ目。" + COLOPHON, {}
    ).text
    assert "一つ目。" in found
    assert found.endswith("食魔に贈る\n\n二つ目。")


@pytest.mark.parametrize(
    "prose",
    [
        "彼は《炎》と《水》と《風》と《土》と《光》と《闇》を見た。",
        "《红楼梦》、《三国演义》、《水浒传》、《西游记》、《聊斋志异》、《儒林外史》",
        "魔法の名は《ファイア》《アイス》《サンダー》《ケアル》《ヘイスト》《リレイズ》と続く。",
        "注は［＃］と書く。例は［＃改ページ］だ。",
        "底本：と書けば底本のことだ。",
    ],
)
def test_prose_that_means_its_brackets_comes_through(prose: str) -> None:
    assert strip(prose, {}) == Stripped(prose, (), "")


def test_readings_without_a_legend_are_taken_where_there_are_several() -> None:
    line = "蔬菜《そさい》が笊《ざる》で台俎板《だいまないた》に、｜A《エー》と匙《さじ》、《炎》"
    assert strip(line, {}).text == "蔬菜が笊で台俎板に、Aと匙、《炎》"
    assert strip("蔬菜《そさい》が笊《ざる》で", {}).kinds == ()


NOTATION = st.text(alphabet="漢字かな《》｜［］＃※〓\n「」a", max_size=60)


@given(NOTATION, st.sampled_from(["", LEGEND]))
def test_what_is_stripped_once_is_stripped(text: str, legend: str) -> None:
    once = strip(legend + text, {}).text
    assert strip(once, {}).text == once


@given(NOTATION)
def test_kanji_and_kana_outside_of_notation_stay(text: str) -> None:
    plain = re.sub("[《》［］]", "", text)
    assert strip(plain, {}) == Stripped(plain, (), "")


@pytest.mark.parametrize(
    "piece", ["《", "［＃", "《［＃", "漢《か", "漢《か》", "｜", "底本：\n", "※［＃a］", "］》"]
)
@pytest.mark.parametrize("legend", ["", LEGEND])
def test_hostile_text_takes_its_length_in_time(piece: str, legend: str) -> None:
    text = legend + piece * (20_000 // len(piece))
    started = time.perf_counter()
    aozora.is_signed(text)
    aozora.strip(text)
    assert time.perf_counter() - started < 3
