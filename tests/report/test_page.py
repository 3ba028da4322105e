import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.report import writing
from pipeline_lib.report.markup import Markup, tag
from pipeline_lib.report.story import Story


def written(folder: Path, story: Story) -> str:
    writing.write(story, folder / "plots", folder / "report")
    return (folder / "report" / "index.html").read_text(encoding="utf-8")


class Balanced(HTMLParser):
    """Sees that every element is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_whole_file_that_needs_no_network(tmp_path: Path, story: Story) -> None:
    page = written(tmp_path, story)
    reader = Balanced()
    reader.feed(page)
    assert reader.open == []
    assert sorted(p.name for p in (tmp_path / "report").iterdir()) == [
        "index.html",
        "model_card.md",
    ]
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!#)', page)
    assert not re.search(r"url\((?!#)", page)
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_two_folders_get_the_same_bytes(tmp_path: Path, story: Story) -> None:
    assert written(tmp_path / "a", story) == written(tmp_path / "b", story)
    plots = [sorted((tmp_path / name / "plots").iterdir()) for name in ("a", "b")]
    for one, other in zip(*plots, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_what_a_model_wrote_is_shown_and_never_run(tmp_path: Path, story: Story) -> None:
    page = written(tmp_path, story)
    assert "&lt;b&gt;She&lt;/b&gt; &amp; 日本の山" in page
    assert "<b>She" not in page


def test_the_three_models_stand_side_by_side_with_intervals(tmp_path: Path, story: Story) -> None:
    page = written(tmp_path, story)
    for model in ("base", "sft", "chat"):
        found = story.metrics(model)
        assert f"{found['problems.accuracy']:.1%}" in page
        assert (
            f"{found['problems.accuracy_low']:.1%} to {found['problems.accuracy_high']:.1%}" in page
        )
    assert "their intervals do not touch" in page


def test_a_skipped_stage_is_said_to_be_skipped(tmp_path: Path, skipping: Story) -> None:
    page = written(tmp_path, skipping)
    assert "sft had no source to learn from: sft is base, handed on." in page
    assert "grpo had no source to learn from: chat is sft, handed on." in page


def test_sources_are_counted_before_the_corpus_takes_from_them(
    tmp_path: Path, story: Story
) -> None:
    books = Manifest("books", "web", "pretrain", 2.0, "en", "a", "", "<MIT>", "0" * 64, 1234, 9)
    page = written(tmp_path, replace(story, origins=[books]))
    assert "<td>1,234</td>" in page
    assert "&lt;MIT&gt;" in page
    assert "Counted as cleaning left it: before near duplicates" in page
    assert "copies and held-out parts included" not in page


def test_children_are_escaped_but_markup_is_not() -> None:
    made = tag("p", "a < b", tag("b", "&"), class_='"x"', aria_label="y")
    assert made == '<p class="&quot;x&quot;" aria-label="y">a &lt; b<b>&amp;</b></p>'
    assert isinstance(made, Markup)


def test_the_first_thing_to_see_is_how_far_it_is_from_the_floor(
    tmp_path: Path, story: Story
) -> None:
    page = written(tmp_path, story)
    words = " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page).split())
    found = story.metrics("base")
    said = (
        f"{found['bits_per_byte']:.3f} bits per byte, floor {found['floor_bits_per_byte']:.3f} , "
        f"excess {found['excess']:.1%}"
    )
    assert words.index(said) < 200
    assert "Where the excess lies" in page
    assert "12 of the 240 texts are longer than the 256 tokens it has in sight" in page


def test_without_a_floor_the_page_says_why(tmp_path: Path, story: Story) -> None:
    findings = {
        name: replace(one, metrics=plain(one.metrics), free={})
        for name, one in story.findings.items()
    }
    page = written(tmp_path, replace(story, findings=findings, no_floor="books is no tale"))
    assert "No floor to compare it with: books is no tale." in page
    assert "What it tells when nothing is asked" not in page
    assert "What it knows of the world" not in page


def plain(metrics: dict[str, float | int]) -> dict[str, float | int]:
    """What is known of any corpus."""
    known = ("bits_per_byte", "test.", "problems.accuracy", "problems.count", "problems.stopped")
    return {name: value for name, value in metrics.items() if name.startswith(known)}


def test_grammar_and_contradiction_stand_in_a_table_by_language(
    tmp_path: Path, story: Story
) -> None:
    page = written(tmp_path, story)
    found = story.metrics("base")
    for name in ("grammatical.en", "consistent.ja", "documents_consistent.en", "pairs.ja"):
        assert f"<b>{found[name]:.1%}</b>" in page
    assert f"{found['grammatical.en_low']:.1%} to {found['grammatical.en_high']:.1%}" in page
    assert "reflexive gender (English)" in page


def test_faults_are_underlined_with_their_reason(tmp_path: Path, story: Story) -> None:
    page = written(tmp_path, story)
    assert '<u class="fault" title="no sentence &lt;goes&gt; so">One morning, Maya' in page
    assert '<u class="fault world" title="she holds two">' in page


def test_problems_are_told_by_level_for_each_model(tmp_path: Path, story: Story) -> None:
    page = written(tmp_path, story)
    for model in ("base", "sft", "chat"):
        assert f"{story.metrics(model)['problems.accuracy.level_3']:.1%}" in page
    assert "… level 5" in page
