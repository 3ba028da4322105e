"""A model file that a person brings, pinned to its bytes: DVC sees params.yaml, and neither the file nor the hub."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pipeline_lib.params.discretion import secret_in
from pipeline_lib.params.section import Section


def _commit(revision: str) -> str:
    """A branch moves on, and whoever runs this a year later would get another vocabulary."""
    if revision and not re.fullmatch("[0-9a-f]{40}", revision) and not secret_in(revision):
        raise ValueError(
            "expected a full commit (40 hexadecimal digits), since a branch or tag may move, "
            f"found {revision}; the hub shows it under the files' history"
        )
    return revision


class ExistingModel(Section):
    """A SentencePiece `.model` on this disk or, with `repository`, in a model repository of the hub."""

    path: str = Field(min_length=1)
    """Relative to the project, or inside the repository."""
    sha256: Annotated[str, BeforeValidator(str.lower), Field(pattern="^([0-9a-f]{64})?$")] = ""
    """Of the file. It is needed; whoever leaves it out is told what it is."""
    repository: str = Field(default="", pattern=r"^([\w.\-]+(/[\w.\-]+)?)?$")
    revision: Annotated[str, AfterValidator(_commit)] = ""
    """The repository's commit, in full."""

    @property
    def address(self) -> str:
        """Where it lies, for people."""
        return f"hub:{self.repository}/{self.path}" if self.repository else self.path

    @model_validator(mode="after")
    def holds_no_secret(self) -> "ExistingModel":
        if found := secret_in(self.model_dump()):
            raise ValueError(
                f"expected no secret, found {found}; git, DVC and MLflow would keep it: take it out, and give the "
                "hub's token in the environment (HF_TOKEN)"
            )
        return self

    @model_validator(mode="after")
    def stands_at_a_commit_of_its_repository(self) -> "ExistingModel":
        if bool(self.repository) != bool(self.revision):
            found = "repository" if self.repository else "revision"
            raise ValueError(
                f"expected repository and revision (a full commit) together, found {found} alone; "
                "name both for a file of the hub, neither for one on this disk"
            )
        return self
