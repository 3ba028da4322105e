import re
from collections import Counter

import pytest

from pipeline_lib import answers
from pipeline_lib.tales import Tale, tales
from pipeline_lib.tales.problem_grammar import LEVELS, STEPS

LINE = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")


@pytest.fixture(scope="module")
def problems() -> list[Tale]:
    return list(tales(seed=12, rows=2000, texts="problems"))


def worked(problem: Tale) -> list[tuple[int, str, int, int]]:
    lines = [LINE.fullmatch(line) for line in problem.solution.split("\n")[:-1]]
    assert all(lines)
    return [(int(m[1]), m[2], int(m[3]), int(m[4])) for m in lines if m]


def test_every_step_is_right_and_goes_on_from_the_last(problems: list[Tale]) -> None:
    for problem in problems:
        value = None
        for left, sign, right, result in worked(problem):
            assert value is None or left == value
            exact = {"+": left + right, "-": left - right, "*": left * right, "/": left / right}
            assert result == exact[sign]
            assert 0 < result <= 999
            value = result
        assert problem.solution.split("\n")[-1] == f"#### {value}"
        assert problem.answer == str(value)


def test_the_checker_reads_the_answer_out_of_the_solution(problems: list[Tale]) -> None:
    for problem in problems:
        assert answers.extract(problem.solution) == problem.answer
        assert answers.is_right(problem.solution, problem.answer)


def test_a_document_is_the_question_and_the_solution(problems: list[Tale]) -> None:
    assert all(p.text == f"{p.question}\n{p.solution}" for p in problems)


def test_every_number_of_the_solution_stands_in_the_question(problems: list[Tale]) -> None:
    for problem in problems:
        asked = Counter(map(int, re.findall(r"\d+", problem.question)))
        steps = worked(problem)
        used = Counter([steps[0][0], *(right for _, _, right, _ in steps)])
        assert used <= asked


def test_levels_come_as_often_as_the_table_says(problems: list[Tale]) -> None:
    levels = Counter(problem.level for problem in problems)
    shares = zip(LEVELS.items, LEVELS.bounds, [0, *LEVELS.bounds], strict=False)
    for level, bound, below in shares:
        expected = (bound - below) / LEVELS.total
        assert abs(levels[level.level] / len(problems) - expected) < 0.04
    assert sorted(levels) == [1, 2, 3, 4, 5]


def test_levels_differ_in_steps_and_size(problems: list[Tale]) -> None:
    steps = {level: [len(worked(p)) for p in problems if p.level == level] for level in range(1, 6)}
    assert set(steps[1]) == {1}
    assert set(steps[5]) == {3}
    sizes = {
        n: max(max(row[::3]) for p in problems if p.level == n for row in worked(p)) for n in steps
    }
    assert sizes[1] < 100
    assert sizes[1] < sizes[3] < sizes[5]


def test_completions_and_questions_are_short(problems: list[Tale]) -> None:
    for problem in problems:
        assert len(problem.question) <= 250
        assert len(problem.solution) <= (60 if problem.level == 1 else 120)


def test_every_kind_of_step_is_told(problems: list[Tale]) -> None:
    told = " ".join(problem.question for problem in problems)
    for step in STEPS:
        fixed = max(re.split(r"\{.*?\}", step.sentence), key=len)
        assert fixed in told


def test_splits_of_other_seeds_hardly_meet() -> None:
    seen = {problem.question for problem in tales(3, 1000, "problems")}
    assert sum(problem.question in seen for problem in tales(5, 500, "problems")) <= 2
