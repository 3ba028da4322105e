"""What sets two params.yaml apart, key by key; a source is one value, as it is replaced as one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

ABSENT = object()
"""Stands where a file has no such key: null is a value."""
SOURCES = ("download", "sources")


@dataclass(frozen=True)
class Change:
    key: str
    before: Any
    after: Any

    def __str__(self) -> str:
        """`model.layers: 4 -> 12`; what goes with a minus in front, what comes with a plus."""
        if self.after is ABSENT:
            return f"- {self.key}: {spelled(self.before)}"
        if self.before is ABSENT:
            return f"+ {self.key}: {spelled(self.after)}"
        return f"{self.key}: {spelled(self.before)} -> {spelled(self.after)}"


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Every value that differs, in the order of `after`, then what it lacks."""
    old, new = dict(_values(before, ())), dict(_values(after, ()))
    for place in [*new, *(place for place in old if place not in new)]:
        was, comes = old.get(place, ABSENT), new.get(place, ABSENT)
        if was != comes or type(was) is not type(comes):  # False is no 0
            yield Change(".".join(place), was, comes)


def _values(
    section: Mapping[str, Any], place: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in section.items():
        here = (*place, name)
        if isinstance(value, Mapping) and place != SOURCES:
            yield from _values(value, here)
        else:
            yield here, value


def spelled(value: Any) -> str:
    """A value on one line, as params.yaml would have it."""
    said: str = yaml.safe_dump(
        value, default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False
    )
    return said.removesuffix("...\n").rstrip()
