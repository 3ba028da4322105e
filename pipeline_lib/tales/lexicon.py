"""The words of the world: people, things and places, each in both languages.

Data, to be read and extended: a new name, thing or place is one line here and nothing anywhere else.
"""

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")

Gender = Literal["she", "he"]


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    en: str
    ja: str
    gender: Gender


@dataclass(frozen=True, slots=True, eq=False)
class Noun:
    """Something one can hold and count; `counter` is what Japanese counts it with."""

    en: str
    plural: str
    ja: str
    counter: str


@dataclass(frozen=True, slots=True, eq=False)
class Adjective:
    en: str
    ja: str
    """The stem: い makes it an attribute, かった its past."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A thing with a colour or a size: one of its kind in a text."""

    adjective: Adjective
    noun: Noun


@dataclass(frozen=True, slots=True, eq=False)
class Amount:
    count: int
    noun: Noun


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    en: str
    """With the preposition of being there."""
    ja: str

    @property
    def noun(self) -> str:
        """The English noun phrase: the river."""
        return self.en.split(" ", 1)[1]


HERS = (
    "Mia ミア, Anna アンナ, Emma エマ, Lisa リサ, Nora ノラ, Sara サラ, Rina リナ, Hana ハナ, Yuki ユキ, "
    "Naomi ナオミ, Clara クララ, Julia ユリア, Alice アリス, Olga オルガ, Maya マヤ, Ella エラ"
)
HIS = (
    "Ken ケン, Tom トム, Ben ベン, Leo レオ, Jun ジュン, Taro タロウ, Dan ダン, Max マックス, Ryo リョウ, "
    "Noah ノア, Oscar オスカー, Hugo ヒューゴ, Eric エリック, Akira アキラ, Paul ポール, Kai カイ"
)


def _people(names: str, gender: Gender) -> tuple[Person, ...]:
    pairs = (name.split() for name in names.split(", "))
    return tuple(Person(en, ja, gender) for en, ja in pairs)


PEOPLE = _people(HERS, "she") + _people(HIS, "he")

THINGS = tuple(
    Noun(en, plural, ja, counter)
    for en, plural, ja, counter in (
        ("ball", "balls", "ボール", "個"),
        ("book", "books", "本", "冊"),
        ("hat", "hats", "帽子", "個"),
        ("key", "keys", "鍵", "本"),
        ("cup", "cups", "カップ", "個"),
        ("kite", "kites", "たこ", "枚"),
        ("bell", "bells", "鈴", "個"),
        ("lamp", "lamps", "ランプ", "個"),
        ("drum", "drums", "太鼓", "個"),
        ("rope", "ropes", "ロープ", "本"),
        ("basket", "baskets", "かご", "個"),
        ("umbrella", "umbrellas", "傘", "本"),
        ("map", "maps", "地図", "枚"),
        ("letter", "letters", "手紙", "通"),
        ("coat", "coats", "コート", "着"),
        ("bag", "bags", "かばん", "個"),
        ("box", "boxes", "箱", "個"),
        ("pen", "pens", "ペン", "本"),
        ("ring", "rings", "指輪", "個"),
        ("watch", "watches", "時計", "個"),
        ("picture", "pictures", "絵", "枚"),
        ("flute", "flutes", "笛", "本"),
        ("doll", "dolls", "人形", "体"),
        ("spoon", "spoons", "スプーン", "本"),
    )
)
"""There is one of each in a text, with its adjective."""

ADJECTIVES = tuple(
    Adjective(*line.split())
    for line in (
        "red 赤",
        "blue 青",
        "white 白",
        "black 黒",
        "yellow 黄色",
        "old 古",
        "new 新し",
        "small 小さ",
        "big 大き",
        "pretty 美し",
    )
)

ITEMS = tuple(tuple(Item(adjective, noun) for adjective in ADJECTIVES) for noun in THINGS)
"""By thing, then by adjective."""

STOCK = tuple(
    Noun(en, plural, ja, counter)
    for en, plural, ja, counter in (
        ("shell", "shells", "貝殻", "個"),
        ("coin", "coins", "コイン", "枚"),
        ("flower", "flowers", "花", "本"),
        ("stone", "stones", "石", "個"),
        ("card", "cards", "カード", "枚"),
        ("leaf", "leaves", "葉", "枚"),
        ("pencil", "pencils", "鉛筆", "本"),
        ("stamp", "stamps", "切手", "枚"),
        ("feather", "feathers", "羽根", "本"),
        ("button", "buttons", "ボタン", "個"),
    )
)
"""These come in numbers."""

FOOD = tuple(
    Noun(en, plural, ja, counter)
    for en, plural, ja, counter in (
        ("apple", "apples", "りんご", "個"),
        ("orange", "oranges", "みかん", "個"),
        ("pear", "pears", "梨", "個"),
        ("banana", "bananas", "バナナ", "本"),
        ("cookie", "cookies", "クッキー", "枚"),
        ("nut", "nuts", "木の実", "個"),
        ("carrot", "carrots", "人参", "本"),
        ("egg", "eggs", "卵", "個"),
    )
)
"""These too, and they can be eaten."""

COUNTED = STOCK + FOOD
MOST = 20
"""The largest number that stories spell out."""

AMOUNTS = {noun: tuple(Amount(count, noun) for count in range(MOST + 1)) for noun in COUNTED}
"""By noun, then by count."""

PLACES = tuple(
    Place(en, ja)
    for en, ja in (
        ("in the park", "公園"),
        ("in the garden", "庭"),
        ("in the kitchen", "台所"),
        ("at the school", "学校"),
        ("in the library", "図書館"),
        ("by the river", "川"),
        ("at the station", "駅"),
        ("in the forest", "森"),
        ("on the beach", "浜辺"),
        ("on the hill", "丘"),
        ("on the farm", "農場"),
        ("at the market", "市場"),
        ("by the lake", "湖"),
        ("at the museum", "博物館"),
        ("in the village", "村"),
        ("at the harbor", "港"),
    )
)

WATERS = frozenset(place for place in PLACES if place.ja in {"川", "湖", "浜辺", "港"})
"""Where one sees oneself in the water."""

NUMBERS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
NUMERALS = [
    "〇",
    "一",
    "二",
    "三",
    "四",
    "五",
    "六",
    "七",
    "八",
    "九",
    "十",
    "十一",
    "十二",
    "十三",
    "十四",
    "十五",
    "十六",
    "十七",
    "十八",
    "十九",
    "二十",
]
