from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import SourceError
from pipeline_lib.formats import conversations, documents
from pipeline_lib.params import TalesSource
from pipeline_lib.sources.fetch import fetch
from pipeline_lib.tales import tale


def source(**fields: Any) -> TalesSource:
    return TalesSource.model_validate({"kind": "tales", "seed": 7, "rows": 5, **fields})


def test_stories_are_documents_in_the_order_of_their_index(tmp_path: Path) -> None:
    manifest = fetch("s", source(role="pretrain", texts="stories"), tmp_path / "s")
    found = [document.text for document in documents.read(tmp_path / "s")]
    assert found == [tale(7, index, "stories").text for index in range(5)]
    assert manifest.address == "tales:stories/seed=7"
    assert manifest.bytes == sum(len(text.encode()) for text in found)


def test_lessons_show_the_solution_and_practice_the_answer_alone(tmp_path: Path) -> None:
    told = tale(7, 0, "problems")
    fetch("l", source(role="sft", texts="problems"), tmp_path / "l")
    fetch("p", source(role="rl", texts="problems"), tmp_path / "p")
    lesson = next(conversations.read(tmp_path / "l"))
    practice = next(conversations.read(tmp_path / "p"))
    assert [turn.content for turn in lesson.messages] == [told.question, told.solution]
    assert [turn.content for turn in practice.messages] == [told.question]
    assert (practice.answer, practice.verifier) == (told.answer, "number")


def test_stories_are_refused_where_questions_are_needed(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match="expected problems or answers for role sft, found stories"
    ):
        fetch("s", source(role="sft", texts="stories"), tmp_path / "s")
