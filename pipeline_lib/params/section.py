"""What every section of params.yaml is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """One block of params.yaml: every key required, no key unknown, no value changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
