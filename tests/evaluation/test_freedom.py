import itertools
from collections.abc import Iterator

import pytest

from pipeline_lib.evaluation import freedom, samples
from pipeline_lib.evaluation.samples import Sample
from pipeline_lib.evaluation.subject import Subject
from pipeline_lib.tales import Language, Texts, tale

BOTH: tuple[Language, ...] = ("en", "ja")


def told(language: Language, index: int = 3, texts: Texts = "stories") -> str:
    return tale(1, index, texts, language).text


def free(text: str, *, stopped: bool = True) -> freedom.Read:
    return freedom.read(Sample(1.0, text, stopped), BOTH)


def telling(monkeypatch: pytest.MonkeyPatch, texts: Iterator[str]) -> list[int]:
    """Let the model tell these; the list holds how many were asked for at once."""
    asked: list[int] = []

    def tell(subject: Subject, count: int, seed: int) -> list[Sample]:
        asked.append(count)
        return [Sample(1.0, text, stopped=True) for text in itertools.islice(texts, count)]

    monkeypatch.setattr(samples, "free", tell)
    return asked


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("texts", ["stories", "facts", "dialogues", "problems"])
def test_a_tale_is_faultless_from_end_to_end(language: Language, texts: Texts) -> None:
    read = free(told(language, texts=texts))
    assert read.language == language
    assert read.sentences == read.grammatical == read.consistent == read.derivable > 0
    assert read.is_whole
    assert read.sample.faults == ()


@pytest.mark.parametrize("language", BOTH)
def test_a_broken_sentence_is_marked_where_it_stands_and_the_others_count(
    language: Language,
) -> None:
    good = told(language)
    end = good.index("." if language == "en" else "。") + 1
    noise = " Zzz qqq." if language == "en" else "ぬぬぬぬ。"
    read = free(good[:end] + noise + good[end:])
    fault = next(fault for fault in read.sample.faults if fault.kind == "grammar")
    assert noise.strip() in read.sample.text[fault.start : fault.end]
    assert fault.reason
    assert 0 < read.grammatical < read.sentences
    assert read.consistent <= read.grammatical
    assert not read.is_whole


def test_the_sentence_that_the_context_cuts_off_is_not_counted() -> None:
    text = told("en")
    whole, cut = free(text), free(text[:-5], stopped=False)
    assert cut.sentences == whole.sentences - 1
    assert cut.sentences == cut.consistent
    assert not cut.is_whole


def test_what_is_not_read_counts_for_the_language_of_its_script() -> None:
    assert free("zz qq xx").language == "en"
    assert free("ぬぬぬ").language == "ja"
    assert free("").language == "en"
    assert freedom.read(Sample(1.0, "ぬぬぬ", stopped=True), ["en"]).language == "en"


def test_texts_are_drawn_until_each_language_has_enough(
    monkeypatch: pytest.MonkeyPatch, infant: Subject
) -> None:
    order = itertools.cycle(["en", "en", "en", "ja"])
    texts = ({"en": "Zz.", "ja": "ぬ。"}[language] for language in order)
    asked = telling(monkeypatch, texts)
    found = freedom.draw(infant, BOTH, 40, seed=1)
    assert {language: len(reads) for language, reads in found.items()} == {"en": 40, "ja": 40}
    assert asked[0] == 96
    assert sum(asked) <= 320


def test_a_language_that_never_comes_stops_at_the_bound(
    monkeypatch: pytest.MonkeyPatch, infant: Subject
) -> None:
    asked = telling(monkeypatch, itertools.repeat("Zz."))
    found = freedom.draw(infant, BOTH, 20, seed=1)
    assert sum(asked) == freedom.BOUND * 40
    assert {language: len(reads) for language, reads in found.items()} == {"en": 20, "ja": 0}
    assert not [name for name in freedom.metrics(found) if "ja" in name]


def test_metrics_are_shares_of_sentences_and_of_texts_with_intervals() -> None:
    good, end = told("en"), told("en").index(".") + 1
    reads = [free(good), free(good[:end] + " Zz zz qq." + good[end:])]
    metrics = freedom.metrics({"en": reads})
    sentences = sum(read.sentences for read in reads)
    share = sum(read.grammatical for read in reads) / sentences
    assert metrics["grammatical.en"] == pytest.approx(share)
    assert metrics["grammatical.en_low"] < share < metrics["grammatical.en_high"] <= 1
    assert metrics["derivable.en"] <= metrics["consistent.en"] <= share
    assert metrics["documents_consistent.en"] == 0.5
    assert (metrics["samples.en.texts"], metrics["samples.en.sentences"]) == (2, sentences)
    assert metrics["samples.en.unfinished"] == 0
    assert metrics["samples.en.bytes_per_text"] == pytest.approx(len(good) + 5)


def test_what_was_found_is_said_in_words() -> None:
    read = free(told("en"))
    said = freedom.in_words({"en": [read], "ja": []})
    assert said.startswith(
        f"en 100.0% of {read.sentences} sentences grammatical, 100.0% free of contradiction"
    )
    assert said.endswith("; ja 0.0% of 0 sentences grammatical, 0.0% free of contradiction")


def test_a_real_model_tells_the_same_texts_twice(
    monkeypatch: pytest.MonkeyPatch, infant: Subject
) -> None:
    monkeypatch.setattr(freedom, "MARGIN", 0)
    first = freedom.draw(infant, BOTH, 1, seed=5)
    assert first == freedom.draw(infant, BOTH, 1, seed=5)
    assert first != freedom.draw(infant, BOTH, 1, seed=6)
