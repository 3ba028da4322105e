"""What a recogniser says of a text."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from pipeline_lib.tales.lexicon import Language

Fault = Literal["grammar", "world", "discourse"]
"""No sentence of the grammar; one that contradicts what was told; one that could be true, where no tale has it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A text as its kind makes it, with its parts where it has some."""

    text: str
    question: str = ""
    solution: str = ""
    answer: str = ""
    level: int = 0
    turns: tuple[tuple[str, str], ...] = ()
    """(role, content) of a conversation; the text is the contents between blank lines."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where a text leaves the grammar, contradicts its world, or goes on as no tale does."""

    position: int
    """Characters before it."""
    expected: str
    reason: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Reading:
    """A text that is well told."""

    kind: str
    language: Language
    log2_probability: float
    """Given its kind and its language."""
    sentences: int
    level: int = 0


class Verdict(NamedTuple):
    """On one sentence, from `start` to `end`, and the first thing that is wrong with it."""

    start: int
    end: int
    fault: Break | None = None

    @property
    def grammatical(self) -> bool:
        return self.fault is None or self.fault.fault != "grammar"

    @property
    def consistent(self) -> bool:
        """Grammatical, and contradicts nothing that was told."""
        return self.fault is None or self.fault.fault == "discourse"

    @property
    def derivable(self) -> bool:
        """The grammar itself could have told it here."""
        return self.fault is None

    @property
    def reason(self) -> str:
        return self.fault.reason if self.fault else ""


class Report(NamedTuple):
    """A whole text, sentence by sentence, faults or not."""

    kind: str | None
    """None: nothing in it is a sentence of the grammar."""
    language: Language
    verdicts: tuple[Verdict, ...]
    log2_probability: float
    """Minus infinity unless all is well."""
    ending: Break | None = None
    """What is wrong with where it ends."""
    level: int = 0

    @property
    def whole(self) -> bool:
        return self.ending is None and all(verdict.derivable for verdict in self.verdicts)

    @property
    def first_fault(self) -> Break | None:
        """The fault that stands first."""
        return next((v.fault for v in self.verdicts if v.fault), self.ending)
