"""The one-page report: a single file that opens anywhere, without network, clock, host or path in it."""

from collections.abc import Mapping

from pipeline_lib.report import forecast, sections, style, world
from pipeline_lib.report.markup import Markup, join, tag
from pipeline_lib.report.story import Story


def page(story: Story, figures: Mapping[str, Markup]) -> str:
    """The whole HTML. `figures`: SVG by name, in the order they are shown."""
    reading = [sections.reading(story)] if story.sources else []
    compared = [_figure(n, svg) for n, svg in figures.items() if n not in (*CAPTIONS, FLOOR)]
    body = tag(
        "main",
        tag(
            "header", Markup(style.MARK), tag("h1", "A small language model, from raw text to chat")
        ),
        world.headline(
            story, tag("p", sections.in_words(story), class_="lead"), figures.get(FLOOR)
        ),
        sections.cards(story),
        sections.table(story),
        _grid(compared + reading),
        world.knows(story),
        world.tells(story),
        tag("h2", "How it grew"),
        _grid([_figure(name, svg) for name, svg in figures.items() if name in CAPTIONS]),
        forecast.before_and_after(story),
        sections.answers(story),
        sections.texts(story),
        sections.origins(story),
        sections.recipe(story),
        sections.provenance(story),
        tag("footer", "Grown with Bonsai. Every number on this page is in metrics/*.json."),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", "Bonsai: report"),
        tag("style", Markup(style.css())),
    )
    return "<!doctype html>\n" + tag("html", head, tag("body", body), lang="en") + "\n"


FLOOR = "floor"
"""The figure that stands beside the first line."""

CAPTIONS = {
    "pretrain": (
        "Pretraining",
        "Bits per byte, lower is better; the thin line is each logged step.",
    ),
    "sft": ("Fine-tuning", "Loss on what the assistant says. The best validation point is kept."),
    "grpo": ("Reinforcement", "Share of sampled completions whose answer is right, by step."),
    "funnel": ("Cleaning", "Texts left after each rule that dropped any; clean names the reason."),
    "tokenizer": (
        "Tokenizer",
        "Held-out text that a token holds, were the vocabulary smaller: what the last pieces bring.",
    ),
}


def _grid(drawn: list[Markup]) -> Markup:
    return tag("div", *drawn, class_="figures")


def _figure(name: str, svg: Markup) -> Markup:
    of, _, source = name.partition(".")
    titles = {"accuracy": f"Right answers: {source}", "levels": f"By level: {source}"}
    title, words = CAPTIONS.get(name) or (titles[of], "")
    caption = words or "Greedy answers; the bar holds the true share 95 times in 100."
    return tag("figure", tag("h3", title), svg, join(tag("figcaption", caption)))
