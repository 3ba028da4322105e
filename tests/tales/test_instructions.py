"""Conversations about stories: every turn follows from what was said, and how likely it is is known."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.tales import Break, Language, Reading, Tale, instructions, recognise, tale
from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.forms import LANGUAGE, TONGUES, Tongue
from pipeline_lib.tales.instruction_events import EVENTS, LISTS, QUESTIONS, REQUESTS, SENTENCES
from pipeline_lib.tales.instruction_passages import GRAMMAR, mistaken, passage
from pipeline_lib.tales.instruction_passages import REQUESTS as CORRECTIONS
from pipeline_lib.tales.instruction_translation import TASKS as TRANSLATIONS
from pipeline_lib.tales.sentences import read_sentence
from pipeline_lib.tales.telling import Reader, Writer, tell

ROWS = 1500


@pytest.fixture(scope="module", params=["en", "ja"])
def told(request: pytest.FixtureRequest) -> list[Tale]:
    return [tale(8, index, "instructions", request.param) for index in range(ROWS)]


def whose(told: list[Tale], opening: str) -> Tale:
    return next(one for one in told if one.text.startswith(opening))


def fault(text: str) -> Break:
    found = recognise(text)
    assert isinstance(found, Break), text
    return found


def test_the_recogniser_agrees_on_how_likely_a_conversation_is(told: list[Tale]) -> None:
    for one in told:
        reading = recognise(one.text)
        assert isinstance(reading, Reading), (one.text, reading)
        assert (reading.kind, reading.language) == ("instructions", one.language)
        assert reading.log2_probability == pytest.approx(one.log2_probability, abs=1e-9)


def test_turns_are_the_text_and_alternate(told: list[Tale]) -> None:
    for one in told:
        assert one.text == "\n\n".join(content for _, content in one.turns)
        assert [role for role, _ in one.turns] == ["user", "assistant"] * (len(one.turns) // 2)
        assert all(content and content == content.strip() for _, content in one.turns)
        assert (one.question, one.solution) == (one.turns[0][1], one.turns[-1][1])
    lengths = Counter(len(one.turns) for one in told)
    assert set(lengths) == {2, 4}
    assert lengths[4] > ROWS // 10


def test_conversations_are_neither_too_short_nor_too_long(told: list[Tale]) -> None:
    assert min(len(one.text) for one in told) >= 50
    assert max(len(one.text.encode()) for one in told) <= 750
    assert sorted(len(one.text.encode()) for one in told)[ROWS * 9 // 10] <= 600


def test_hardly_any_is_told_twice(told: list[Tale]) -> None:
    assert len({one.text for one in told}) == len(told)


def test_everything_that_can_be_asked_is_asked(told: list[Tale]) -> None:
    tongue = TONGUES[told[0].language][0]
    firsts, asked = set(), set()
    for one in told:
        for number, (_, content) in enumerate(one.turns):
            for sentence in content.replace("。", "。\n").replace(". ", ".\n").split("\n"):
                entry = read_sentence(GRAMMAR, tongue, sentence)[0]
                if entry is not None:
                    asked.add(entry.event)
                    firsts |= {entry.event} if number == 0 else set()
    assert set(REQUESTS + LISTS) <= firsts
    assert set(QUESTIONS) <= asked
    for known in (CORRECTIONS[tongue], [task.request for task in TRANSLATIONS[tongue]]):
        assert all(any(one.text.startswith(request) for one in told) for request in known)


@pytest.mark.parametrize("tongue", LANGUAGE)
def test_every_mistake_to_correct_is_one(tongue: Tongue) -> None:
    for index in range(150):
        writer = Writer(GRAMMAR, tongue, Draw(1, index, 1), Draw(1, index, 2))
        tell(writer, passage())
        ways = mistaken(writer.text, LANGUAGE[tongue])
        assert len(ways) > 1
        for bad in ways:
            report = Reader(GRAMMAR, tongue, bad).read(passage())
            assert any(not verdict.consistent for verdict in report.verdicts), bad


def test_both_languages_tell_each_event_in_as_many_ways() -> None:
    assert all(len(event.en) == len(event.ja) for event in EVENTS)
    assert SENTENCES


STORY = (
    "Read this story and answer my question.\nOne day, Ken was in the park. He met his friend Mia. "
    "Ken found a red ball on the ground. Ken picked up two shells.\nIn the evening, Ken went home.\n"
)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("Who has the ball now?", "Ken has it.", "Mia has it."),
        ("Where is the ball now?", "Ken has it.", "It is in the park."),
        ("How many shells does Ken have now?", "Ken has two shells.", "Ken has three shells."),
        ("How many shells does Mia have now?", "Mia does not have any shells.", "Mia has two shells."),
        ("Who found the ball?", "Ken found it.", "Mia found it."),
        ("What did the ball look like?", "It was red.", "It was blue."),
        ("How many people are in this story?", "There are two: Ken and Mia.", "There is only Ken."),
        ("Where does this story begin?", "It begins in the park.", "It begins on the beach."),
        ("Are Ken and Mia friends?", "Yes, they are friends.", "No, they are not friends."),
    ],
)  # fmt: skip
def test_answers_follow_from_the_story(question: str, right: str, wrong: str) -> None:
    assert isinstance(recognise(f"{STORY}{question}\n\n{right}"), Reading)
    assert fault(f"{STORY}{question}\n\n{wrong}").fault == "world"
    assert fault(f"{STORY}{question}").reason == "it ends too early"


def test_a_question_about_what_is_not_in_the_story_is_refused() -> None:
    assert fault(f"{STORY}Who has the hat now?\n\nKen has it.").fault == "world"
    assert fault(f"{STORY}Who has the balls now?\n\nKen has it.").fault == "grammar"


def test_a_story_is_about_whom_and_what_was_asked_for() -> None:
    asked = "Tell me a story about Ken and a red ball.\n\n"
    story = " was in the park. {} had a {} ball. {} put it down. {} waved.\nIn the evening, {} went home."
    kept = asked + "One day, Ken" + story.format("He", "red", "He", "He", "Ken")
    assert isinstance(recognise(kept), Reading)
    for changed in (
        kept.replace("a red ball. He", "a blue ball. He"),
        kept.replace("day, Ken", "day, Tom"),
    ):
        assert fault(changed).fault == "world"


def test_what_is_counted_is_counted_right() -> None:
    asked = "Ken has a red ball, an old hat, a big cup and a new key. How many things does Ken have?\n\n"
    assert isinstance(recognise(asked + "One, two, three, four: Ken has four things."), Reading)
    assert fault(asked + "One, two, three, four, five: Ken has five things.").fault == "world"


def test_a_correction_is_of_the_text_that_was_given() -> None:
    text = "One day, Ken was in the park. He had a red ball. He put it down."
    asked = "Correct the mistake in this text.\n" + text.replace("a red", "an red")
    assert isinstance(recognise(f"{asked}\n\n{text}"), Reading)
    assert fault(f"{asked}\n\n{text.replace('red', 'blue')}").fault == "world"
    assert fault(f"{asked.replace('an red', 'a red')}\n\n{text}").fault == "world"
    assert fault(f"{asked}\n\n{text.replace('a red', 'an red')}").fault


def test_a_translation_says_the_same() -> None:
    told = "ある日、ケンは公園にいました。赤いボールを持っていました。それを下に置きました。"
    asked = f"次の文を英語に訳してください。\n{told}\n\n"
    text = "One day, Ken was in the park. He had a red ball. He put it down."
    assert isinstance(recognise(asked + text), Reading)
    for right, wrong in (
        ("Ken", "Tom"),
        ("red", "blue"),
        ("had", "was carrying"),
        ("put it down", "lost it"),
    ):
        assert isinstance(recognise(asked + text.replace(right, wrong)), Break)
    assert fault(asked + text.rpartition(" He")[0]).reason == "it ends too early"


@given(st.data())
def test_no_text_is_too_odd_to_be_read(data: st.DataObject) -> None:
    language: Language = data.draw(st.sampled_from(["en", "ja"]))
    one, other = (
        tale(3, data.draw(st.integers(0, 300)), "instructions", language).text for _ in range(2)
    )
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(one))] * 2)))
    odd = data.draw(st.sampled_from([other, one, "", "\n\n", ".", "。"]) | st.text(max_size=30))
    text = one[:start] + odd + one[end:]
    for tongue in LANGUAGE:
        report = instructions.read(text, tongue)
        assert report.whole == (report.log2_probability > float("-inf"))
    recognise(text)
