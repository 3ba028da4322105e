"""What two who talk say of themselves, and the words that dialogues share with stories."""

from collections.abc import Mapping, Sequence

from pipeline_lib.tales.forms import AGREEING, TABLES, Entity, Table, Tongue, Wording, spoken
from pipeline_lib.tales.lexicon import FOOD, PEOPLE
from pipeline_lib.tales.patterns import Reference, Roles
from pipeline_lib.tales.sayings import Phrase


def _phrases(text: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(*line.split(": ")) for line in text.strip().splitlines())


GREETINGS = _phrases("""
Hello: こんにちは
Good morning: おはよう
Good evening: こんばんは
""")
FEELINGS = _phrases("""
fine: 元気です|元気だ
happy: うれしいです|うれしい
a little tired: 少し疲れています|少し疲れている
very hungry: とてもお腹がすいています|とてもお腹がすいている
sleepy: 眠いです|眠い
very busy: とても忙しいです|とても忙しい
""")
WHEN = _phrases("""
tomorrow: 明日
on Saturday: 土曜日
on Sunday: 日曜日
next week: 来週
in the summer: 夏
""")
DEEDS = _phrases("""
swim: 泳ぎます|泳ぐ
read a book: 本を読みます|本を読む
fly my kite: たこを揚げます|たこを揚げる
look for shells: 貝殻を探します|貝殻を探す
draw a picture: 絵を描きます|絵を描く
sing songs: 歌を歌います|歌を歌う
play with my dog: 犬と遊びます|犬と遊ぶ
take photos: 写真を撮ります|写真を撮る
eat lunch: 昼ご飯を食べます|昼ご飯を食べる
meet my aunt: おばに会います|おばに会う
ride a horse: 馬に乗ります|馬に乗る
play the flute: 笛を吹きます|笛を吹く
""")
"""What one will do where one goes."""

LOVES = _phrases("""
dogs: 犬
cats: 猫
horses: 馬
birds: 鳥
rainy days: 雨の日
old songs: 古い歌
long walks: 長い散歩
picture books: 絵本
hot baths: 熱いお風呂
""")
LIKED = (*FOOD, *LOVES)
"""What one may like or not."""

SAID: Mapping[str, Sequence[Phrase]] = {
    "greeting": GREETINGS,
    "feeling": FEELINGS,
    "when": WHEN,
    "deed": DEEDS,
}
ENGLISH = ("name", "a", "the", "amount", "count", "nouns", "in", "to", "feat")
JAPANESE = ("name", "a", "the", "amount", "count", "nouns", "place", "feat", "cannot")
SHARED: Mapping[Tongue, Sequence[str]] = {"en": ENGLISH, "polite": JAPANESE, "plain": JAPANESE}


def _tables(tongue: Tongue) -> dict[str, Table]:
    shared = {form: TABLES[tongue][form] for form in SHARED[tongue]}
    own = {form: {p: _said(p, tongue) for p in phrases} for form, phrases in SAID.items()}
    return shared | own | {"nouns": {**shared["nouns"], **{p: _said(p, tongue) for p in LOVES}}}


def _said(phrase: Phrase, tongue: Tongue) -> str:
    return phrase.en if tongue == "en" else spoken(phrase.ja, tongue)


WORDING = Wording({tongue: _tables(tongue) for tongue in SHARED}, AGREEING, PEOPLE)


def _is_asked_for(world: Entity, entity: Entity, roles: Roles) -> bool:
    return world.about is entity


THEY = {
    "He": Reference("name", "", AGREEING["He"], _is_asked_for, 85),
    "he": Reference("name", "", AGREEING["he"], _is_asked_for, 85),
}
REFERENCES: Mapping[Tongue, Mapping[str, Reference]] = {
    "en": {"third": THEY["He"], "third_one": THEY["he"]},
    "polite": {},
    "plain": {},
}
