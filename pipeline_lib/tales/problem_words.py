"""The words of word problems: numbers in digits, what they measure, and what goes on meanwhile.

Data, to be read and extended. English writes a `Measure` as its number alone, Japanese with the
counter, 12個, so that a number and what it counts cannot part.
"""

from dataclasses import dataclass

from pipeline_lib.tales import lexicon
from pipeline_lib.tales.sayings import Phrase

LEAST, MOST = 2, 99
"""Of numbers that are told; one of something would need a singular."""


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    count: int
    counter: str


YEN, METERS, KILOMETERS, MINUTES = "円", "メートル", "キロ", "分間"
SETS, FRIENDS, TIMES, DAYS, YEARS = "つ", "人", "倍", "日", "歳"
UNITS = (YEN, METERS, KILOMETERS, MINUTES, SETS, FRIENDS, TIMES, DAYS, YEARS)
COUNTERS = (*dict.fromkeys(noun.counter for noun in lexicon.COUNTED), *UNITS)

MEASURES = {
    counter: tuple(Measure(count, counter) for count in range(MOST + 1)) for counter in COUNTERS
}
"""By counter, then by number."""
TOLD = tuple(measure for row in MEASURES.values() for measure in row[LEAST:])


def _phrases(*pairs: tuple[str, str]) -> tuple[Phrase, ...]:
    return tuple(Phrase(en, ja) for en, ja in pairs)


CHORES = _phrases(
    ("by washing dishes", "皿を洗って"),
    ("by walking a dog", "犬の散歩をして"),
    ("by sweeping the floor", "床を掃いて"),
    ("by painting a fence", "塀を塗って"),
    ("by feeding the hens", "鶏に餌をやって"),
    ("by cleaning the windows", "窓をふいて"),
    ("by carrying water", "水を運んで"),
    ("by pulling weeds", "草を抜いて"),
)
LINES = _phrases(
    ("ribbon", "リボン"),
    ("wire", "針金"),
    ("hose", "ホース"),
    ("cable", "ケーブル"),
    ("thread", "糸"),
    ("chain", "鎖"),
    ("tape", "テープ"),
    ("net", "網"),
)
"""What has a length, and can be cut and joined."""
WAITS = _phrases(
    ("before the bus", "バスが来る"),
    ("before the train", "電車が来る"),
    ("before lunch", "昼食"),
    ("before dinner", "夕食"),
    ("before the film", "映画が始まる"),
    ("before the concert", "音楽会"),
    ("before the race", "競技"),
    ("before the lesson", "授業"),
)
PASTIMES = _phrases(
    ("read for", "読書をしました"),
    ("sang for", "歌の練習をしました"),
    ("danced for", "踊りの練習をしました"),
    ("drew for", "絵をかきました"),
    ("slept for", "昼寝をしました"),
    ("swam for", "泳ぎました"),
    ("rested for", "休みました"),
    ("cooked for", "料理をしました"),
    ("played for", "遊びました"),
    ("worked for", "働きました"),
    ("wrote for", "作文を書きました"),
    ("skated for", "スケートをしました"),
)
WALKS = _phrases(
    ("walked", "歩いて"),
    ("ran", "走って"),
    ("cycled", "自転車で"),
    ("took a bus for", "バスで"),
    ("rode a horse for", "馬で"),
    ("skied", "スキーで"),
)
SHOPS = tuple(place for place in lexicon.PLACES if place.ja in {"市場", "駅", "村", "港", "博物館"})
"""Where one can go shopping."""
GOALS = tuple(place for place in lexicon.PLACES if place.ja not in {"台所", "庭"})
"""What can be kilometers away."""
