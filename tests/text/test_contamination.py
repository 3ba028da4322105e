import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params.duplicates import ContaminationParams
from pipeline_lib.tales import tale
from pipeline_lib.text.contamination import Index, Item, Match, items_of
from pipeline_lib.text.leaks import Report, checked
from pipeline_lib.text.near import shingles

ROOT = Path(__file__).parents[2]
GSM8K = ROOT.parent / "shared" / "data" / "gsm8k" / "test.jsonl"

PARAMS = ContaminationParams(
    words=13, characters=25, min_overlap=0.5, min_words=8, min_characters=15
)
LONG = (
    "Ann's farm has 1,080 hens, and every hen lays 2 eggs a day. A half-hour before noon she sells "
    "all the eggs of that day for $1.50 each. How much money does she make in a week?"
)
SHORT = "Which of these animals lays the largest eggs of all?"
TINY = "What is 2+2?"
JAPANESE = (
    "太郎さんはりんごを12個持っています。花子さんに3個あげて、次郎さんから5個もらいました。"
    "今、太郎さんはりんごを何個持っていますか。"
)
JAPANESE_SHORT = "日本で一番高い山は何という名前ですか。"
JAPANESE_TINY = "一番高い山は何ですか。"
PAGE = "The weather was fine and nobody thought of sums. " * 40
QUESTIONS = (LONG, SHORT, TINY, JAPANESE, JAPANESE_SHORT, JAPANESE_TINY)
INDEX = Index(
    [Item("exam", n, text) for n, text in enumerate(QUESTIONS)],
    PARAMS,
)


def found(text: str, index: Index = INDEX) -> list[int]:
    return [match.item for match in index.matches(text)]


def in_a_page(text: str) -> str:
    return f"{PAGE}\n{text} {PAGE}"


@pytest.mark.parametrize(
    "spoilt",
    [
        LONG,
        LONG.upper(),
        LONG.replace(" ", "\n"),
        LONG.replace(". ", " ... ").replace(",", ";"),
        re.sub(r"[^\w\s]", "", LONG),
        re.sub(r"[^\w\s]", " ", LONG),
        in_a_page(LONG),
        in_a_page(re.sub(r"[^\w\s]", "", LONG.lower())),
        in_a_page(LONG.replace("noon", "midnight")),
    ],
)
def test_a_question_is_found_whatever_its_case_spaces_and_punctuation(spoilt: str) -> None:
    assert found(spoilt) == [0]


def test_a_match_says_how_much_is_shared_and_where() -> None:
    (whole,) = INDEX.matches(in_a_page(LONG))
    assert (whole.set, whole.share) == ("exam", 1.0)
    assert "Ann's farm has 1,080 hens" in whole.excerpt
    (part,) = INDEX.matches(LONG[: len(LONG) * 3 // 4])
    assert part.overlap < whole.overlap
    assert 0.5 <= part.share < 1


def test_sharing_a_sentence_is_not_being_the_same_question() -> None:
    template = "One day {} picked {} ripe plums in the garden behind the old house by the river. {}"
    asked = template.format(
        "Mia", 7, "She gave 2 of them to Ben. How many plums does Mia have now?"
    )
    other = template.format("Mia", 7, "Then a goat ate all but 3. How many did the goat eat?")
    index = Index([Item("exam", 0, asked)], PARAMS)
    assert found(other, index) == []
    assert found(asked, index) == [0]
    assert found(
        other, Index([Item("exam", 0, asked)], PARAMS.model_copy(update={"min_overlap": 0.1}))
    )


def test_the_wording_that_a_whole_set_shares_accuses_nobody() -> None:
    frame = (
        "Read the following passage with care and then answer the question that stands below it: "
    )
    index = Index([Item("exam", n, f"{frame} is {n} odd?") for n in range(200)], PARAMS)
    assert found(frame + " what did the fox say to the crow that evening?", index) == []
    assert found(f"{frame} is 17 odd?", index) == [17]


def test_an_item_that_a_set_asks_very_often_is_found_all_the_same() -> None:
    index = Index([Item("exam", 0, LONG) for _ in range(100)], PARAMS)
    assert found(in_a_page(LONG), index) == [0]


def test_a_short_item_is_sought_as_a_whole_and_at_word_borders() -> None:
    assert found(in_a_page(SHORT)) == [1]
    assert found(in_a_page(SHORT.replace("eggs", "nests"))) == []
    assert found(in_a_page(SHORT.replace("of all", "of allegiance"))) == []


def test_what_a_data_set_writes_around_its_questions_is_no_part_of_them() -> None:
    index = Index([Item("exam", 0, f"Question: {SHORT}\nAnswer:")], PARAMS)
    assert found(in_a_page(SHORT), index) == [0]
    assert found(f"Q: {SHORT}", index) == [0]


def test_a_tiny_item_counts_only_where_it_stands_alone() -> None:
    assert found(f"{PAGE}\n{TINY}\n4") == [2]
    assert found("what is 2 + 2") == [2]
    assert found(in_a_page(TINY)) == []
    assert found(f"So {TINY}") == []


def test_signs_of_arithmetic_tell_short_items_apart() -> None:
    assert found("What is 2-2?") == []
    assert found("What is 2*2?") == []


def test_japanese_is_compared_by_characters() -> None:
    assert found(f"昔のことです。{JAPANESE}そして冬が来ました。") == [3]
    assert found(f"問題:{JAPANESE_SHORT}富士山です。") == [4]
    assert found(f"問題:{JAPANESE_TINY}富士山です。") == []
    assert found(f"問題\n{JAPANESE_TINY}\n富士山です。") == [5]
    assert found(JAPANESE.replace("りんご", "みかん").replace("太郎", "一郎")) == []


def test_numbers_of_a_template_make_another_question() -> None:
    questions = [tale(5, i, "problems", "en").question for i in range(300)]
    index = Index([Item("problems", i, q) for i, q in enumerate(questions)], PARAMS)
    practice = [tale(4, i, "problems", "en").text for i in range(1000)]
    accused = sum(bool(matches) for matches in index.scan(practice))
    assert accused <= 2
    planted = [f"{story} {q}" for story, q in zip(practice, questions, strict=False)]
    assert all(i in {m.item for m in found} for i, found in enumerate(index.scan(planted)))


@given(st.text(alphabet="ab 。\n日本2+-", max_size=80), st.integers(0, 5))
def test_an_item_is_always_found_in_a_line_of_its_own(text: str, before: int) -> None:
    index = Index([Item("exam", 0, text)], PARAMS)
    has_words = any(sign.isalnum() for sign in text)
    assert found("x\n" * before + text + "\nx", index) == [0] * has_words


def test_many_texts_are_judged_as_each_alone() -> None:
    texts = [in_a_page(LONG), PAGE, "", JAPANESE, TINY, SHORT]
    assert list(INDEX.scan(texts)) == [INDEX.matches(text) for text in texts]


def test_an_index_is_the_same_in_another_process() -> None:
    again = pickle.loads(pickle.dumps(INDEX))
    assert again.matches(in_a_page(LONG)) == INDEX.matches(in_a_page(LONG))


def test_no_collision_of_hashes_accuses_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shingles, "mixed", lambda hashes: hashes * np.uint64(0))
    index = Index([Item("exam", 0, LONG), Item("exam", 1, SHORT)], PARAMS)
    assert found(PAGE, index) == []
    assert found(in_a_page(LONG), index) == [0]
    assert found(in_a_page(" ".join(LONG.split()[:15])), index) == []


def test_no_item_and_no_word_match_nothing() -> None:
    assert found(LONG, Index([], PARAMS)) == []
    assert found(LONG, Index([Item("exam", 0, "?!")], PARAMS)) == []


def test_all_planted_questions_of_gsm8k_are_found_and_nothing_else() -> None:
    if not GSM8K.exists():
        pytest.skip("GSM8K is not there")
    rows = GSM8K.read_text(encoding="utf-8").splitlines()[:150]
    questions = [json.loads(row)["question"] for row in rows]
    index = Index([Item("gsm8k", i, q) for i, q in enumerate(questions)], PARAMS)
    spoilt = [in_a_page(re.sub(r"[^\w\s]", "", q).upper()) for q in questions]
    for texts in (questions, spoilt):
        assert [[m.item for m in found] for found in index.scan(texts)] == [[i] for i in range(150)]


def asked(*questions: str, role: str = "user") -> Conversation:
    return Conversation(tuple(Message(role, q) for q in questions), "3", "number", "test")


def document(text: str) -> Document:
    return Document(document_id(text), text, "solved")


def test_items_are_what_users_ask_by_row() -> None:
    set_of = [asked("One?"), asked("Two?", "Three?")]
    assert [(item.number, item.text) for item in items_of("exam", set_of)] == [
        (0, "One?"),
        (1, "Two?"),
        (1, "Three?"),
    ]


def test_any_turn_of_a_conversation_may_leak() -> None:
    learnt = [asked("Hello.", TINY), asked(TINY, role="assistant"), asked("Hello.")]
    assert [[m.item for m in found] for _, found in checked(learnt, INDEX)] == [[2], [2], []]


def test_the_report_counts_and_shows_all() -> None:
    report = Report({"exam": 6, "other": 2})
    learnt = [document(f"{number}\n{TINY}\n{SHORT}") for number in range(150)]
    for one, matches in checked(learnt, INDEX):
        report.add("web", one.id, matches)
    content = report.content()
    assert content["sets"] == {
        "exam": {"items": 6, "found": 2, "texts": 150},
        "other": {"items": 2, "found": 0, "texts": 0},
    }
    assert content["dropped"] == {"web": 150}
    assert len(content["records"]) == 300
    first = content["records"][0]
    assert (first["source"], first["document"], first["set"]) == ("web", learnt[0].id, "exam")
    assert first.keys() == {"source", "document", *Match.__slots__}


TWO_LINES = "Ann has 3 pears.\nHow many pears?"
ONE_LINE = "Bob has 4 figs. How many figs?"
ASKED = Index(items_of("quiz", [asked(TWO_LINES), asked(ONE_LINE)]), PARAMS)


def leaks(learnt: Any, index: Index = ASKED) -> bool:
    ((_, matches),) = checked([learnt], index)
    return bool(matches)


def test_a_prompt_is_found_whatever_its_spaces() -> None:
    assert leaks(asked("Bob has  4 figs.\nHow many figs? "))
    assert not leaks(asked("Bob has 5 figs. How many figs?"))


def test_a_prompt_is_found_in_any_turn() -> None:
    assert leaks(asked("Hello.", ONE_LINE))


def test_a_document_that_begins_with_a_prompt_is_found() -> None:
    assert leaks(document(f"{ONE_LINE}\n4\n#### 4"))
    assert leaks(document(f"{TWO_LINES}\n3\n#### 3"))
    assert leaks(document(ONE_LINE))
    assert not leaks(document("A story of five figs, and of how many there are."))


def test_without_evaluation_sets_nothing_is_contaminated() -> None:
    assert not leaks(document(ONE_LINE), Index([], PARAMS))
