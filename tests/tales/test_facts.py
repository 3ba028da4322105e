"""Facts: true of the ontology, read as they were told, and refused where they are not true."""

import math
import re
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib.params import Params
from pipeline_lib.tales import Break, Reading, inspect, recognise, tale
from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.fact_events import EVENTS
from pipeline_lib.tales.fact_forms import TOPICS
from pipeline_lib.tales.fact_lexicon import DEGREES
from pipeline_lib.tales.fact_world import EXCEEDED, FEWEST_FACTS, KNOWN, FactWorld
from pipeline_lib.tales.facts import GRAMMAR, MENU, read
from pipeline_lib.tales.lexicon import LANGUAGES, Language
from pipeline_lib.tales.ontology import ANIMALS, KINDS
from pipeline_lib.tales.patterns import Event, Roles
from pipeline_lib.tales.telling import Writer, tell
from pipeline_lib.tales.world import World
from pipeline_lib.text import filters

seeds = st.integers(0, 2**64 - 1)
languages = st.sampled_from(LANGUAGES)


@given(seeds, st.integers(0, 2**32), languages)
@settings(max_examples=200)
def test_facts_are_read_as_they_were_told(seed: int, index: int, language: Language) -> None:
    told = tale(seed, index, "facts", language)
    reading = recognise(told.text)
    assert isinstance(reading, Reading)
    assert (reading.kind, reading.language) == ("facts", language)
    assert math.isclose(reading.log2_probability, told.log2_probability, abs_tol=1e-9)


def test_the_corpus_is_of_the_size_and_entropy_that_it_is_made_for(params: Params) -> None:
    for language in LANGUAGES:
        told = [tale(3, index, "facts", language) for index in range(300)]
        size = sum(len(one.text.encode()) for one in told)
        bits = -sum(one.log2_probability for one in told)
        assert 250 < size / len(told) < 500
        assert 0.15 < bits / size < 0.3
        assert bits / len(told) > 45
        assert len({one.text for one in told}) == len(told)
        assert not any(filters.reason(one.text, params.clean) for one in told)


def test_both_languages_tell_the_same_facts() -> None:
    for index in range(50):
        english, japanese = (tale(4, index, "facts", language) for language in LANGUAGES)
        counts = [len(inspect(one.text).verdicts) for one in (english, japanese)]
        assert counts[0] == counts[1]
        assert english.text.count("\n") == japanese.text.count("\n")


class Listening(Writer):
    """Remembers what it has said."""

    said: ClassVar[set[Event]] = set()

    def say(self, event: Event, world: World, roles: Roles) -> None:
        self.said.add(event)
        super().say(event, world, roles)


def test_everything_that_can_be_said_is_said_somewhere() -> None:
    for index in range(1500):
        tell(Listening(GRAMMAR, "en", Draw(9, index, 1), Draw(9, index, 2)), FactWorld(MENU))
    assert Listening.said == set(EVENTS)


def test_there_is_enough_to_say_of_every_kind() -> None:
    assert all(KNOWN[kind].bit_count() > FEWEST_FACTS for kind in KINDS)


def test_nothing_both_can_and_cannot() -> None:
    for kind in KINDS:
        assert not set(kind.able) & set(kind.unable)
        assert not set(kind.foods) & set(kind.refused)


def test_comparing_is_an_order() -> None:
    for degree in DEGREES:
        for one in ANIMALS:
            less = EXCEEDED[one, degree]
            assert one not in less
            assert all(one not in EXCEEDED[other, degree] for other in less)
            assert all(set(EXCEEDED[other, degree]) < set(less) for other in less)


def test_articles_and_plurals_are_well_formed() -> None:
    for topic in TOPICS:
        if topic.gender == "it":
            assert re.fullmatch(r"an [aeiou].*|a [^aeiou].*", topic.en)
        else:
            assert topic.en.endswith("s") or topic.en in {"mice", "sheep", "salmon", "goldfish"}


@pytest.mark.parametrize(
    "text",
    [
        "A penguin is a bird that cannot fly. It has two legs and black and white feathers.",
        "Cats are mammals. They have four legs. Can they fly? No, they cannot.",
        "A horse is an animal. Is it slower than a cat? No, it is not. It has brown fur.",
        "猫は哺乳類です。足が四本あります。空を飛べますか。いいえ、空を飛べません。",
        "ハチは昆虫の一種だ。足が六本、羽が四枚ある。馬ほど大きくない。",
        "台所にはたくさんの鍋があります。鍋は鉄でできています。",
        "川にはたくさんのワニがいる。泳げるが、空を飛べない。",
    ],
)
def test_what_is_true_and_well_said_is_accepted(text: str) -> None:
    report = inspect(text)
    assert report.kind == "facts"
    assert [verdict.reason for verdict in report.verdicts if not verdict.consistent] == []


@pytest.mark.parametrize(
    ("text", "fault", "words"),
    [
        ("A penguin is a bird that can fly.", "world", "cannot"),
        ("A cat is a mammal. It has six legs.", "world", "number"),
        ("A cat is a mammal. A dog has four legs.", "world", "about"),
        ("A cat is a mammal. It is bigger than a horse.", "world", "other way"),
        ("A cat is a bird.", "world", "class"),
        ("A cat is a mammal. Can it fly? Yes, it can.", "world", "cannot happen"),
        ("A cat is a mammal. It can jump high. It can jump high.", "world", "cannot happen"),
        ("Cats are mammals. They eat bamboo.", "world", "eat"),
        ("A hammer is a tool. It is made of glass.", "world", "made of"),
        ("Cats are mammals. It has soft fur.", "world", "meant by it"),
        ("Cats are mammals. They has soft fur.", "grammar", "like this"),
        ("A cat is a mammal. A cat have soft fur.", "grammar", "agree"),
        ("A cat are a mammal.", "grammar", "like this"),
        ("A owl is a bird.", "grammar", "like this"),
        ("A cat is a mammals.", "grammar", "like this"),
        ("猫は哺乳類です。足が六本あります。", "world", "number"),
        ("猫は哺乳類です。足が四本ある。", "world", "mixed"),
        ("猫は哺乳類です。足が四枚あります。", "grammar", "like this"),
        ("台所にはたくさんの鍋がいます。", "world", "true of it"),
        ("猫は鳥です。", "world", "class"),
    ],
)
def test_a_fault_is_named_and_told_from_the_other_kind(text: str, fault: str, words: str) -> None:
    language: Language = "en" if text.isascii() else "ja"
    found = read(text, "en" if language == "en" else "polite").first_fault
    assert isinstance(found, Break)
    assert (found.fault, words in found.reason) == (fault, True), found


@given(st.lists(st.tuples(seeds, st.integers(0, 9)), max_size=8), languages)
@settings(max_examples=60)
def test_no_order_of_sentences_makes_it_stumble(
    picks: list[tuple[int, int]], language: Language
) -> None:
    sentences = []
    for seed, place in picks:
        found = re.findall(r"[ \n]?[^.。?]*[.。?]", tale(seed, 0, "facts", language).text)
        sentences.append(found[place % len(found)])
    text = "".join(sentences).strip()
    assert len(inspect(text).verdicts) == len(sentences)


def test_where_nothing_can_follow_each_sentence_still_has_its_verdict() -> None:
    """Two sentences over and over: nothing new may be begun, and no tale ends on a single thing."""
    found = re.findall(r"[ \n]?[^.。?]*[.。?]", tale(0, 0, "facts", "en").text)
    text = "".join(found[place] for place in (0, 0, 0, 1, 1, 1, 0, 0)).strip()
    assert len(inspect(text).verdicts) == 8


@given(seeds, seeds, languages, st.integers(0, 200), st.integers(0, 200))
@settings(max_examples=60)
def test_no_splice_makes_it_stumble(
    one: int, other: int, language: Language, cut: int, joint: int
) -> None:
    texts = [tale(seed, 0, "facts", language).text for seed in (one, other)]
    inspect(texts[0][:cut] + texts[1][joint:])
