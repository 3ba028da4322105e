"""Which licences a project takes: ids as SPDX and data cards spell them, compared without case.

`A OR B` leaves the choice to whoever takes it; `A AND B`, and a card's list, ask for both. Anything
else that is not on the list is refused, and so is a source whose licence nobody names: silence
grants nothing.
"""

import re
from collections.abc import Collection

from pipeline_lib.errors import SourceError


def check(address: str, found: str, allowed: Collection[str]) -> None:
    """SourceError where the licence `found` is not among those allowed (none: any is)."""
    if not allowed or is_allowed(found, allowed):
        return
    expected = (
        f"{address}: expected a licence among {', '.join(allowed)} (download.licences_allowed)"
    )
    if not found:
        raise SourceError(
            f"{expected}, found none named; look it up and set the source's `licence`, or leave the source out"
        )
    raise SourceError(
        f"{expected}, found {found}; add it there if its terms suit you, or leave the source out"
    )


def is_allowed(found: str, allowed: Collection[str]) -> bool:
    """Whether `found`, an id or an expression of ids without brackets, asks for nothing beyond `allowed`."""
    known = {licence.strip().casefold() for licence in allowed}
    needed = re.split(r",|\s+and\s+", found.casefold())
    return all(any(one.strip() in known for one in re.split(r"\s+or\s+", part)) for part in needed)
