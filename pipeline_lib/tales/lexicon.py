"""The words of the world: people, things, places and what is said of them, each in both languages.

Data, to be read and extended: a new name, thing or place is one line here and nothing anywhere
else. Japanese verbs and adjectives that stand here give their polite and their plain form.
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


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """A set expression: a time, a spot, something that people do."""

    en: str
    ja: str
    """With `polite|plain` where they differ."""


PEOPLE = tuple(
    Person(*line.split(), gender)
    for gender, lines in (
        (
            "she",
            (
                "Mia ミア",
                "Anna アンナ",
                "Emma エマ",
                "Lisa リサ",
                "Nora ノラ",
                "Sara サラ",
                "Rina リナ",
                "Hana ハナ",
                "Yuki ユキ",
                "Naomi ナオミ",
                "Clara クララ",
                "Julia ユリア",
                "Alice アリス",
                "Olga オルガ",
                "Maya マヤ",
                "Ella エラ",
            ),
        ),
        (
            "he",
            (
                "Ken ケン",
                "Tom トム",
                "Ben ベン",
                "Leo レオ",
                "Jun ジュン",
                "Taro タロウ",
                "Dan ダン",
                "Max マックス",
                "Ryo リョウ",
                "Noah ノア",
                "Oscar オスカー",
                "Hugo ヒューゴ",
                "Felix フェリックス",
                "Akira アキラ",
                "Paul ポール",
                "Kai カイ",
            ),
        ),
    )
    for line in lines
)

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

NUMBERS = (
    "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
NUMERALS = (
    "〇 一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七 十八 十九 二十".split()
)

TIMES = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("One morning", "ある朝"),
        ("One day", "ある日"),
        ("One evening", "ある晩"),
        ("One cold morning", "ある寒い朝"),
        ("On a sunny day", "晴れた日に"),
        ("On a rainy day", "雨の日に"),
        ("On a windy day", "風の強い日に"),
        ("One Sunday", "ある日曜日"),
        ("One summer day", "ある夏の日"),
        ("Early in the spring", "春の初めに"),
        ("On the first day of autumn", "秋の最初の日に"),
        ("On a long winter day", "長い冬の日に"),
    )
)

SPOTS = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("under a tree", "木の下"),
        ("behind a wall", "壁の後ろ"),
        ("on a bench", "ベンチの上"),
        ("in the grass", "草の中"),
        ("beside the road", "道のそば"),
        ("under a big stone", "大きな石の下"),
        ("behind a door", "戸の後ろ"),
        ("on the ground", "地面の上"),
    )
)

MOODS = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("laughed", "笑いました|笑った"),
        ("smiled", "ほほえみました|ほほえんだ"),
        ("sang a song", "歌を歌いました|歌を歌った"),
        ("danced a little", "少し踊りました|少し踊った"),
        ("was happy", "うれしそうでした|うれしそうだった"),
        ("was tired", "疲れていました|疲れていた"),
        ("sat down", "座りました|座った"),
        ("looked at the sky", "空を見ました|空を見た"),
        ("told a joke", "冗談を言いました|冗談を言った"),
        ("listened to the birds", "鳥の声を聞きました|鳥の声を聞いた"),
        ("took a deep breath", "深く息を吸いました|深く息を吸った"),
        ("waved", "手を振りました|手を振った"),
    )
)
"""What one does that changes nothing."""

FEATS = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("run fast", "速く走れます|速く走れる"),
        ("swim well", "上手に泳げます|上手に泳げる"),
        ("climb trees", "木に登れます|木に登れる"),
        ("whistle", "口笛を吹けます|口笛を吹ける"),
        ("play the piano", "ピアノを弾けます|ピアノを弾ける"),
        ("read maps", "地図を読めます|地図を読める"),
        ("bake bread", "パンを焼けます|パンを焼ける"),
        ("draw horses", "馬を描けます|馬を描ける"),
    )
)
"""What one can do."""

TRAITS = tuple(
    Phrase(*line.split())
    for line in (
        "kind 優しい",
        "brave 勇敢な",
        "clever 賢い",
        "quiet 静かな",
        "cheerful 明るい",
        "curious 好奇心の強い",
        "honest 正直な",
        "funny 面白い",
        "patient 我慢強い",
        "tall 背の高い",
    )
)

SCENERY = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("The sun was shining", "日が照っていました|日が照っていた"),
        ("The wind was cold", "風が冷たかったです|風が冷たかった"),
        ("A bird was singing", "鳥が鳴いていました|鳥が鳴いていた"),
        ("A dog was sleeping", "犬が眠っていました|犬が眠っていた"),
        ("There were many people", "人がたくさんいました|人がたくさんいた"),
        ("Nobody said a word", "誰も何も言いませんでした|誰も何も言わなかった"),
        ("A bell rang far away", "遠くで鐘が鳴りました|遠くで鐘が鳴った"),
        ("The air smelled of rain", "雨の匂いがしました|雨の匂いがした"),
    )
)
"""Sentences of their own."""

DOINGS = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("laughed together", "一緒に笑いました|一緒に笑った"),
        ("talked for a while", "しばらく話しました|しばらく話した"),
        ("sat side by side", "並んで座りました|並んで座った"),
        ("played hide and seek", "かくれんぼをしました|かくれんぼをした"),
        ("shook hands", "握手をしました|握手をした"),
        ("ran a race", "競走をしました|競走をした"),
        ("sang together", "一緒に歌いました|一緒に歌った"),
        ("told stories", "物語を語り合いました|物語を語り合った"),
    )
)
"""What two do together."""
