"""A split and maybe a slice of it, in the spelling of `datasets`: `train[:20%]`, `train[100:200]`, `train[-10%:]`.

Bounds are rows or per cent, never one of each: `datasets` reads `[10:50%]` as 10 per cent, which nobody means.
"""

import re
from dataclasses import dataclass

SPELLING = re.compile(
    r"(?P<name>\w+(?:\.\w+)*)(?:\[(?P<start>-?\d[\d_]*%?)?:(?P<stop>-?\d[\d_]*%?)?\])?"
)


@dataclass(frozen=True, slots=True)
class Split:
    name: str
    start: int | None = None
    stop: int | None = None
    percent: bool = False
    """Whether the bounds are per cent of all rows; negative ones count from the end."""

    @property
    def needs_count(self) -> bool:
        """Whether nobody can say where it begins and ends before all rows are counted."""
        return self.percent or min(self.start or 0, self.stop or 0) < 0


def parse(spelled: str) -> Split:
    """The split that `train[-10%:]` names; ValueError where it is spelled otherwise."""
    found = SPELLING.fullmatch(spelled)
    if not found:
        raise ValueError(
            f"expected a split such as train, train[:20%], train[100:200] or train[-10%:], found {spelled}"
        )
    bounds = [found["start"], found["stop"]]
    units = {bound.endswith("%") for bound in bounds if bound}
    if len(units) > 1:
        raise ValueError(f"expected both bounds in rows or both in per cent, found {spelled}")
    start, stop = (int(bound.rstrip("%")) if bound else None for bound in bounds)
    percent = True in units
    if percent and max(abs(start or 0), abs(stop or 0)) > 100:
        raise ValueError(f"expected at most 100 per cent, found {spelled}")
    return Split(found["name"], start, stop, percent)
