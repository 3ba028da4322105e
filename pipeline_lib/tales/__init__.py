"""The embedded corpus: stories and word problems from a small simulated world.

Each text is a pure function of (seed, index). No files, no network, nothing but integers behind
every choice: the same text on every platform and Python version. The grammar is data; the machinery
draws from it, and adds up how likely its choices were.

words            names, things, places, animals              data
story_grammar    goals, deeds and the sentences for them     data
problem_grammar  levels of difficulty, sentences             data
draw             every random choice, and its log2 probability
phrases          plurals, articles, lists
world            who is here, who holds what
deeds            what can happen, and what it changes
stories          openings, scenes, endings
problems         quantities, steps, questions
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.problems import answer, problem
from pipeline_lib.tales.stories import story

Texts = Literal["stories", "problems", "answers"]
"""Answers are problems answered off-hand: nothing but `#### n`."""

STORIES, PROBLEMS, ANSWERS = 1, 2, 3
"""Salts: story 7 and problem 7 of a seed share no random numbers."""


@dataclass(frozen=True, slots=True)
class Tale:
    """One text, and where it is a word problem, its parts."""

    text: str
    kind: str
    language: str
    log2_probability: float
    """Of the choices that made it."""
    question: str = ""
    solution: str = ""
    answer: str = ""
    level: int = 0
    """1 to 5; 0: not a problem."""


def tale(seed: int, index: int, texts: Texts) -> Tale:
    """The text number `index` of `seed`."""
    if texts == "stories":
        draw = Draw(seed, index, STORIES)
        return Tale(story(draw), "story", "en", draw.log2_probability)
    draw = Draw(seed, index, PROBLEMS if texts == "problems" else ANSWERS)
    made = problem(draw) if texts == "problems" else answer(draw)
    return Tale(
        text=f"{made.question}\n{made.solution}",
        kind="problem",
        language="en",
        log2_probability=draw.log2_probability,
        question=made.question,
        solution=made.solution,
        answer=made.answer,
        level=made.level,
    )


def tales(seed: int, rows: int, texts: Texts) -> Iterator[Tale]:
    """The first `rows` texts of `seed`."""
    return (tale(seed, index, texts) for index in range(rows))
