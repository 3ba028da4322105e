"""What a training split is made of, source by source: how likely it is that a document comes from where.

The tales' floor stands on it. A text's probability is that of its source times that of the text there, and only the corpus
stage knows how many documents of each source cleaning, duplicates and weights have left.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import files

NAME = "mixture.json"


@dataclass(frozen=True, slots=True)
class Component:
    """One source among those that training reads."""

    source: str
    """Its name in params.yaml."""
    kind: str
    """tales, file or hub."""
    texts: str
    """Which texts the tales tell; empty for other kinds."""
    language: str
    """Empty: not told; tales are then in both, half and half."""
    documents: int
    """In the training split, copies counted."""
    bytes: int


def write(path: Path, components: Sequence[Component]) -> None:
    files.write_json(path, [asdict(component) for component in components])


def read(path: Path) -> list[Component]:
    """FormatError where it is missing, damaged or says something else."""
    stored = files.read_json(path, made_by="corpus")
    try:
        return [Component(**entry) for entry in stored]
    except TypeError:
        raise FormatError(
            f"{path}: expected a list of sources with {', '.join(Component.__slots__)}, "
            "found something else; run `dvc repro -f -s corpus`"
        ) from None
