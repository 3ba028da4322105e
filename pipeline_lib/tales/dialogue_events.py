"""How a line of a dialogue begins, and how both languages say it: data.

A line opens the talk or answers the line before; what it asks or tells after that is in
`dialogue_questions`. `needs` names what must hold (`dialogue_world.BIT`). People who have just met
speak polite Japanese, friends plain: `[polite|plain]`.
"""

from pipeline_lib.tales import dialogue_rules as rules
from pipeline_lib.tales.dialogue_forms import DEEDS, FEELINGS, GREETINGS
from pipeline_lib.tales.dialogue_rules import Effect, answers, any_of
from pipeline_lib.tales.patterns import Event, Rule


def _line(
    name: str, weight: int, roles: dict[str, Rule], en: tuple[str, ...], ja: tuple[str, ...],
    needs: str, effect: Effect,
) -> Event:  # fmt: skip
    """A new line, which names its speaker."""
    return Event(
        name, weight, {"agent": rules.SPEAKER, **roles},
        en=tuple("{agent:name}: " + line for line in en),
        ja=tuple("{agent:name}: " + line for line in ja),
        effect=effect, needs=needs, opens_paragraph=True,
    )  # fmt: skip


STRANGERS = Event(
    "strangers meet", 2, {"agent": rules.ANYBODY},
    en=("{agent:name}: Hello, my name is {agent:name}.",
        "{agent:name}: Nice to meet you, I am {agent:name}."),
    ja=("{agent:name}: こんにちは、{agent:name}と[申します|いう]。",
        "{agent:name}: はじめまして、{agent:name}[です|だ]。"),
    effect=rules.opens("together", "ask a name"), needs="start", opens_paragraph=True,
)  # fmt: skip
FRIENDS = Event(
    "friends meet", 3,
    {"agent": rules.ANYBODY, "whom": rules.ANYBODY, "greeting": any_of(GREETINGS)},
    en=("{agent:name}: {greeting:greeting}, {whom:name}.",),
    ja=("{agent:name}: {greeting:greeting}、{whom:name}[さん|]。",),
    effect=rules.opens("together"), needs="start", opens_paragraph=True,
)  # fmt: skip
CALL = Event(
    "a friend calls", 2, {"agent": rules.ANYBODY, "whom": rules.ANYBODY},
    en=("{agent:name}: Hello, {whom:name}, this is {agent:name}.",),
    ja=("{agent:name}: もしもし、{whom:name}[さん|]、{agent:name}[です|だよ]。",),
    effect=rules.opens("apart", "ask where one is"), needs="start", opens_paragraph=True,
)  # fmt: skip
OPENINGS = (STRANGERS, FRIENDS, CALL)

ANSWERS = (
    Event(
        "a name", 1, {"agent": rules.SECOND},
        en=("{agent:name}: My name is {agent:name}.", "{agent:name}: I am {agent:name}."),
        ja=("{agent:name}: 私の名前は{agent:name}[です|だ]。", "{agent:name}: {agent:name}と[いいます|いう]。"),
        effect=rules.names_self, needs="re_name", opens_paragraph=True,
    ),
    _line(
        "a feeling", 1, {"feeling": any_of(FEELINGS)},
        ("I am {feeling:feeling}.",), ("{feeling:feeling}[|よ]。",),
        "re_feeling", answers(),
    ),
    _line(
        "here", 1, {"place": rules.HERE},
        ("I am {place:in}.",), ("{place:place}にい[ます|るよ]。",),
        "re_here", answers(rules.is_here),
    ),
    _line(
        "a thing", 5, {"item": rules.NEW_ITEM},
        ("I have {item:a}.",), ("{item:a}を持ってい[ます|るよ]。",),
        "re_have new_item", answers(rules.has_item),
    ),
    _line(
        "some", 6, {"amount": rules.NEW_AMOUNT},
        ("I have {amount:amount}.",), ("{amount:amount}持ってい[ます|るよ]。",),
        "re_have new_noun", answers(rules.has_amount),
    ),
    _line(
        "nothing", 1, {}, ("I do not have anything.", "I have nothing with me."),
        ("何も持ってい[ません|ないよ]。",), "re_have", answers(),
    ),
    _line(
        "so many", 1, {"amount": rules.COUNT},
        ("I have {amount:count}.",), ("{amount:count}持ってい[ます|るよ]。",),
        "re_many yes", answers(rules.tells_count),
    ),
    _line(
        "none", 1, {}, ("I do not have any now.",), ("今は一つも持ってい[ません|ないよ]。",),
        "re_many no", answers(rules.has_none),
    ),
    _line(
        "yes, so many", 2, {"amount": rules.COUNT},
        ("Yes, I have {amount:count}.",), ("[はい|うん]、{amount:count}持ってい[ます|るよ]。",),
        "re_any yes", answers(rules.tells_count),
    ),
    _line(
        "no, none", 1, {}, ("No, I do not have any.",), ("[いいえ|ううん]、一つも持ってい[ません|ないよ]。",),
        "re_any no", answers(rules.has_none),
    ),
    _line(
        "found it there", 1, {"place": rules.PLACE},
        ("I found it {place:in}.",), ("それは{place:place}で見つけ[ました|たよ]。",),
        "re_item_found", answers(),
    ),
    _line(
        "found them there", 1, {"place": rules.PLACE},
        ("I found them {place:in}.",), ("{place:place}で見つけ[ました|たよ]。",),
        "re_noun_found", answers(),
    ),
    _line(
        "here you are", 3, {}, ("Yes, here you are.", "Of course, here you are."),
        ("[はい|うん]、どうぞ。", "もちろん[です|だよ]、どうぞ。"), "re_give_item", rules.grants,
    ),
    _line(
        "I need it", 1, {}, ("I am sorry, but I need it.",), ("[すみません|ごめん]、これは必要なん[です|だ]。",),
        "re_give_item", answers(),
    ),
    _line(
        "take them", 3, {}, ("Yes, please take them.",), ("[はい|うん]、あげ[ます|るよ]。",),
        "re_give_some", rules.grants,
    ),
    _line(
        "I need them", 1, {}, ("I am sorry, but I need all of them.",),
        ("[すみません|ごめん]、全部必要なん[です|だ]。",), "re_give_some", answers(),
    ),
    _line(
        "thanks", 1, {"whom": rules.LISTENER},
        ("Thank you, {whom:name}.", "Thank you very much."),
        ("ありがとう[ございます|]、{whom:name}[さん|]。", "どうもありがとう[ございます|]。"),
        "re_thanks", answers(),
    ),
    _line(
        "I see", 1, {}, ("I see.", "That is nice.", "Oh, really."),
        ("なるほど。", "いい[ですね|ね]。", "そう[ですか|なんだ]。"), "re_told", answers(),
    ),
    _line(
        "yes, I can", 1, {"feat": rules.ASKED},
        ("Yes, I can.",), ("[はい|うん]、{feat:feat}[|よ]。",), "re_can yes", answers(rules.CAN),
    ),
    _line(
        "no, I cannot", 1, {"feat": rules.ASKED},
        ("No, I cannot.",), ("[いいえ|ううん]、{feat:cannot}[|よ]。",), "re_can no",
        answers(rules.CANNOT),
    ),
    _line(
        "I can, too", 1, {"feat": rules.ASKED},
        ("I can {feat:feat}, too.",), ("私も{feat:feat}[|よ]。",), "re_able yes",
        answers(rules.CAN),
    ),
    _line(
        "but I cannot", 1, {"feat": rules.ASKED},
        ("I cannot {feat:feat}.",), ("私は{feat:cannot}[|よ]。",), "re_able no",
        answers(rules.CANNOT),
    ),
    _line(
        "yes, I like them", 3, {"liked": rules.ASKED},
        ("Yes, I like them very much.",), ("[はい|うん]、大好き[です|だよ]。",), "re_like yes",
        answers(rules.LIKES),
    ),
    _line(
        "no, I do not like them", 2, {"liked": rules.ASKED},
        ("No, I do not like them.",), ("[いいえ|ううん]、好きでは[ありません|ないよ]。",), "re_like no",
        answers(rules.DISLIKES),
    ),
    _line(
        "I like them, too", 2, {"liked": rules.ASKED},
        ("I like them, too.",), ("私も好き[です|だよ]。",), "re_likes yes", answers(rules.LIKES),
    ),
    _line(
        "but I do not like them", 1, {"liked": rules.ASKED},
        ("I do not like them very much.",), ("私はあまり好きでは[ありません|ないよ]。",), "re_likes no",
        answers(rules.DISLIKES),
    ),
    _line(
        "there I will go", 1, {"place": rules.PLAN},
        ("I will go {place:to}.",), ("{place:place}に行[きます|くよ]。",), "re_go", answers(rules.goes),
    ),
    _line(
        "yes, I will", 1, {"place": rules.ASKED},
        ("Yes, I will.",), ("[はい|うん]、行[きます|くよ]。",), "re_will yes", answers(rules.goes),
    ),
    _line(
        "no, I will not", 1, {"place": rules.OTHER_PLAN},
        ("No, I will go {place:to}.",), ("[いいえ|ううん]、{place:place}に行[きます|くよ]。",), "re_will no",
        answers(rules.goes),
    ),
    _line(
        "that I will do", 1, {"deed": any_of(DEEDS)},
        ("I will {deed:deed}.",), ("{deed:deed}[|よ]。",), "re_deed", answers(rules.does),
    ),
    _line(
        "there is the other", 3, {"other": rules.ASKED, "place": rules.PLACE},
        ("{other:third} is {place:in}.",), ("{other:name}[さん|]は{place:place}にい[ます|るよ]。",), "re_where",
        answers(),
    ),
    _line(
        "I do not know", 1, {}, ("I do not know.",), ("分か[りません|らない]。",), "re_where", answers(),
    ),
    _line(
        "yes, with me", 1, {"other": rules.ASKED},
        ("Yes, {other:third_one} is with me.",), ("[はい|うん]、一緒[です|だよ]。",), "re_with", answers(),
    ),
    _line(
        "no, not here", 1, {"other": rules.ASKED},
        ("No, {other:third_one} is not here.",), ("[いいえ|ううん]、ここにはい[ません|ないよ]。",), "re_with",
        answers(),
    ),
    _line(
        "goodbye, too", 1, {"whom": rules.LISTENER},
        ("Goodbye, {whom:name}.", "See you again, {whom:name}."),
        ("[さようなら|じゃあね]、{whom:name}[さん|]。", "また[会いましょう|ね]、{whom:name}[さん|]。"),
        "re_bye", rules.end,
    ),
)  # fmt: skip
