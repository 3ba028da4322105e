"""A source's manifest: where its rows came from, beside the rows.

No clock, host or endpoint is in it: two machines that fetch the same rows write the same manifest.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import files

NAME = "manifest.json"
LIST = "sources.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    name: str
    """The source's name in params.yaml."""
    kind: str
    """tales, file, web or hub."""
    role: str
    """pretrain (its rows are documents), sft, rl or evaluation (conversations)."""
    weight: float
    """How many times each of its documents is seen."""
    language: str
    address: str
    """`hub:openai/gsm8k/main/train[:20%]`, a path or web addresses as params.yaml spells them, `tales:stories/seed=1`."""
    revision: str
    """The commit of a hub repository; empty for others."""
    licence: str
    sha256: str
    """Of the files as they were read; of the rows where they were streamed or told."""
    rows: int
    bytes: int
    """UTF-8 bytes of the text."""
    texts: str = ""
    """Which texts the tales tell; empty for other kinds."""
    files: dict[str, str] = field(default_factory=dict)
    """Address -> SHA-256 of each file of a web source, as `sha256` in params.yaml takes it; empty for other kinds."""


def write(folder: Path, manifest: Manifest) -> None:
    files.write_json(folder / NAME, asdict(manifest))


def read(folder: Path) -> Manifest:
    """FormatError where it is missing, damaged or says something else."""
    stored = files.read_json(folder / NAME, made_by="download")
    expected = {field.name: field.type for field in fields(Manifest)}
    found = set(stored) if isinstance(stored, dict) else set()
    if found != set(expected):
        raise FormatError(
            f"{folder / NAME}: expected the keys {', '.join(expected)}, "
            f"found {', '.join(sorted(found)) or 'none'}; run `dvc repro` again"
        )
    return Manifest(**stored)


def write_list(path: Path, manifests: Sequence[Manifest]) -> None:
    files.write_json(path, [asdict(manifest) for manifest in manifests])


def read_list(path: Path) -> list[Manifest]:
    """FormatError where it is missing, damaged or says something else."""
    stored = files.read_json(path, made_by="corpus")
    try:
        return [Manifest(**entry) for entry in stored]
    except TypeError:
        raise FormatError(
            f"{path}: expected a list of manifests, found something else; run `dvc repro -f -s corpus`"
        ) from None


def read_all(folder: Path) -> list[Manifest]:
    """The manifests of all sources under `folder`, by name: to DVC a mapping has no order."""
    found = [read(path.parent) for path in sorted(folder.glob(f"*/{NAME}"))]
    if not found:
        raise FormatError(
            f"{folder}: expected a folder for each source, found none; run `dvc repro`"
        )
    return found
