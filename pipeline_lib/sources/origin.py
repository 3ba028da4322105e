"""What every kind of source gives: items to write, and where they came from."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.formats.documents import Document

if TYPE_CHECKING:
    from hashlib import _Hash

Item = Document | Conversation


@dataclass
class Origin:
    """One source, opened: `digest` covers the content once all `items` have been taken."""

    address: str
    """The same on every machine: no host, no endpoint, no absolute path that was not asked for."""
    items: Iterator[Item]
    revision: str = ""
    licence: str = ""
    digest: "_Hash" = field(default_factory=hashlib.sha256)
    files: dict[str, str] = field(default_factory=dict)
    """Address -> SHA-256 of each file of the web, filled as items are taken."""
