from pathlib import Path

import pytest

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import conversations, documents
from pipeline_lib.formats.conversations import Conversation, Message, conversation_id, size


def conversation(question: str, answer: str = "") -> Conversation:
    return Conversation((Message("user", question),), answer, "number", "problems")


def test_read_undoes_write(tmp_path: Path) -> None:
    taught = Conversation(
        (Message("system", "訊く"), Message("user", "1 + 1?"), Message("assistant", "2")),
        "",
        "",
        "x",
    )
    written = [taught, conversation("how many?", "1,080"), Conversation((), "", "", "")]
    assert conversations.write(tmp_path / "chat", written) == 3
    assert list(conversations.read(tmp_path / "chat")) == written


def test_an_empty_data_set_is_one_part_of_no_rows(tmp_path: Path) -> None:
    conversations.write(tmp_path / "none", [])
    assert list(conversations.read(tmp_path / "none")) == []


def test_the_id_is_what_is_said_and_asked_not_where_it_came_from() -> None:
    here = conversation("how many?", "3")
    there = Conversation(here.messages, "3", "number", "elsewhere")
    assert conversation_id(here) == conversation_id(there)
    assert conversation_id(here) != conversation_id(conversation("how many?", "4"))


def test_size_counts_utf8_bytes_of_turns_and_answer() -> None:
    assert size(conversation("三", "12")) == 5


def test_read_refuses_documents(tmp_path: Path) -> None:
    documents.write(tmp_path / "books", [])
    with pytest.raises(FormatError, match=r"expected the columns messages, .* found id, text"):
        list(conversations.read(tmp_path / "books"))
