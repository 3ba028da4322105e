"""Model shapes for tests: the shipped one with changes, so that a new key needs no edit in every test."""

from pathlib import Path
from typing import Any

from pipeline_lib.params import ModelParams, read_params

SHIPPED = read_params(Path(__file__).parents[2] / "params.yaml").model


def shaped(**changes: Any) -> ModelParams:
    """The shipped shape with these keys changed."""
    return ModelParams.model_validate({**SHIPPED.model_dump(), **changes})
