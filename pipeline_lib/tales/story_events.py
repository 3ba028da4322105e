"""What can happen in a story, and how both languages tell it. Data: a new verb is one entry here.

`needs` names what must hold (`story_world.STATES`), roles say who or what takes part, in the order
in which they are drawn, and effects what it changes. English and Japanese tell the same, each in
its own patterns; `[polite|plain]` is where the two tongues of Japanese part. Laid out by hand, so
that an entry can be read at a glance.
"""

from pipeline_lib.tales import sayings
from pipeline_lib.tales import story_effects as effects
from pipeline_lib.tales import story_rules as w
from pipeline_lib.tales.patterns import Event

# fmt: off
ARRIVALS = (
    Event(
        "opening", 1,
        {"time": w.any_of(sayings.TIMES), "agent": w.NEW_PERSON, "place": w.NEW_PLACE},
        en=("{time:time}, {agent:name} was {place:in}.",
            "{time:time}, {agent:name} went {place:to}."),
        ja=("{time:time}、{agent:name}は{place:place}にい[ました|た]。",
            "{time:time}、{agent:name}は{place:place}に行[きました|った]。"),
        effect=effects.open_scene, needs="start",
    ),
    Event(
        "meet a friend", 22, {"agent": w.HERO, "whom": w.NEW_PERSON},
        en=("{agent:who} met {agent:his} friend {whom:name}.",
            "There {agent:name} saw {agent:his} old friend {whom:name}."),
        ja=("{agent:は}友だちの{whom:name}に会[いました|った]。",
            "そこで{agent:name}は友だちの{whom:name}を見かけ[ました|た]。"),
        effect=effects.meet_friend, needs="room",
    ),
    Event(
        "meet a stranger", 14, {"agent": w.HERO, "whom": w.NEW_PERSON},
        en=("{agent:who} met a {whom:girl} called {whom:name}.",
            "There was a {whom:girl} whom {agent:name} did not know, called {whom:name}."),
        ja=("{agent:は}{whom:name}という{whom:女の子}に会[いました|った]。",
            "{agent:name}の知らない、{whom:name}という名の{whom:女の子}がい[ました|た]。"),
        effect=effects.meet_stranger, needs="room",
    ),
    Event(
        "come back", 8, {"agent": w.ABSENT, "place": w.THIS_PLACE},
        en=("Then {agent:name} came {place:to}, too.",),
        ja=("それから{agent:name}も{place:place}に来[ました|た]。",),
        effect=effects.come_back, needs="away",
    ),
    Event(
        "go together", 40, {"place": w.NEW_PLACE},
        en=("Then they went {place:to}.", "After that, they walked {place:to}."),
        ja=("それからみんなで{place:place}に行[きました|った]。",
            "その後、みんなで{place:place}まで歩[きました|いた]。"),
        effect=effects.go, needs="company early settled", opens_paragraph=True,
    ),
    Event(
        "go", 32, {"agent": w.HERO, "place": w.NEW_PLACE},
        en=("{agent:who} went {place:to}.", "After that, {agent:name} walked {place:to}."),
        ja=("{agent:は}{place:place}に行[きました|った]。",
            "その後、{agent:name}は{place:place}まで歩[きました|いた]。"),
        effect=effects.go, needs="alone early settled", opens_paragraph=True,
    ),
    Event(
        "leave", 6, {"agent": w.COMPANION, "place": w.NEW_PLACE},
        en=("{agent:who} said goodbye and went {place:to}.",),
        ja=("{agent:は}別れを告げて{place:place}に行[きました|った]。",),
        effect=effects.leave, needs="company",
    ),
)

THINGS = (
    Event(
        "own", 45, {"agent": w.NEWCOMER, "item": w.NEW_ITEM},
        en=("{agent:who} had {item:a}.", "{agent:who} was carrying {item:a}."),
        ja=("{agent:は}{item:a}を持ってい[ました|た]。", "{agent:は}{item:a}を運んでい[ました|た]。"),
        effect=effects.own, needs="unknown fresh",
    ),
    Event(
        "find", 14, {"agent": w.HERE, "item": w.NEW_ITEM, "spot": w.any_of(sayings.SPOTS)},
        en=("{agent:who} found {item:a} {spot:spot}.",),
        ja=("{agent:は}{spot:spot}で{item:a}を見つけ[ました|た]。",),
        effect=effects.find, needs="unknown",
    ),
    Event(
        "give", 10, {"agent": w.HOLDER, "item": w.HELD, "whom": w.OTHER},
        en=("{agent:who} gave {whom:whom} {item:the}.", "{agent:who} gave {item:it} to {whom:whom}."),
        ja=("{agent:は}{whom:name}に{item:を}あげ[ました|た]。",
            "{agent:は}{item:を}{whom:name}に渡[しました|した]。"),
        effect=effects.give, needs="company held",
    ),
    Event(
        "put down", 5, {"agent": w.HOLDER, "item": w.HELD},
        en=("{agent:who} put {item:it} down.",),
        ja=("{agent:は}{item:を}下に置[きました|いた]。",),
        effect=effects.put_down, needs="held",
    ),
    Event(
        "pick up", 12, {"agent": w.HERE, "item": w.LYING},
        en=("{agent:who} picked up {item:the}.",),
        ja=("{agent:は}{item:を}拾い上げ[ました|た]。",),
        effect=effects.pick_up, needs="lying",
    ),
    Event(
        "lose", 4, {"agent": w.HOLDER, "item": w.HELD},
        en=("{agent:who} lost {item:the}.",),
        ja=("{agent:は}{item:を}なく[しました|した]。",),
        effect=effects.lose, needs="held",
    ),
    Event(
        "look for", 6, {"agent": w.HERE, "item": w.LOST},
        en=("{agent:who} looked for {item:the}, but it was not there.",
            "{agent:who} did not find {item:the} anywhere."),
        ja=("{agent:は}{item:を}探[しました|した]が、そこに[はありませんでした|はなかった]。",
            "{agent:は}{item:を}どこにも見つけられ[ませんでした|なかった]。"),
        effect=effects.touch, needs="lost",
    ),
    Event(
        "look of a thing", 5, {"item": w.FOUND, "finder": w.FINDER},
        en=("{item:The} that {finder:name} had found was {item:adjective}.",),
        ja=("{finder:name}が見つけた{item:the}は{item:past}[です|]。",),
        effect=effects.look_at, needs="found",
    ),
)

NUMBERS = (
    Event(
        "gather", 13, {"agent": w.HERE, "amount": w.HANDFULS_RULE},
        en=("{agent:who} found {amount:amount}.", "{agent:who} picked up {amount:amount}."),
        ja=("{agent:は}{amount:amount}見つけ[ました|た]。", "{agent:は}{amount:amount}拾[いました|った]。"),
        effect=effects.gather,
    ),
    Event(
        "give some", 9, {"agent": w.OWNER, "amount": w.SOME, "whom": w.OTHER},
        en=("{agent:who} gave {whom:whom} {amount:amount}.",
            "{agent:who} gave {amount:amount} to {whom:whom}."),
        ja=("{agent:は}{whom:name}に{amount:amount}あげ[ました|た]。",
            "{agent:は}{amount:amount}{whom:name}に渡[しました|した]。"),
        effect=effects.give_some, needs="company stock",
    ),
    Event(
        "eat", 7, {"agent": w.EATER, "amount": w.BITES},
        en=("{agent:who} ate {amount:amount}.", "{agent:who} was hungry and ate {amount:amount}."),
        ja=("{agent:は}{amount:amount}食べ[ました|た]。",
            "{agent:は}お腹がすいたので{amount:amount}食べ[ました|た]。"),
        effect=effects.use_up, needs="food",
    ),
    Event(
        "lose some", 4, {"agent": w.OWNER, "amount": w.SOME},
        en=("{agent:who} lost {amount:amount}.",),
        ja=("{agent:は}{amount:amount}なく[しました|した]。",),
        effect=effects.use_up, needs="stock",
    ),
    Event(
        "count", 45, {"agent": w.COUNTER, "amount": w.CHANGED},
        en=("Now {agent:name} had {amount:amount}.",),
        ja=("これで{agent:name}は{amount:amount}持ってい[ます|る]。",),
        effect=effects.touch, needs="changed",
    ),
    Event(
        "have none", 5, {"agent": w.LACKER, "noun": w.LACKED},
        en=("{agent:who} did not have any {noun:nouns}.",),
        ja=("{agent:は}{noun:nouns}を持ってい[ませんでした|なかった]。",),
        effect=effects.lack, needs="none",
    ),
)

PEOPLE = (
    Event(
        "trait", 45, {"agent": w.UNDESCRIBED, "trait": w.any_of(sayings.TRAITS)},
        en=("{agent:who} was {trait:trait} {agent:girl}.",),
        ja=("{agent:は}{trait:trait}{agent:女の子}[でした|だった]。",),
        effect=effects.describe, needs="undescribed",
    ),
    Event(
        "mood", 10, {"agent": w.HERE, "mood": w.new_of(sayings.MOODS)},
        en=("{agent:who} {mood:mood}.",), ja=("{agent:は}{mood:mood}。",), effect=effects.be_moved,
    ),
    Event(
        "mood of two", 6, {"agent": w.HERE, "whom": w.OTHER, "mood": w.new_of(sayings.DOINGS)},
        en=("{agent:name} and {whom:name} {mood:doing}.",),
        ja=("{agent:name}と{whom:name}は{mood:doing}。",),
        effect=effects.do_together, needs="company",
    ),
    Event(
        "mirror", 8, {"agent": w.once("mirror")},
        en=("{agent:who} looked at {agent:himself} in the water.",),
        ja=("{agent:は}水に映った自分を見[ました|た]。",), effect=effects.look_at_oneself, needs="water",
    ),
    Event(
        "be proud", 2, {"agent": w.once("self")},
        en=("{agent:who} was proud of {agent:himself}.",),
        ja=("{agent:は}自分を誇らしく思[いました|った]。",), effect=effects.think_of_oneself, needs="quiet",
    ),
    Event(
        "can", 4, {"agent": w.once("self"), "feat": w.any_of(sayings.FEATS)},
        en=('"I can {feat:feat}," said {agent:name}.',),
        ja=("「{feat:feat}」と{agent:name}は言[いました|った]。",), effect=effects.think_of_oneself, needs="quiet",
    ),
    Event(
        "cannot", 3, {"agent": w.once("self"), "feat": w.any_of(sayings.FEATS)},
        en=('"I cannot {feat:feat}," said {agent:name}.',),
        ja=("「{feat:cannot}」と{agent:name}は言[いました|った]。",), effect=effects.think_of_oneself, needs="quiet",
    ),
    Event(
        "become friends", 8, {"agent": w.HERO, "whom": w.STRANGER},
        en=("Soon {agent:name} and {whom:name} were friends.",),
        ja=("すぐに{agent:name}と{whom:name}は友だちにな[りました|った]。",),
        effect=effects.befriend, needs="stranger",
    ),
    Event(
        "old friends", 3, {"agent": w.HERO, "whom": w.FRIEND},
        en=("{agent:name} and {whom:name} knew each other well.",),
        ja=("{agent:name}と{whom:name}はお互いをよく知ってい[ました|た]。",),
        effect=effects.know_well, needs="friend",
    ),
    Event(
        "scenery", 5, {"scene": w.new_of(sayings.SCENERY)},
        en=("{scene:scenery}.",), ja=("{scene:scenery}。",), effect=effects.look_around,
    ),
)

TALK = (
    Event(
        "ask where", 9, {"agent": w.SEEKER, "item": w.MISSED},
        en=('"Where is {item:the}?" asked {agent:name}.',),
        ja=("「{item:the}はどこ[ですか|]」と{agent:name}は聞[きました|いた]。",),
        effect=effects.ask_where, needs="company known",
    ),
    Event(
        "I have it", 1, {"agent": w.ANSWERER},
        en=('"I have it," said {agent:name}.',),
        ja=("「私が持ってい[ます|る]」と{agent:name}は答え[ました|た]。",),
        effect=effects.touch, needs="question with",
    ),
    Event(
        "somebody has it", 1, {"agent": w.ANSWERER, "holder": w.ASKED_HOLDER},
        en=('"{holder:name} has it," said {agent:name}.',),
        ja=("「{holder:name}が持ってい[ます|る]」と{agent:name}は答え[ました|た]。",),
        effect=effects.touch, needs="question absent",
    ),
    Event(
        "it is here", 1, {"agent": w.ANSWERER},
        en=('"It is here," said {agent:name}.',),
        ja=("「ここにあ[ります|る]」と{agent:name}は答え[ました|た]。",),
        effect=effects.touch, needs="question here",
    ),
    Event(
        "it is there", 1, {"agent": w.ANSWERER, "place": w.ASKED_PLACE},
        en=('"It is {place:in}," said {agent:name}.',),
        ja=("「{place:place}にあ[ります|る]」と{agent:name}は答え[ました|た]。",),
        effect=effects.touch, needs="question there",
    ),
    Event(
        "I do not know", 1, {"agent": w.ANSWERER},
        en=('"I do not know," said {agent:name}.',),
        ja=("「分か[りません|らない]」と{agent:name}は答え[ました|た]。",),
        effect=effects.touch, needs="question nowhere",
    ),
    Event(
        "ask how many", 7, {"agent": w.HERE, "whom": w.OTHER, "noun": w.NOUN},
        en=('"How many {noun:nouns} do you have, {whom:name}?" asked {agent:name}.',),
        ja=("「{whom:name}、{noun:nouns}をいくつ持ってい[ますか|る]」と{agent:name}は聞[きました|いた]。",),
        effect=effects.ask_many, needs="company counted",
    ),
    Event(
        "so many", 1, {"agent": w.ANSWERER, "amount": w.ASKED_AMOUNT},
        en=('"I have {amount:amount}," said {agent:name}.',),
        ja=("「{amount:amount}持ってい[ます|る]」と{agent:name}は答え[ました|た]。",),
        effect=effects.touch, needs="question some",
    ),
    Event(
        "none at all", 1, {"agent": w.ANSWERER},
        en=('"I do not have any," said {agent:name}.',),
        ja=("「一つも持ってい[ません|ない]」と{agent:name}は答え[ました|た]。",),
        effect=effects.touch, needs="question nothing",
    ),
    Event(
        "ask for", 6, {"agent": w.WISHER, "item": w.WANTED},
        en=('"Please give me {item:the}," said {agent:name}.',),
        ja=("「{item:the}をください」と{agent:name}は頼[みました|んだ]。",),
        effect=effects.ask_for, needs="company held",
    ),
    Event(
        "grant", 3, {"agent": w.ANSWERER, "whom": w.ASKER, "item": w.ASKED_ITEM},
        en=("{agent:name} nodded and gave {whom:whom} {item:the}.",),
        ja=("{agent:name}はうなずいて、{whom:name}に{item:を}あげ[ました|た]。",),
        effect=effects.give, needs="question request",
    ),
    Event(
        "refuse", 2, {"agent": w.ANSWERER},
        en=('"No, it is mine," said {agent:name}.',),
        ja=("「だめ[です|だ]」と{agent:name}は言[いました|った]。",),
        effect=effects.touch, needs="question request",
    ),
)

ENDINGS = (
    Event(
        "end with a thing", 30, {"agent": w.HERO, "item": w.HELD},
        en=("In the evening, {agent:name} went home with {item:the}.",
            "At last {agent:name} took {item:the} home."),
        ja=("夕方、{agent:name}は{item:the}を持って家に帰[りました|った]。",
            "最後に{agent:name}は{item:the}を家に持って帰[りました|った]。"),
        effect=effects.end, needs="mine late settled", opens_paragraph=True,
    ),
    Event(
        "end with some", 30, {"agent": w.HERO, "amount": w.ALL},
        en=("In the evening, {agent:name} went home with {amount:amount}.",
            "At last {agent:name} took {amount:amount} home."),
        ja=("夕方、{agent:name}は{amount:amount}持って家に帰[りました|った]。",
            "最後に{agent:name}は{amount:amount}家に持って帰[りました|った]。"),
        effect=effects.end, needs="own late settled", opens_paragraph=True,
    ),
    Event(
        "end", 20, {"agent": w.HERO},
        en=("In the evening, {agent:name} went home.", "At last {agent:name} went home and slept well."),
        ja=("夕方、{agent:name}は家に帰[りました|った]。",
            "最後に{agent:name}は家に帰って、よく眠[りました|った]。"),
        effect=effects.end, needs="late settled", opens_paragraph=True,
    ),
)

# fmt: on
EVENTS = ARRIVALS + THINGS + NUMBERS + PEOPLE + TALK + ENDINGS
