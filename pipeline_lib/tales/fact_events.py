"""What can be said of animals, plants and things, and how both languages say it.

Data: a new way to say something is one line here. `needs` names what must be so
(`fact_world.BIT`). `<one|many>` is where one animal and
many part, `[polite|plain]` where the two tongues of Japanese do.
"""

import re
from collections.abc import Mapping

from pipeline_lib.tales import fact_rules as rules
from pipeline_lib.tales.fact_forms import Number
from pipeline_lib.tales.fact_questions import ANSWERS, ENDINGS, QUESTIONS
from pipeline_lib.tales.fact_rules import begins, kin, new, tells
from pipeline_lib.tales.patterns import Event, Rule

NUMBERS: tuple[Number, ...] = ("it", "they")


def _opening(
    name: str, weight: int, feature: str, roles: Mapping[str, Rule], en: str, ja: str,
    *, needs: str, told: str = "",
) -> list[Event]:  # fmt: skip
    """The same of one and of many: in Japanese it is one, or a kind of them."""
    return [
        Event(
            f"{name}, {number}", weight,
            {"topic": kin(number) if feature == "kin" else new(feature, number), **roles},
            en=(_numbered(en, number),), ja=(_numbered(ja, number),),
            effect=begins(told), needs=needs, opens_paragraph=True,
        )
        for number in NUMBERS
    ]  # fmt: skip


def _numbered(pattern: str, number: Number) -> str:
    return re.sub(r"<(.*?)\|(.*?)>", r"\1" if number == "it" else r"\2", pattern)


OPENINGS = (
    *_opening(
        "what it is", 12, "any", {"class": rules.CLASS},
        "{topic:Topic} {topic:<one|many>} {class:<a|noun>}.",
        "{topic:は}{class:noun}<|の一種>[です|だ]。",
        needs="open",
    ),
    *_opening(
        "alike", 14, "kin", {"class": rules.NEAREST},
        "{topic:Topic} {topic:<one|many>} {class:<a|noun>}, too.",
        "{topic:noun}も{class:noun}<|の一種>[です|だ]。",
        needs="open kin",
    ),
    *_opening(
        "how big it is", 8, "sized", {"size": rules.SIZE, "class": rules.CLASS_OF_SIZE},
        "{topic:Topic} {topic:<one|many>} <a |>{size:quality} {class:noun}.",
        "{topic:は}{size:quality}{class:noun}<|の一種>[です|だ]。",
        needs="open animal", told="sized",
    ),
    *_opening(
        "where it lives", 9, "lives", {"class": rules.CLASS, "home": rules.HOME},
        "{topic:Topic} {topic:<one|many>} {class:<a|noun>} that {topic:lives} {home:home}.",
        "{topic:は}{home:home}に住む{class:noun}<|の一種>[です|だ]。",
        needs="open animal", told="lives",
    ),
    *_opening(
        "where it grows", 9, "grows", {"class": rules.CLASS, "home": rules.HOME},
        "{topic:Topic} {topic:<one|many>} {class:<a|noun>} that {topic:grows} {home:home}.",
        "{topic:は}{home:home}で育つ{class:noun}<|の一種>[です|だ]。",
        needs="open plant", told="grows",
    ),
    *_opening(
        "what it can do", 9, "able", {"class": rules.CLASS, "able": rules.ABLE},
        "{topic:Topic} {topic:<one|many>} {class:<a|noun>} that can {able:able}.",
        "{topic:は}{able:able}る{class:noun}<|の一種>[です|だ]。",
        needs="open animal", told="able skills",
    ),
    *_opening(
        "what it cannot do", 7, "unable", {"class": rules.CLASS, "able": rules.UNABLE},
        "{topic:Topic} {topic:<one|many>} {class:<a|noun>} that cannot {able:able}.",
        "{topic:は}{able:able}ない{class:noun}<|の一種>[です|だ]。",
        needs="open animal", told="unable skills",
    ),
    *_opening(
        "what it is for", 12, "used", {"class": rules.CLASS, "use": rules.USE},
        "{topic:Topic} {topic:<one|many>} {class:<a|noun>} that people use to {use:use}.",
        "{topic:は}{use:use}のに使う{class:noun}<|の一種>[です|だ]。",
        needs="open thing", told="used unused",
    ),
    Event(
        "there are animals", 9, {"topic": new("wild", "they"), "home": rules.HOME},
        en=("There are many {topic:noun} {home:home}.",),
        ja=("{home:home}にはたくさんの{topic:noun}がい[ます|る]。",),
        effect=begins("lives"), needs="open animal", opens_paragraph=True,
    ),
    Event(
        "there are things", 8, {"topic": new("still", "they"), "home": rules.HOME},
        en=("You can find many {topic:noun} {home:home}.",),
        ja=("{home:home}にはたくさんの{topic:noun}があ[ります|る]。",),
        effect=begins("grows found"), needs="open still", opens_paragraph=True,
    ),
)  # fmt: skip

BODY = (
    Event(
        "parts", 8, {"topic": rules.TOPIC, "parts": rules.ASKED_PARTS},
        en=("{topic:It} {topic:has} {parts:parts}.",),
        ja=("{topic:は}{parts:parts}あ[ります|る]。",),
        effect=tells("parts two"), needs="more parts",
    ),
    Event(
        "parts of two kinds", 9,
        {"topic": rules.TOPIC, "parts": rules.FIRST_PARTS, "others": rules.SECOND_PARTS},
        en=("{topic:It} {topic:has} {parts:parts} and {others:parts}.",),
        ja=("{topic:は}{parts:parts}、{others:parts}あ[ります|る]。",),
        effect=tells("parts two"), needs="more two",
    ),
    Event(
        "parts and coat", 11, {"topic": rules.TOPIC, "parts": rules.PARTS, "coat": rules.COAT},
        en=("{topic:It} {topic:has} {parts:parts} and {coat:coat}.",),
        ja=("{topic:は}{parts:parts}あり、{coat:coat}。",),
        effect=tells("parts two coat"), needs="more parts coat",
    ),
    Event(
        "no legs", 8, {"topic": rules.TOPIC},
        en=("{topic:It} {topic:has} no legs.", "{topic:It} {topic:does} not have any legs."),
        ja=("{topic:は}足が[ありません|ない]。", "{topic:は}足を持ってい[ません|ない]。"),
        effect=tells("legless"), needs="more legless",
    ),
    Event(
        "coat", 10, {"topic": rules.TOPIC, "coat": rules.COAT},
        en=("{topic:It} {topic:has} {coat:coat}.",), ja=("{topic:は}{coat:coat}。",),
        effect=tells("coat"), needs="more coat",
    ),
    Event(
        "size", 6, {"topic": rules.TOPIC, "size": rules.SIZE},
        en=("{topic:It} {topic:is} {size:quality}.",), ja=("{topic:は}体が{size:quality}[です|]。",),
        effect=tells("sized"), needs="more sized",
    ),
    Event(
        "more than another", 14,
        {"topic": rules.TOPIC, "degree": rules.DEGREE, "other": rules.EXCEEDED_ONE},
        en=("{topic:It} {topic:is} {degree:more} than {other:noun}.",),
        ja=("{topic:は}{other:noun}より{degree:quality}[です|]。",),
        effect=tells("compared sized"), needs="more compared",
    ),
    Event(
        "not as much as another", 8,
        {"topic": rules.TOPIC, "degree": rules.LACKED, "other": rules.EXCEEDING},
        en=("{topic:It} {topic:is} not as {degree:quality} as {other:noun}.",),
        ja=("{topic:は}{other:noun}ほど{degree:negated}[ありません|ない]。",),
        effect=tells("compared sized"), needs="more compared",
    ),
)  # fmt: skip

LIFE = (
    Event(
        "lives", 9, {"topic": rules.TOPIC, "home": rules.HOME},
        en=("{topic:It} {topic:lives} {home:home}.", "You can see {topic:them} {home:home}."),
        ja=("{topic:は}{home:home}に住んでい[ます|る]。",
            "{topic:は}{home:home}で見ることができ[ます|る]。"),
        effect=tells("lives"), needs="more lives",
    ),
    Event(
        "eats", 9, {"topic": rules.TOPIC, "food": rules.FOOD},
        en=("{topic:It} {topic:eats} {food:noun}.", "{topic:It} {topic:likes} to eat {food:noun}.",
            "The food that {topic:it} {topic:likes} is {food:noun}."),
        ja=("{topic:は}{food:noun}を食べ[ます|る]。", "{topic:は}{food:noun}が好き[です|だ]。",
            "{topic:noun}が好む食べ物は{food:noun}[です|だ]。"),
        effect=tells("eats foods refused diet"), needs="more eats",
    ),
    Event(
        "eats two things", 7, {"topic": rules.TOPIC, "food": rules.FOOD, "more": rules.MORE_FOOD},
        en=("{topic:It} {topic:eats} {food:noun} and {more:noun}.",),
        ja=("{topic:は}{food:noun}や{more:noun}を食べ[ます|る]。",),
        effect=tells("eats foods refused diet"), needs="more foods",
    ),
    Event(
        "does not eat", 6, {"topic": rules.TOPIC, "food": rules.REFUSED},
        en=("{topic:It} {topic:does} not eat {food:noun}.",),
        ja=("{topic:は}{food:noun}は食べ[ません|ない]。",),
        effect=tells("refused diet"), needs="more refused",
    ),
    Event(
        "eats this, not that", 6,
        {"topic": rules.TOPIC, "food": rules.FOOD, "other": rules.REFUSED},
        en=("{topic:It} {topic:eats} {food:noun}, but not {other:noun}.",),
        ja=("{topic:は}{food:noun}を食べ[ます|る]が、{other:noun}は食べ[ません|ない]。",),
        effect=tells("eats foods refused diet"), needs="more eats refused",
    ),
    Event(
        "lives and eats", 11, {"topic": rules.TOPIC, "home": rules.HOME, "food": rules.FOOD},
        en=("{topic:It} {topic:lives} {home:home} and {topic:eats} {food:noun}.",),
        ja=("{topic:は}{home:home}に住み、{food:noun}を食べ[ます|る]。",),
        effect=tells("lives eats foods refused diet"), needs="more lives eats",
    ),
    Event(
        "can", 8, {"topic": rules.TOPIC, "able": rules.ABLE},
        en=("{topic:It} can {able:able}.",), ja=("{topic:は}{able:able}[ます|る]。",),
        effect=tells("able skills"), needs="more able",
    ),
    Event(
        "cannot", 7, {"topic": rules.TOPIC, "able": rules.UNABLE},
        en=("{topic:It} cannot {able:able}.",), ja=("{topic:は}{able:able}[ません|ない]。",),
        effect=tells("unable skills"), needs="more unable",
    ),
    Event(
        "can this, not that", 10,
        {"topic": rules.TOPIC, "able": rules.ABLE, "other": rules.UNABLE},
        en=("{topic:It} can {able:able}, but cannot {other:able}.",),
        ja=("{topic:は}{able:able}[ます|る]が、{other:able}[ません|ない]。",),
        effect=tells("able unable skills"), needs="more able unable",
    ),
    Event(
        "company", 6, {"topic": rules.TOPIC, "company": rules.COMPANY},
        en=("{topic:It} {topic:lives} {company:company}.",),
        ja=("{topic:は}{company:company}暮ら[します|す]。",),
        effect=tells("company"), needs="more company",
    ),
    Event(
        "sleep", 6, {"topic": rules.TOPIC, "time": rules.SLEEP},
        en=("{topic:It} {topic:sleeps} {time:when}.",), ja=("{topic:は}{time:when}に眠[ります|る]。",),
        effect=tells("sleep"), needs="more sleep",
    ),
    Event(
        "gift", 8, {"topic": rules.TOPIC, "gift": rules.GIFT},
        en=("{topic:It} {topic:gives} us {gift:noun}.",),
        ja=("{topic:は}私たちに{gift:noun}をくれ[ます|る]。",),
        effect=tells("gift"), needs="more gift",
    ),
)  # fmt: skip

GROWTH = (
    Event(
        "needs", 10, {"topic": rules.TOPIC, "need": rules.NEED},
        en=("{topic:It} {topic:needs} {need:need}.",), ja=("{topic:は}{need:need}が必要[です|だ]。",),
        effect=tells("needs"), needs="more needs",
    ),
    Event(
        "grows", 12, {"topic": rules.TOPIC, "home": rules.HOME},
        en=("{topic:It} {topic:grows} {home:home}.",), ja=("{topic:は}{home:home}で育[ちます|つ]。",),
        effect=tells("grows"), needs="more grows",
    ),
    Event(
        "blooms", 12, {"topic": rules.TOPIC, "time": rules.SEASON},
        en=("{topic:It} {topic:blooms} in {time:when}.",), ja=("{topic:は}{time:when}に咲[きます|く]。",),
        effect=tells("blooms"), needs="more blooms",
    ),
    Event(
        "picked", 12, {"topic": rules.TOPIC, "time": rules.PICKED},
        en=("People pick {topic:them} in {time:when}.",), ja=("{topic:は}{time:when}に取れ[ます|る]。",),
        effect=tells("picked"), needs="more picked",
    ),
    Event(
        "taste", 12, {"topic": rules.TOPIC, "taste": rules.TASTE},
        en=("{topic:It} {topic:tastes} {taste:taste}.",),
        ja=("{topic:は}{taste:taste}味が[します|する]。",),
        effect=tells("taste"), needs="more taste",
    ),
)  # fmt: skip

USE = (
    Event(
        "use", 14, {"topic": rules.TOPIC, "use": rules.USE},
        en=("People use {topic:them} to {use:use}.",), ja=("{topic:は}{use:use}のに使[います|う]。",),
        effect=tells("used unused"), needs="more used",
    ),
    Event(
        "not its use", 7, {"topic": rules.TOPIC, "use": rules.NO_USE},
        en=("People do not use {topic:them} to {use:use}.",),
        ja=("{topic:は}{use:use}のには使[いません|わない]。",),
        effect=tells("unused"), needs="more unused",
    ),
    Event(
        "material", 12, {"topic": rules.TOPIC, "material": rules.MATERIAL},
        en=("{topic:It} {topic:is} made of {material:noun}.",),
        ja=("{topic:は}{material:noun}でできてい[ます|る]。",),
        effect=tells("material unmade"), needs="more material",
    ),
    Event(
        "not its material", 6, {"topic": rules.TOPIC, "material": rules.NO_MATERIAL},
        en=("{topic:It} {topic:is} not made of {material:noun}.",),
        ja=("{topic:は}{material:noun}ではできてい[ません|ない]。",),
        effect=tells("unmade"), needs="more unmade",
    ),
    Event(
        "found", 10, {"topic": rules.TOPIC, "home": rules.HOME},
        en=("You can find {topic:them} {home:home}.",), ja=("{topic:は}{home:home}にあ[ります|る]。",),
        effect=tells("found"), needs="more found",
    ),
)  # fmt: skip

EVENTS = OPENINGS + BODY + LIFE + GROWTH + USE + QUESTIONS + ANSWERS + ENDINGS
