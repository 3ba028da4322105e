"""Forms that rows come in, each told by its columns."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.answers import normalise
from pipeline_lib.errors import SourceError
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.sources.shaping import FORMS, Shape

Talks = Callable[..., list[Conversation]]

EXCHANGE = [("user", "q"), ("assistant", "a")]
ABOUT = [("user", "q\n\nabout"), ("assistant", "a")]


def one(row: object) -> bytes:
    return json.dumps(row).encode() + b"\n"


def turns(talk: Conversation) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in talk.messages]


ROWS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "OpenAI messages": (
        {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]},
        EXCHANGE,
    ),
    "OpenAI parts": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "q"}]},
                {"role": "assistant", "content": "a"},
            ]
        },
        EXCHANGE,
    ),
    "ShareGPT": (
        {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
        EXCHANGE,
    ),
    "texts by turns": ({"conversations": ["q", "a"]}, EXCHANGE),
    "user and assistant": ({"user": "q", "assistant": "a"}, EXCHANGE),
    "Alpaca": ({"instruction": "q", "input": "about", "output": "a"}, ABOUT),
    "Alpaca, nothing to ask about": ({"instruction": "q", "input": " ", "output": "a"}, EXCHANGE),
    "Alpaca without input": ({"instruction": "q", "output": "a"}, EXCHANGE),
    "Dolly": ({"instruction": "q", "context": "about", "response": "a", "category": "x"}, ABOUT),
    "question and answer": ({"question": "q", "answer": "a"}, EXCHANGE),
    "SQuAD": (
        {
            "question": "q",
            "context": "about",
            "answers": {"text": ["a", "else"], "answer_start": [3, 9]},
        },
        ABOUT,
    ),
    "SQuAD without an answer": (
        {"question": "q", "context": "about", "answers": {"text": [], "answer_start": []}},
        [("user", "q\n\nabout"), ("assistant", "")],
    ),
    "prompt and response": ({"prompt": "q", "response": "a"}, EXCHANGE),
    "prompt and completion": ({"prompt": "q", "completion": "a"}, EXCHANGE),
    "prompt and completion of messages": (
        {
            "prompt": [{"role": "user", "content": "q"}],
            "completion": [{"role": "assistant", "content": "a"}],
        },
        EXCHANGE,
    ),
}


@pytest.mark.parametrize("form", ROWS)
def test_conversations_are_known_by_their_columns(talks: Talks, form: str) -> None:
    row, expected = ROWS[form]
    (found,) = talks("a.jsonl", one(row))
    assert turns(found) == expected
    assert (found.answer, found.verifier) == ("", "")


def test_answers_that_mark_no_text_are_refused(talks: Talks) -> None:
    row = {"question": "q", "context": "about", "answers": {"start": [3]}}
    with pytest.raises(SourceError, match=r"a list of text, found start; name another column"):
        talks("a.jsonl", one(row))


def test_every_form_is_recognised_as_itself_among_all_of_its_role() -> None:
    for role, forms in FORMS.items():
        for form in forms:
            found = Shape("mine", role, "", {})._form([*form.parts.values()], "here")
            assert (role, found.name) == (role, form.name)


def test_columns_of_other_names_stand_for_a_forms_parts(talks: Talks) -> None:
    row = {"task": "q", "passage": "about", "reply": "a", "instruction": "x", "output": "y"}
    (found,) = talks("a.jsonl", one(row), user="task", input="passage", assistant="reply")
    assert turns(found) == ABOUT


def test_messages_are_taken_before_columns_that_repeat_a_part_of_them(talks: Talks) -> None:
    row = {"prompt": "x", "response": "y", **ROWS["OpenAI messages"][0]}
    assert turns(talks("a.jsonl", one(row))[0]) == EXCHANGE


def test_a_question_with_a_worked_answer_serves_every_role(talks: Talks, shared: Path) -> None:
    path = shared / "gsm8k" / "train.jsonl"
    taught, asked = talks("a.jsonl", path)[0], talks("a.jsonl", path, "rl")
    assert [role for role, _ in turns(taught)] == ["user", "assistant"]
    assert len(asked) == 7473
    assert asked[0].messages == (taught.messages[0],)
    assert asked[0].verifier == "number"
    assert normalise(asked[0].answer) == 72  # "... #### 72"
    assert all(normalise(question.answer) is not None for question in asked)


def test_each_instance_of_a_task_is_a_conversation(talks: Talks) -> None:
    instances = [{"input": "1", "output": ["a", "b"]}, {"input": "2", "output": "c"}]
    found = talks("a.json", one({"Definition": ["Do", "this."], "Instances": instances}))
    assert [turns(talk) for talk in found] == [
        [("user", "Do\nthis.\n\n1"), ("assistant", "a")],
        [("user", "Do\nthis.\n\n2"), ("assistant", "c")],
    ]


def test_real_tasks_are_read_out_of_their_archive(talks: Talks, shared: Path) -> None:
    found = talks("a.tar.xz", shared / "natural_instructions_63.tar.xz")
    assert len(found) == 30388
    assert all(len(talk.messages) == 2 for talk in found)


def test_real_alpaca_rows_lose_nothing(talks: Talks, shared: Path) -> None:
    path = shared / "chat" / "raschka_instruction_data.json"
    rows = json.loads(path.read_text())
    found = talks("a.json", path)
    assert [talk.messages[1].content for talk in found] == [row["output"] for row in rows]
    assert all(
        row["input"] in talk.messages[0].content for talk, row in zip(found, rows, strict=True)
    )


def message(name: str, parent: str | None, role: str, rank: int | None = None) -> dict[str, Any]:
    said = {"message_id": name, "parent_id": parent, "role": role, "text": name, "rank": rank}
    return {**said, "message_tree_id": "t", "deleted": False, "review_result": True}


MESSAGES = [
    message("q", None, "prompter"),
    message("worse", "q", "assistant", 1),
    message("best", "q", "assistant", 0),
    message("unranked", "q", "assistant"),
    message("more", "best", "prompter"),
    message("end", "more", "assistant", 0),
    message("thanks", "end", "prompter"),
]
BEST = ["q", "best", "more", "end"]


def nested(messages: list[dict[str, Any]]) -> dict[str, Any]:
    by_name = {one["message_id"]: {**one, "replies": []} for one in messages}
    for one in by_name.values():
        if one["parent_id"]:
            by_name[one["parent_id"]]["replies"].append(one)
    return {"message_tree_id": "t", "tree_state": "ready_for_export", "prompt": by_name["q"]}


def test_a_tree_becomes_the_conversation_that_people_ranked_best(talks: Talks) -> None:
    (found,) = talks("a.jsonl", one(nested(MESSAGES)))
    assert [turn.content for turn in found.messages] == BEST
    assert [turn.role for turn in found.messages] == ["user", "assistant"] * 2


def test_rows_of_messages_grow_into_the_same_conversation(talks: Talks) -> None:
    other = [{**row, "message_tree_id": "u"} for row in reversed(MESSAGES)]
    found = talks("a.jsonl", b"".join(map(one, MESSAGES + other)))
    assert [[turn.content for turn in talk.messages] for talk in found] == [BEST, BEST]


def test_what_was_deleted_or_rejected_takes_its_replies_with_it(talks: Talks) -> None:
    spoilt = [{**row, "deleted": row["message_id"] == "more"} for row in MESSAGES]
    assert [turn.content for turn in talks("a.jsonl", one(nested(spoilt)))[0].messages] == BEST[:2]
    rejected = [{**row, "review_result": row["message_id"] != "best"} for row in MESSAGES]
    found = talks("a.jsonl", b"".join(map(one, rejected)))
    assert [turn.content for turn in found[0].messages] == ["q", "worse"]


def test_a_question_that_nobody_answered_is_no_conversation(talks: Talks) -> None:
    assert talks("a.jsonl", one(nested(MESSAGES[:1]))) == []


def test_a_tree_as_deep_as_it_likes_is_walked_without_recursion(talks: Talks) -> None:
    chain = [message("q", None, "prompter")]
    for n in range(5000):
        chain.append(message(str(n), chain[-1]["message_id"], "assistant", 0))
    assert len(talks("a.jsonl", b"".join(map(one, chain)))[0].messages) == 5001


def test_real_trees_end_with_an_answer(talks: Talks, shared: Path) -> None:
    found = talks("a.jsonl", shared / "chat" / "oasst_en_100_tree.jsonl")
    assert len(found) == 100
    assert {talk.messages[-1].role for talk in found} == {"assistant"}


def test_a_circle_of_messages_has_no_beginning(talks: Talks) -> None:
    circle = [message("q", "a", "prompter"), message("a", "q", "assistant")]
    with pytest.raises(
        SourceError, match="expected one message without a parent in tree t, found 0"
    ):
        talks("a.jsonl", b"".join(map(one, circle)))


FAULTS: dict[str, tuple[object, str]] = {
    "no form": (
        {"text": "q"},
        "a.jsonl:1: expected the column messages or conversations or user and assistant or "
        "instruction and output or instruction and response or question and answer or prompt and",
    ),
    "images": (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]},
        "a.jsonl:1: expected content of text, found parts of another type",
    ),
    "orphan": (
        message("a", "elsewhere", "assistant"),
        "a.jsonl:1: expected the messages of a tree to stand together, found one of tree t without",
    ),
    "no replies": (
        {"message_tree_id": "t", "prompt": {"role": "prompter", "text": "q", "replies": "r"}},
        "a.jsonl:1: expected messages with replies, found something else",
    ),
    "no instance": (
        {"Definition": "d", "Instances": [{"in": "x"}]},
        "a.jsonl:1: instance 1: expected input and output, found in; mend the task",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_rows_that_fit_no_form_are_named(talks: Talks, fault: str) -> None:
    row, sentence = FAULTS[fault]
    with pytest.raises(SourceError) as raised:
        talks("a.jsonl", one(row))
    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)


def test_what_says_nothing_is_an_empty_turn_not_a_word(talks: Talks) -> None:
    for nothing in (b"null", b"NaN", b"Infinity", b"1e999"):
        (found,) = talks("a.jsonl", b'{"user": "q", "assistant": %s}' % nothing)
        assert found.messages[1] == Message("assistant", "")
