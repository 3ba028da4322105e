from pathlib import Path

import pytest

from pipeline_lib.errors import FormatError
from pipeline_lib.report import curves, drawing, figures, writing
from pipeline_lib.report.curves import Curve
from pipeline_lib.report.palette import PALETTE
from pipeline_lib.report.story import Story


def test_every_figure_is_drawn(story: Story) -> None:
    assert list(writing.draw(story)) == [
        "floor",
        "funnel",
        "tokenizer",
        "pretrain",
        "sft",
        "grpo",
        "accuracy.problems",
        "levels.problems",
    ]


def test_without_a_floor_or_levels_nothing_is_drawn_of_them(story: Story) -> None:
    plain = {model: {"problems.accuracy": 0.5} for model in ("base", "sft", "chat")}
    assert figures.floor(plain["base"]) is None
    assert figures.levels(plain, "problems") is None


def test_the_floor_lies_beneath_the_loss_curve(story: Story) -> None:
    figure = writing.draw(story)["pretrain"]
    svg = drawing.inline(figure, "pretrain")
    assert "floor 0.3" in svg
    lowest, highest = figure.axes[0].get_ylim()
    assert 0 < lowest < float(story.metrics("base")["floor_bits_per_byte"]) < highest


def test_every_kind_and_language_has_a_bar_with_its_excess(story: Story) -> None:
    figure = writing.draw(story)["floor"]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[:3] == ["dialogues, en", "dialogues, ja", "facts, en"]
    assert len(names) == 8
    assert drawing.inline(figure, "floor").count(" bits</text>") == 8


def test_pngs_have_the_same_bytes_each_time_and_no_clock(tmp_path: Path, story: Story) -> None:
    for name in ("a", "b"):
        drawing.save(
            figures.accuracy({m: story.metrics(m) for m in ("base", "sft", "chat")}, "problems"),
            tmp_path / f"{name}.png",
        )
    first = (tmp_path / "a.png").read_bytes()
    assert first == (tmp_path / "b.png").read_bytes()
    assert b"Software" not in first
    assert b"tEXt" not in first


def test_svgs_take_their_colours_and_fonts_from_the_page(story: Story) -> None:
    figure = writing.draw(story)["pretrain"]
    svg = drawing.inline(figure, "pretrain")
    assert svg.startswith('<svg role="img" aria-label="pretrain"')
    assert svg == drawing.inline(writing.draw(story)["pretrain"], "pretrain")
    assert "var(--base)" in svg
    assert "unigram model" in svg
    for hidden in ("DejaVu", "metadata", "Matplotlib", "<image", PALETTE["base"].light):
        assert hidden not in svg


@pytest.mark.parametrize("nothing", [{}, {"loss": Curve([], [])}])
def test_a_stage_without_curves_has_no_figure(nothing: dict[str, Curve]) -> None:
    assert figures.pretraining(nothing, None) is None
    assert figures.fine_tuning(nothing) is None
    assert figures.reinforcement(nothing) is None


def test_one_point_is_a_curve(story: Story) -> None:
    one = {
        "loss": Curve([5], [1.0]),
        "reward": Curve([1], [0.0]),
        "bits_per_byte": Curve([1], [2.0]),
    }
    for figure in (
        figures.fine_tuning(one),
        figures.pretraining(one, 3.0),
        figures.reinforcement(one),
    ):
        assert figure is not None
        assert drawing.inline(figure, "one").endswith("</svg>\n")


def test_the_funnel_shows_only_rules_that_dropped() -> None:
    counts = {"kept": 8, "dropped.too_short": 2, "dropped.too_long": 0, "bytes.kept": 100}
    figure = figures.funnel(counts)
    assert figure is not None
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["read", "too short", "kept"]
    assert figures.funnel({"kept": 0}) is None


def test_curves_are_read_by_their_metrics_names(tmp_path: Path) -> None:
    (tmp_path / "validation.loss.csv").write_text("step,validation.loss\n10,0.5\n20,0.25\n")
    (tmp_path / "samples.jsonl").write_text("{}\n")
    assert curves.read(tmp_path) == {"validation.loss": Curve([10, 20], [0.5, 0.25])}
    assert curves.read(tmp_path / "none") == {}


def test_a_damaged_curve_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "loss.csv").write_text("step,loss\nten\n")
    with pytest.raises(FormatError, match=r"loss.csv: expected rows of step,loss, found"):
        curves.read(tmp_path)


def test_smoothing_keeps_a_flat_line_and_the_length() -> None:
    flat = Curve([1, 2, 3, 4], [2.0] * 4)
    assert curves.smooth(flat, 3) == flat
    assert curves.smooth(Curve([1, 2, 3], [0.0, 3.0, 0.0]), 3).values == [1.5, 1.0, 1.5]
