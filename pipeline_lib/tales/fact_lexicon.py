"""The words of facts: classes, parts, foods, homes, abilities, uses, in both languages. Data."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """Anything said of a topic: a class, a food, a home, an ability, a use."""

    en: str
    ja: str


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    one: str
    many: str
    ja: str


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What a body has a number of; `counter` is what Japanese counts it with."""

    plural: str
    ja: str
    counter: str


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    count: int
    part: Part


@dataclass(frozen=True, slots=True, eq=False)
class Coat:
    """What a body is covered with, or a plant bears, and how that looks."""

    look: Word
    cover: Word


@dataclass(frozen=True, slots=True, eq=False)
class Degree:
    """A way to compare: by size or speed, upwards or downwards."""

    en: str
    more: str
    most: str
    ja: str
    """The stem: い makes it a predicate, く what is negated."""
    axis: Literal["size", "speed"]
    sign: int


def _words(text: str) -> dict[str, Word]:
    pairs = (pair.strip().split("|") for pair in text.split(";"))
    return {en: Word(en, ja) for en, ja in pairs}


CLASSES = {
    one: Class(f"an {one}" if one[0] in "aeiou" else f"a {one}", many, ja)
    for one, many, ja in (
        ("animal", "animals", "動物"),
        ("mammal", "mammals", "哺乳類"),
        ("bird", "birds", "鳥"),
        ("fish", "fish", "魚"),
        ("insect", "insects", "昆虫"),
        ("reptile", "reptiles", "爬虫類"),
        ("plant", "plants", "植物"),
        ("tree", "trees", "木"),
        ("flower", "flowers", "花"),
        ("vegetable", "vegetables", "野菜"),
        ("fruit", "fruits", "果物"),
        ("tool", "tools", "道具"),
        ("vehicle", "vehicles", "乗り物"),
        ("instrument", "instruments", "楽器"),
    )
}
WIDER = {
    "mammal": "animal", "bird": "animal", "fish": "animal", "insect": "animal",
    "reptile": "animal", "tree": "plant", "flower": "plant",
}  # fmt: skip

PART = {
    plural: Part(plural, ja, counter)
    for plural, ja, counter in (
        ("legs", "足", "本"),
        ("wings", "羽", "枚"),
        ("wheels", "車輪", "つ"),
        ("strings", "弦", "本"),
    )
}
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 8: "eight"}
NUMERALS = {2: "二", 3: "三", 4: "四", 5: "五", 6: "六", 8: "八"}
PARTS = {
    f"{NUMBERS[count]} {part.plural}": Parts(count, part)
    for part in PART.values()
    for count in NUMBERS
}

LOOKS = _words("""
soft|柔らかい; short|短い; thick|厚い; hard|固い; smooth|滑らか; grey|灰色; white|白い; black|黒い; brown|茶色;
red|赤い; yellow|黄色; green|緑色; pink|桃色; golden|金色; silver|銀色; striped|しま模様; spotted|まだら模様;
black and white|白と黒
""")
COVERS = _words("""
fur|毛; feathers|羽毛; scales|うろこ; skin|皮; flowers|花; leaves|葉
""")
COATS = {
    f"{look.en} {cover.en}": Coat(look, cover)
    for look in LOOKS.values()
    for cover in COVERS.values()
}

HOMES = _words("""
in the forest|森; in the sea|海; in rivers|川; in lakes|湖; in ponds|池; in the desert|砂漠;
in the mountains|山; on farms|農場; with people|人の家; in old houses|古い家; in the jungle|ジャングル;
on the plains|草原; on the ice|氷の上; in caves|洞窟; in towns|町; under the ground|土の中;
in gardens|庭; in parks|公園; in fields|畑; on trees|木の上; in the kitchen|台所; in the workshop|作業場;
in houses|家の中; on the street|道路; at the station|駅; at the airport|空港; at school|学校;
at festivals|祭り; in concert halls|音楽堂
""")

FOODS = _words("""
fish|魚; meat|肉; grass|草; leaves|葉; fruit|果物; seeds|種; nuts|木の実; insects|虫; bamboo|竹; mice|ネズミ;
vegetables|野菜; water plants|水草; honey|蜜
""")
REFUSED = {
    "plants": "fish meat insects mice",
    "meat": "grass leaves seeds bamboo",
    "-": "",
}
"""What is certainly not eaten by who eats plants, or meat."""

_ABLE = _words("""
fly|空を飛べ; swim|泳げ; climb trees|木に登れ; run fast|速く走れ; jump high|高く跳べ; dig holes|穴を掘れ
""")
ABILITIES = {word.en.split()[0]: word for word in _ABLE.values()}
"""In Japanese the stem of the potential: る, ます, ない and ません follow."""

COMPANY = {
    name: Word(en, ja)
    for name, en, ja in (
        ("groups", "in groups", "群れで"),
        ("alone", "alone", "一匹で"),
        ("alone, big", "alone", "一頭で"),
        ("alone, bird", "alone", "一羽で"),
    )
}
SLEEP = {"night": Word("at night", "夜"), "day": Word("during the day", "昼")}
GIFTS = _words("""
milk|ミルク; wool|羊毛; eggs|卵; honey|蜂蜜
""")
SEASONS = _words("""
spring|春; summer|夏; autumn|秋; winter|冬
""")
TASTES = _words("""
sweet|甘い; sour|酸っぱい; hot|辛い
""")
NEEDS = _words("""
a lot of sun|たくさんの日光; a lot of water|たくさんの水; a lot of space|広い場所; good soil|良い土;
warm days|暖かい日; cold nights|寒い夜; cold winters|寒い冬
""")
USES = _words("""
hit nails|釘を打つ; cut wood|木を切る; cut bread|パンを切る; cook soup|スープを作る; sweep the floor|床を掃く;
keep off the rain|雨をよける; open doors|戸を開ける; reach high places|高い所に上る; tell the time|時間を知る;
sew clothes|服を縫う; drink water|水を飲む; ride to school|学校に通う; carry many people|大勢の人を運ぶ;
cross the water|水の上を渡る; travel to other countries|外国に行く; travel to the city|都会に行く;
play music|曲を演奏する
""")
MATERIALS = _words("""
iron|鉄; wood|木; glass|ガラス; cloth|布; bamboo|竹
""")

DEGREES = (
    Degree("big", "bigger", "biggest", "大き", "size", 1),
    Degree("small", "smaller", "smallest", "小さ", "size", -1),
    Degree("fast", "faster", "fastest", "速", "speed", 1),
    Degree("slow", "slower", "slowest", "遅", "speed", -1),
)
SIZES = {
    1: Word("tiny", "とても小さい"),
    2: Word("small", "小さい"),
    3: Word("small", "小さい"),
    6: Word("big", "大きい"),
    7: Word("big", "大きい"),
    8: Word("huge", "とても大きい"),
}
"""By size; what stands between is neither big nor small."""
