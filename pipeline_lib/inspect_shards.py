"""What `bonsai inspect shards` shows: what lies in each folder of shards, and whether it is what was written."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib.errors import FormatError
from pipeline_lib.formats import shards
from pipeline_lib.formats.shards import Index, Kind

_KINDS: dict[str, Kind] = {"pretrain": "pretrain", "sft": "sft", "rl": "rl"}


def listing(folder: Path) -> Iterator[str]:
    """A line for each split; FormatError where there is none, or an index is damaged."""
    yield f"{'shards':22} {'documents':>12} {'tokens':>16} {'bytes/token':>11} {'files':>6}  {'type':7} tokenizer"
    for place in _places(folder):
        yield _line(place.relative_to(folder), shards.read_index(place))


def verify(folder: Path) -> Iterator[str]:
    """A sentence for each fault, then how many there were; FormatError where there is one."""
    found = 0
    places = _places(folder)
    for place in places:
        faults = list(_faults(place))
        found += len(faults)
        yield from faults or [f"{place}: as it was written"]
    if found:
        raise FormatError(
            f"{folder}: expected shards as they were written, found {found} faults; "
            "run `dvc repro -f -s shard`"
        )


def _faults(place: Path) -> Iterator[str]:
    try:
        yield from shards.faults(place)
        shards.read_index(place, _KINDS[place.parent.name], place.name)
    except FormatError as error:
        yield str(error)


def _places(folder: Path) -> list[Path]:
    found = sorted(
        path for path in folder.glob("*/*") if path.is_dir() and path.parent.name in _KINDS
    )
    if not found:
        raise FormatError(
            f"{folder}: expected folders of shards, found none; run `dvc repro shard`"
        )
    return found


def _line(place: Path, index: Index) -> str:
    fit = f"{index.bytes / index.tokens:.3f}" if index.bytes and index.tokens else ""
    return (
        f"{place!s:22} {index.documents:>12,} {index.tokens:>16,} {fit:>11} {len(index.files):>6}  "
        f"{index.dtype:7} {index.tokenizer[:16]}"
    )
