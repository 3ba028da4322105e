"""The world of the stories: what always holds of it, and that a story is read as it was told."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib.tales import Break, Reading, Tale, inspect, recognise, tale
from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.forms import Tongue
from pipeline_lib.tales.lexicon import MOST, Language
from pipeline_lib.tales.patterns import Event, Roles
from pipeline_lib.tales.stories import GRAMMAR, MENU, read
from pipeline_lib.tales.story_events import EVENTS
from pipeline_lib.tales.story_world import (
    MOST_ITEMS,
    MOST_NOUNS,
    MOST_PEOPLE,
    MOST_SCENES,
    StoryWorld,
)
from pipeline_lib.tales.telling import Writer, tell
from pipeline_lib.tales.world import World

seeds = st.integers(0, 2**64 - 1)
TONGUES: tuple[Tongue, ...] = ("en", "polite", "plain")
LANGUAGES: tuple[Language, ...] = ("en", "ja")


class Watched(StoryWorld):
    """Looks at itself before every event."""

    def possible(self) -> object:  # type: ignore[override]
        expect_sense(self)
        return super().possible()


def expect_sense(world: StoryWorld) -> None:
    assert set(world.here) <= set(world.people)
    assert len(set(world.people)) == len(world.people) <= MOST_PEOPLE
    assert not world.people or world.here[0] is world.people[0]
    assert len(world.items) == len({item.noun for item in world.items}) <= MOST_ITEMS
    assert set(world.where) == set(world.items) >= set(world.finder)
    holders = [at for at in world.where.values() if at in world.people]
    assert all(holder in world.people for holder in holders)
    assert len(world.nouns) <= MOST_NOUNS
    assert all(0 <= count <= MOST for count in world.counts.values())
    assert world.subject is None or world.subject in world.people
    assert world.scenes <= MOST_SCENES
    assert not set(world.friends) & set(world.strangers)
    assert world.question is None or world.question.asker in world.here


@given(seeds, st.integers(0, 2**32))
@settings(max_examples=60)
def test_the_world_makes_sense_before_every_event(seed: int, index: int) -> None:
    world = Watched(MENU)
    tell(Writer(GRAMMAR, "en", Draw(seed, index, 1), Draw(seed, index, 2)), world)
    expect_sense(world)
    assert world.done


@given(seeds, st.sampled_from(TONGUES))
@settings(max_examples=40)
def test_nothing_is_made_or_lost_by_giving(seed: int, tongue: Tongue) -> None:
    """What all have together changes only where things are found, eaten or lost."""
    world = StoryWorld(MENU)
    writer = Writer(GRAMMAR, tongue, Draw(seed, 0, 1), Draw(seed, 0, 2))
    change = {"gather": 1, "eat": -1, "lose some": -1}
    while not world.done:
        before = sum(world.counts.values())
        event = writer.event(world)
        roles = writer.cast(event, world)
        writer.say(event, world, roles)
        event.effect(world, roles)
        amount = getattr(roles.get("amount"), "count", 0)
        expected = min(before + change.get(event.name, 0) * amount, MOST * len(world.counts))
        assert sum(world.counts.values()) <= max(expected, before)


ONCE = {
    "look of a thing": ("look", "item"),
    "old friends": ("friend", "whom"),
    "mirror": ("mirror", "agent"),
    "be proud": ("self", "agent"),
    "can": ("self", "agent"),
    "cannot": ("self", "agent"),
}
SAID = {"mood": "mood", "mood of two": "mood", "have none": "noun"}


@given(seeds, st.integers(0, 2**32))
@settings(max_examples=100)
def test_what_is_said_once_is_enough(seed: int, index: int) -> None:
    told: list[tuple[object, ...]] = []
    world = StoryWorld(MENU)
    writer = Writer(GRAMMAR, "en", Draw(seed, index, 1), Draw(seed, index, 2))
    while not world.done:
        event = writer.event(world)
        roles = writer.cast(event, world)
        if event.name in ONCE:
            what, of = ONCE[event.name]
            told.append((what, roles[of]))
        if event.name in SAID:
            told.append((roles["agent"], roles[SAID[event.name]]))
        if event.name == "scenery":
            told.append((roles["scene"],))
        event.effect(world, roles)
    # all twelve moods of one person, or all eight scenes, would be told anew; no story is so long
    assert len(set(told)) == len(told)


@given(seeds, st.integers(0, 2**32), st.sampled_from(LANGUAGES))
@settings(max_examples=60)
def test_a_story_is_read_as_it_was_told(seed: int, index: int, language: Language) -> None:
    told = tale(seed, index, "stories", language)
    reading = recognise(told.text)
    assert isinstance(reading, Reading)
    assert (reading.kind, reading.language) == ("stories", language)
    assert math.isclose(reading.log2_probability, told.log2_probability, abs_tol=1e-9)


def test_both_languages_tell_the_same_events() -> None:
    for index in range(50):
        english, japanese = (tale(4, index, "stories", language) for language in LANGUAGES)
        counts = [len(inspect(one.text).verdicts) for one in (english, japanese)]
        assert counts[0] == counts[1]
        assert english.text.count("\n") == japanese.text.count("\n")


class Witness(Writer):
    """A writer that remembers what happened."""

    def say(self, event: Event, world: World, roles: Roles) -> None:
        HAPPENED.add(event)
        super().say(event, world, roles)


HAPPENED: set[Event] = set()


def test_every_event_happens_in_some_story() -> None:
    for index in range(800):
        tell(Witness(GRAMMAR, "en", Draw(9, index, 1), Draw(9, index, 2)), StoryWorld(MENU))
    assert set(EVENTS) == HAPPENED


WRONG = (
    ("One day, Mia was in the park. He sang a song.", "world", "he"),
    ("One day, Mia was in the park. She gave Tom a ball.", "grammar", "like this"),
    ("One day, Mia was in the park. She lost the ball.", "world", "cannot happen"),
    (
        "One day, Mia was in the park. She found two shells. Now Mia had three shells.",
        "world",
        "many",
    ),
    ("One day, Mia was in the park. Mia was proud of himself.", "grammar", "agree"),
    ("One day, Mia was in the park. She sing a song.", "grammar", "like this"),
    ("One day, Mia was in the park. She was a honest girl.", "grammar", "like this"),
    ("One day, Mia was in the park. She was an honest boy.", "grammar", "like this"),
    ("One day, Mia was in the park. She waved. She gave Tom two shells.", "world", "cannot happen"),
    ("ある日、ミアは公園にいました。歌を歌った。", "world", "mixed"),
    ("ある日、ミアは公園にいました。ミアを歌を歌いました。", "grammar", "like this"),
    ("ある日、ミアは公園にいました。鉛筆を三枚拾いました。", "grammar", "like this"),
)


@pytest.mark.parametrize(("text", "fault", "words"), WRONG)
def test_a_fault_is_named_and_told_from_the_other_kind(text: str, fault: str, words: str) -> None:
    found = recognise(text)
    assert isinstance(found, Break)
    assert found.fault == fault
    assert words in found.reason
    assert text[: found.position]


MET = "One day, Mia was in the park. She met her friend Ben. "
FIND = "Mia found {} on the ground. "
ODD = (
    (MET + "Ben met a girl called Sara.", "is not the hero"),
    (MET + "Mia said goodbye and went to the river.", "is not with the hero"),
    (MET + "Mia was carrying a red ball.", "has not just come"),
    (MET + "Mia was a kind girl.", "has been described"),
    (MET + "Mia waved. Mia waved.", "has been said already"),
    (MET + FIND.format("a red ball") + FIND.format("a blue ball"), "is known already"),
    (
        MET + "".join(FIND.format(f"a red {noun}") for noun in ("ball", "cup", "kite", "bell")),
        "find: it cannot happen here",
    ),
    (MET + "Mia found nine shells.", "more than one finds"),
    (MET + "Mia found five nuts. She ate four nuts.", "does not have that much"),
    (MET + "Mia did not have any shells.", "cannot happen here"),
    (MET + "Mia found five nuts. Ben waved. Now Mia had five nuts.", "cannot happen here"),
    (
        MET + FIND.format("a red ball") + '"Where is the ball?" asked Ben. Mia waved.',
        "cannot happen here",
    ),
)
FALSE = (
    (MET + "Tom met a girl called Sara.", "is not the hero"),
    (MET + "Tom said goodbye and went to the river.", "is not with the hero"),
    (MET + "Tom was carrying a red ball.", "has not just come"),
    (MET + FIND.format("a red ball") * 2, "is known already"),
    (MET + "Mia found five nuts. She ate six nuts.", "does not have that much"),
    (MET + "Mia found five nuts. She did not have any nuts.", "has some of them"),
    (MET + "Mia found five nuts. Ben waved. Now Mia had six nuts.", "is not how many there are"),
    (MET + "Mia looked at herself in the water.", "cannot happen here"),
    (
        MET + FIND.format("a red ball") + '"Where is the ball?" asked Ben. "It is here," said Mia.',
        "cannot happen here",
    ),
)


@pytest.mark.parametrize(
    ("text", "fault", "words"),
    [(text, "discourse", words) for text, words in ODD]
    + [(text, "world", words) for text, words in FALSE],
)
def test_what_could_be_true_is_told_from_what_contradicts_the_world(
    text: str, fault: str, words: str
) -> None:
    [found] = [verdict.fault for verdict in inspect(text.strip()).verdicts if verdict.fault]
    assert (found.fault, words in found.reason) == (fault, True), found
    assert isinstance(recognise(text), Break)


def test_the_graver_fault_of_a_sentence_counts() -> None:
    odd = MET + "Ben met a girl called Mia."
    [found] = [verdict.fault for verdict in inspect(odd).verdicts if verdict.fault]
    assert (found.fault, found.reason) == ("world", "is known already")
    verdict = inspect(MET + "Ben met a boy called Sara.").verdicts[-1]
    assert not verdict.grammatical


@pytest.mark.parametrize("passing", ["Mia waved.", "Mia was a kind girl.", "The sun was shining."])
def test_a_question_that_is_passed_over_is_closed(passing: str) -> None:
    asked = MET + FIND.format("a red ball") + '"Where is the ball?" asked Ben. '
    report = inspect(f"{asked}{passing} Ben smiled.")
    assert [verdict.derivable for verdict in report.verdicts[-2:]] == [False, True]


def test_a_story_that_loses_its_end_is_refused() -> None:
    told = tale(1, 1, "stories", "en").text
    cut = told.rsplit("\n", 1)[0]
    found = recognise(cut)
    assert isinstance(found, Break)
    assert found.position == len(cut)
    assert all(verdict.consistent for verdict in inspect(cut).verdicts)


def test_reading_goes_on_after_a_fault() -> None:
    told = tale(1, 1, "stories", "en").text
    first, rest = told.split(". ", 1)
    report = inspect(f"{first}. Colourless green ideas sleep furiously. {rest}")
    assert [verdict.grammatical for verdict in report.verdicts].count(False) == 1
    assert report.log2_probability == -math.inf


def _edited(told: Tale, seed: int) -> str:
    """One character of a tale removed, doubled or replaced."""
    draw = Draw(seed, 0)
    place = draw.below(min(len(told.text), 1000))
    middle = draw.one_of(("", told.text[place] * 2, "x", "。", ".", "\n", "\ue001", "Mia", "ミア"))
    return told.text[:place] + middle + told.text[place + 1 :]


@given(seeds, st.sampled_from(LANGUAGES))
@settings(max_examples=60)
def test_no_edit_makes_the_reader_stumble(seed: int, language: Language) -> None:
    text = _edited(tale(seed, 3, "stories", language), seed)
    report = read(text, "en" if language == "en" else "polite")
    assert all(0 <= v.start <= v.end <= len(text) for v in report.verdicts)
    recognise(text)
