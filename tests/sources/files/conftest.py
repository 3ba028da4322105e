"""What tests of readers share: a file of given bytes read as a source reads it, and what is said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib import progress
from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.formats.documents import Document
from pipeline_lib.sources.archives import entries
from pipeline_lib.sources.origin import Item
from pipeline_lib.sources.readers import rows
from pipeline_lib.sources.shaping import Shape

SHARED = Path(__file__).parents[4] / "shared" / "data"

Documents = Callable[..., list[Document]]
Talks = Callable[..., list[Conversation]]


def items(path: Path, name: str, role: Any, columns: dict[str, str]) -> list[Item]:
    shape = Shape("mine", role, "", columns)
    return list(
        shape.items(row for entry in entries(path, name) for row in rows(entry, shape.wanted))
    )


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    """Documents of a file: its name, its bytes, the columns."""

    def read(name: str, content: bytes | Path, **columns: str) -> list[Document]:
        path = content if isinstance(content, Path) else tmp_path / "file"
        if isinstance(content, bytes):
            path.write_bytes(content)
        found = items(path, name, "pretrain", columns)
        return [item for item in found if isinstance(item, Document)]

    return read


@pytest.fixture
def talks(tmp_path: Path) -> Talks:
    """Conversations of a file: its name, its bytes, the role, the columns."""

    def read(
        name: str, content: bytes | Path, role: str = "sft", **columns: str
    ) -> list[Conversation]:
        path = content if isinstance(content, Path) else tmp_path / "file"
        if isinstance(content, bytes):
            path.write_bytes(content)
        found = items(path, name, role, columns)
        return [item for item in found if isinstance(item, Conversation)]

    return read


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sentences that reach the screen."""
    sentences: list[str] = []
    monkeypatch.setattr(progress, "say", sentences.append)
    return sentences


@pytest.fixture
def shared() -> Path:
    """The folder of real data beside the project; the test is skipped where it is not there."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not here: no real data to read")
    return SHARED
