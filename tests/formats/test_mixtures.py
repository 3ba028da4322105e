from pathlib import Path

import pytest

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import mixtures
from pipeline_lib.formats.mixtures import Component

MADE_OF = [
    Component("stories", "tales", "stories", "", 300, 90_000),
    Component("books", "file", "", "en", 20, 4_000_000),
]


def test_read_undoes_write(tmp_path: Path) -> None:
    mixtures.write(tmp_path / "mixture.json", MADE_OF)
    assert mixtures.read(tmp_path / "mixture.json") == MADE_OF


@pytest.mark.parametrize("content", ['{"a": 1}', '[{"source": "x"}]', "[1]"])
def test_read_refuses_another_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "mixture.json").write_text(content)
    with pytest.raises(FormatError, match=r"mixture.json: expected a list of sources with source,"):
        mixtures.read(tmp_path / "mixture.json")


def test_a_missing_file_names_the_stage_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"no such file; run `dvc repro corpus`"):
        mixtures.read(tmp_path / "mixture.json")
