import pytest

from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params import Params
from pipeline_lib.text.items import Judged, clean_conversation, clean_document

ASKED = Message("user", "How many?")
TOLD = Message("assistant", "48/2=<<48/2=24>>24\r\n#### 24 ")


def conversation(*messages: Message, answer: str = "") -> Conversation:
    return Conversation(messages, answer, "", "chat")


def test_turns_are_normalised_and_lose_their_calculator(params: Params) -> None:
    found = clean_conversation(conversation(ASKED, TOLD), "sft", params.clean)
    assert found.reason is None
    assert found.item.messages[1].content == "48/2=24\n#### 24"


def test_what_is_said_after_the_last_answer_is_cut(params: Params) -> None:
    found = clean_conversation(conversation(ASKED, TOLD, ASKED), "sft", params.clean)
    assert found.reason is None
    assert [turn.role for turn in found.item.messages] == ["user", "assistant"]


def test_an_empty_system_turn_is_left_out(params: Params) -> None:
    found = clean_conversation(
        conversation(Message("system", " "), ASKED, TOLD), "sft", params.clean
    )
    assert [turn.role for turn in found.item.messages] == ["user", "assistant"]


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
    assert clean_conversation(given, role, params.clean).reason == expected


PROSE = (
    "The keeper rowed out before dawn with a lantern and a loaf, and nobody on the quay saw him go. "
    "By noon the wind had turned, so he ate half of the loaf under a rock and waited for the tide. "
    "Write to keeper@lighthouse.org if you have seen the boat, he said, and that was all he said."
)


def cleaned(text: str, params: Params, *, language: str = "", **changed: object) -> Judged:
    asked = params.clean.model_copy(update=changed)
    return clean_document(
        Document(document_id(text), text, "web", language, {"markup": "html"}), "pretrain", asked
    )


def test_markup_goes_and_is_counted(params: Params) -> None:
    page = f"<html><body><nav>Home</nav><article><p>{PROSE}</p></article></body></html>"
    found = cleaned(page, params)
    assert found.item.text == PROSE
    assert found.item.meta == {"language": "en 1.00"}
    assert found.item.id == document_id(PROSE)
    assert found.notes == ["markup.html", "language.en"]
    assert cleaned(page, params, markup=False).item.text == page


def test_personal_data_is_masked_where_asked(params: Params) -> None:
    found = cleaned(PROSE, params, mask=["email"])
    assert "keeper@lighthouse.org" not in found.item.text
    assert "masked.email" in found.notes
    assert found.item.id == document_id(found.item.text)
    dropped = cleaned(PROSE[-91:], params, mask=["email"], min_chars=1000)
    assert dropped.reason == "too_short"
    assert "keeper@lighthouse.org" not in dropped.item.text
    told = conversation(ASKED, Message("assistant", "Ask keeper@lighthouse.org."))
    masked = clean_conversation(told, "sft", params.clean.model_copy(update={"mask": ["email"]}))
    assert "lighthouse" not in masked.item.messages[1].content
    assert masked.notes == ["masked.email"]


def test_other_languages_are_dropped_where_some_are_asked_for(params: Params) -> None:
    assert cleaned(PROSE, params, languages=["en"]).reason is None
    assert cleaned(PROSE, params, languages=["ja"]).reason == "language"
    assert cleaned(PROSE, params, languages=["ja"], language="ja").reason is None


def test_prose_in_no_language_that_anybody_knows_is_dropped(params: Params) -> None:
    noise = "@#$ ][ 8(3 ~~ {]= 0x3f :: ;;/ " * 20
    assert cleaned(noise, params, max_top_ngram=1.0).reason is None
    assert cleaned(noise, params, max_top_ngram=1.0, prose=["web"]).reason == "language"


def test_prose_is_judged_in_the_sources_named(params: Params) -> None:
    assert cleaned(PROSE, params).reason is None
    assert cleaned(PROSE, params, prose=["web"]).reason == "c4_too_few_sentences"
