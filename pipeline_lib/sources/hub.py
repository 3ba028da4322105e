"""A data set repository of the Hugging Face Hub, pinned to the commit it stands at.

`datasets` says which files make up a config's split (data cards, patterns and folders have many
spellings); `huggingface_hub` fetches them, one at a time and only as far as rows are wanted; our
own readers read them, as they read any file. So memory and disk hold no second copy, the digest
covers the files themselves, and a broken download goes on where it stopped.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.formats import files
from pipeline_lib.formats.tables import one_line
from pipeline_lib.params import HubSource, project_root
from pipeline_lib.sources import local
from pipeline_lib.sources.origin import Origin
from pipeline_lib.sources.shaping import Shape

Result = TypeVar("Result")

WAITS = (0.5, 1.0, 2.0)
"""Seconds before each new attempt: one that stumbles is asked again, one away is soon told."""
PATIENCE = 10.0
"""Seconds after which no new attempt is made."""


def origin(name: str, source: HubSource) -> Origin:
    """The rows of one split; SourceError where hub, repository, config or split is not there."""
    _quiet()
    where = f"hub:{source.repository}"
    info = _persist(where, lambda: _info(source))
    commit: str = info.sha
    paths = _files(source, commit, where)
    digest = hashlib.sha256()
    shape = Shape(name, source.role, source.language, source.columns)
    address = "/".join([where, source.config or "default", source.split])
    compare(name, address, commit)
    fetched = ((_fetch(source, commit, path), f"{where}/{path}") for path in paths)
    return Origin(
        address=address,
        items=local.items(fetched, shape, digest),
        revision=commit,
        licence=source.licence or _licence(info),
        digest=digest,
    )


def _info(source: HubSource) -> Any:
    from huggingface_hub import HfApi

    return HfApi().dataset_info(source.repository, revision=source.revision)


def _licence(info: Any) -> str:
    """What the repository's data card says, where it says one thing."""
    said = info.card_data.get("license") if info.card_data else None
    return ", ".join(said) if isinstance(said, list) else str(said or "")


def _files(source: HubSource, commit: str, where: str) -> list[str]:
    """Paths inside the repository of the files that make up the split, in order."""
    found = _persist(where, lambda: _data_files(source, commit, where))
    splits = {str(split): list(urls) for split, urls in found.items()}
    if source.split not in splits:
        raise SourceError(
            f"{where}: expected the split {source.split}, found {', '.join(splits) or 'none'}; "
            "name one of these"
        )
    inside = f"hf://datasets/{source.repository}@{commit}/"
    urls = splits[source.split]
    if elsewhere := [url for url in urls if not url.startswith(inside)]:
        raise SourceError(
            f"{where}: expected files of the repository, found {elsewhere[0]}; "
            "fetch it yourself and read it as kind: file"
        )
    return [url.removeprefix(inside) for url in urls]


def _data_files(source: HubSource, commit: str, where: str) -> Any:
    import datasets

    try:
        builder = datasets.load_dataset_builder(source.repository, source.config, revision=commit)
    except ValueError as error:
        raise SourceError(
            f"{where}: expected the config {source.config}, found {one_line(error)}; "
            "set `config` to one that is there"
        ) from None
    except RuntimeError as error:  # "Dataset scripts are no longer supported"
        raise SourceError(
            f"{where}: expected data files, found {one_line(error)}; "
            "set `revision: refs/convert/parquet`"
        ) from None
    return builder.config.data_files or {}


def _fetch(source: HubSource, commit: str, path: str) -> Path:
    """The file in the local cache, its content checked where the hub gives a hash of it."""
    where = f"hub:{source.repository}/{path}"
    fetched = _persist(where, lambda: _download(source, commit, path, again=False))
    if not _is_sound(fetched):
        fetched = _persist(where, lambda: _download(source, commit, path, again=True))
    if not _is_sound(fetched):
        fetched.resolve().unlink()
        raise SourceError(
            f"{where}: expected the content the hub names, found other bytes, twice; "
            "the hub or what lies between is damaged: try again later"
        )
    return fetched


def _is_sound(fetched: Path) -> bool:
    """Whether the bytes are those the hub names: a large file's blob is called by its SHA-256."""
    named = fetched.resolve().name
    return len(named) != 64 or files.sha256(fetched) == named


def _download(source: HubSource, commit: str, path: str, *, again: bool) -> Path:
    from huggingface_hub import hf_hub_download

    repository = source.repository
    return Path(
        hf_hub_download(
            repository, path, repo_type="dataset", revision=commit, force_download=again
        )
    )


def _persist(where: str, ask: Callable[[], Result]) -> Result:
    """Ask, and again if the hub stumbles; SourceError for what asking again cannot mend."""
    from huggingface_hub.errors import HfHubHTTPError

    # OSError and the root error of the transport library, whichever that is.
    faults: tuple[type[Exception], ...] = HfHubHTTPError.__bases__
    started = time.monotonic()
    for wait in (*WAITS, None):
        try:
            return ask()
        except faults as error:
            late = wait is None or time.monotonic() - started > PATIENCE
            if late or _is_final(error):
                raise SourceError(f"{where}: {_in_words(error)}") from None
            time.sleep(wait or 0)
    raise AssertionError("the last attempt returns or raises")


def _is_final(error: Exception) -> bool:
    """Whether the hub has answered, and would answer the same again."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    status = getattr(getattr(error, "response", None), "status_code", None)
    missing = isinstance(error, FileNotFoundError | OfflineModeIsEnabled)
    return missing or (status is not None and status < 500 and status != 429)


def _in_words(error: Exception) -> str:
    from huggingface_hub import constants, errors

    match error:
        case errors.GatedRepoError():
            return "expected access, found a gated repository; accept its terms and set HF_TOKEN"
        case errors.OfflineModeIsEnabled():
            return "expected to reach the hub, found HF_HUB_OFFLINE set; unset it"
        case errors.RevisionNotFoundError():
            return "expected the revision, found none of that name; check `revision`"
        case errors.RepositoryNotFoundError() | errors.EntryNotFoundError() | FileNotFoundError():
            return "expected a data set, found none of that name (or a private one); check the name"
        case _:
            return (
                f"expected the hub at {constants.ENDPOINT} to answer, found {one_line(error)}; "
                "check the network and HF_ENDPOINT, then run again; files fetched so far are kept"
            )


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


def _quiet() -> None:
    """No bars and no log lines: progress is reported by the stage."""
    import datasets
    from huggingface_hub.utils.tqdm import disable_progress_bars

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.ERROR)
