"""What can be told in a word problem about things that are counted. Data: a new verb is one entry here.

`needs` reads `themes: what must hold` (`problem_world.holds`); the numbers follow from the rules.
`problem_units` has the problems about money, lengths and times, and the two make one grammar.
Laid out by hand, so that an entry can be read at a glance.
"""

from pipeline_lib.tales import lexicon, sayings
from pipeline_lib.tales import problem_rules as r
from pipeline_lib.tales.patterns import Event

# fmt: off
OPENINGS = (
    Event(
        "have things", 28,
        {"time": r.one_of(sayings.TIMES), "agent": r.NEW_PERSON, "noun": r.SOME_NOUN, "n": r.beginning("")},
        en=("{time:time}, {agent:name} had {n:digits} {noun:nouns}.",),
        ja=("{time:time}、{agent:name}は{noun:nouns}を{n:digits}持っていました。",),
        effect=r.opening("things"),
    ),
    Event(
        "find things", 22,
        {"agent": r.NEW_PERSON, "noun": r.SOME_NOUN, "n": r.beginning(""), "place": r.one_of(lexicon.PLACES)},
        en=("{agent:name} found {n:digits} {noun:nouns} {place:in}.",),
        ja=("{agent:name}は{place:place}で{noun:nouns}を{n:digits}見つけました。",),
        effect=r.opening("things"),
    ),
    Event(
        "have boxes", 14,
        {"time": r.one_of(sayings.TIMES), "agent": r.NEW_PERSON, "noun": r.SOME_NOUN, "k": r.BOXES, "n": r.FILLING},
        en=("{time:time}, {agent:name} had {k:digits} boxes with {n:digits} {noun:nouns} in each.",
            "{time:time}, {agent:name} had {k:digits} bags with {n:digits} {noun:nouns} in each.",
            "{time:time}, {agent:name} had {k:digits} drawers with {n:digits} {noun:nouns} in each.",
            "{time:time}, {agent:name} had {k:digits} jars with {n:digits} {noun:nouns} in each."),
        ja=("{time:time}、{agent:name}は箱を{k:digits}持っていて、どの箱にも{noun:nouns}が{n:digits}入っていました。",
            "{time:time}、{agent:name}は袋を{k:digits}持っていて、どの袋にも{noun:nouns}が{n:digits}入っていました。",
            "{time:time}、{agent:name}は引き出しを{k:digits}持っていて、どの引き出しにも{noun:nouns}が{n:digits}入っていました。",
            "{time:time}、{agent:name}はびんを{k:digits}持っていて、どのびんにも{noun:nouns}が{n:digits}入っていました。"),
        effect=r.opening("things"),
    ),
)

ASIDES = (
    Event(
        "another kind", 4, {"agent": r.OWNER, "noun": r.OTHER_NOUN, "n": r.ASIDE},
        en=("{agent:name} also had {n:digits} {noun:nouns}.",),
        ja=("{agent:name}は{noun:nouns}も{n:digits}持っていました。",),
        effect=r.mention, needs="things money: whole quiet",
    ),
    Event(
        "age", 2, {"agent": r.OWNER, "n": r.AGE},
        en=("{agent:name} was {n:digits} years old.",), ja=("{agent:name}は{n:digits}でした。",),
        effect=r.mention, needs=": whole quiet new",
    ),
    Event(
        "another one's things", 6, {"other": r.NEW_PERSON, "n": r.RIVALS, "noun": r.THIS_NOUN},
        en=("{other:name} had {n:digits} {noun:nouns}.",),
        ja=("{other:name}は{noun:nouns}を{n:digits}持っていました。",),
        effect=r.meet_rival, needs="things: whole quiet",
    ),
)

GAINS = (
    Event(
        "find", 9, {"agent": r.OWNER, "n": r.MORE, "noun": r.THIS_NOUN},
        en=("{agent:who} found {n:digits} more {noun:nouns}.", "Then {agent:name} found {n:digits} more."),
        ja=("{agent:は}{noun:nouns}をさらに{n:digits}見つけました。",
            "それから{agent:name}はもう{n:digits}見つけました。"),
        effect=r.step("+"), needs="things: whole more",
    ),
    Event(
        "get", 9, {"agent": r.OWNER, "n": r.MORE, "noun": r.THIS_NOUN, "whom": r.NEW_PERSON},
        en=("{agent:who} got {n:digits} more {noun:nouns} from {whom:name}.",),
        ja=("{agent:は}{whom:name}から{noun:nouns}を{n:digits}もらいました。",),
        effect=r.step("+"), needs="things: whole more",
    ),
    Event(
        "buy", 8, {"agent": r.OWNER, "n": r.MORE, "noun": r.THIS_NOUN},
        en=("{agent:who} bought {n:digits} more {noun:nouns}.",),
        ja=("{agent:は}{noun:nouns}をさらに{n:digits}買いました。",),
        effect=r.step("+"), needs="things: whole more",
    ),
    Event(
        "gifts", 5, {"agent": r.OWNER, "k": r.GIVERS, "n": r.GIFTS, "noun": r.THIS_NOUN},
        en=("{agent:who} met {k:digits} friends and got {n:digits} {noun:nouns} from each of them.",),
        ja=("{agent:は}{k:digits}の友だちから{noun:nouns}を{n:digits}ずつもらいました。",),
        effect=r.groups("+"), needs="things: whole gifts",
    ),
    Event(
        "times", 5, {"agent": r.OWNER, "n": r.MULTIPLE, "noun": r.THIS_NOUN},
        en=("Soon {agent:name} had {n:digits} times as many {noun:nouns}.",),
        ja=("やがて{agent:name}の{noun:nouns}は{n:digits}になりました。",),
        effect=r.step("*"), needs="things: whole times",
    ),
)

LOSSES = (
    Event(
        "give", 10, {"agent": r.OWNER, "n": r.FEWER, "noun": r.THIS_NOUN, "whom": r.NEW_PERSON},
        en=("{agent:who} gave {whom:name} {n:digits} {noun:nouns}.",
            "{agent:who} gave {n:digits} {noun:nouns} to {whom:name}."),
        ja=("{agent:は}{whom:name}に{noun:nouns}を{n:digits}あげました。",
            "{agent:は}{noun:nouns}を{n:digits}、{whom:name}に渡しました。"),
        effect=r.step("-"), needs="things: whole fewer",
    ),
    Event(
        "eat", 9, {"agent": r.OWNER, "n": r.FEWER, "noun": r.THIS_NOUN},
        en=("{agent:who} ate {n:digits} {noun:nouns}.", "{agent:who} was hungry and ate {n:digits} {noun:nouns}."),
        ja=("{agent:は}{noun:nouns}を{n:digits}食べました。",
            "{agent:は}お腹がすいたので{noun:nouns}を{n:digits}食べました。"),
        effect=r.step("-"), needs="things: whole fewer food",
    ),
    Event(
        "lose", 7, {"agent": r.OWNER, "n": r.FEWER, "noun": r.THIS_NOUN},
        en=("{agent:who} lost {n:digits} {noun:nouns}.",),
        ja=("{agent:は}{noun:nouns}を{n:digits}なくしました。",),
        effect=r.step("-"), needs="things: whole fewer",
    ),
    Event(
        "sell", 6, {"agent": r.OWNER, "n": r.FEWER, "noun": r.THIS_NOUN},
        en=("{agent:who} sold {n:digits} {noun:nouns}.",),
        ja=("{agent:は}{noun:nouns}を{n:digits}売りました。",),
        effect=r.step("-"), needs="things: whole fewer",
    ),
    Event(
        "treats", 5, {"agent": r.OWNER, "k": r.GUESTS, "n": r.TREATS, "noun": r.THIS_NOUN},
        en=("{agent:who} met {k:digits} friends and gave {n:digits} {noun:nouns} to each of them.",),
        ja=("{agent:は}{k:digits}の友だちに{noun:nouns}を{n:digits}ずつあげました。",),
        effect=r.groups("-"), needs="things: whole treats",
    ),
    Event(
        "piles", 5, {"agent": r.OWNER, "n": r.PARTS, "noun": r.THIS_NOUN},
        en=("{agent:who} made {n:digits} equal piles of {noun:nouns} and kept one pile.",),
        ja=("{agent:は}{noun:nouns}を同じ数ずつ{n:digits}に分けて、その一つを残しました。",),
        effect=r.step("/"), needs="things: whole parts",
    ),
    Event(
        "share", 7, {"agent": r.OWNER, "n": r.SHARERS, "noun": r.THIS_NOUN},
        en=("{agent:who} shared all {noun:nouns} evenly among {n:digits} friends.",),
        ja=("{agent:は}{noun:nouns}を{n:digits}の友だちに同じ数ずつ分けました。",),
        effect=r.share, needs="things: whole parts",
    ),
)

COMPARISONS = (
    Event(
        "more than", 5, {"agent": r.OWNER, "other": r.NEW_PERSON, "n": r.MORE, "noun": r.THIS_NOUN},
        en=("{other:name} had {n:digits} more {noun:nouns} than {agent:name}.",),
        ja=("{other:name}は{agent:name}より{noun:nouns}を{n:digits}多く持っていました。",),
        effect=r.compare("+"), needs="things: whole more",
    ),
    Event(
        "fewer than", 5, {"agent": r.OWNER, "other": r.NEW_PERSON, "n": r.FEWER, "noun": r.THIS_NOUN},
        en=("{other:name} had {n:digits} fewer {noun:nouns} than {agent:name}.",),
        ja=("{other:name}の{noun:nouns}は{agent:name}のより{n:digits}少なかったです。",),
        effect=r.compare("-"), needs="things: whole fewer",
    ),
    Event(
        "times as many", 4, {"agent": r.OWNER, "other": r.NEW_PERSON, "n": r.MULTIPLE, "noun": r.THIS_NOUN},
        en=("{other:name} had {n:digits} times as many {noun:nouns} as {agent:name}.",),
        ja=("{other:name}は{agent:name}の{n:digits}の{noun:nouns}を持っていました。",),
        effect=r.compare("*"), needs="things: whole times",
    ),
)

DIFFERENCES = (
    Event(
        "how many more", 50, {"agent": r.OWNER, "other": r.RIVAL, "noun": r.THIS_NOUN},
        en=("How many more {noun:nouns} did {agent:name} have than {other:name}?",),
        ja=("{agent:name}は{other:name}より{noun:nouns}を{noun:how_many}多く持っていますか。",),
        effect=r.ask_difference, needs="things: whole above",
    ),
    Event(
        "how many fewer", 50, {"agent": r.OWNER, "other": r.RIVAL, "noun": r.THIS_NOUN},
        en=("How many fewer {noun:nouns} did {agent:name} have than {other:name}?",
            "How many more {noun:nouns} than {agent:name} did {other:name} have?"),
        ja=("{agent:name}の{noun:nouns}は{other:name}より{noun:how_many}少ないですか。",),
        effect=r.ask_difference, needs="things: whole below",
    ),
    Event(
        "how many together", 40, {"agent": r.OWNER, "other": r.RIVAL, "noun": r.THIS_NOUN},
        en=("How many {noun:nouns} did {agent:name} and {other:name} have together?",),
        ja=("{agent:name}と{other:name}の{noun:nouns}は合わせて{noun:how_many}ですか。",),
        effect=r.ask_sum, needs="things: whole both",
    ),
)

ASKS = (
    Event(
        "how many", 1, {"agent": r.OWNER, "noun": r.THIS_NOUN},
        en=("How many {noun:nouns} did {agent:name} have?",
            "How many {noun:nouns} did {agent:name} have in all?"),
        ja=("{agent:name}は{noun:nouns}を{noun:how_many}持っていましたか。",
            "{agent:name}は全部で{noun:nouns}を{noun:how_many}持っていましたか。"),
        effect=r.ask, needs="things: whole new",
    ),
    Event(
        "how many now", 1, {"agent": r.OWNER, "noun": r.THIS_NOUN},
        en=("How many {noun:nouns} does {agent:name} have now?",
            "How many {noun:nouns} did {agent:name} have in the end?"),
        ja=("{agent:name}は今、{noun:nouns}を{noun:how_many}持っていますか。",
            "最後に{agent:name}は{noun:nouns}を{noun:how_many}持っていましたか。"),
        effect=r.ask, needs="things: whole changed",
    ),
    Event(
        "how many each", 1, {"noun": r.THIS_NOUN},
        en=("How many {noun:nouns} did each friend get?",),
        ja=("友だち一人がもらった{noun:nouns}は{noun:how_many}ですか。",),
        effect=r.ask, needs=": shared",
    ),
)
# fmt: on

STEPS = GAINS + LOSSES + COMPARISONS + DIFFERENCES
