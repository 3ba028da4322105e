"""The grammar of stories: openings, deeds and endings, as sentences with slots.

{A} does what is told, {B} is somebody else; {A.text} is the name, {A.he} {A.him} {A.his} agree with
it, and {a.he} {b.him} do so unless both have the same pronoun: then they are the name. {S} is
{A} as subject and {O} is {B} as object, by pronoun where the sentence before makes that clear.
{amount} is "three apples" or "an apple", {part} "two of her apples", {total} what is held
afterwards, {it} stands for the amount. A new verb is one more sentence; a new kind of deed needs an
entry in `deeds`.
"""

from dataclasses import dataclass
from typing import Literal

Change = Literal[
    "find",
    "eat",
    "lose",
    "give",
    "ask",
    "refuse",
    "lack",
    "count",
    "trade",
    "buy",
    "sell",
    "more",
    "same",
    "none",
    "need",
    "steal",
    "scenery",
    "pet",
    "fetch",
]


@dataclass(frozen=True, slots=True)
class Goal:
    """What the hero sets out to do, and how many of what it takes."""

    things: str
    low: int
    high: int
    wish: str
    done: str


@dataclass(frozen=True, slots=True)
class Deed:
    """One kind of event, how often it happens where it can, and the ways to tell it.

    Scenery is told by the place's sentences, what a pet does by its kind's.
    """

    change: Change
    weight: int
    sentences: tuple[str, ...]


GOALS = (
    Goal("apples", 2, 5, "bake a pie", "baked a pie that smelled of cinnamon"),
    Goal("plums", 2, 5, "make jam", "cooked a big pot of jam"),
    Goal("cherries", 2, 5, "bake a cake", "baked a cake with cherries on top"),
    Goal("pears", 2, 4, "make a dessert", "made a dessert for the whole family"),
    Goal("peaches", 2, 4, "fill a basket for {A.his} aunt", "took the full basket to {A.his} aunt"),
    Goal("eggs", 2, 4, "make pancakes", "made pancakes for everybody"),
    Goal("carrots", 2, 4, "cook soup", "cooked a pot of hot soup"),
    Goal("nuts", 2, 6, "feed the squirrels", "fed the squirrels behind the house"),
    Goal("shells", 2, 6, "make a necklace", "made a long white necklace"),
    Goal("flowers", 2, 5, "make a crown", "made a crown and wore it all evening"),
    Goal("feathers", 2, 4, "decorate a hat", "decorated the hat and put it on"),
    Goal("stones", 2, 6, "build a little tower", "built a little tower in the yard"),
    Goal("candles", 2, 4, "light up the house", "lit up the house from top to bottom"),
    Goal("buttons", 2, 4, "mend an old coat", "mended the coat"),
    Goal("stamps", 2, 4, "send letters to {A.his} friends", "wrote to all {A.his} friends"),
    Goal("coins", 2, 5, "buy a kite", "bought a red kite"),
    Goal("coins", 3, 6, "buy a drum", "bought a drum and played it all night"),
    Goal("books", 2, 4, "fill {A.his} shelf", "put the books on {A.his} shelf"),
    Goal("beads", 2, 4, "make a bracelet", "made a bracelet for {A.himself}"),
    Goal("marbles", 2, 5, "play a new game", "played the new game until dark"),
)

WHENS = (
    "One morning",
    "One cold morning",
    "On a sunny day",
    "On a windy day",
    "On a rainy day",
    "One Sunday",
    "One summer day",
    "Early in the spring",
    "On the first day of autumn",
    "On a long winter day",
)
TRAITS = ("kind", "clever", "curious", "cheerful", "quiet", "brave", "patient", "proud")
RELATIONS = ("friend", "neighbor", "cousin", "{B.sibling}", "classmate", "old friend")

OPENINGS = (
    "{when}, {A.text} got up early. {A.He} wanted to {wish}, but for that {A.he} needed {need}.",
    "{when}, {A.text} wanted to {wish}. {A.He} needed {need} for it.",
    "{A.text} was a {trait} {A.child}. {when}, {A.he} decided to {wish}. That took {need}.",
    "There once was a {trait} {A.child} called {A.text}. {when}, {A.he} wished to {wish}. "
    '"I need {need} for that," {A.he} thought.',
    '{when}, {A.text}, a {trait} {A.child}, said: "I want to {wish}. For that I need {need}."',
    '"How can I {wish}?" asked {A.text}, who was a {trait} {A.child}. "With {need}!"',
)
POSSESSIONS = (
    "{A.He} had {has}.",
    "In {A.his} pockets {A.he} found {has}.",
    "All {A.he} had in {A.his} bag was {has}.",
)
EMPTY_HANDS = (
    "So far {A.he} had nothing.",
    "{A.His} bag was empty.",
)
PET_OPENINGS = (
    "{A.His} {animal}, {pet}, came along.",
    "{A.He} took {A.his} {animal} with {A.him}, which was called {pet}.",
)

JOURNEYS = (
    "{S} went to {noun}.",
    "{S} walked to {noun}.",
    "Then {S} hurried to {noun}.",
    "So {S} set out for {noun}.",
    "After that, {S} went to {noun}.",
    "Next, {S} took the road to {noun}.",
)
SHARED_JOURNEYS = (
    "{A.text} and {B.text} went to {noun} together.",
    "Then they walked to {noun}, {A.text} in front and {B.text} behind.",
    "After that, {A.text} took {B.text} to {noun}.",
    '"Let us go to {noun}," said {A.text}, and {B.text} came along.',
    "{A.text} walked on to {noun}, and {B.text} went along.",
)
PARTINGS = (
    "{S} said goodbye to {O} and went to {noun}.",
    "{B.text} stayed behind when {A.text} left for {noun}.",
    "{A.text} went on to {noun}, but {B.text} did not come along.",
)
MEETINGS = (
    "There {A.he} met {A.his} {relation} {B.text}, who had {B_has}.",
    "{A.His} {relation} {B.text} was already there and had {B_has}.",
    "{B.text}, {A.his} {relation}, was waiting there with {B_has}.",
    "The first person {A.he} saw was {A.his} {relation} {B.text}. {b.He} was carrying {B_has}.",
)

DEEDS = (
    Deed(
        "find",
        60,
        (
            "{S} found {amount} {spot}.",
            "{S} looked {spot} and found {amount}.",
            "{Spot}, {A.text} discovered {amount}.",
            "{S} saw {amount} {spot} and picked {it} up.",
            "{S} searched for a while. {Spot} lay {amount}, and {A.he} took {it}.",
        ),
    ),
    Deed(
        "eat",
        7,
        (
            "{S} was hungry and ate {part}.",
            "{S} sat down and ate {part}.",
            "{S} could not wait and ate {part}.",
        ),
    ),
    Deed(
        "lose",
        5,
        (
            "{S} lost {part} on the way.",
            "{S} stumbled and dropped {part}, and never saw {it} again.",
            "There was a hole in {A.text}'s bag, and {part} fell out.",
        ),
    ),
    Deed(
        "give",
        20,
        (
            "{S} gave {O} {part}.",
            "{S} gave {part} to {O}.",
            '"This is for you," said {A.text}, and gave {B.text} {part}.',
            '{S} handed {part} to {O}. "Thank you, {A.text}!" said {B.text}.',
            "{A.text}, who liked to share, gave {B.text} {part}.",
        ),
    ),
    Deed(
        "ask",
        20,
        (
            '"May I have {amount}?" asked {B.text}. {A.text} nodded and gave {it} to {b.him}.',
            '"Please give me {amount}," said {B.text}. "Here you are," said {A.text}.',
            '{B.text} asked {A.text} for {amount}. "Take {it}," {a.he} said.',
            "{B.text} wished for {amount}, and {A.text} gave {it} to {b.him}.",
        ),
    ),
    Deed(
        "refuse",
        5,
        (
            '"May I have {amount}?" asked {B.text}. "No, I need {it} myself," said {A.text}.',
            "{B.text} asked for {amount}, but {A.text} did not want to give {it} away.",
            '"Will you give me {amount}?" asked {B.text}. {A.text} shook {A.his} head.',
        ),
    ),
    Deed(
        "lack",
        5,
        (
            '"Do you have any {things}?" asked {B.text}. "No, I have no {things}," said {A.text}.',
            "{B.text} asked for {things}, but {A.text} did not have any.",
            "{B.text} looked for {things} in {A.text}'s bag, but there were none.",
        ),
    ),
    Deed(
        "count",
        12,
        (
            '"How many {things} do you have?" asked {B.text}. "{Held}," said {A.text}.',
            '{B.text} counted {A.text}\'s {things}. "You have {held}," {B.he} said.',
            '"Look, I have {total}!" said {A.text} to {B.text}.',
        ),
    ),
    Deed(
        "trade",
        10,
        (
            "{S} gave {O} {amount} and got {price} for {it}.",
            "{A.text} and {B.text} traded: {amount} for {price}.",
            '"I will give you {price} for {amount}," said {B.text}, and {A.text} agreed.',
        ),
    ),
    Deed(
        "buy",
        40,
        (
            "{S} bought {amount} for {price}.",
            "{S} paid {price} for {amount}.",
            '"That will be {price}," said the seller, and {A.text} took {amount}.',
        ),
    ),
    Deed(
        "sell",
        10,
        (
            "{S} sold {part} and got {price} for {it}.",
            "The seller gave {A.text} {price} for {part}.",
        ),
    ),
    Deed(
        "more",
        7,
        (
            "{S} had more {things} than {B.text}.",
            '"You have more {things} than I do," said {B.text} to {A.text}.',
            "{B.text} did not have as many {things} as {A.text}.",
        ),
    ),
    Deed(
        "same",
        7,
        (
            "{A.text} and {B.text} both had {total}.",
            '"We have the same number of {things}," said {A.text} to {B.text}.',
        ),
    ),
    Deed(
        "none",
        5,
        (
            "{A.text} had {total}, but {B.text} had none.",
            '"You have {total}, and I have no {things} at all," said {B.text} to {A.text}.',
        ),
    ),
    Deed(
        "need",
        12,
        (
            '"I still need {short} more {short_things}," said {A.text}.',
            "{S} was still {short} {short_things} short.",
            "{S} thought about {A.his} plan: {short} more {short_things}, and it could begin.",
        ),
    ),
    Deed(
        "steal",
        4,
        (
            "A crow flew down and carried off {part_of}.",
            "A squirrel jumped out of nowhere and stole {part_of}.",
            "While nobody was looking, a fox ate {part_of}.",
        ),
    ),
    Deed("scenery", 9, ()),
    Deed("pet", 9, ()),
    Deed(
        "fetch",
        6,
        (
            "{pet} brought {A.text} {amount}.",
            "{pet} came back with {amount} for {A.text}.",
        ),
    ),
)

TALLIES = (
    "Now {A.he} had {total}.",
    "That made {total}.",
    "With that, {A.he} had {total} in all.",
)

SUCCESSES = (
    "In the evening, {S} had {total}. That was enough, and {A.he} {done}.",
    'At last {S} went home. "I have {total}!" {A.he} said, and {A.he} {done}.',
    "When the day was over, {S} counted {total}. {A.He} smiled and {done}.",
)
FAILURES = (
    "In the evening, {S} had {total}, but {A.he} needed {needed}. {A.He} had to try again.",
    'At last {S} went home. "I am {short} {short_things} short," {A.he} said sadly.',
    "When the day was over, {S} had {total}. Without {short} more, nothing could be done.",
)
FAREWELLS = (
    "{B.text} went home with {B_has}.",
    "{B.text} had {B_has} at the end of the day.",
    "For {B.text}, the day ended with {B_has}.",
)
MORALS = (
    '"What a day!" said {A.text}.',
    "{A.text} slept well that night.",
    "It was a day to remember.",
    "Everybody was tired and happy.",
)
