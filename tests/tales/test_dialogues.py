"""Dialogues: what each says agrees with what was said, and with who says it to whom."""

import math
import re
from itertools import pairwise
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib.params import Params
from pipeline_lib.tales import Break, Reading, inspect, recognise, tale
from pipeline_lib.tales.dialogue_world import MOST_ITEMS, MOST_LINES, MOST_NOUNS, DialogueWorld
from pipeline_lib.tales.dialogues import EVENTS, GRAMMAR, MENU, DialogueWriter
from pipeline_lib.tales.draw import Draw, Weighted
from pipeline_lib.tales.forms import Tongue
from pipeline_lib.tales.lexicon import LANGUAGES, MOST, Language
from pipeline_lib.tales.patterns import Event, Roles
from pipeline_lib.tales.telling import tell
from pipeline_lib.tales.world import World
from pipeline_lib.text import filters

seeds = st.integers(0, 2**64 - 1)
languages = st.sampled_from(LANGUAGES)
tongues: st.SearchStrategy[Tongue] = st.sampled_from(("en", "polite"))


@given(seeds, st.integers(0, 2**32), languages)
@settings(max_examples=200)
def test_a_dialogue_is_read_as_it_was_told(seed: int, index: int, language: Language) -> None:
    told = tale(seed, index, "dialogues", language)
    reading = recognise(told.text)
    assert isinstance(reading, Reading)
    assert (reading.kind, reading.language) == ("dialogues", language)
    assert math.isclose(reading.log2_probability, told.log2_probability, abs_tol=1e-9)


def test_the_corpus_is_of_the_size_and_entropy_that_it_is_made_for(params: Params) -> None:
    for language in LANGUAGES:
        told = [tale(3, index, "dialogues", language) for index in range(300)]
        size = sum(len(one.text.encode()) for one in told)
        bits = -sum(one.log2_probability for one in told)
        assert 250 < size / len(told) < 520
        assert 0.12 < bits / size < 0.3
        assert bits / len(told) > 45
        assert len({one.text for one in told}) == len(told)
        assert not any(filters.reason(one.text, params.clean) for one in told)


def test_both_languages_tell_the_same_dialogue() -> None:
    for index in range(50):
        english, japanese = (tale(4, index, "dialogues", language) for language in LANGUAGES)
        counts = [len(inspect(one.text).verdicts) for one in (english, japanese)]
        assert counts[0] == counts[1]
        assert english.text.count("\n") == japanese.text.count("\n")


def test_two_people_take_turns() -> None:
    for index in range(100):
        lines = tale(5, index, "dialogues", "en").text.split("\n")
        speakers = [line.split(": ")[0] for line in lines]
        assert len(set(speakers)) == 2
        assert all(one != other for one, other in pairwise(speakers))
        assert len(lines) <= MOST_LINES + 3


def test_strangers_are_polite_and_friends_are_not() -> None:
    for index in range(100):
        text = tale(6, index, "dialogues", "ja").text
        polite = bool(re.search(r"(です|ます|ません|ました)か?。", text))
        assert polite == ("お名前は" in text)
        assert ("さん" in text) == polite


class Listening(DialogueWriter):
    """Remembers what it has said."""

    said: ClassVar[set[Event]] = set()

    def say(self, event: Event, world: World, roles: Roles) -> None:
        self.said.add(event)
        super().say(event, world, roles)


def test_everything_that_can_be_said_is_said_somewhere() -> None:
    for index in range(1500):
        writer = Listening(GRAMMAR, "en", Draw(9, index, 1), Draw(9, index, 2))
        tell(writer, DialogueWorld(MENU))
    assert Listening.said == set(EVENTS)


class Watched(DialogueWorld):
    """Looks at itself before every event."""

    def possible(self) -> Weighted[Event]:
        expect_sense(self)
        return super().possible()


def expect_sense(world: DialogueWorld) -> None:
    two = {world.speaker, world.listener}
    assert not world.setting or len(two) == 2
    assert set(world.items.values()) <= two
    assert len(world.items) == len({item.noun for item in world.items}) <= MOST_ITEMS
    assert len(world.nouns) <= MOST_NOUNS
    assert all(person in two and 0 <= n <= MOST for (person, _), n in world.counts.items())
    assert {person for person, _ in (*world.feats, *world.likes)} <= two
    assert {*world.plans, *world.places} <= two
    assert not set(world.others) & two


@given(seeds, tongues)
@settings(max_examples=60)
def test_the_world_makes_sense_before_every_event(seed: int, tongue: Tongue) -> None:
    world = Watched(MENU)
    tell(DialogueWriter(GRAMMAR, tongue, Draw(seed, 0, 1), Draw(seed, 0, 2)), world)
    assert world.done


START = "Mia: Hello, Tom. What do you have?\nTom: I have three shells. "
JAPANESE = "ミア: こんにちは、トム。何を持っているの?\nトム: 貝殻を三個持っているよ。"


@pytest.mark.parametrize(
    "text",
    [
        START + "Can you swim well?\nMia: Yes, I can. Please give me two shells.\n"
        "Tom: Yes, please take them.\nMia: Thank you, Tom. I like dogs.\n"
        "Tom: I like them, too. How many shells do you have now?\nMia: I have two.",
        "Mia: Hello, Tom, this is Mia. Where are you now?\nTom: I am by the river. Where is Ken?\n"
        "Mia: He is in the park.",
        JAPANESE + "上手に泳げる?\nミア: ううん、上手に泳げないよ。貝殻をどこで見つけたの?\n"
        "トム: 浜辺で見つけたよ。",
        "ミア: はじめまして、ミアです。お名前は何ですか。\nトム: トムといいます。犬は好きですか。\n"
        "ミア: はい、大好きです。",
    ],
)
def test_what_agrees_with_what_was_said_is_accepted(text: str) -> None:
    report = inspect(text)
    assert report.kind == "dialogues"
    assert [verdict.reason for verdict in report.verdicts if not verdict.consistent] == []


@pytest.mark.parametrize(
    ("text", "fault", "words"),
    [
        (START + "Can you swim well?\nTom: Yes, I can.", "world", "one to speak"),
        (START + "Can you swim well?\nMia: I see.", "world", "cannot happen"),
        (START + "Please give me two shells.", "world", "cannot happen"),
        (
            START + "I like dogs.\nMia: I like them, too. Please give me four shells.",
            "world",
            "many",
        ),
        (START + "Where is Ken?\nMia: She is in the park.", "world", "she"),
        (START + "Where is Mia?", "world", "one of the two"),
        (START + "I likes dogs.", "grammar", "like this"),
        (START + "I is by the river.", "grammar", "like this"),
        (START.replace("I have", "I has"), "grammar", "like this"),
        ("Mia: Hello, Tom. How are you? Tom: I am fine.", "grammar", "joined"),
        (JAPANESE + "犬は好きですか。", "world", "mixed"),
        (JAPANESE.replace("三個", "三枚"), "grammar", "like this"),
        ("ミア: はじめまして、ミアだ。", "world", "mixed"),
    ],
)
def test_a_fault_is_named_and_told_from_the_other_kind(text: str, fault: str, words: str) -> None:
    found = next(verdict.fault for verdict in inspect(text).verdicts if verdict.fault)
    assert isinstance(found, Break)
    assert (found.fault, words in found.reason) == (fault, True), found


@given(st.lists(st.tuples(seeds, st.integers(0, 9)), max_size=10), languages)
@settings(max_examples=80)
def test_no_order_of_sentences_makes_it_stumble(
    picks: list[tuple[int, int]], language: Language
) -> None:
    sentences = []
    for seed, place in picks:
        found = re.findall(r"[ \n]?[^.。?]*[.。?]", tale(seed, 0, "dialogues", language).text)
        sentences.append(found[place % len(found)])
    text = "".join(sentences).strip()
    assert len(inspect(text).verdicts) == len(sentences)


@given(seeds, seeds, languages, st.integers(0, 200), st.integers(0, 200))
@settings(max_examples=60)
def test_no_splice_makes_it_stumble(
    one: int, other: int, language: Language, cut: int, joint: int
) -> None:
    texts = [tale(seed, 0, "dialogues", language).text for seed in (one, other)]
    inspect(texts[0][:cut] + texts[1][joint:])
