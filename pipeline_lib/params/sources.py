"""Where text comes from: the `download` section."""

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pipeline_lib.params import splits
from pipeline_lib.params.discretion import secret_in
from pipeline_lib.params.runtime import project_root
from pipeline_lib.params.section import Section

Role = Literal["pretrain", "sft", "rl", "evaluation"]
ROLES: tuple[Role, ...] = ("pretrain", "sft", "rl", "evaluation")


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _split(spelled: str) -> str:
    splits.parse(spelled)
    return spelled


def _address(url: str) -> str:
    if secret_in(url):
        return url  # the source as a whole is refused, and names no secret
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f"expected an address that begins with https:// or http://, found {url}")
    return url


SplitName = Annotated[str, AfterValidator(_split)]
Address = Annotated[str, AfterValidator(_address)]
COUNTED_IN = {
    "clean": ("bytes", "kept", "dropped", "masked", "markup", "language", "flagged"),
    "corpus": (
        "mixture",
        "contaminated",
        "near_duplicates",
        "duplicate_paragraphs",
        "repeated_paragraphs",
        "clusters",
        "documents",
        *ROLES,
    ),
    "evaluate": ("pairs",),
}
"""Metrics file -> names in it that a source cannot have, since its own figures stand under its name."""
Digest = Annotated[str, BeforeValidator(str.lower), Field(pattern=r"^([0-9a-f]{64})?$")]


class SourceParams(Section):
    """One source of text. `weight`: times each document is seen (0.5: every second one, once)."""

    role: Role
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    language: str = ""
    """ISO 639-1 code, where the whole source has one."""
    licence: str = ""
    rows: int | None = Field(default=None, gt=0)
    """Take the first rows only."""

    @model_validator(mode="after")
    def holds_no_secret(self) -> "SourceParams":
        if found := secret_in(self.model_dump()):
            raise ValueError(
                f"expected no secret, found {found}; git, DVC and MLflow would keep it: take it out, and give the "
                "hub's token in the environment (HF_TOKEN)"
            )
        return self


class TalesSource(SourceParams):
    """The embedded corpus: a pure function of (seed, index)."""

    kind: Literal["tales"]
    texts: Literal["stories", "facts", "dialogues", "problems", "answers", "instructions"]
    """Problems come with their working; answers are problems without it."""
    language: Literal["en", "ja", ""] = ""
    """Absent: both, half and half."""
    seed: int = Field(ge=0)
    rows: int = Field(gt=0)


class FileSource(SourceParams):
    """Files on this disk, of any kind that archives.KINDS names, also .gz .xz .bz2 .zst, and archives of them."""

    kind: Literal["file"]
    path: str
    """A path, folder or glob, relative to the project; it must lie under `download.files`."""
    members: str = ""
    """Of an archive only the members whose path matches: `*/text/*.txt`."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Our name -> the column's: text (pretrain); messages, or user and assistant (sft); prompt and
    answer (rl, evaluation)."""


class WebSource(SourceParams):
    """Files at a web address, of the same kinds: fetched once, checked, kept, read like files."""

    kind: Literal["web"]
    url: Annotated[tuple[Address, ...], BeforeValidator(_listed), Field(min_length=1)]
    """One or a list, http or https."""
    sha256: Annotated[tuple[Digest, ...], BeforeValidator(_listed)] = ()
    """Of each file, in the order of `url`; empty: whatever comes the first time, and that from then on."""
    suffix: str = Field(default="", pattern=r"^(\.\w+)*$")
    """What kind of file it is, where the address does not end in it: `.jsonl.gz`."""
    max_bytes: int = Field(default=100 * 2**30, gt=0)
    """A file that is longer is refused: a server may send without end."""
    members: str = ""
    columns: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def pins_each_file_or_none(self) -> "WebSource":
        if self.sha256 and len(self.sha256) != len(self.url):
            raise ValueError(
                f"sha256: expected one for each of {len(self.url)} addresses, found {len(self.sha256)}; "
                'write "" where it is not known'
            )
        return self


class HubSource(SourceParams):
    """A data set repository of the Hugging Face Hub."""

    kind: Literal["hub"]
    repository: str
    config: str | None = None
    split: SplitName = "train"
    """With a slice where asked: `train[:20%]`, `train[100:200]`, `train[-10%:]`."""
    data_files: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    """Paths or globs inside the repository, in place of what its card says: `data/*.jsonl`."""
    revision: str | None = None
    """A commit, tag or branch; the manifest pins the commit it stood at."""
    streamed: bool = False
    """Rows come over the network as they are wanted; no file is kept."""
    columns: dict[str, str] = Field(default_factory=dict)

    @property
    def taken(self) -> splits.Split:
        """The split's name and the bounds of the slice."""
        return splits.parse(self.split)

    @model_validator(mode="after")
    def chooses_files_one_way(self) -> "HubSource":
        if self.data_files and (self.config or self.taken.name != "train"):
            raise ValueError(
                "data_files: expected neither config nor another split than train beside it, since a card's "
                "splits are made of the card's files; take one of them out"
            )
        return self


Source = Annotated[TalesSource | FileSource | WebSource | HubSource, Field(discriminator="kind")]


class DownloadParams(Section):
    files: str
    """The folder that `file` sources read; DVC watches it."""
    licences_allowed: tuple[str, ...]
    """SPDX-like ids, compared without case; a source under another licence, or none known, is refused. Empty: any."""
    max_rows: int = Field(ge=0)
    """The most rows of any source, its first ones, so that one key makes a trial of any mixture; 0: no such bound."""
    sources: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Source]
    """Name -> source. An overlay that names `sources` replaces the whole mapping."""

    @property
    def bounded(self) -> dict[str, Source]:
        """The sources, none with more rows than `max_rows`."""
        if not self.max_rows:
            return self.sources
        return {
            name: source.model_copy(
                update={"rows": min(source.rows or self.max_rows, self.max_rows)}
            )
            for name, source in self.sources.items()
        }

    @model_validator(mode="after")
    def needs_text_to_learn_from(self) -> "DownloadParams":
        if not any(source.role == "pretrain" for source in self.sources.values()):
            raise ValueError("expected at least one source with role: pretrain")
        return self

    @model_validator(mode="after")
    def has_names_of_its_own(self) -> "DownloadParams":
        for file, names in COUNTED_IN.items():
            if found := [name for name in names if name in self.sources]:
                raise ValueError(
                    f"{found[0]}: expected another name, found one under which metrics/{file}.json counts something else; "
                    "call the source otherwise"
                )
        return self

    @model_validator(mode="after")
    def reads_where_dvc_watches(self) -> "DownloadParams":
        for name, source in self.sources.items():
            if isinstance(source, FileSource) and not _lies_under(source.path, self.files):
                raise ValueError(
                    f"{name}.path: expected a path under download.files ({self.files}), found {source.path}; "
                    "set download.files to the folder that holds it, so that DVC sees when it changes"
                )
        return self


def _lies_under(path: str, folder: str) -> bool:
    root = project_root()
    inner, outer = (os.path.normpath(root / p) for p in (path, folder))  # links stay as written
    return Path(inner).is_relative_to(outer)
