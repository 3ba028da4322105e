"""What can be told in a word problem about yen, meters, kilometers and minutes. Data, as `problem_events`."""

from pipeline_lib.tales import problem_rules as r
from pipeline_lib.tales import sayings
from pipeline_lib.tales.patterns import Event
from pipeline_lib.tales.problem_words import (
    CHORES,
    GOALS,
    KILOMETERS,
    LINES,
    METERS,
    MINUTES,
    PASTIMES,
    SHOPS,
    WAITS,
    WALKS,
    YEN,
)

# fmt: off
OPENINGS = (
    Event(
        "have money", 8, {"time": r.one_of(sayings.TIMES), "agent": r.NEW_PERSON, "n": r.beginning(YEN)},
        en=("{time:time}, {agent:name} had {n:digits} yen.",),
        ja=("{time:time}、{agent:name}は{n:digits}持っていました。",),
        effect=r.opening("money", YEN),
    ),
    Event(
        "take money", 8,
        {"agent": r.NEW_PERSON, "place": r.one_of(SHOPS), "n": r.beginning(YEN)},
        en=("{agent:name} went shopping {place:in} with {n:digits} yen.",),
        ja=("{agent:name}は{n:digits}を持って{place:place}へ買い物に行きました。",),
        effect=r.opening("money", YEN),
    ),
    Event(
        "have a line", 8,
        {"time": r.one_of(sayings.TIMES), "agent": r.NEW_PERSON, "thing": r.one_of(LINES),
         "n": r.beginning(METERS)},
        en=("{time:time}, {agent:name} had {thing:a_line} that was {n:digits} meters long.",),
        ja=("{time:time}、{agent:name}は長さ{n:digits}の{thing:line}を持っていました。",),
        effect=r.opening("line", METERS),
    ),
    Event(
        "have a way to go", 8,
        {"agent": r.NEW_PERSON, "place": r.one_of(GOALS), "n": r.beginning(KILOMETERS, 8)},
        en=("It was {n:digits} kilometers from {agent:name}'s house {place:to}.",),
        ja=("{agent:name}の家から{place:place}までは{n:digits}ありました。",),
        effect=r.opening("way", KILOMETERS),
    ),
    Event(
        "have to wait", 7,
        {"time": r.one_of(sayings.TIMES), "agent": r.NEW_PERSON, "wait": r.one_of(WAITS),
         "n": r.beginning(MINUTES)},
        en=("{time:time}, {agent:name} had {n:digits} minutes {wait:before}.",),
        ja=("{time:time}、{agent:name}には{wait:until}まで{n:digits}ありました。",),
        effect=r.opening("wait", MINUTES),
    ),
    Event(
        "spend time", 7,
        {"time": r.one_of(sayings.TIMES), "agent": r.NEW_PERSON, "thing": r.one_of(PASTIMES),
         "n": r.beginning(MINUTES)},
        en=("{time:time}, {agent:name} {thing:pastime} {n:digits} minutes.",),
        ja=("{time:time}、{agent:name}は{n:digits}{thing:pastime}。",),
        effect=r.opening("total", MINUTES),
    ),
)

ASIDES = (
    Event(
        "another one's money", 6, {"other": r.NEW_PERSON, "n": r.RIVALS},
        en=("{other:name} had {n:digits} yen.",), ja=("{other:name}は{n:digits}持っていました。",),
        effect=r.meet_rival, needs="money: whole quiet",
    ),
    Event(
        "another one's line", 6, {"other": r.NEW_PERSON, "thing": r.THIS_THING, "n": r.RIVALS},
        en=("{other:name} had {thing:a_line} of {n:digits} meters.",),
        ja=("{other:name}の{thing:line}は長さ{n:digits}でした。",),
        effect=r.meet_rival, needs="line: whole quiet",
    ),
)

MONEY = (
    Event(
        "earn", 8, {"agent": r.OWNER, "n": r.MORE, "chore": r.one_of(CHORES)},
        en=("{agent:who} earned {n:digits} yen {chore:chore}.",),
        ja=("{agent:は}{chore:chore}{n:digits}もらいました。",),
        effect=r.step("+"), needs="money: whole more",
    ),
    Event(
        "get money", 6, {"agent": r.OWNER, "n": r.MORE, "whom": r.NEW_PERSON},
        en=("{agent:who} got {n:digits} yen from {whom:name}.",),
        ja=("{agent:は}{whom:name}から{n:digits}もらいました。",),
        effect=r.step("+"), needs="money: whole more",
    ),
    Event(
        "find money", 6, {"agent": r.OWNER, "n": r.MORE, "spot": r.one_of(sayings.SPOTS)},
        en=("{agent:who} found {n:digits} yen {spot:spot}.",),
        ja=("{agent:は}{spot:spot}で{n:digits}見つけました。",),
        effect=r.step("+"), needs="money: whole more",
    ),
    Event(
        "have times the money", 4, {"agent": r.OWNER, "n": r.MULTIPLE},
        en=("Soon {agent:name} had {n:digits} times as much money.",),
        ja=("やがて{agent:name}のお金は{n:digits}になりました。",),
        effect=r.step("*"), needs="money: whole times",
    ),
    Event(
        "pay", 14, {"agent": r.OWNER, "item": r.one_of(r.ITEMS), "n": r.FEWER},
        en=("{agent:who} bought {item:a} for {n:digits} yen.",),
        ja=("{agent:は}{item:a}を{n:digits}で買いました。",),
        effect=r.step("-"), needs="money: whole fewer",
    ),
    Event(
        "give money", 6, {"agent": r.OWNER, "n": r.FEWER, "whom": r.NEW_PERSON},
        en=("{agent:who} gave {whom:name} {n:digits} yen.",),
        ja=("{agent:は}{whom:name}に{n:digits}あげました。",),
        effect=r.step("-"), needs="money: whole fewer",
    ),
    Event(
        "pay for some", 9, {"agent": r.OWNER, "noun": r.SOME_NOUN, "k": r.WARES, "n": r.PRICE},
        en=("{agent:who} bought {k:digits} {noun:nouns} for {n:digits} yen each.",),
        ja=("{agent:は}{noun:nouns}を{k:digits}、それぞれ{n:digits}で買いました。",),
        effect=r.groups("-"), needs="money: whole treats",
    ),
    Event(
        "how much more", 50, {"agent": r.OWNER, "other": r.RIVAL},
        en=("How many more yen did {agent:name} have than {other:name}?",),
        ja=("{agent:name}は{other:name}より何円多く持っていますか。",),
        effect=r.ask_difference, needs="money: whole above",
    ),
    Event(
        "how much less", 50, {"agent": r.OWNER, "other": r.RIVAL},
        en=("How many fewer yen did {agent:name} have than {other:name}?",),
        ja=("{agent:name}のお金は{other:name}より何円少ないですか。",),
        effect=r.ask_difference, needs="money: whole below",
    ),
    Event(
        "how much together", 40, {"agent": r.OWNER, "other": r.RIVAL},
        en=("How many yen did {agent:name} and {other:name} have together?",),
        ja=("{agent:name}と{other:name}は合わせて何円持っていますか。",),
        effect=r.ask_sum, needs="money: whole both",
    ),
)

LENGTHS = (
    Event(
        "cut", 8, {"agent": r.OWNER, "n": r.FEWER},
        en=("{agent:who} cut off {n:digits} meters.",), ja=("{agent:は}{n:digits}切り取りました。",),
        effect=r.step("-"), needs="line: whole fewer",
    ),
    Event(
        "cut for somebody", 8, {"agent": r.OWNER, "n": r.FEWER, "whom": r.NEW_PERSON},
        en=("{agent:who} cut off {n:digits} meters for {whom:name}.",),
        ja=("{agent:は}{whom:name}のために{n:digits}切り取りました。",),
        effect=r.step("-"), needs="line: whole fewer",
    ),
    Event(
        "join", 8, {"agent": r.OWNER, "n": r.MORE},
        en=("{agent:who} joined on {n:digits} meters more.",),
        ja=("{agent:は}さらに{n:digits}つなぎました。",),
        effect=r.step("+"), needs="line: whole more",
    ),
    Event(
        "cut up", 8, {"agent": r.OWNER, "n": r.PARTS, "thing": r.THIS_THING},
        en=("{agent:who} cut {thing:the_line} into {n:digits} equal pieces and kept one piece.",),
        ja=("{agent:は}{thing:line}を同じ長さで{n:digits}に切って、その一つを残しました。",),
        effect=r.step("/"), needs="line: whole parts",
    ),
    Event(
        "how much longer", 50, {"agent": r.OWNER, "other": r.RIVAL, "thing": r.THIS_THING},
        en=("How many meters longer was {agent:name}'s than {other:name}'s?",),
        ja=("{agent:name}の{thing:line}は{other:name}のより何メートル長いですか。",),
        effect=r.ask_difference, needs="line: whole above",
    ),
    Event(
        "how much shorter", 50, {"agent": r.OWNER, "other": r.RIVAL, "thing": r.THIS_THING},
        en=("How many meters shorter was {agent:name}'s than {other:name}'s?",),
        ja=("{agent:name}の{thing:line}は{other:name}のより何メートル短いですか。",),
        effect=r.ask_difference, needs="line: whole below",
    ),
    Event(
        "go", 12, {"agent": r.OWNER, "thing": r.another(WALKS), "n": r.FEWER},
        en=("{agent:who} {thing:walk} {n:digits} kilometers.",),
        ja=("{agent:は}{thing:walk}{n:digits}進みました。",),
        effect=r.go, needs="way: whole fewer",
    ),
    Event(
        "go back", 6, {"agent": r.OWNER, "n": r.BACK},
        en=("{agent:who} had to go back {n:digits} kilometers.",),
        ja=("{agent:は}{n:digits}戻らなければなりませんでした。",),
        effect=r.step("+"), needs="way: whole back",
    ),
)

HOURS = (
    Event(
        "pass the time", 12, {"agent": r.OWNER, "thing": r.another(PASTIMES), "n": r.FEWER},
        en=("{agent:who} {thing:pastime} {n:digits} of them.",),
        ja=("{agent:は}そのうち{n:digits}{thing:pastime}。",),
        effect=r.go, needs="wait: whole fewer",
    ),
    Event(
        "spend more time", 12, {"agent": r.OWNER, "thing": r.another(PASTIMES), "n": r.MORE},
        en=("{agent:who} {thing:pastime} {n:digits} minutes more.",
            "Then {agent:name} {thing:pastime} {n:digits} minutes."),
        ja=("{agent:は}さらに{n:digits}{thing:pastime}。", "それから{agent:name}は{n:digits}{thing:pastime}。"),
        effect=r.spend, needs="total: whole more",
    ),
    Event(
        "delay", 5, {"n": r.MORE},
        en=("There was a delay of {n:digits} minutes.",), ja=("予定が{n:digits}遅れました。",),
        effect=r.step("+"), needs="wait: changed more",
    ),
    Event(
        "go on for days", 6, {"agent": r.OWNER, "n": r.RUN},
        en=("{agent:who} did this {n:digits} days in a row.",),
        ja=("{agent:は}これを{n:digits}間続けました。",),
        effect=r.repeat, needs="total: whole times",
    ),
)

ASKS = (
    Event(
        "how much money", 1, {"agent": r.OWNER},
        en=("How many yen does {agent:name} have now?", "How many yen did {agent:name} have in the end?"),
        ja=("{agent:name}は今、何円持っていますか。", "最後に{agent:name}は何円持っていましたか。"),
        effect=r.ask, needs="money: whole",
    ),
    Event(
        "how long", 1, {"thing": r.THIS_THING},
        en=("How many meters long is {thing:the_line} now?",),
        ja=("{thing:line}は今、何メートルですか。",),
        effect=r.ask, needs="line: whole",
    ),
    Event(
        "how far", 1, {"agent": r.OWNER, "place": r.THIS_PLACE},
        en=("How many kilometers were left {place:to}?", "How many kilometers did {agent:name} still have to go?"),
        ja=("{place:place}まであと何キロですか。", "{agent:name}はあと何キロ進まなければなりませんか。"),
        effect=r.ask, needs="way: whole",
    ),
    Event(
        "how much time", 1, {"agent": r.OWNER},
        en=("How many minutes did {agent:name} have left?",),
        ja=("{agent:name}には何分間残っていましたか。",),
        effect=r.ask, needs="wait: whole",
    ),
    Event(
        "how much time in all", 1, {"agent": r.OWNER},
        en=("How many minutes did {agent:name} spend in all?",),
        ja=("{agent:name}が使った時間は全部で何分間でしたか。",),
        effect=r.ask, needs="total:",
    ),
)
# fmt: on

STEPS = MONEY + LENGTHS + HOURS
