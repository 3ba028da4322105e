import pytest

from pipeline_lib.params import CleanParams, Params
from pipeline_lib.tales import tale
from pipeline_lib.text import filters

PROSE = (
    "The lighthouse keeper rowed out before dawn with nothing but a lantern and a loaf. "
    "By noon the wind had turned, so he ate half of it under a rock and waited. "
    "Gulls came close, looked him over and left again, as guests do who find no table laid."
)
JAPANESE = (
    "灯台守は夜明け前に、ランタンとパンひとつだけを持って舟を出した。"
    "昼には風向きが変わったので、彼は岩かげでパンを半分食べ、静かに待った。"
    "かもめが近くまで来て彼をながめ、ごちそうのない客のようにまた飛び去っていった。"
)


@pytest.fixture
def rules(params: Params) -> CleanParams:
    return params.clean


@pytest.mark.parametrize("text", [PROSE, JAPANESE, PROSE * 2])
def test_prose_is_kept(text: str, rules: CleanParams) -> None:
    assert filters.reason(text, rules) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" \n\u3000\n", "empty"),
        ("Too little.", "too_short"),
        ("x" * 2_000_001, "too_long"),
        ("\n".join([f"line {i}" for i in range(12)] + ["menu"] * 8), "duplicate_lines"),
        (
            "\n".join([f"a{i}" for i in range(30)] + [PROSE, PROSE]),
            "duplicate_line_characters",
        ),
        (PROSE + " buy it here today" * 12, "top_ngram"),
        (JAPANESE + "今すぐここで購入してください。" * 5 + JAPANESE[:40], "top_ngram"),
    ],
)
def test_each_rule_gives_its_name_as_the_reason(text: str, reason: str, rules: CleanParams) -> None:
    assert filters.reason(text, rules) == reason


def test_a_short_text_may_say_a_phrase_twice(rules: CleanParams) -> None:
    text = "Mia went to the park. Then Leo went to the park as well, and both had a fine time."
    assert filters.reason(text, rules) is None


def test_empty_text_breaks_no_rule_of_shares(rules: CleanParams) -> None:
    for rule in (filters.duplicate_lines, filters.duplicate_line_characters, filters.top_ngram):
        assert not rule("", rules)


@pytest.mark.parametrize("texts", ["stories", "problems"])
def test_no_tale_is_dropped(texts: str, rules: CleanParams) -> None:
    told = [tale(11, index, texts).text for index in range(500)]  # type: ignore[arg-type]
    assert {filters.reason(text, rules) for text in told} == {None}
