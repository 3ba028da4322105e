"""What a line asks or tells after it has answered, and how both languages say it: data."""

from pipeline_lib.tales import dialogue_rules as rules
from pipeline_lib.tales.dialogue_forms import WHEN
from pipeline_lib.tales.dialogue_rules import any_of, asks
from pipeline_lib.tales.patterns import Event

GREETING = (
    Event(
        "ask a name", 1, {},
        en=("What is your name?",), ja=("お名前は[何ですか。|何?]",), effect=asks("re_name"), needs="must",
    ),
    Event(
        "ask where one is", 1, {},
        en=("Where are you now?",), ja=("今どこにい[ますか。|るの?]",), effect=asks("re_here"), needs="must",
    ),
    Event(
        "ask how one is", 120, {},
        en=("How are you?",), ja=("元気[ですか。|?]",), effect=asks("re_feeling"), needs="first",
    ),
)  # fmt: skip

HAVING = (
    Event(
        "ask what one has", 10, {},
        en=("What do you have?", "What do you have with you?"),
        ja=("何を持ってい[ますか。|るの?]", "今、何を持ってい[ますか。|るの?]"),
        effect=asks("re_have", tells=rules.is_asked_what), needs="more theirs_unknown",
    ),
    Event(
        "tell of some", 9, {"amount": rules.NEW_AMOUNT},
        en=("I have {amount:amount}.",), ja=("{amount:amount}持ってい[ます|るよ]。",),
        effect=asks("re_told", tells=rules.has_amount), needs="more new_noun",
    ),
    Event(
        "tell of a thing", 7, {"item": rules.NEW_ITEM},
        en=("I have {item:a}.",), ja=("{item:a}を持ってい[ます|るよ]。",),
        effect=asks("re_told", tells=rules.has_item), needs="more new_item",
    ),
    Event(
        "ask how many", 8, {"noun": rules.COUNTED},
        en=("How many {noun:nouns} do you have now?",), ja=("今、{noun:nouns}をいくつ持ってい[ますか。|るの?]",),
        effect=asks("re_many", "noun"), needs="more counted",
    ),
    Event(
        "ask for any", 7, {"noun": rules.NEW_NOUN},
        en=("Do you have any {noun:nouns}?",), ja=("{noun:nouns}を持ってい[ますか。|る?]",),
        effect=asks("re_any", "noun", rules.is_asked_whether), needs="more theirs_noun",
    ),
    Event(
        "ask where it was", 14, {"item": rules.ITEM_TO_FIND},
        en=("Where did you find {item:the}?", "Where was {item:the}?"),
        ja=("{item:the}をどこで見つけ[ましたか。|たの?]", "{item:the}はどこにあ[りましたか。|ったの?]"),
        effect=asks("re_item_found", "item", rules.is_searched("item")), needs="more item_found",
    ),
    Event(
        "ask where they were", 14, {"noun": rules.NOUN_TO_FIND},
        en=("Where did you find the {noun:nouns}?", "Where were the {noun:nouns}?"),
        ja=("{noun:nouns}をどこで見つけ[ましたか。|たの?]", "{noun:nouns}はどこにあ[りましたか。|ったの?]"),
        effect=asks("re_noun_found", "noun", rules.is_searched("noun")), needs="more noun_found",
    ),
)  # fmt: skip

GIVING = (
    Event(
        "ask for a thing", 12, {"item": rules.THEIRS},
        en=("Please give me {item:the}.", "May I have {item:the}?"),
        ja=("{item:the}を[ください|ちょうだい]。", "{item:the}をもら[えますか。|える?]"),
        effect=asks("re_give_item", "item", rules.asks_for), needs="more together theirs_item",
    ),
    Event(
        "ask for some", 12, {"amount": rules.SOME_OF_THEIRS},
        en=("Please give me {amount:amount}.", "May I have {amount:amount}?"),
        ja=("{amount:amount}[ください|ちょうだい]。", "{amount:amount}もら[えますか。|える?]"),
        effect=asks("re_give_some", "amount", rules.asks_for), needs="more together theirs_some",
    ),
    Event(
        "give a thing", 6, {"item": rules.MINE},
        en=("I will give you {item:the}.",), ja=("{item:the}をあげ[ます|るよ]。",),
        effect=asks("re_thanks", tells=rules.gives_item), needs="more together mine_item",
    ),
    Event(
        "give some", 7, {"amount": rules.SOME_OF_MINE},
        en=("I will give you {amount:amount}.",), ja=("{amount:amount}あげ[ます|るよ]。",),
        effect=asks("re_thanks", tells=rules.gives_some), needs="more together mine_some",
    ),
)  # fmt: skip

SELVES = (
    Event(
        "ask what one can", 9, {"feat": rules.FEAT_TO_ASK},
        en=("Can you {feat:feat}?", "Tell me, can you {feat:feat}?"),
        ja=("{feat:feat}[か。|?]", "ところで、{feat:feat}[か。|?]"),
        effect=asks("re_can", "feat"), needs="more can",
    ),
    Event(
        "tell what one can", 4, {"feat": rules.FEAT_TO_TELL},
        en=("I can {feat:feat}.",), ja=("{feat:feat}[|よ]。",),
        effect=asks("re_able", "feat", rules.CAN), needs="more new_feat",
    ),
    Event(
        "tell what one cannot", 3, {"feat": rules.FEAT_TO_TELL},
        en=("I cannot {feat:feat}.",), ja=("{feat:cannot}[|んだ]。",),
        effect=asks("re_told", "feat", rules.CANNOT), needs="more new_feat",
    ),
    Event(
        "ask what one likes", 8, {"liked": rules.LIKED_TO_ASK},
        en=("Do you like {liked:nouns}?", "By the way, do you like {liked:nouns}?"),
        ja=("{liked:nouns}は好き[ですか。|?]", "ところで、{liked:nouns}は好き[ですか。|?]"),
        effect=asks("re_like", "liked"), needs="more like",
    ),
    Event(
        "tell what one likes", 5, {"liked": rules.LIKED_TO_TELL},
        en=("I like {liked:nouns}.",), ja=("{liked:nouns}が好き[です|なんだ]。",),
        effect=asks("re_likes", "liked", rules.LIKES), needs="more new_like",
    ),
    Event(
        "tell where one is", 12, {"place": rules.HERE},
        en=("I am {place:in}.",), ja=("{place:place}にい[ます|るよ]。",),
        effect=asks("re_told", tells=rules.is_here), needs="more apart mine_place",
    ),
)  # fmt: skip

PLANS = (
    Event(
        "ask for a plan", 9, {"when": any_of(WHEN)},
        en=("Where will you go {when:when}?",), ja=("{when:when}はどこに行[きますか。|くの?]",),
        effect=asks("re_go"), needs="more going",
    ),
    Event(
        "ask for that plan", 6, {"place": rules.TRIP, "when": any_of(WHEN)},
        en=("Will you go {place:to} {when:when}?",), ja=("{when:when}は{place:place}に行[きますか。|く?]",),
        effect=asks("re_will", "place"), needs="more will",
    ),
    Event(
        "tell a plan", 5, {"place": rules.PLAN, "when": any_of(WHEN)},
        en=("I will go {place:to} {when:when}.",), ja=("{when:when}は{place:place}に行[きます|くよ]。",),
        effect=asks("re_told", tells=rules.goes), needs="more mine_going",
    ),
    Event(
        "ask what one will do", 14, {},
        en=("What will you do there?",), ja=("そこで何を[しますか。|するの?]",),
        effect=asks("re_deed"), needs="more doing",
    ),
)  # fmt: skip

OTHERS = (
    Event(
        "ask for another", 6, {"other": rules.OTHER},
        en=("Where is {other:name}?",), ja=("{other:name}[さん|]はどこにい[ますか。|るの?]",),
        effect=asks("re_where", "other", rules.is_elsewhere), needs="more other",
    ),
    Event(
        "ask for company", 6, {"other": rules.OTHER},
        en=("Is {other:name} with you?",), ja=("{other:name}[さん|]も一緒[ですか。|?]",),
        effect=asks("re_with", "other", rules.is_elsewhere), needs="more apart other",
    ),
    Event(
        "goodbye", 32, {"whom": rules.LISTENER},
        en=("Goodbye, {whom:name}.", "I have to go now, {whom:name}."),
        ja=("それでは[さようなら|また]、{whom:name}[さん|]。",
            "もう帰[ります|るね]、{whom:name}[さん|]。"),
        effect=asks("re_bye"), needs="bye",
    ),
)  # fmt: skip

QUESTIONS = GREETING + HAVING + GIVING + SELVES + PLANS + OTHERS
