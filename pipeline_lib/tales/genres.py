"""The kinds of text, by name: how each is written and read."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from pipeline_lib.tales import dialogues, facts, instructions, problems, stories
from pipeline_lib.tales.draw import Draw
from pipeline_lib.tales.forms import TONGUES, Tongue
from pipeline_lib.tales.lexicon import Language
from pipeline_lib.tales.reading import Report, Told

Texts = Literal["stories", "facts", "dialogues", "problems", "answers", "instructions"]
"""Facts are expository sentences; answers are problems answered off-hand, by `#### n` alone."""


class Genre(NamedTuple):
    salt: int
    """Story 7 and problem 7 of a seed share no random numbers."""
    write: Callable[[Tongue, Draw, Draw], Told]
    """Told in a tongue, by a draw of what happens and a draw of the words for it."""
    read: Callable[[str, Tongue], Report]
    """Every sentence, whatever it is; never raises."""
    opens: Callable[[str, Tongue], bool]
    """Whether a text begins like one of this kind and tongue: cheap, and true of all that are."""
    tongues: Mapping[Language, tuple[Tongue, ...]] = TONGUES
    """Drawn evenly from those of the language."""


POLITE: Mapping[Language, tuple[Tongue, ...]] = {"en": ("en",), "ja": ("polite",)}
"""As school books are written."""

GENRES: Mapping[Texts, Genre] = {
    "stories": Genre(10, stories.write, stories.read, stories.opens),
    "facts": Genre(13, facts.write, facts.read, facts.opens),
    "dialogues": Genre(14, dialogues.write, dialogues.read, dialogues.opens, POLITE),
    "problems": Genre(11, problems.write, problems.read, problems.opens, POLITE),
    "answers": Genre(
        12, problems.write_answered, problems.read_answered, problems.opens_answered, POLITE
    ),
    "instructions": Genre(15, instructions.write, instructions.read, instructions.opens),
}
