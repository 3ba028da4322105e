"""The model card: what it is, what it learnt from, under which licences, what it can do. Markdown, as the Hub reads it."""

from collections.abc import Iterable

from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.report.palette import MODELS
from pipeline_lib.report.sections import asked, share, short
from pipeline_lib.report.story import Story

UNKNOWN = "unknown"


def card(story: Story) -> str:
    """The whole text."""
    shape = story.checkpoints["base"].shape
    parts = [
        _front(story.origins),
        "# A small language model, from raw text to chat",
        f"{short(story.parameters)} parameters: {shape.layers} layers, {shape.channels} wide, "
        f"{shape.context} tokens in sight. Three models: `base` continues text, `sft` answers, `chat` was also "
        "rewarded for right answers.",
        "## What it learnt from",
        "\n".join(_sources(story.origins)),
        "## What it can do",
        "\n".join(_figures(story)),
        "## How to use it",
        "```sh\nbonsai chat --model data/models/chat\n```",
        "It is small: it says wrong things fluently. Use it to learn and to experiment, and check what it says.",
    ]
    return "\n\n".join(parts) + "\n"


def licences(origins: Iterable[Manifest]) -> list[str]:
    """Each licence once, by name; sources without one count as unknown."""
    return sorted({origin.licence or UNKNOWN for origin in origins}, key=str.lower)


def _front(origins: Iterable[Manifest]) -> str:
    found = list(origins)
    languages = sorted({origin.language for origin in found if origin.language})
    lines = ["---", "license:", *(f"- {licence}" for licence in licences(found))]
    lines += ["language:", *(f"- {language}" for language in languages)] if languages else []
    return "\n".join([*lines, "tags:", "- bonsai", "---"])


def _sources(origins: Iterable[Manifest]) -> list[str]:
    lines = ["| source | role | from | licence | texts | MB |", "|---|---|---|---|---|---|"]
    for origin in origins:
        revision = f" at {origin.revision[:12]}" if origin.revision else ""
        lines.append(
            f"| {origin.name} | {origin.role} | {origin.address}{revision} | {origin.licence or UNKNOWN} "
            f"| {origin.rows:,} | {origin.bytes / 1e6:,.1f} |"
        )
    return lines


def _figures(story: Story) -> list[str]:
    lines = [f"| | {' | '.join(MODELS)} |", "|---" * (len(MODELS) + 1) + "|"]
    for key, words, _ in asked(story):
        written = (lambda v: f"{v:.4f}") if key.endswith("bits_per_byte") else share
        values = (written(story.metrics(model)[key]) for model in MODELS)
        lines.append(f"| {words} | {' | '.join(values)} |")
    return lines
