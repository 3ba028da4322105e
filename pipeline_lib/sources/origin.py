"""What every kind of source gives: items to write, and where they came from."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.formats.documents import Document

if TYPE_CHECKING:
    from hashlib import _Hash

Item = Document | Conversation
File = tuple[Path, str]
"""Where a file lies, and its name for people."""


@dataclass(frozen=True)
class Piece:
    """Files that one worker reads."""

    number: int
    files: tuple[File, ...]

    def __str__(self) -> str:
        names = [name for _, name in self.files]
        return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


@dataclass(frozen=True)
class Divided:
    """Files of which all rows are wanted, each for itself, so that several can be read at once."""

    read: Callable[[Path, str], Iterator[Item]]
    """The items of one; it travels to workers."""
    pieces: Iterable[Piece]
    """All in order; those that are still to be fetched are, as soon as they are asked for."""
    count: int
    """Of the pieces."""


@dataclass
class Origin:
    """One source, opened: `digest` covers the content once all `items` have been taken."""

    address: str
    """The same on every machine: no host, no endpoint, no absolute path that was not asked for."""
    items: Iterator[Item]
    revision: str = ""
    licence: str = ""
    digest: "_Hash" = field(default_factory=hashlib.sha256)
    divided: Callable[[], Divided] | None = None
    """The same rows for workers, instead of `items`; None: they only come one after the other."""
    files: dict[str, str] = field(default_factory=dict)
    """Address -> SHA-256 of each file of the web, filled as items are taken."""
