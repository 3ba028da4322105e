import pytest

from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.params import Params
from pipeline_lib.text.items import clean_conversation

ASKED = Message("user", "How many?")
TOLD = Message("assistant", "48/2=<<48/2=24>>24\r\n#### 24 ")


def conversation(*messages: Message, answer: str = "") -> Conversation:
    return Conversation(messages, answer, "", "chat")


def test_turns_are_normalised_and_lose_their_calculator(params: Params) -> None:
    found, reason = clean_conversation(conversation(ASKED, TOLD), "sft", params.clean)
    assert reason is None
    assert found.messages[1].content == "48/2=24\n#### 24"


def test_what_is_said_after_the_last_answer_is_cut(params: Params) -> None:
    found, reason = clean_conversation(conversation(ASKED, TOLD, ASKED), "sft", params.clean)
    assert reason is None
    assert [turn.role for turn in found.messages] == ["user", "assistant"]


def test_an_empty_system_turn_is_left_out(params: Params) -> None:
    found, _ = clean_conversation(
        conversation(Message("system", " "), ASKED, TOLD), "sft", params.clean
    )
    assert [turn.role for turn in found.messages] == ["user", "assistant"]


@pytest.mark.parametrize(
    ("role", "given", "expected"),
    [
        ("sft", conversation(ASKED), "no_answer"),
        ("sft", conversation(TOLD), "no_question"),
        ("sft", conversation(), "empty"),
        ("sft", conversation(Message("user", " "), TOLD), "empty"),
        ("sft", conversation(ASKED, Message("tool", "{}"), TOLD), "unknown_role"),
        ("sft", conversation(ASKED, Message("assistant", "x" * 2_000_001)), "too_long"),
        ("rl", conversation(ASKED), "no_answer"),
        ("evaluation", conversation(ASKED, answer="24"), None),
    ],
)
def test_each_rule_gives_its_name_as_the_reason(
    role: str, given: Conversation, expected: str | None, params: Params
) -> None:
    assert clean_conversation(given, role, params.clean)[1] == expected
