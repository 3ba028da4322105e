"""Bring one source to Parquet, with a manifest of where it came from."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.formats import conversations, documents, manifests
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
from pipeline_lib.sources import embedded, hub, licences, local, room, web
from pipeline_lib.sources.origin import Item, Origin


def fetch_all(params: DownloadParams, folder: Path, workers: int = 1) -> Iterator[Manifest]:
    """Write each source to a folder of its name; SourceError before any row is fetched where a licence is refused."""
    opened = {
        name: _opened(name, source, workers, params.licences_allowed)
        for name, source in sorted(params.sources.items())
    }
    for name, origin in opened.items():
        yield _fetch(name, params.sources[name], origin, folder / name)


def fetch(
    name: str, source: Source, folder: Path, workers: int = 1, allowed: Collection[str] = ()
) -> Manifest:
    """Write the source's rows and manifest to `folder`, or raise SourceError and write nothing.

    `allowed`: licences; none: any is.
    """
    return _fetch(name, source, _opened(name, source, workers, allowed), folder)


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
    except SourceError as error:
        said = f"download.sources.{name}: {without_secrets(str(error))}"
        raise SourceError(said) from None


def _fetch(name: str, source: Source, origin: Origin, folder: Path) -> Manifest:
    weighed = Weighed(origin, source.rows)
    with _named(name), room.watched(folder):
        rows = _write(folder, progress.watch(weighed, source.rows, f"rows of {name}"), source)
        manifest = _described(name, source, origin, rows, weighed.bytes)
        manifests.write(folder, manifest)
    return manifest


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
            raise SourceError(
                f"{self._origin.address}: expected rows, found none; check what it holds"
            )


def size(item: Item) -> int:
    """UTF-8 bytes of what an item says."""
    return documents.size(item) if isinstance(item, Document) else conversations.size(item)


def _write(folder: Path, items: Iterator[Item], source: Source) -> int:
    if source.role == "pretrain":
        return documents.write(folder, (item for item in items if isinstance(item, Document)))
    return conversations.write(folder, (item for item in items if isinstance(item, Conversation)))
