"""Draw the figures once and use them twice: as PNG for DVC and MLflow, inline in the page."""

from pathlib import Path

from matplotlib.figure import Figure

from pipeline_lib.formats import files
from pipeline_lib.report import drawing, figures, vocabulary
from pipeline_lib.report.card import card
from pipeline_lib.report.markup import Markup
from pipeline_lib.report.page import page
from pipeline_lib.report.palette import MODELS
from pipeline_lib.report.story import Story


def write(story: Story, plots: Path, report: Path) -> None:
    """`plots/*.png` and `report/{index.html,model_card.md}`, each folder whole or absent."""
    drawn = draw(story)
    with files.whole_folder(plots) as fresh:
        for name, figure in drawn.items():
            drawing.save(figure, fresh / f"{name}.png")
    inline = {name: Markup(drawing.inline(figure, name)) for name, figure in drawn.items()}
    with files.whole_folder(report) as fresh:
        files.write_text(fresh / "index.html", page(story, inline))
        files.write_text(fresh / "model_card.md", card(story))


def draw(story: Story) -> dict[str, Figure]:
    """Every figure there is something to show in, in the order of the pipeline."""
    metrics = {model: story.metrics(model) for model in MODELS}
    counts = {name: value for name, value in story.funnel.items() if value is not None}
    base = metrics["base"]
    least = base.get("floor_bits_per_byte")
    drawn = {
        "floor": figures.floor(base),
        "funnel": figures.funnel(counts),
        "tokenizer": vocabulary.compression(story.compression),
        "pretrain": figures.pretraining(story.curves["pretrain"], story.unigram, least),
        "sft": figures.fine_tuning(story.curves["sft"]),
        "grpo": figures.reinforcement(story.curves["grpo"]),
        **{f"accuracy.{name}": figures.accuracy(metrics, name) for name in story.sources},
        **{f"levels.{name}": figures.levels(metrics, name) for name in story.sources},
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}
