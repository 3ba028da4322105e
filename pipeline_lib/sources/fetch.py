"""Bring one source to Parquet, with a manifest of where it came from."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.formats import conversations, documents, manifests
from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.formats.documents import Document
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.params import FileSource, HubSource, Source, TalesSource
from pipeline_lib.sources import embedded, hub, local
from pipeline_lib.sources.origin import Item, Origin


def fetch(name: str, source: Source, folder: Path, workers: int = 1) -> Manifest:
    """Write the source's rows and manifest to `folder`, or raise SourceError and write nothing."""
    try:
        return _fetch(name, source, folder, workers)
    except SourceError as error:
        raise SourceError(f"download.sources.{name}: {error}") from None


def _fetch(name: str, source: Source, folder: Path, workers: int) -> Manifest:
    origin = _open(name, source, workers)
    weighed = Weighed(origin, source.rows)
    rows = _write(folder, progress.watch(weighed, source.rows, f"rows of {name}"), source)
    manifest = Manifest(
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
        bytes=weighed.bytes,
        texts=source.texts if isinstance(source, TalesSource) else "",
    )
    manifests.write(folder, manifest)
    return manifest


def _open(name: str, source: Source, workers: int) -> Origin:
    if isinstance(source, FileSource):
        return local.origin(name, source)
    if isinstance(source, HubSource):
        return hub.origin(name, source)
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
