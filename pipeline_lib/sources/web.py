"""Files at web addresses: fetched once, checked against what they should be, read like files.

A file is called by its digest in a folder of its address, so a file fetched before is taken again
without asking where params.yaml pins it, and with one short question where not. Without a pin the
digest of the first time is what the file should be: a web address is no version, and a data set
that changes under one's hands is an error, not news.
"""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.formats import files
from pipeline_lib.params import WebSource, project_root, without_secrets
from pipeline_lib.sources import downloads, local
from pipeline_lib.sources.downloads import Fetched, OtherBytesError, Wanted
from pipeline_lib.sources.origin import Divided, File, Origin
from pipeline_lib.sources.pieces import arriving
from pipeline_lib.sources.retrying import AwayError
from pipeline_lib.sources.shaping import Shape


def origin(name: str, source: WebSource) -> Origin:
    """The rows of the files, one after the other; nothing is fetched before they are wanted.

    SourceError where an address does not say what kind of file it holds.
    """
    for url in source.url:
        if not local.is_readable(name_of(url) + source.suffix):
            raise SourceError(
                f"{url}: expected an address that ends in one of {local.known_kinds()}, each also .gz, .xz, .bz2 or "
                ".zst, found another; say what is there with `suffix: .jsonl.gz`"
            )
    shape = Shape(name, source.role, source.language, source.columns)
    digest = hashlib.sha256()
    found: dict[str, str] = {}
    return Origin(
        address=", ".join(source.url),
        items=local.items(_paths(source, found), shape, digest, source.members),
        licence=source.licence,
        digest=digest,
        divided=lambda: Divided(
            partial(local.file_items, shape, source.members),
            arriving(_paths(source, found)),
            len(source.url),
        ),
        files=found,
    )


def _paths(source: WebSource, found: dict[str, str]) -> Iterator[File]:
    for url, pinned in zip(source.url, source.sha256 or [""] * len(source.url), strict=True):
        fetched = fetch(url, pinned, source.max_bytes)
        found[url] = fetched.sha256
        yield fetched.path, name_of(url) + source.suffix


def name_of(url: str) -> str:
    """What the file is called, without server and query."""
    return PurePosixPath(unquote(urlsplit(url).path)).name or urlsplit(url).hostname or url


def fetch(url: str, pinned: str, most: int) -> Fetched:
    """The file at `url`; SourceError where it is away, or neither `pinned` nor what it was the last time."""
    folder = folder_of(url)
    before = _before(folder)
    kept = downloads.kept_copy(folder, pinned or before.sha256)
    if pinned and kept:
        if pinned != before.sha256:
            _note(folder, url, Fetched(kept, pinned, ""))
        return Fetched(kept, pinned, "")
    unless = before.tag if kept else ""
    fetched = _fetched(
        Wanted(url, name_of(url), sha256=pinned, most=most, unless=unless), folder, kept
    )
    if kept and fetched is None:
        return before
    if fetched is None:
        raise SourceError(f"{url}: expected a file, found nothing new and nothing old; run again")
    if before.sha256 not in ("", fetched.sha256) and not pinned:
        raise SourceError(
            f"{url}: expected the file of sha256 {before.sha256}, as at the last download, found {fetched.sha256}; "
            f"set `sha256: {fetched.sha256}` to take the new one, or that of the old one to insist on it"
        )
    _note(folder, url, fetched)
    return fetched


def _fetched(wanted: Wanted, folder: Path, kept: Path | None) -> Fetched | None:
    """None: the copy kept is still good, or all there is to be had."""
    try:
        return downloads.fetch(wanted, folder)
    except AwayError:
        if not kept:
            raise
        progress.say(
            f"{wanted.name}: {wanted.server} does not answer; the copy fetched before is taken"
        )
        return None
    except OtherBytesError as error:
        raise SourceError(
            f"{error}; the file has changed or was damaged on its way: set `sha256` to the one found if that is the "
            "file you want, else find one that is not changed"
        ) from None


def folder_of(url: str) -> Path:
    """Where the files of an address are kept, and what is known of them."""
    key = hashlib.sha256(url.encode()).hexdigest()[:16]
    return project_root() / ".scratch" / "download" / "web" / key


def _before(folder: Path) -> Fetched:
    """What the last download found; nothing the first time."""
    note = folder / "note.json"
    noted = files.read_json(note, made_by="download") if note.exists() else {}
    digest = noted.get("sha256", "")
    return Fetched(folder / digest, digest, noted.get("tag", ""))


def _note(folder: Path, url: str, fetched: Fetched) -> None:
    note = {"url": without_secrets(url), "sha256": fetched.sha256, "tag": fetched.tag}
    files.write_json(folder / "note.json", note)
    progress.say(f"{name_of(url)}: {fetched.path.stat().st_size:,} bytes, sha256 {fetched.sha256}")
