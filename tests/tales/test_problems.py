"""Word problems: their arithmetic holds, their level shows, and they are read as they were told."""

import math
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib import answers
from pipeline_lib.params import Params
from pipeline_lib.tales import (
    Break,
    Language,
    Reading,
    Tale,
    Texts,
    inspect,
    recognise,
    tale,
    tales,
)
from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.genres import POLITE
from pipeline_lib.tales.problem_world import LEVELS, LIMITS, ProblemWorld
from pipeline_lib.tales.problems import GRAMMAR, GROUPS, MENU, STEP
from pipeline_lib.tales.telling import Writer, tell
from pipeline_lib.text import filters

seeds = st.integers(0, 2**64 - 1)
indices = st.integers(0, 2**32)
LANGUAGES: tuple[Language, ...] = ("en", "ja")
SHARES = {1: 0.35, 2: 0.30, 3: 0.17, 4: 0.11, 5: 0.07}
MIA = "One day, Mia had 12 apples. She ate 5 apples. How many apples does Mia have now?"
WORKED = f"{MIA}\n12 - 5 = 7\n#### 7"

SENTENCES = {
    language: [
        sentence
        for told in tales(9, 300, "problems", language)
        for sentence in re.split(r"(?<=[.。?\n])", told.text)
        if sentence
    ]
    for language in LANGUAGES
}


@pytest.fixture(scope="module", params=LANGUAGES)
def problems(request: pytest.FixtureRequest) -> list[Tale]:
    return list(tales(seed=12, rows=2000, texts="problems", language=request.param))


def worked(problem: Tale) -> list[tuple[int, str, int, int]]:
    lines = [STEP.fullmatch(line) for line in problem.solution.split("\n")[:-1]]
    assert all(lines)
    return [(int(m[1]), m[2], int(m[3]), int(m[4])) for m in lines if m]


def refused(text: str) -> Break:
    read = recognise(text)
    assert isinstance(read, Break), text
    return read


def test_every_step_is_right_and_the_last_one_gives_the_answer(problems: list[Tale]) -> None:
    for problem in problems:
        for left, sign, right, result in worked(problem):
            exact = {"+": left + right, "-": left - right, "*": left * right, "/": left / right}
            assert result == exact[sign] > 0
        assert problem.solution.split("\n")[-1] == f"#### {result}"
        assert problem.answer == str(result)


def test_every_number_of_a_step_was_told_or_worked_out(problems: list[Tale]) -> None:
    for problem in problems:
        known = Counter(map(int, re.findall(r"[0-9]+", problem.question)))
        for left, _, right, result in worked(problem):
            used = Counter([left, right])
            assert used <= known
            known = known - used + Counter([result])


def test_the_checker_reads_the_answer_out_of_the_solution(problems: list[Tale]) -> None:
    for problem in problems:
        assert answers.extract(problem.solution) == problem.answer
        assert answers.is_right(problem.solution, problem.answer)


def test_a_document_is_the_question_and_the_solution(problems: list[Tale]) -> None:
    assert all(p.text == f"{p.question}\n{p.solution}" for p in problems)
    assert all(p.question.endswith(("?", "か。")) and "\n" not in p.question for p in problems)


def test_the_level_is_the_number_of_steps(problems: list[Tale]) -> None:
    assert all(problem.level == len(worked(problem)) for problem in problems)


def test_levels_come_as_often_as_they_should(problems: list[Tale]) -> None:
    levels = Counter(problem.level for problem in problems)
    for level, share in SHARES.items():
        assert abs(levels[level] / len(problems) - share) < 0.04


def test_numbers_grow_with_the_level(problems: list[Tale]) -> None:
    for problem in problems:
        numbers = map(int, re.findall(r"[0-9]+", problem.text))
        assert max(numbers) <= LIMITS[problem.level]


def test_problems_are_short(problems: list[Tale]) -> None:
    sizes = [len(problem.text.encode()) for problem in problems]
    assert sum(sizes) / len(sizes) < 300
    assert max(sizes) < 650
    assert all(
        problem.question.count(".") + problem.question.count("。") <= 8 for problem in problems
    )


def test_some_numbers_do_not_matter(problems: list[Tale]) -> None:
    """A step uses two numbers and makes one, of which all but the answer are used."""
    asides = 0
    for problem in problems:
        told = len(re.findall(r"[0-9]+", problem.question))
        asides += told > problem.level + 1
    assert 0.1 < asides / len(problems) < 0.4


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_told_is_told(language: Language) -> None:
    seen: set[str] = set()

    class Watching(Writer):
        def event(self, world: ProblemWorld) -> object:  # type: ignore[override]
            event = super().event(world)
            seen.add(event.name)
            return event

    for index in range(3000):
        tell(
            Watching(GRAMMAR, POLITE[language][0], Draw(1, index, 1), Draw(1, index, 2)),
            ProblemWorld(MENU),
        )
    assert seen == {event.name for events in GROUPS.values() for event in events}


@pytest.mark.parametrize("texts", ["problems", "answers"])
@given(seeds, indices, st.sampled_from(LANGUAGES))
@settings(max_examples=300)
def test_a_problem_is_read_as_it_was_told(
    texts: Texts, seed: int, index: int, language: Language
) -> None:
    told = tale(seed, index, texts, language)
    read = recognise(told.text)
    assert isinstance(read, Reading), (told.text, read)
    assert (read.kind, read.language, read.level) == (texts, language, told.level)
    assert math.isclose(read.log2_probability, told.log2_probability, abs_tol=1e-9)


def test_teller_and_reader_agree_at_every_level(problems: list[Tale]) -> None:
    for told in problems:
        read = recognise(told.text)
        assert isinstance(read, Reading)
        assert abs(read.log2_probability - told.log2_probability) < 1e-9
        assert (read.kind, read.level) == ("problems", told.level)


class Watched(ProblemWorld):
    """Looks at itself before every event."""

    def possible(self) -> object:  # type: ignore[override]
        assert 0 <= self.value <= LIMITS[self.steps]
        assert len(self.lines) <= LEVELS
        assert len(set(self.people)) == len(self.people)
        assert self.owner is None or self.owner in self.people
        assert self.subject is None or self.subject in self.people
        assert self.rival is None or self.rival.person is not self.owner
        return super().possible()


@given(seeds, indices)
@settings(max_examples=200)
def test_the_world_makes_sense_before_every_event(seed: int, index: int) -> None:
    world = Watched(MENU)
    tell(Writer(GRAMMAR, "en", Draw(seed, index, 1), Draw(seed, index, 2)), world)
    assert world.done
    assert 1 <= len(world.lines) <= LEVELS


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_same_steps(language: Language) -> None:
    for index in range(200):
        one, other = (tale(3, index, "problems", spoken) for spoken in LANGUAGES)
        assert (one.solution, one.level) == (other.solution, other.level)


@pytest.mark.parametrize(
    ("text", "fault", "reason"),
    [
        (WORKED.replace("= 7", "= 8"), "world", "calculated wrong"),
        (WORKED.replace("12 - 5 = 7", "12 + 5 = 17"), "world", "does not follow"),
        (WORKED.replace("#### 7", "#### 8"), "world", "does not follow"),
        (WORKED.replace("12 - 5 = 7", "12 minus 5 is 7"), "grammar", "no step"),
        (WORKED.replace("#### 7", "####7"), "grammar", "no step"),
        (WORKED.replace("\n#### 7", ""), "world", "too early"),
        (MIA, "world", "too early"),
        (WORKED + "\n#### 7", "world", "after the end"),
        (WORKED + "\n", "grammar", "no step"),
        (WORKED.replace("ate 5", "ate 15"), "world", "more than there is"),
        (WORKED.replace("ate 5", "ate 05"), "grammar", "like this"),
        (WORKED.replace("ate 5 apples", "ate 5 pears"), "world", "what is counted"),
        (WORKED.replace("ate 5 apples", "ate 5 apple"), "grammar", "like this"),
        (WORKED.replace("She ate", "He ate"), "world", "meant by he"),
        (WORKED.replace("Mia have", "Ken have"), "world", "whom it is about"),
        (
            WORKED.replace("12 apples", "12 stones").replace("5 apples", "5 stones"),
            "world",
            "cannot",
        ),
    ],
)
def test_a_faulty_problem_is_refused_with_the_reason(text: str, fault: str, reason: str) -> None:
    assert isinstance(recognise(WORKED), Reading)
    found = refused(text)
    assert found.fault == fault, found
    assert reason in found.reason


def test_a_wrong_counter_is_a_fault_of_grammar() -> None:
    told = "ある日、ミアはりんごを12個持っていました。りんごを5個食べました。"
    text = f"{told}ミアは今、りんごを何個持っていますか。\n12 - 5 = 7\n#### 7"
    assert isinstance(recognise(text), Reading)
    for wrong in (text.replace("5個", "5枚"), text.replace("12個", "12本")):
        assert refused(wrong).fault == "grammar"
    assert refused(text.replace("何個", "何枚")).fault == "world"


def test_faults_are_counted_by_sentence_and_line() -> None:
    report = inspect(WORKED.replace("ate 5", "sang 5").replace("#### 7", "#### 12"))
    assert (report.kind, report.language) == ("problems", "en")
    assert [verdict.grammatical for verdict in report.verdicts] == [True, False, True, True, True]
    assert not report.whole
    assert report.log2_probability == -math.inf


def test_positions_are_those_of_the_text() -> None:
    text = WORKED.replace("#### 7", "#### 9")
    assert refused(text).position == text.index("#### 9")
    verdicts = inspect(WORKED).verdicts
    assert WORKED[verdicts[-2].start : verdicts[-2].end] == "12 - 5 = 7"


@given(
    st.lists(
        st.sampled_from(
            [*re.split(r"(?<=[.?\n])", WORKED), "Ken had 99 apples. ", "0", "9" * 5000, "りんご"]
        )
    )
)
@settings(max_examples=300)
def test_no_mixture_of_its_sentences_breaks_the_reader(parts: list[str]) -> None:
    inspect("".join(parts))
    inspect(WORKED + "".join(parts))


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.data())
@settings(max_examples=200)
def test_no_shuffled_problems_break_the_reader(language: Language, data: st.DataObject) -> None:
    sentences = SENTENCES[language]
    inspect("".join(data.draw(st.lists(st.sampled_from(sentences), max_size=12))))


def test_numbers_that_grow_without_end_stay_short() -> None:
    growing = "Soon Mia had 99 times as many apples. Soon Mia had 98 times as many apples. "
    report = inspect(WORKED.replace("She ate", growing * 200 + "She ate"))
    assert report.kind == "problems"


def test_questions_hardly_ever_come_twice() -> None:
    asked = [item.question for item in tales(21, 20_000, "problems")]
    assert len(asked) - len(set(asked)) < 0.005 * len(asked)


def test_splits_of_other_seeds_hardly_meet() -> None:
    seen = {problem.question for problem in tales(3, 5000, "problems")}
    assert sum(problem.question in seen for problem in tales(5, 2000, "problems")) <= 2
    assert sum(problem.question in seen for problem in tales(3, 2000, "answers")) <= 2


@pytest.mark.parametrize("texts", ["problems", "answers"])
def test_problems_pass_the_cleaning_untouched(texts: Texts, params: Params) -> None:
    reasons = Counter(filters.reason(item.text, params.clean) for item in tales(4, 3000, texts))
    assert reasons == {None: 3000}
