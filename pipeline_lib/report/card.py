"""The model card: what it is, what it learnt from, under which licences, what it can do. Markdown, as the Hub reads it."""

import json
import re
from collections.abc import Iterable

import yaml

from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.report.palette import MODELS
from pipeline_lib.report.sections import asked, share, short
from pipeline_lib.report.story import Story
from pipeline_lib.tales import LANGUAGES

UNKNOWN = "unknown"
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*")
"""Ids that stand in YAML as they are, but for words such as `no`, which is a language."""


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
    """Each licence once, by name, of a list each one; sources without any count as unknown."""
    named = {one for origin in origins for one in (origin.licence or UNKNOWN).split(", ") if one}
    return sorted(named, key=lambda licence: (licence.lower(), licence))


def languages(origins: Iterable[Manifest]) -> list[str]:
    """Each language once; tales that name none are told in all of theirs."""
    named: set[str] = set()
    for origin in origins:
        if origin.language:
            named.add(origin.language)
        elif origin.kind == "tales":
            named.update(LANGUAGES)
    return sorted(named)


def _front(origins: Iterable[Manifest]) -> str:
    found = list(origins)
    lines = ["---", "license:", *(f"- {_scalar(licence)}" for licence in licences(found))]
    if spoken := languages(found):
        lines += ["language:", *(f"- {_scalar(language)}" for language in spoken)]
    return "\n".join([*lines, "tags:", "- bonsai", "---"])


def _scalar(word: str) -> str:
    """A string that YAML reads as this string, whatever a stranger's data card wrote."""
    is_plain = PLAIN.fullmatch(word) and yaml.safe_load(word) == word
    return word if is_plain else json.dumps(word)


def _cell(words: str) -> str:
    """Text for a cell of a Markdown table: one line, no border, no tag."""
    line = " ".join(words.split())
    return line.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _sources(origins: Iterable[Manifest]) -> list[str]:
    lines = ["| source | role | from | licence | texts | MB |", "|---|---|---|---|---|---|"]
    for origin in origins:
        revision = f" at {origin.revision[:12]}" if origin.revision else ""
        lines.append(
            f"| {origin.name} | {origin.role} | {_cell(origin.address + revision)} | {_cell(origin.licence or UNKNOWN)} "
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
