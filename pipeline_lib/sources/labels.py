"""Names that others gave, safe to print and to store.

A member's name or a column's may hold whatever bytes a stranger likes: half characters that no file
can store, signals to the terminal, marks that turn the direction of a line, a megabyte of dots.
"""

import unicodedata
from collections.abc import Iterable

LONGEST = 300
"""Characters of a name that are kept: paths in use end well before."""
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that show nothing, or change how what follows is shown."""


def label(name: str) -> str:
    """`name` on one line, its middle left out where it is long."""
    if len(name) > LONGEST:
        name = f"{name[: LONGEST // 3]}…{name[-LONGEST // 2 :]}"
    if name.isascii() and name.isprintable():
        return name
    return "".join("\ufffd" if unicodedata.category(sign) in UNSEEN else sign for sign in name)


def labels(names: Iterable[str], most: int = 20) -> str:
    """The first names, separated by commas; dots where there are more."""
    found = [label(str(name)) for name in names]
    return ", ".join(found[:most]) + (", ..." if len(found) > most else "")
