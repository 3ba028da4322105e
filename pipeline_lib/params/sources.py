"""Where text comes from: the `download` section."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline_lib.params.runtime import project_root
from pipeline_lib.params.section import Section

Role = Literal["pretrain", "sft", "rl", "evaluation"]
ROLES: tuple[Role, ...] = ("pretrain", "sft", "rl", "evaluation")


class SourceParams(Section):
    """One source of text. `weight`: times each document is seen (0.5: every second one, once)."""

    role: Role
    weight: float = Field(default=1.0, gt=0)
    language: str = ""
    """ISO 639-1 code, where the whole source has one."""
    licence: str = ""
    rows: int | None = Field(default=None, gt=0)
    """Take the first rows only."""


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
    """Files on this disk: txt, jsonl, json, parquet, each also .gz .xz .bz2 .zst, and tar archives of them."""

    kind: Literal["file"]
    path: str
    """A path or glob, relative to the project; it must lie under `download.files`."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Our name -> the column's: text (pretrain); messages, or user and assistant (sft); prompt and
    answer (rl, evaluation)."""


class HubSource(SourceParams):
    """A data set repository of the Hugging Face Hub."""

    kind: Literal["hub"]
    repository: str
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    """A commit, tag or branch; the manifest pins the commit it stood at."""
    columns: dict[str, str] = Field(default_factory=dict)


Source = Annotated[TalesSource | FileSource | HubSource, Field(discriminator="kind")]


class DownloadParams(Section):
    files: str
    """The folder that `file` sources read; DVC watches it."""
    sources: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Source]
    """Name -> source. An overlay that names `sources` replaces the whole mapping."""

    @model_validator(mode="after")
    def needs_text_to_learn_from(self) -> "DownloadParams":
        if not any(source.role == "pretrain" for source in self.sources.values()):
            raise ValueError("expected at least one source with role: pretrain")
        if "pairs" in self.sources:
            raise ValueError(
                "pairs: expected another name, found that of the minimal pairs in metrics/evaluate.json"
            )
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
