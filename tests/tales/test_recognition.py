"""The recogniser on text that nobody told: noise, bytes, very long lines."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib.tales import Break, Reading, inspect, recognise, tale
from pipeline_lib.tales.recognition import language_of


@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_no_bytes_make_it_stumble(noise: bytes) -> None:
    for encoding in ("utf-8", "latin-1", "utf-16"):
        text = noise.decode(encoding, errors="replace")
        assert isinstance(recognise(text), (Break, Reading))


@given(st.text(max_size=200))
@settings(max_examples=60)
def test_no_text_makes_it_stumble(text: str) -> None:
    report = inspect(text)
    assert report.whole == isinstance(recognise(text), Reading)


def test_time_grows_with_the_text_and_no_faster() -> None:
    def seconds(text: str) -> float:
        started = time.process_time()
        recognise(text)
        return time.process_time() - started

    for piece in ("Mia ", "a. ", '?"', "ミア", "。", "One day, Mia was in the park. ", "\n"):
        short = max(min(seconds(piece * 30) for _ in range(3)), 0.002)
        assert seconds(piece * 300) < 50 * short


def test_the_script_says_which_language() -> None:
    assert language_of("Mia sang.") == "en"
    assert language_of("Mia は歌った。") == "ja"
    assert language_of("") == "en"


def test_a_text_of_nothing_known_has_no_kind() -> None:
    assert inspect("The quick brown fox jumps over the lazy dog.").kind is None


def test_two_stories_in_one_text_are_no_story() -> None:
    one, other = (tale(1, index, "stories", "en").text for index in (0, 1))
    found = recognise(f"{one} {other}")
    assert isinstance(found, Break)
    assert found.position >= len(one)


def test_a_slip_in_the_first_sentence_does_not_turn_all_the_others_wrong() -> None:
    told = (tale(3, index, "stories", "ja").text for index in range(40))
    plain = next(text for text in told if text.split("。")[0].endswith("いた"))
    report = inspect(plain.replace("いた。", "いました。", 1))
    assert [verdict.consistent for verdict in report.verdicts].count(False) == 1
    assert not report.verdicts[0].consistent
