"""The model card says what strangers' data cards say, and nothing they say breaks it."""

from dataclasses import replace
from typing import Any

import pytest
import yaml

from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.report.card import card, licences
from pipeline_lib.report.story import Story


def source(
    licence: str = "MIT", language: str = "", kind: str = "hub", address: str = "hub:a/b"
) -> Manifest:
    return Manifest("web", kind, "pretrain", 1.0, language, address, "", licence, "0" * 64, 3, 9)


def front(story: Story, *sources: Manifest) -> dict[str, Any]:
    """What the Hub reads of the card."""
    text = card(replace(story, origins=sources)).split("---\n")[1]
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def test_a_list_of_licences_is_each_of_them_once() -> None:
    found = [source("cc-by-sa-3.0, gfdl"), source("gfdl"), source(""), source("MIT")]
    assert licences(found) == ["cc-by-sa-3.0", "gfdl", "MIT", "unknown"]


@pytest.mark.parametrize(
    "licence",
    [
        "a: b",
        "- a",
        "no",
        "null",
        "3.0",
        "x\ntags: [theirs]",
        'a "b" #c',
        "*a",
        "日本",
        "MIT OR Zlib",
    ],
)
def test_any_licence_is_one_string_of_the_front_matter(story: Story, licence: str) -> None:
    read = front(story, source(licence, language="en"))
    assert read == {"license": [licence], "language": ["en"], "tags": ["bonsai"]}


def test_norwegian_is_a_language(story: Story) -> None:
    assert front(story, source(language="no"))["language"] == ["no"]


def test_tales_that_name_no_language_are_in_both(story: Story) -> None:
    both, one = source(kind="tales"), source(language="ja", kind="tales")
    assert front(story, both)["language"] == ["en", "ja"]
    assert front(story, one)["language"] == ["ja"]
    assert "language" not in front(story, source())


def test_a_licence_cannot_leave_its_cell(story: Story) -> None:
    strange = source("x | y\n| forged | row |\n<b>\\|", address="data/a|b.txt")
    rows = [
        line for line in card(replace(story, origins=[strange])).splitlines() if "| web |" in line
    ]
    assert rows == [
        r"| web | pretrain | data/a\|b.txt | x \| y \| forged \| row \| &lt;b>\\\| | 3 | 0.0 |"
    ]
