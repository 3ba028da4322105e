"""Which files of a hub's repository make up a split, and how each is had.

`datasets` says which: data cards, patterns and folders have many spellings. `data_files` overrules
it. Where a repository holds nothing but a script, which nobody should run, the hub's own
conversion to Parquet is read instead.
"""

from collections.abc import Iterator
from typing import Any

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.formats.tables import one_line
from pipeline_lib.params import HubSource
from pipeline_lib.sources import local
from pipeline_lib.sources.downloads import Wanted
from pipeline_lib.sources.hub_asking import MissingError, persist

CONVERTED = "refs/convert/parquet"
"""The branch where the hub keeps its conversion of what a script makes."""
ASKED_AT_ONCE = 100
"""Paths in one question about sizes and digests."""


class ScriptError(SourceError):
    """The repository holds a loading script and no data files."""


def info(source: HubSource, revision: str | None) -> Any:
    """What the hub knows of the repository at a revision."""
    from huggingface_hub import HfApi

    return persist(
        address(source), lambda: HfApi().dataset_info(source.repository, revision=revision)
    )


def address(source: HubSource) -> str:
    return f"hub:{source.repository}"


def of_split(name: str, source: HubSource, commit: str) -> tuple[str, list[str]]:
    """The commit that is read and, in order, the paths of the split's files; SourceError where it has none."""
    try:
        return commit, _paths(source, commit)
    except ScriptError as error:
        if source.revision:
            raise SourceError(f"{error}; set `revision: {CONVERTED}`") from None
        converted = _converted(source, str(error))
    progress.say(
        f"{name}: {address(source)} is made by a script, which is not run; its branch {CONVERTED} is read instead, "
        f"at commit {converted[:12]}"
    )
    return converted, _paths(source, converted)


def _converted(source: HubSource, said: str) -> str:
    try:
        return str(info(source, CONVERTED).sha)
    except MissingError:
        raise SourceError(
            f"{said}, and no branch {CONVERTED}; ask its owners for plain files, or fetch them yourself and read "
            "them as kind: file"
        ) from None


def _paths(source: HubSource, commit: str) -> list[str]:
    """The split's files, all of kinds that can be read: better told now than after the first hundred gigabytes."""
    found = _chosen(source, commit) if source.data_files else _of_card(source, commit)
    if unreadable := [path for path in found if not local.is_readable(path)]:
        raise SourceError(
            f"{address(source)}: expected files of a kind among {local.known_kinds()}, found {unreadable[0]}; "
            f"choose others with `data_files`, or set `revision: {CONVERTED}`"
        )
    return found


def _of_card(source: HubSource, commit: str) -> list[str]:
    found = persist(address(source), lambda: _data_files(source, commit))
    splits = {str(split): list(urls) for split, urls in found.items()}
    split = source.taken.name
    if split not in splits:
        raise SourceError(
            f"{address(source)}: expected the split {split}, found {', '.join(splits) or 'none'}; "
            "name one of these"
        )
    inside = f"hf://datasets/{source.repository}@{commit}/"
    if elsewhere := [url for url in splits[split] if not url.startswith(inside)]:
        raise SourceError(
            f"{address(source)}: expected files of the repository, found {elsewhere[0]}; "
            "fetch it yourself and read it as kind: file"
        )
    return [url.removeprefix(inside) for url in splits[split]]


def _chosen(source: HubSource, commit: str) -> list[str]:
    return persist(address(source), lambda: _matching(source, commit))


def _matching(source: HubSource, commit: str) -> list[str]:
    from huggingface_hub import HfFileSystem

    inside = f"datasets/{source.repository}@{commit}/"
    hub = HfFileSystem(skip_instance_cache=True)
    found: list[str] = []
    for pattern in source.data_files:
        matching = sorted(path.removeprefix(inside) for path in hub.glob(inside + pattern))
        if not matching:
            raise SourceError(
                f"{address(source)}: expected a file that matches {pattern}, found none; check `data_files`"
            )
        found += [path for path in matching if path not in found]
    return found


def _data_files(source: HubSource, commit: str) -> Any:
    import datasets

    where = address(source)
    try:
        builder = datasets.load_dataset_builder(source.repository, source.config, revision=commit)
    except ValueError as error:
        raise SourceError(
            f"{where}: expected the config {source.config}, found {one_line(error)}; "
            "set `config` to one that is there"
        ) from None
    except RuntimeError as error:  # "Dataset scripts are no longer supported"
        raise ScriptError(f"{where}: expected data files, found {one_line(error)}") from None
    return builder.config.data_files or {}


def located(source: HubSource, commit: str, paths: list[str]) -> Iterator[Wanted]:
    """Each file as something to fetch: its address, size and, where the hub names it, SHA-256."""
    from huggingface_hub import get_token, hf_hub_url

    token = get_token()
    for start in range(0, len(paths), ASKED_AT_ONCE):
        known = _sizes(source, commit, paths[start : start + ASKED_AT_ONCE])
        for path in paths[start : start + ASKED_AT_ONCE]:
            url = hf_hub_url(source.repository, path, repo_type="dataset", revision=commit)
            yield Wanted(
                url,
                f"{address(source)}/{path}",
                {"Authorization": f"Bearer {token}"} if token else {},
                sha256=known[path].lfs.sha256 if known[path].lfs else "",
                size=known[path].size,
            )


def _sizes(source: HubSource, commit: str, paths: list[str]) -> dict[str, Any]:
    from huggingface_hub import HfApi

    def ask() -> list[Any]:
        return HfApi().get_paths_info(
            source.repository, paths, revision=commit, repo_type="dataset"
        )

    known = {found.path: found for found in persist(address(source), ask)}
    if missing := [path for path in paths if path not in known]:
        raise SourceError(
            f"{address(source)}: expected {missing[0]}, found no such file; check `data_files`"
        )
    return known
