from itertools import pairwise
from pathlib import Path

from matplotlib.text import Annotation

from pipeline_lib.report import drawing, vocabulary
from pipeline_lib.tokens.compression import ALL, Point

SIZES = (390, 400, 800, 1600)
POINTS = [
    Point(size, name, size / 800 + most)
    for size in SIZES
    for name, most in ((ALL, 1.0), ("en", 1.01), ("ja", 3.0))
]


def test_each_language_is_a_line_named_at_its_end() -> None:
    figure = vocabulary.compression(POINTS)
    assert figure
    svg = drawing.inline(figure, "compression")
    for words in ("all 3.00", "en 3.01", "ja 5.00", "the best of the largest"):
        assert words in svg
    assert len(figure.axes[0].lines) == 3


def test_a_single_language_is_not_drawn_twice() -> None:
    figure = vocabulary.compression([p for p in POINTS if p.language != "ja"])
    assert figure
    assert len(figure.axes[0].lines) == 1
    assert "the best of the largest" in drawing.inline(figure, "compression")


def test_sizes_that_lie_close_share_a_label_and_names_lie_apart() -> None:
    figure = vocabulary.compression(POINTS)
    assert figure
    assert sorted(figure.axes[0].get_xticks().tolist()) == [400, 800, 1600]
    heights = sorted(
        note.xy[1] for note in figure.axes[0].get_children() if isinstance(note, Annotation)
    )
    least = vocabulary.APART * figure.axes[0].get_ylim()[1]
    assert min(b - a for a, b in pairwise(heights)) > 0.99 * least


def test_the_figure_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        figure = vocabulary.compression(POINTS)
        assert figure
        drawing.save(figure, tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_without_points_nothing_is_drawn() -> None:
    assert vocabulary.compression([]) is None
