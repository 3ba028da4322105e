"""What every reader gives: one row, and where it stood."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline_lib.errors import SourceError

Choose = Callable[[Collection[str], str], list[str]]
"""Which of the columns found are wanted; SourceError where one is missing."""


@dataclass(frozen=True)
class Row:
    where: str
    """File and line (or row), for the error that names it."""
    values: Mapping[str, Any]


def row_of(value: object, where: str) -> Row:
    """A row out of what JSON holds; SourceError where that has no named columns."""
    if not isinstance(value, dict):
        raise SourceError(
            f"{where}: expected an object with named columns, found {type(value).__name__}; "
            'write {"text": ...}'
        )
    return Row(where, value)
