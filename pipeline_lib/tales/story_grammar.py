"""The grammar of stories: openings, deeds and endings, as sentences with slots.

{A} does what is told, {B} is somebody else; {A.text} is the name, {A.he} {A.him} {A.his} {A.He} agree with it.
{S} is {A} as subject and {O} is {B} as object, by pronoun where that is clear, otherwise by name. {amount} is "three
apples" or "an apple", {part} "two of her apples", {total} what is held afterwards, {it} stands for the amount.
A new verb is one more sentence; a new kind of deed needs a change in `deeds`.
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
    """One kind of event, how often it happens where it can, and the ways to tell it."""

    change: Change
    weight: int
    sentences: tuple[str, ...]


GOALS = (
    Goal("apples", 4, 9, "bake a pie", "baked a pie that smelled of cinnamon"),
    Goal("plums", 4, 9, "make jam", "cooked a big pot of jam"),
    Goal("cherries", 5, 10, "bake a cake", "baked a cake with cherries on top"),
    Goal("pears", 3, 7, "make a dessert", "made a dessert for the whole family"),
    Goal("peaches", 3, 7, "fill a basket for {A.his} aunt", "took the full basket to {A.his} aunt"),
    Goal("eggs", 3, 6, "make pancakes", "made pancakes for everybody"),
    Goal("carrots", 4, 8, "cook soup", "cooked a pot of hot soup"),
    Goal("nuts", 5, 10, "feed the squirrels", "fed the squirrels behind the house"),
    Goal("shells", 5, 10, "make a necklace", "made a long white necklace"),
    Goal("flowers", 5, 9, "make a crown", "made a crown and wore it all evening"),
    Goal("feathers", 3, 7, "decorate a hat", "decorated the hat and put it on"),
    Goal("stones", 5, 10, "build a little tower", "built a little tower in the yard"),
    Goal("candles", 3, 7, "light up the house", "lit up the house from top to bottom"),
    Goal("buttons", 3, 7, "mend an old coat", "mended the coat"),
    Goal("stamps", 3, 7, "send letters to {A.his} friends", "wrote to all {A.his} friends"),
    Goal("coins", 4, 9, "buy a kite", "bought a red kite"),
    Goal("coins", 4, 9, "buy a drum", "bought a drum and played it all night"),
    Goal("books", 3, 6, "fill {A.his} shelf", "put the books on {A.his} shelf"),
    Goal("beads", 5, 10, "make a bracelet", "made a bracelet for {A.himself}"),
    Goal("marbles", 4, 9, "play a new game", "played the new game until dark"),
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
    "{when}, {A.text} was {at}. {A.He} wanted to {wish}, but for that {A.he} needed {need}.",
    "{when}, {A.text} wanted to {wish}. {A.He} needed {need} for it.",
    "{A.text} was a {trait} {A.child}. {when}, {A.he} decided to {wish}, which took {need}.",
    "There once was a {trait} {A.child} called {A.text}. {when}, {A.he} wished to {wish}. "
    '"I need {need} for that," {A.he} thought.',
    '"I want to {wish}," said {A.text}. It was a {trait} {A.child} who said so, and the plan needed {need}.',
)
POSSESSIONS = (
    "{A.He} had {has}.",
    "At home {A.he} found {has}.",
    "In {A.his} bag there was already something: {has}.",
)
EMPTY_HANDS = (
    "{A.He} had nothing yet.",
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
    '"Let us go to {noun}," said {A.text}, and {B.text} came with {A.him}.',
    "{B.text} went with {A.text} when {A.he} walked to {noun}.",
)
PARTINGS = (
    "{S} said goodbye to {O} and went to {noun}.",
    "{B.text} stayed behind when {A.text} left for {noun}.",
    "{A.text} went on to {noun}, but {B.text} did not come with {A.him}.",
)
MEETINGS = (
    "There {A.he} met {A.his} {relation} {B.text}, who had {B_has}.",
    "{A.His} {relation} {B.text} was there too and had {B_has}.",
    "{B.text}, {A.his} {relation}, was waiting there with {B_has}.",
    "The first person {A.he} saw was {A.his} {relation} {B.text}. {B.He} was carrying {B_has}.",
)

DEEDS = (
    Deed(
        "find",
        30,
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
        16,
        (
            "{S} gave {O} {part}.",
            "{S} gave {part} to {O}.",
            '"This is for you," said {A.text}, and gave {B.text} {part}.',
            '{S} handed {part} to {O}. "Thank you, {A.text}!" said {B.text}.',
            "{S}, who liked to share, gave {B.text} {part}.",
        ),
    ),
    Deed(
        "ask",
        16,
        (
            '"May I have {amount}?" asked {B.text}. {A.text} nodded and gave {B.him} {it}.',
            '"Please give me {amount}," said {B.text}. "Here you are," said {A.text}.',
            '{B.text} asked {A.text} for {amount}. "Take {it}," {A.he} said.',
            "{B.text} needed {amount}, and {A.text} gave {it} to {B.him}.",
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
            "{S} did not have any {things}.",
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
        26,
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
    Deed("scenery", 9, ("{scenery}",)),
    Deed("pet", 9, ("{pet_does}",)),
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
    "In the evening, {S} had {total}, but {A.he} needed {need}. {A.He} had to try again the next day.",
    'At last {S} went home. "I am {short} {short_things} short," {A.he} said sadly.',
    "When the day was over, {S} had only {total}. There was nothing to be done without {short} more.",
)
FAREWELLS = (
    "{B.text} went home with {B_has}.",
    "{B.text} had {B_has} at the end of the day.",
    "As for {B.text}, {B.he} was left with {B_has}.",
)
MORALS = (
    '"What a day!" said {A.text}.',
    "{A.text} slept well that night.",
    "It was a day to remember.",
    "Everybody was tired and happy.",
)
