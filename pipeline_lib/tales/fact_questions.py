"""What can be asked of animals, plants and things, the answers, and how two of them compare.

Data, as in `fact_events`. An answer needs nothing: it comes where it is asked for, and nowhere else.
"""

from pipeline_lib.tales import fact_rules as rules
from pipeline_lib.tales.fact_rules import asks, is_true, pair, tells
from pipeline_lib.tales.patterns import Event

QUESTIONS = (
    Event(
        "ask can", 14, {"topic": rules.TOPIC, "able": rules.SKILL},
        en=("Can {topic:it} {able:able}?",), ja=("{topic:は}{able:able}[ますか|るだろうか]。",),
        effect=asks("able unable skills", is_true(rules.ABLE, "able", "yes, can", "no, cannot"), "able"),
        needs="more skills",
    ),
    Event(
        "ask eats", 9, {"topic": rules.TOPIC, "food": rules.MEAL},
        en=("{topic:Does} {topic:it} eat {food:noun}?",),
        ja=("{topic:は}{food:noun}を食べ[ますか|るだろうか]。",),
        effect=asks("eats foods refused diet", is_true(rules.FOOD, "food", "yes, eats", "no, does not")),
        needs="more diet",
    ),
    Event(
        "ask more", 9, {"topic": rules.TOPIC, "degree": rules.MEASURED, "other": rules.COMPARED},
        en=("{topic:Is} {topic:it} {degree:more} than {other:noun}?",),
        ja=("{topic:は}{other:noun}より{degree:quality}[ですか|だろうか]。",),
        effect=asks(
            "compared sized", is_true(rules.EXCEEDED_ONE, "other", "yes, is", "no, is not"), "degree"
        ),
        needs="more compared",
    ),
    Event(
        "what does it eat", 4, {"topic": rules.TOPIC},
        en=("What {topic:does} {topic:it} eat?",), ja=("{topic:は}何を食べ[ますか|るだろうか]。",),
        effect=asks("eats foods refused diet", lambda _: "eats"), needs="more eats",
    ),
    Event(
        "where does it live", 4, {"topic": rules.TOPIC},
        en=("Where {topic:does} {topic:it} live?",), ja=("{topic:は}どこに住んでい[ますか|るだろうか]。",),
        effect=asks("lives", lambda _: "lives"), needs="more lives",
    ),
    Event(
        "where does it grow", 6, {"topic": rules.TOPIC},
        en=("Where {topic:does} {topic:it} grow?",), ja=("{topic:は}どこで育[ちますか|つだろうか]。",),
        effect=asks("grows", lambda _: "grows"), needs="more grows",
    ),
    Event(
        "how many", 5, {"topic": rules.TOPIC, "part": rules.ASKED_PART},
        en=("How many {part:part} {topic:does} {topic:it} have?",),
        ja=("{topic:は}{part:part}あ[りますか|るだろうか]。",),
        effect=asks("parts two", rules.how_many, "part"), needs="more parts",
    ),
    Event(
        "what is it for", 6, {"topic": rules.TOPIC},
        en=("What do people use {topic:them} for?",), ja=("{topic:は}何に使[いますか|うだろうか]。",),
        effect=asks("used unused", lambda _: "use"), needs="more used",
    ),
    Event(
        "what is it made of", 6, {"topic": rules.TOPIC},
        en=("What {topic:is} {topic:it} made of?",), ja=("{topic:は}何でできてい[ますか|るだろうか]。",),
        effect=asks("material unmade", lambda _: "material"), needs="more material",
    ),
)  # fmt: skip

ANSWERS = (
    Event(
        "yes, can", 1, {"topic": rules.TOPIC, "able": rules.ASKED},
        en=("Yes, {topic:it} can.",), ja=("[はい、|もちろん]{able:able}[ます|る]。",), effect=tells(),
    ),
    Event(
        "no, cannot", 1, {"topic": rules.TOPIC, "able": rules.ASKED},
        en=("No, {topic:it} cannot.",), ja=("[いいえ|いや]、{able:able}[ません|ない]。",), effect=tells(),
    ),
    Event(
        "yes, eats", 1, {"topic": rules.TOPIC},
        en=("Yes, {topic:it} {topic:does}.",), ja=("[はい、|もちろん]食べ[ます|る]。",), effect=tells(),
    ),
    Event(
        "no, does not", 1, {"topic": rules.TOPIC},
        en=("No, {topic:it} {topic:does} not.",), ja=("[いいえ|いや]、食べ[ません|ない]。",), effect=tells(),
    ),
    Event(
        "yes, is", 1, {"topic": rules.TOPIC, "degree": rules.ASKED},
        en=("Yes, {topic:it} {topic:is}.",), ja=("[はい、|もちろん]{degree:quality}[です|]。",),
        effect=tells(),
    ),
    Event(
        "no, is not", 1, {"topic": rules.TOPIC, "degree": rules.ASKED},
        en=("No, {topic:it} {topic:is} not.",),
        ja=("[いいえ|いや]、{degree:negated}は[ありません|ない]。",), effect=tells(),
    ),
)  # fmt: skip

ENDINGS = (
    Event(
        "both are", 8, {**pair("same"), "class": rules.SHARED_CLASS},
        en=("{first:Topic} and {second:noun} are both {class:noun}.",),
        ja=("{first:noun}も{second:noun}も{class:noun}[です|だ]。",),
        effect=rules.end, needs="end same", opens_paragraph=True,
    ),
    Event(
        "one is this, the other that", 8,
        {**pair("differ"), "class": rules.FIRST_CLASS, "other": rules.SECOND_CLASS},
        en=("{first:Topic} are {class:noun}, but {second:noun} are {other:noun}.",),
        ja=("{first:noun}は{class:noun}[です|だ]が、{second:noun}は{other:noun}[です|だ]。",),
        effect=rules.end, needs="end differ", opens_paragraph=True,
    ),
    Event(
        "both can", 8, {**pair("able_both"), "able": rules.BOTH_ABLE},
        en=("Both {first:noun} and {second:noun} can {able:able}.",),
        ja=("{first:noun}も{second:noun}も{able:able}[ます|る]。",),
        effect=rules.end, needs="end able_both", opens_paragraph=True,
    ),
    Event(
        "neither can", 8, {**pair("unable_both"), "able": rules.BOTH_UNABLE},
        en=("Neither {first:noun} nor {second:noun} can {able:able}.",),
        ja=("{first:noun}も{second:noun}も{able:able}[ません|ない]。",),
        effect=rules.end, needs="end unable_both", opens_paragraph=True,
    ),
    Event(
        "one can, the other cannot", 10, {**pair("contrast"), "able": rules.ONE_ABLE},
        en=("{first:Topic} can {able:able}, but {second:noun} cannot.",),
        ja=("{first:noun}は{able:able}[ます|る]が、{second:noun}は{able:able}[ません|ない]。",),
        effect=rules.end, needs="end contrast", opens_paragraph=True,
    ),
    Event(
        "neighbours", 12, {**pair("near"), "home": rules.SAME_HOME},
        en=("Both {first:noun} and {second:noun} live {home:home}.",),
        ja=("{first:noun}も{second:noun}も{home:home}に住んでい[ます|る]。",),
        effect=rules.end, needs="end near", opens_paragraph=True,
    ),
    Event(
        "one is more than the other", 8, {**pair("compared_both"), "degree": rules.DEGREE_OF_BOTH},
        en=("It is clear that {first:noun} are {degree:more} than {second:noun}.",),
        ja=("{first:noun}が{second:noun}より{degree:quality}ことは明らか[です|だ]。",),
        effect=rules.end, needs="end compared_both", opens_paragraph=True,
    ),
    Event(
        "one is the most", 12, {"degree": rules.UTMOST, "first": rules.GREATEST},
        en=("Of the three, {first:noun} are the {degree:most}.",),
        ja=("三種類の中では、{first:noun}が一番{degree:quality}[です|]。",),
        effect=rules.end, needs="end three", opens_paragraph=True,
    ),
)  # fmt: skip
