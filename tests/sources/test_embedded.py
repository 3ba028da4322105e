from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import SourceError
from pipeline_lib.formats import conversations, documents
from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.params import TalesSource
from pipeline_lib.sources import embedded
from pipeline_lib.sources.fetch import fetch
from pipeline_lib.tales import tale


def source(**fields: Any) -> TalesSource:
    return TalesSource.model_validate({"kind": "tales", "seed": 7, "rows": 5, **fields})


def talks(folder: Path, **fields: Any) -> list[Conversation]:
    fetch("s", source(**fields), folder / "s")
    return list(conversations.read(folder / "s"))


@pytest.mark.parametrize("texts", ["stories", "facts", "dialogues", "problems"])
def test_running_texts_are_documents_in_the_order_of_their_index(
    tmp_path: Path, texts: str
) -> None:
    asked = source(role="pretrain", texts=texts)
    manifest = fetch("s", asked, tmp_path / "s")
    found = list(documents.read(tmp_path / "s"))
    told = [tale(7, index, asked.texts) for index in range(5)]
    assert [document.text for document in found] == [one.text for one in told]
    assert [document.language for document in found] == [one.language for one in told]
    assert {document.meta["kind"] for document in found} == {texts}
    assert manifest.address == f"tales:{texts}/seed=7"
    assert manifest.texts == texts
    assert manifest.bytes == sum(len(one.text.encode()) for one in told)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_source_may_speak_one_language_only(tmp_path: Path, language: str) -> None:
    asked = source(role="pretrain", texts="facts", language=language, rows=20)
    manifest = fetch("s", asked, tmp_path / "s")
    assert {document.language for document in documents.read(tmp_path / "s")} == {language}
    assert (manifest.language, manifest.address) == (language, f"tales:facts/{language}/seed=7")


def test_a_source_without_a_language_speaks_both(tmp_path: Path) -> None:
    fetch("s", source(role="pretrain", texts="facts", rows=40), tmp_path / "s")
    assert {document.language for document in documents.read(tmp_path / "s")} == {"en", "ja"}


@pytest.mark.parametrize("texts", ["problems", "answers"])
def test_lessons_are_a_question_and_what_is_shown_of_its_solution(
    tmp_path: Path, texts: str
) -> None:
    asked = source(role="sft", texts=texts)
    told = [tale(7, index, asked.texts) for index in range(5)]
    found = [[turn.content for turn in talk.messages] for talk in talks(tmp_path, **dict(asked))]
    assert found == [[one.question, one.solution] for one in told]


def test_instructions_keep_all_their_turns(tmp_path: Path) -> None:
    told = [tale(7, index, "instructions") for index in range(60)]
    found = talks(tmp_path, role="sft", texts="instructions", rows=60)
    said = [tuple((turn.role, turn.content) for turn in talk.messages) for talk in found]
    assert said == [one.turns for one in told]
    assert {2, 4} <= {len(turns) for turns in said}


@pytest.mark.parametrize("role", ["rl", "evaluation"])
def test_practice_is_a_question_and_the_answer_alone(tmp_path: Path, role: str) -> None:
    told = tale(7, 0, "problems")
    practice = talks(tmp_path, role=role, texts="problems")[0]
    assert [turn.content for turn in practice.messages] == [told.question]
    assert (practice.answer, practice.verifier) == (told.answer, "number")


@pytest.mark.parametrize(
    ("role", "texts", "words"),
    [
        (
            "sft",
            "stories",
            "expected instructions or problems or answers for role sft, found stories",
        ),
        ("pretrain", "answers", "for role pretrain, found answers; set texts to one of these"),
        ("pretrain", "instructions", "expected stories or facts or dialogues or problems for role"),
        ("rl", "answers", "expected problems for role rl, found answers; set texts to that"),
        ("evaluation", "facts", "expected problems for role evaluation, found facts"),
    ],
)
def test_texts_that_a_role_has_no_use_for_are_refused(
    tmp_path: Path, role: str, texts: str, words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        fetch("s", source(role=role, texts=texts), tmp_path / "s")


def test_the_number_of_tellers_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "BLOCK", 8)
    asked = source(role="pretrain", texts="stories", rows=100)
    told = []
    for workers in (1, 2):
        fetch("s", asked, tmp_path / str(workers), workers)
        files = sorted((tmp_path / str(workers)).iterdir())
        told.append({file.name: file.read_bytes() for file in files})
    assert told[0] == told[1]


def test_more_rows_begin_with_the_same_ones(tmp_path: Path) -> None:
    fetch("s", source(role="pretrain", texts="stories", rows=3), tmp_path / "few")
    fetch("s", source(role="pretrain", texts="stories", rows=700), tmp_path / "many")
    few, many = (list(documents.read(tmp_path / name)) for name in ("few", "many"))
    assert many[:3] == few
    assert len(many) == 700
