"""What is said in conversations: requests, questions and answers, in both languages. Data.

The sentences of the stories are those of `story_events`; here are the others. A question needs what
it names; an answer needs what the question expects. Laid out by hand, as the events of stories are.
"""

from collections.abc import Callable
from dataclasses import replace

from pipeline_lib.tales import instruction_world as w
from pipeline_lib.tales import lexicon, story_events
from pipeline_lib.tales import story_rules as rules
from pipeline_lib.tales.instruction_world import LINE, TURN, WANTED, Conversation, Menus, Options
from pipeline_lib.tales.patterns import Event, Roles, Rule
from pipeline_lib.tales.story_world import menu_of

Effect = Callable[[Conversation, Roles], None]


def tell(questions: int = 0) -> Effect:
    """The assistant is to tell of whom and what the request names."""

    def effect(world: Conversation, roles: Roles) -> None:
        world.wanted_people = [roles[role] for role in ("agent", "whom") if role in roles]
        world.wanted_item, world.wanted_place = roles.get("item"), roles.get("place")
        world.told_by_assistant = True
        world.stage, world.gap, world.to_ask = "story", TURN, questions

    return effect


def read(questions: int = 0, cut: int = 0) -> Effect:
    """The user tells: all of it, to ask about it, or the first `cut` sentences."""

    def effect(world: Conversation, _: Roles) -> None:
        world.stage, world.gap, world.to_ask, world.cut = "story", LINE, questions, cut
        world.least, world.most = max(3, cut + 1), 6

    return effect


def listed(world: Conversation, roles: Roles) -> None:
    what = "things" if "agent" in roles else "people"
    world.listed = f"{lexicon.NUMBERS[len(roles) - 1]}-{what}"
    world.stage, world.to_ask, world.about = "question", 1, dict(roles)


def ask(event: str, expected: Callable[[Conversation, Roles], str]) -> Effect:
    return lambda world, roles: world.ask(event, expected(world, roles), roles)


def answer(world: Conversation, _: Roles) -> None:
    world.answer()


def whereabouts(world: Conversation, roles: Roles) -> str:
    at = world.where.get(roles["item"])
    if at is None:
        return "lost"
    return "place" if isinstance(at, lexicon.Place) else "holder"


def number(world: Conversation, roles: Roles) -> str:
    return "amount" if world.counts.get((roles["agent"], roles["noun"])) else "no-amount"


def acquaintance(world: Conversation, roles: Roles) -> str:
    return "friends" if roles["whom"] in world.friends else "no-friends"


def headcount(world: Conversation, _: Roles) -> str:
    return f"people-{min(max(len(world.people), 1), 3)}"


# fmt: off
ITEM = rules.any_of(rules.ITEMS)
PERSON = rules.any_of(lexicon.PEOPLE)
COMPANION = Rule(w.fresh_people(lexicon.PEOPLE), "is the same person")
OF_STORY = Rule(lambda w, _: w.people, "is not in the story")
HERO = Rule(lambda w, _: w.people[:1], "is not the hero")
MET = Rule(lambda w, _: w.people[1:], "was not met")
THING = Rule(lambda w, _: w.items, "is not in the story")
HELD = Rule(lambda w, _: [i for i in w.items if isinstance(w.where[i], lexicon.Person)], "nobody has it")
FOUND = Rule(lambda w, _: [i for i in w.items if i in w.finder], "was not found")
NOUN = Rule(lambda w, _: w.nouns, "is not in the story")
HOLDER = Rule(w.holder, "does not have it, or it is not there")
AMOUNT = Rule(w.amount, "is not how many there are")
FINDER = Rule(w.finder, "did not find it")
PLACE = Rule(lambda w, _: [] if w.first_place is None else [w.first_place], "is not where it begins")
ANOTHER_ITEM = Rule(w.fresh_items, "is in the list")
ANOTHER_PERSON = Rule(w.fresh_people(lexicon.PEOPLE), "is in the list")


def nth(place: int) -> Rule:
    return Rule(lambda w, _: w.people[place : place + 1], "is another one in the story")


REQUESTS = (
    Event(
        "tell of one", 16, {"agent": PERSON},
        en=("Tell me a story about {agent:name}.", "Please write a short story about {agent:name}."),
        ja=("{agent:name}の話をして[ください|ほしい]。", "{agent:name}について短い話を書いて[ください|ほしい]。"),
        effect=tell(),
    ),
    Event(
        "tell of two", 10, {"agent": PERSON, "whom": COMPANION},
        en=("Tell me a story about {agent:name} and {whom:name}.",
            "Please write a short story about {agent:name} and {whom:name}."),
        ja=("{agent:name}と{whom:name}の話をして[ください|ほしい]。",
            "{agent:name}と{whom:name}について短い話を書いて[ください|ほしい]。"),
        effect=tell(),
    ),
    Event(
        "tell of a thing", 12, {"agent": PERSON, "item": ITEM},
        en=("Tell me a story about {agent:name} and {item:a}.",
            "Please write a short story in which {agent:name} has {item:a}."),
        ja=("{agent:name}と{item:a}の話をして[ください|ほしい]。",
            "{agent:name}と{item:a}が出てくる短い話を書いて[ください|ほしい]。"),
        effect=tell(),
    ),
    Event(
        "tell of a place", 10, {"agent": PERSON, "place": rules.any_of(lexicon.PLACES)},
        en=("Tell me a story about {agent:name} that begins {place:in}.",),
        ja=("{place:place}で始まる{agent:name}の話をして[ください|ほしい]。",),
        effect=tell(),
    ),
    Event(
        "tell and be asked", 14, {"agent": PERSON},
        en=("Tell me a story about {agent:name}, and then answer my question.",),
        ja=("{agent:name}の話をして、それから質問に答えて[ください|ほしい]。",),
        effect=tell(questions=1),
    ),
    Event(
        "read", 26, {},
        en=("Read this story and answer my question.",),
        ja=("この話を読んで、質問に答えて[ください|ほしい]。",),
        effect=read(questions=1),
    ),
    Event(
        "read twice", 12, {},
        en=("Read this story and answer my two questions.",),
        ja=("この話を読んで、二つの質問に答えて[ください|ほしい]。",),
        effect=read(questions=2),
    ),
    Event(
        "continue", 12, {},
        en=("Continue this story.",), ja=("この話の続きを書いて[ください|ほしい]。",),
        effect=read(cut=2),
    ),
    Event(
        "go on", 10, {},
        en=("How does this story go on?",), ja=("この話はどう続[きますか|くか]。",),
        effect=read(cut=3),
    ),
)


def _things(count: int) -> dict[str, Rule]:
    return {"agent": PERSON} | dict.fromkeys("abcdef"[:count], ANOTHER_ITEM)


def _people(count: int) -> dict[str, Rule]:
    return {"place": rules.any_of(lexicon.PLACES)} | dict.fromkeys("abcdefg"[:count], ANOTHER_PERSON)


LISTS = (
    Event(
        "four things", 3, _things(4),
        en=("{agent:name} has {a:a}, {b:a}, {c:a} and {d:a}.",),
        ja=("{agent:name}は{a:a}と{b:a}と{c:a}と{d:a}を持ってい[ます|る]。",), effect=listed,
    ),
    Event(
        "five things", 5, _things(5),
        en=("{agent:name} has {a:a}, {b:a}, {c:a}, {d:a} and {e:a}.",),
        ja=("{agent:name}は{a:a}と{b:a}と{c:a}と{d:a}と{e:a}を持ってい[ます|る]。",), effect=listed,
    ),
    Event(
        "six things", 4, _things(6),
        en=("{agent:name} has {a:a}, {b:a}, {c:a}, {d:a}, {e:a} and {f:a}.",),
        ja=("{agent:name}は{a:a}と{b:a}と{c:a}と{d:a}と{e:a}と{f:a}を持ってい[ます|る]。",), effect=listed,
    ),
    Event(
        "five people", 3, _people(5),
        en=("{a:name}, {b:name}, {c:name}, {d:name} and {e:name} are {place:in}.",),
        ja=("{a:name}と{b:name}と{c:name}と{d:name}と{e:name}が{place:place}にい[ます|る]。",), effect=listed,
    ),
    Event(
        "six people", 4, _people(6),
        en=("{a:name}, {b:name}, {c:name}, {d:name}, {e:name} and {f:name} are {place:in}.",),
        ja=("{a:name}と{b:name}と{c:name}と{d:name}と{e:name}と{f:name}が{place:place}にい[ます|る]。",),
        effect=listed,
    ),
)

QUESTIONS = (
    Event(
        "where", 10, {"item": THING},
        en=("Where is {item:the} now?",), ja=("{item:the}は今どこにあ[りますか|るか]。",),
        effect=ask("where", whereabouts), needs="story items",
    ),
    Event(
        "who has", 9, {"item": HELD},
        en=("Who has {item:the} now?",), ja=("今{item:the}を持っているのは誰[ですか|か]。",),
        effect=ask("who has", whereabouts), needs="story held",
    ),
    Event(
        "how many", 9, {"agent": OF_STORY, "noun": NOUN},
        en=("How many {noun:nouns} does {agent:name} have now?",),
        ja=("{agent:name}は今{noun:nouns}をいくつ持ってい[ますか|るか]。",),
        effect=ask("how many", number), needs="story nouns",
    ),
    Event(
        "who found", 6, {"item": FOUND},
        en=("Who found {item:the}?",), ja=("{item:the}を見つけたのは誰[ですか|か]。",),
        effect=ask("who found", lambda _w, _r: "finder"), needs="story found",
    ),
    Event(
        "what like", 6, {"item": THING},
        en=("What did {item:the} look like?",), ja=("{item:the}はどんな物[でしたか|だったか]。",),
        effect=ask("what like", lambda _w, _r: "look"), needs="story items",
    ),
    Event(
        "how many people", 5, {},
        en=("How many people are in this story?",), ja=("この話には何人出てき[ますか|たか]。",),
        effect=ask("how many people", headcount), needs="story",
    ),
    Event(
        "where begins", 4, {},
        en=("Where does this story begin?",), ja=("この話はどこで始ま[りますか|るか]。",),
        effect=ask("where begins", lambda _w, _r: "beginning"), needs="story",
    ),
    Event(
        "friends", 5, {"agent": HERO, "whom": MET},
        en=("Are {agent:name} and {whom:name} friends?",), ja=("{agent:name}と{whom:name}は友だち[ですか|か]。",),
        effect=ask("friends", acquaintance), needs="story others",
    ),
    Event(
        "how many things", 1, {"agent": w.about("agent")},
        en=("How many things does {agent:name} have?",), ja=("{agent:name}は物をいくつ持ってい[ますか|るか]。",),
        effect=ask("how many things", lambda w, _: w.listed), needs="things",
    ),
    Event(
        "how many there", 1, {"place": w.about("place")},
        en=("How many people are {place:in}?",), ja=("{place:place}に何人い[ますか|るか]。",),
        effect=ask("how many there", lambda w, _: w.listed), needs="people",
    ),
)

ANSWERS = (
    Event("it is with", 1, {"holder": HOLDER}, en=("{holder:name} has it.",),
          ja=("{holder:name}が持ってい[ます|る]。",), effect=answer, needs="holder"),
    Event("it is in", 1, {"place": HOLDER}, en=("It is {place:in}.",),
          ja=("{place:place}にあ[ります|る]。",), effect=answer, needs="place"),
    Event("it is lost", 1, {}, en=("It is lost, and nobody knows where it is.",),
          ja=("なくなって、どこにあるか誰にも分か[りません|らない]。",), effect=answer, needs="lost"),
    Event("has so many", 1, {"agent": w.about("agent"), "amount": AMOUNT},
          en=("{agent:name} has {amount:amount}.",), ja=("{agent:name}は{amount:amount}持ってい[ます|る]。",),
          effect=answer, needs="amount"),
    Event("has none", 1, {"agent": w.about("agent"), "noun": w.about("noun")},
          en=("{agent:name} does not have any {noun:nouns}.",),
          ja=("{agent:name}は{noun:nouns}を持ってい[ません|ない]。",), effect=answer, needs="no-amount"),
    Event("that one found it", 1, {"finder": FINDER}, en=("{finder:name} found it.",),
          ja=("{finder:name}が見つけ[ました|た]。",), effect=answer, needs="finder"),
    Event("it was", 1, {"item": w.about("item")}, en=("It was {item:adjective}.",),
          ja=("{item:past}[です|]。",), effect=answer, needs="look"),
    Event("one person", 1, {"a": nth(0)}, en=("There is only {a:name}.",),
          ja=("{a:name}一人だけ[です|だ]。",), effect=answer, needs="people-1"),
    Event("two people", 1, {"a": nth(0), "b": nth(1)}, en=("There are two: {a:name} and {b:name}.",),
          ja=("{a:name}と{b:name}の二人[です|だ]。",), effect=answer, needs="people-2"),
    Event("three people", 1, {"a": nth(0), "b": nth(1), "c": nth(2)},
          en=("There are three: {a:name}, {b:name} and {c:name}.",),
          ja=("{a:name}と{b:name}と{c:name}の三人[です|だ]。",), effect=answer, needs="people-3"),
    Event("it begins", 1, {"place": PLACE}, en=("It begins {place:in}.",),
          ja=("{place:place}で始ま[ります|る]。",), effect=answer, needs="beginning"),
    Event("they are friends", 1, {}, en=("Yes, they are friends.",),
          ja=("はい、友だち[です|だ]。",), effect=answer, needs="friends"),
    Event("they are not", 1, {}, en=("No, they are not friends.",),
          ja=("いいえ、友だちでは[ありません|ない]。",), effect=answer, needs="no-friends"),
    Event("four things", 1, {"agent": w.about("agent")},
          en=("One, two, three, four: {agent:name} has four things.",),
          ja=("一つ、二つ、三つ、四つ、全部で四つ[です|だ]。",), effect=answer, needs="four-things"),
    Event("five things", 1, {"agent": w.about("agent")},
          en=("One, two, three, four, five: {agent:name} has five things.",),
          ja=("一つ、二つ、三つ、四つ、五つ、全部で五つ[です|だ]。",), effect=answer, needs="five-things"),
    Event("six things", 1, {"agent": w.about("agent")},
          en=("One, two, three, four, five, six: {agent:name} has six things.",),
          ja=("一つ、二つ、三つ、四つ、五つ、六つ、全部で六つ[です|だ]。",), effect=answer, needs="six-things"),
    Event("five people", 1, {}, en=("One, two, three, four, five: there are five people.",),
          ja=("一人、二人、三人、四人、五人、全部で五人[です|だ]。",), effect=answer, needs="five-people"),
    Event("six people", 1, {}, en=("One, two, three, four, five, six: there are six people.",),
          ja=("一人、二人、三人、四人、五人、六人、全部で六人[です|だ]。",), effect=answer, needs="six-people"),
)
# fmt: on

LIGHTER = {"go": 10, "go together": 12, "leave": 3, "come back": 6, "scenery": 3, "own": 30}
"""Weights that differ in short stories."""


def _told(event: Event, effect: Effect, needs: str) -> Event:
    return replace(
        event,
        roles={role: WANTED.get(rule, rule) for role, rule in event.roles.items()},
        weight=LIGHTER.get(event.name, event.weight),
        needs=needs,
        effect=effect,
    )


def _sentence(event: Event) -> Event:
    """An event of stories, as conversations tell it."""

    def effect(world: Conversation, roles: Roles) -> None:
        event.effect(world, roles)
        world.tell_on()

    return _told(event, effect, event.needs)


def _ending(event: Event) -> Event:
    """One that may come wherever the story is."""
    needs = [need for need in event.needs.split() if need not in ("late", "settled")]
    return _told(event, lambda world, _: world.end_story(), " ".join(needs))


ENDINGS = tuple(_ending(event) for event in story_events.ENDINGS)
SENTENCES = tuple(
    _sentence(event) for event in story_events.EVENTS if event not in story_events.ENDINGS
)
OPENINGS = tuple(event for event in SENTENCES if event.needs == "start")
REPLIES = tuple(event for event in SENTENCES if "question" in event.needs.split())

EVENTS = REQUESTS + LISTS + SENTENCES + ENDINGS + QUESTIONS + ANSWERS


def _taking(rule: Rule) -> tuple[Event, ...]:
    return tuple(event for event in SENTENCES if WANTED[rule] in event.roles.values())


MENUS = Menus(
    requests=Options(REQUESTS + LISTS),
    with_item=menu_of(OPENINGS + _taking(rules.NEW_ITEM)),
    with_person=menu_of(OPENINGS + _taking(rules.NEW_PERSON)),
    middle=menu_of(SENTENCES),
    late=menu_of(SENTENCES + ENDINGS),
    closing=menu_of(OPENINGS + REPLIES + ENDINGS),
    questions=Options(QUESTIONS),
    answers=Options(ANSWERS),
)
