"""Patterns are refused where a sentence would have two readings."""

import pytest

from pipeline_lib.tales import forms, lexicon
from pipeline_lib.tales.forms import WORDING, Vocabulary, any_of
from pipeline_lib.tales.patterns import Event, Grammar, Rule

ANYBODY = Rule(lambda _world, _roles: lexicon.PEOPLE, "is nobody")


def _event(name: str, english: str) -> Event:
    return Event(name, 1, {"agent": ANYBODY}, en=(english,), ja=(f"{{agent:は}}{name}。",))


def test_two_patterns_of_one_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="one reading"):
        Grammar((_event("一", "{agent:who} sang."), _event("二", "{agent:name} sang.")))


def test_a_text_belongs_to_one_form() -> None:
    with pytest.raises(ValueError, match="written by"):
        Vocabulary([{"one": {1: "same"}, "two": {2: "same"}}])


def test_the_longest_form_is_found() -> None:
    blanked, found = WORDING.vocabulary["en"].blanked("a red ball in the park")
    assert found == ("a red ball", "in the park")
    assert WORDING.vocabulary["en"].starts("a red ball in the park") == [0, 11]
    assert len(blanked) == 3


def test_noise_is_not_remembered() -> None:
    words = Vocabulary([{"one": {1: "ball"}}])
    for _ in range(2):
        assert words.blanked("A ball.")[1] == ("ball",)
        assert len(words.blanked("ball " * 1000)[1]) == 1000
    known = words._remembered.cache_info()
    assert (known.hits, known.currsize) == (1, 1)


def test_any_of_matches_just_its_words() -> None:
    import re

    pattern = re.compile(any_of(["a", "ab", "abc", "b.c"]))
    assert [pattern.match(text)[0] for text in ("abcd", "abd", "ad", "b.c")] == [  # type: ignore[index]
        "abc",
        "ab",
        "a",
        "b.c",
    ]
    assert pattern.match("bxc") is None


def test_what_a_form_writes_is_found_again() -> None:
    for tongue in ("en", "polite", "plain"):
        for table in forms.TABLES[tongue].values():
            for entity, text in table.items():
                assert entity in WORDING.vocabulary[forms.LANGUAGE[tongue]].entities[text]


def test_articles_follow_the_sound() -> None:
    written = WORDING.texts("en", "trait").values()
    assert {"an honest", "a kind"} <= set(written)
