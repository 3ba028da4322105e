"""Is this answer right? GRPO's reward and the evaluation ask here, and so agree.

One rule for every text: the answer is the first number after the last `####`; without `####`, the
last number of the text. A `####` that no number follows is no answer. So a completion that corrects
itself is judged by its last word, and one that lists many numbers is still judged by one.

Numbers compare exactly, as fractions: "1,080" = "1080", "18." = "18", "$18" = "18", "3.50" = "3.5",
"6/4" = "1.5". Units and per cent signs are left unread ("18 apples", "18%"). Full-width digits
count; other scripts' do not.
"""

import re
from collections import deque
from fractions import Fraction

from pipeline_lib.errors import DataError

MARKER = "####"
LONGEST = 40
"""Characters of a number that is still read: int() of a million digits would take minutes."""

NUMBER = re.compile(
    r"""
    (?P<minus>(?<![\w).])[-+])?
    \$?
    (?P<minus_after>(?<![\w).])[-+])?
    (?P<digits>
        (?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9]) | [0-9]+)(?:\.[0-9]+)? | (?<![0-9])\.[0-9]+)
        (?:/[0-9]+)?
    )
    """,
    re.VERBOSE,
)
"""A sign counts only where nothing is subtracted: "-3" and "= -3", but not "10-3"."""

FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－＋＄／＃−", "0123456789.,-+$/#-")


def extract(text: str) -> str | None:
    """The number that `text` answers with, without commas or currency; None: it gives none."""
    _, marker, after = text.translate(FULL_WIDTH).rpartition(MARKER)
    numbers = NUMBER.finditer(after)
    found = next(numbers if marker else iter(deque(numbers, maxlen=1)), None)
    return _plain(found) if found else None


def _plain(found: re.Match[str]) -> str:
    negative = (found["minus"] == "-") != (found["minus_after"] == "-")
    return "-" * negative + found["digits"].replace(",", "")


def normalise(answer: str) -> Fraction | None:
    """The exact value of the number in `answer`; None: there is none, or none that can be read."""
    number = extract(answer)
    if number is None or len(number) > LONGEST:
        return None
    whole, _, below = number.partition("/")
    if below and not int(below):
        return None
    return Fraction(whole) / int(below or 1)


def is_right(completion: str, answer: str, verifier: str = "number") -> bool:
    """Whether `completion` gives the expected `answer`; DataError: there is no such verifier."""
    if verifier != "number":
        raise DataError(
            f"verifier: expected number, found {verifier}; mend the column `verifier` of the source"
        )
    given = normalise(completion)
    return given is not None and given == normalise(answer)
