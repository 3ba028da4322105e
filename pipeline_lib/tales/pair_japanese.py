"""The phenomena of Japanese minimal pairs. Data: a new phenomenon is one entry here."""

from pipeline_lib.tales import lexicon, sayings
from pipeline_lib.tales.forms import any_of
from pipeline_lib.tales.pair_changes import Phenomenon, both_ways, in_a_ring, swap, turn, unsaid

NAME = any_of(person.ja for person in lexicon.PEOPLE)
THING = any_of(noun.ja for noun in lexicon.THINGS)
COUNTED = any_of(noun.ja for noun in lexicon.COUNTED)
LOOK = any_of(adjective.ja for adjective in lexicon.ADJECTIVES)
PLACE = any_of(place.ja for place in lexicon.PLACES)
SPOT = any_of(spot.ja for spot in sayings.SPOTS)
NUMERAL = any_of(lexicon.NUMERALS[1:])
SEVERAL = f"{COUNTED}を{NUMERAL}"

NEIGHBOURS = both_ways(dict(zip(lexicon.NUMERALS[2:20:2], lexicon.NUMERALS[3:20:2], strict=True)))
PLAIN = {
    "見つけました": "見つけた", "あげました": "あげた", "渡しました": "渡した", "会いました": "会った",
    "行きました": "行った", "言いました": "言った", "聞きました": "聞いた", "答えました": "答えた",
    "拾いました": "拾った", "帰りました": "帰った", "食べました": "食べた", "なくしました": "なくした",
    "眠りました": "眠った", "歩きました": "歩いた", "見かけました": "見かけた", "持っています": "持っている",
    "笑いました": "笑った", "座りました": "座った", "頼みました": "頼んだ",
}  # fmt: skip
NOW = {
    "ました": "ます", "見つけた": "見つける", "あげた": "あげる", "会った": "会う", "行った": "行く",
    "言った": "言う", "聞いた": "聞く", "答えた": "答える", "拾った": "拾う", "帰った": "帰る",
    "食べた": "食べる", "なくした": "なくす", "渡した": "渡す", "眠った": "眠る", "歩いた": "歩く",
}  # fmt: skip
NEGATIVE = {
    "ませんでした": "ましたない", "ません": "ますない", "なかった": "ないだった", "らない": "るない",
    "げない": "げるない", "れない": "れるない", "けない": "けるない",
}  # fmt: skip
JOINED = {
    "持って": "持ちて", "帰って": "帰りて", "うなずいて": "うなずきて", "告げて": "告げって",
}  # fmt: skip
GIRLS, BOYS = (
    in_a_ring(tuple(person.ja for person in lexicon.PEOPLE if person.gender == gender))
    for gender in ("she", "he")
)

PARTICLES = (
    Phenomenon("topic_particle", "grammar", (swap({"は": "を"}, NAME, ""),)),
    Phenomenon("object_particle", "grammar", (swap({"を": "が"}, f"(?:{THING}|{COUNTED})", ""),)),
    Phenomenon("recipient_particle", "grammar", (swap({"に": "を"}, NAME, ""),)),
    Phenomenon("place_particle", "grammar", (swap({"に": "で"}, PLACE, "[い行来]"),)),
    Phenomenon("action_particle", "grammar", (swap({"で": "を"}, SPOT, ""),)),
    Phenomenon("genitive_particle", "grammar", (swap({"の": "を"}, "友だち", ""),)),
    Phenomenon("relative_particle", "grammar", (swap({"が": "は"}, NAME, "見つけた"),)),
    Phenomenon("quotation_particle", "grammar", (swap({"と": "を"}, "」", ""),)),
    Phenomenon("coordination_particle", "grammar", (swap({"と": "を"}, NAME, NAME),)),
)

FORMS = (
    Phenomenon("counter", "grammar", (swap({"個": "本", "枚": "本", "本": "枚"}, SEVERAL, ""),)),
    Phenomenon("politeness", "world", (swap(both_ways(PLAIN), "", "。"),)),
    Phenomenon("narrative_tense", "grammar", (swap(NOW, "", "。"),)),
    Phenomenon("negative_form", "grammar", (swap(NEGATIVE, "", "[。」、]"),)),
    Phenomenon("joining_form", "grammar", (swap(JOINED, "", ""),)),
    Phenomenon("adjective_form", "grammar", (turn(f"({LOOK})い(?={THING})", r"\1いな"),)),
    Phenomenon("adjective_past", "grammar", (
        turn(f"(?<=は)({LOOK})かったです。", r"\1いでした。"), turn(f"(?<=は)({LOOK})かった。", r"\1いだった。"),
    )),
    Phenomenon("existence_verb", "grammar", (
        swap(both_ways({"いました": "ありました", "いた": "あった"}), f"{PLACE}に|の子が", "。"),
        swap({"ありま": "いま", "ある": "いる"}, f"(?:{PLACE}|こ)に", ""),
    )),
    Phenomenon("noun_gender", "grammar", (swap(both_ways({"女の子": "男の子"}), "", ""),)),
)  # fmt: skip

ORDER = (
    Phenomenon("verb_final", "grammar", (
        turn(f"((?:{THING}|それ)を)((?:なく|拾い上げ|あげ|持ってい|見つけ|渡)(?:まし|しまし|し)?た)。", r"\2\1。"),
    )),
    Phenomenon("adjective_order", "grammar", (turn(f"({LOOK}い)({THING})", r"\2\1"),)),
    Phenomenon("number_order", "grammar", (turn(f"({COUNTED})を({NUMERAL}[個本枚])", r"\2を\1"),)),
)  # fmt: skip

WORLD = (
    Phenomenon("wrong_count", "world", (
        swap(NEIGHBOURS, f"これで{NAME}は{COUNTED}を|方、{NAME}は{COUNTED}を|後に{NAME}は{COUNTED}を", ""),
    )),
    Phenomenon("dead_reference", "world", (
        unsaid(in_a_ring(tuple(noun.ja for noun in lexicon.THINGS)), "[はに「た。]", "[をは]"),
    )),
    Phenomenon("unknown_person", "world", (unsaid(GIRLS, "」と", "は"), unsaid(BOYS, "」と", "は"))),
    Phenomenon("possession", "world", (
        turn(f"({NAME})は({NAME})に({THING})を", r"\2は\1に\3を"),
        turn(f"({NAME})は({THING})を({NAME})に", r"\3は\2を\1に"),
    )),
    Phenomenon("acquaintance", "world", (
        turn(f"({NAME}と{NAME}は)お互いをよく知っていま", r"すぐに\1友だちになりま"),
        turn(f"({NAME}と{NAME}は)お互いをよく知っていた", r"すぐに\1友だちになった"),
        turn(f"すぐに({NAME}と{NAME}は)友だちになりま", r"\1お互いをよく知っていま"),
        turn(f"すぐに({NAME}と{NAME}は)友だちになった", r"\1お互いをよく知っていた"),
    )),
)  # fmt: skip

PHENOMENA = PARTICLES + FORMS + ORDER + WORLD
