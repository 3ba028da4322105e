from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.text.contamination import Prompts

TWO_LINES = "Ann has 3 pears.\nHow many pears?"
ONE_LINE = "Bob has 4 figs. How many figs?"


def asked(*questions: str) -> Conversation:
    return Conversation(tuple(Message("user", q) for q in questions), "3", "number", "test")


def document(text: str) -> Document:
    return Document(document_id(text), text, "solved")


PROMPTS = Prompts([asked(TWO_LINES), asked(ONE_LINE)])


def test_a_question_is_found_whatever_its_spaces() -> None:
    assert PROMPTS.are_in(asked("Bob has  4 figs.\nHow many figs? "))
    assert not PROMPTS.are_in(asked("Bob has 5 figs. How many figs?"))


def test_a_question_is_found_in_any_turn() -> None:
    assert PROMPTS.are_in(asked("Hello.", ONE_LINE))


def test_a_document_that_begins_with_a_question_is_found() -> None:
    assert PROMPTS.are_in(document(f"{ONE_LINE}\n4\n#### 4"))
    assert PROMPTS.are_in(document(f"{TWO_LINES}\n3\n#### 3"))
    assert PROMPTS.are_in(document(ONE_LINE))
    assert not PROMPTS.are_in(document(f"A story.\n{ONE_LINE}"))


def test_without_evaluation_sets_nothing_is_contaminated() -> None:
    assert not Prompts([]).are_in(document(ONE_LINE))
