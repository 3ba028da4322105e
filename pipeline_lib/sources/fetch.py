"""Bring one source to Parquet, with a manifest of where it came from."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from pipeline_lib import engine, progress
from pipeline_lib.errors import DataError, SourceError
from pipeline_lib.formats import conversations, documents, files, manifests, tables
from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.formats.documents import Document
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.params import (
    DownloadParams,
    FileSource,
    HubSource,
    Source,
    TalesSource,
    WebSource,
    without_secrets,
)
from pipeline_lib.sources import embedded, hub, licences, local, pieces, room, web
from pipeline_lib.sources.origin import Divided, Item, Origin


def fetch_all(params: DownloadParams, folder: Path, workers: int = 1) -> Iterator[Manifest]:
    """Write each source to a folder of its name; SourceError before any row is fetched where a licence is refused."""
    sources = params.bounded
    opened = {
        name: _opened(name, source, workers, params.licences_allowed)
        for name, source in sorted(sources.items())
    }
    for name, origin in opened.items():
        yield _fetch(name, sources[name], origin, folder / name, workers)


def fetch(
    name: str, source: Source, folder: Path, workers: int = 1, allowed: Collection[str] = ()
) -> Manifest:
    """Write the source's rows and manifest to `folder`, or raise SourceError and write nothing.

    `allowed`: licences; none: any is.
    """
    return _fetch(name, source, _opened(name, source, workers, allowed), folder, workers)


def _opened(name: str, source: Source, workers: int, allowed: Collection[str]) -> Origin:
    with _named(name):
        origin = _open(name, source, workers)
        licences.check(origin.address, origin.licence, allowed)
        return origin


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Name the source, and no secret, in whatever goes wrong."""
    try:
        yield
    except (SourceError, DataError) as error:
        said = f"download.sources.{name}: {without_secrets(str(error))}"
        raise type(error)(said) from None


def _fetch(name: str, source: Source, origin: Origin, folder: Path, workers: int) -> Manifest:
    with _named(name), room.watched(folder):
        if divided := _divided(source, origin, workers):
            rows, size = _packed(name, source, origin, divided, folder, workers)
        else:
            weighed = Weighed(origin, source.rows)
            unit = f"rows of {name}"
            rows = _write(folder, progress.watch(weighed, source.rows, unit), source)
            size = weighed.bytes
        manifest = _described(name, source, origin, rows, size)
        manifests.write(folder, manifest)
    return manifest


def _divided(source: Source, origin: Origin, workers: int) -> Divided | None:
    """None where one process reads all: it stops at the first `rows`, or there are few files."""
    if source.rows is not None or origin.divided is None:
        return None
    divided = origin.divided()
    return divided if engine.spreads(divided.count, workers) else None


def _packed(
    name: str, source: Source, origin: Origin, divided: Divided, folder: Path, workers: int
) -> tuple[int, int]:
    """Rows and bytes of what workers read, in the parts in which one process would have written it."""
    write: pieces.Write
    if source.role == "pretrain":
        write, read, packer = documents.writer, documents.read_table, documents.packer
    else:
        write, read, packer = conversations.writer, conversations.read_table, conversations.packer

    def found(passing: Path) -> Iterator[pa.Table]:
        rows = 0
        for done in pieces.read(divided, write, passing, workers):
            pieces.take_all_in(done.piece, origin.digest)
            for table in map(read, tables.parts(done.folder)):
                yield table
                rows += len(table)
                progress.show(rows, None, f"rows of {name}")
        if not rows:
            raise _empty(origin)

    with files.passing_folder(folder) as passing:
        packed = tables.pack(folder, found(passing), packer)
    return packed.rows, packed.bytes


def _described(name: str, source: Source, origin: Origin, rows: int, size: int) -> Manifest:
    return Manifest(
        name=name,
        kind=source.kind,
        role=source.role,
        weight=source.weight,
        language=source.language,
        address=origin.address,
        revision=origin.revision,
        licence=origin.licence,
        sha256=origin.digest.hexdigest(),
        rows=rows,
        bytes=size,
        texts=source.texts if isinstance(source, TalesSource) else "",
        files=origin.files,
    )


def _open(name: str, source: Source, workers: int) -> Origin:
    if isinstance(source, FileSource):
        return local.origin(name, source)
    if isinstance(source, HubSource):
        return hub.origin(name, source)
    if isinstance(source, WebSource):
        return web.origin(name, source)
    return embedded.origin(name, source, workers)


class Weighed:
    """At most `limit` items (None: all), their bytes counted; SourceError where there are none."""

    def __init__(self, origin: Origin, limit: int | None) -> None:
        self._origin = origin
        self._limit = limit
        self.bytes = 0

    def __iter__(self) -> Iterator[Item]:
        number = 0
        for number, item in enumerate(self._origin.items, start=1):
            self.bytes += size(item)
            yield item
            if number == self._limit:
                return
        if not number:
            raise _empty(self._origin)


def _empty(origin: Origin) -> SourceError:
    return SourceError(f"{origin.address}: expected rows, found none; check what it holds")


def size(item: Item) -> int:
    """UTF-8 bytes of what an item says."""
    return documents.size(item) if isinstance(item, Document) else conversations.size(item)


def _write(folder: Path, items: Iterator[Item], source: Source) -> int:
    if source.role == "pretrain":
        return documents.write(folder, (item for item in items if isinstance(item, Document)))
    return conversations.write(folder, (item for item in items if isinstance(item, Conversation)))
