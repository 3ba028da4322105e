"""A data set repository of the Hugging Face Hub, pinned to the commit it stands at.

The hub's libraries say what there is; the bytes come by our own downloads, since huggingface_hub
throws a broken download away. Files are fetched one at a time and only as far as rows are wanted,
checked against the digest that the hub names, and read by the readers of any file. Streamed, they
stay where they are: rows come by range, nothing is kept, and the digest is that of the rows.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.formats import files
from pipeline_lib.params import HubSource, project_root
from pipeline_lib.sources import downloads, hub_files, local, transport
from pipeline_lib.sources.downloads import OtherBytesError, Wanted
from pipeline_lib.sources.hub_asking import GATED, quiet
from pipeline_lib.sources.origin import Divided, File, Item, Origin
from pipeline_lib.sources.parts import Kept, Part, Streamed, between, bounds
from pipeline_lib.sources.pieces import arriving
from pipeline_lib.sources.readers import Row
from pipeline_lib.sources.shaping import Shape

if TYPE_CHECKING:
    from hashlib import _Hash

Parts = Callable[[], Iterator[Part]]


def origin(name: str, source: HubSource) -> Origin:
    """The rows of one split; SourceError where hub, repository, config or split is not there."""
    quiet()
    info = hub_files.info(source, source.revision)
    commit, paths = hub_files.of_split(name, source, info.sha)
    chosen = source.config or ",".join(source.data_files) or "default"
    address = "/".join([hub_files.address(source), chosen, source.split])
    compare(name, address, commit)
    digest = hashlib.sha256()
    return Origin(
        address=address,
        items=_items(name, source, commit, paths, digest),
        revision=commit,
        licence=source.licence or _licence(info),
        digest=digest,
        divided=_divided(name, source, commit, paths),
    )


def _divided(
    name: str, source: HubSource, commit: str, paths: list[str]
) -> Callable[[], Divided] | None:
    """None where the rows of several files may belong together, or not all of files on this disk are wanted."""
    shape = Shape(name, source.role, source.language, source.columns)
    if source.streamed or shape.gathers or (source.taken.start, source.taken.stop) != (None, None):
        return None
    return lambda: Divided(
        partial(local.file_items, shape, ""), arriving(_files(source, commit, paths)), len(paths)
    )


def _files(source: HubSource, commit: str, paths: list[str]) -> Iterator[File]:
    with _gated(source):
        for wanted in hub_files.located(source, commit, paths):
            yield _fetch(wanted), wanted.name


def _licence(info: Any) -> str:
    """What the repository's data card says."""
    said = info.card_data.get("license") if info.card_data else None
    return ", ".join(said) if isinstance(said, list) else str(said or "")


def _items(
    name: str, source: HubSource, commit: str, paths: list[str], digest: "_Hash"
) -> Iterator[Item]:
    shape = Shape(name, source.role, source.language, source.columns)
    kept: dict[str, Path] = {}

    def fetch(wanted: Wanted) -> Path:  # counted and read: fetched once
        if wanted.url not in kept:
            kept[wanted.url] = _fetch(wanted)
        return kept[wanted.url]

    def parts() -> Iterator[Part]:
        for wanted in hub_files.located(source, commit, paths):
            if source.streamed:
                yield Streamed(wanted, shape.wanted)
            else:
                yield Kept(wanted, shape.wanted, fetch, digest.update)

    for item in shape.items(_rows(source, parts)):
        if source.streamed:
            said = json.dumps(asdict(item), ensure_ascii=False, sort_keys=True)
            digest.update(said.encode())
        yield item


def _rows(source: HubSource, parts: Parts) -> Iterator[Row]:
    with _gated(source):
        start, stop = bounds(source.taken, lambda: sum(part.count() for part in parts()))
        yield from between(parts(), start, stop)


@contextmanager
def _gated(source: HubSource) -> Iterator[None]:
    """Say what opens a repository that is shut."""
    try:
        yield
    except transport.RefusalError as refusal:
        if refusal.code != "GatedRepo":
            raise
        raise SourceError(f"{hub_files.address(source)}: {GATED}") from None


def _fetch(wanted: Wanted) -> Path:
    """The file on this disk; one that is not what the hub says is fetched once more."""
    folder = folder_of(wanted)
    if not wanted.sha256 and (there := _of_this_commit(folder, wanted.size)):
        return there
    for _ in range(2):
        try:
            if fetched := downloads.fetch(wanted, folder):
                return fetched.path
        except OtherBytesError:
            continue
    raise SourceError(
        f"{wanted.name}: expected the content the hub names, found other bytes, twice; "
        "the hub or what lies between is damaged: try again later"
    )


def _of_this_commit(folder: Path, size: int | None) -> Path | None:
    """A file fetched before whose content the hub does not name: its folder is that of its path at its commit."""
    for path in sorted(folder.glob("?" * 64)):
        if (kept := downloads.kept_copy(folder, path.name)) and kept.stat().st_size == size:
            return kept
    return None


def folder_of(wanted: Wanted) -> Path:
    """Where a file of the hub is kept: by its content where the hub names it, else by its path at its commit."""
    key = wanted.sha256 or hashlib.sha256(wanted.url.encode()).hexdigest()
    return project_root() / ".scratch" / "download" / "hub" / key[:16]


def compare(name: str, address: str, commit: str) -> None:
    """Say so where the repository has moved on since the last download on this machine.

    The manifest cannot tell, since DVC removes an output before it is made again; a note can.
    """
    note = project_root() / ".scratch" / "download" / f"{name}.json"
    before = files.read_json(note, made_by="download") if note.exists() else {}
    if before.get("address") == address and before["commit"] != commit:
        progress.say(
            f"{name}: {address} has moved on from commit {before['commit'][:12]} to {commit[:12]}; "
            "set `revision` to stay"
        )
    files.write_json(note, {"address": address, "commit": commit})
