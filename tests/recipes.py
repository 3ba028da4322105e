"""The five published recipes, which many tests go through."""

from functools import cache

import yaml

from pipeline_lib import presets
from pipeline_lib.params import Params, check

RECIPES = ("nue", "nullm", "tiny-tale", "nano-llm", "long-lm")
SHIPPED = (presets.FOLDER / "default.yaml").read_text(encoding="utf-8")


@cache
def params_with(*names: str) -> Params:
    """The shipped params.yaml with presets laid over it."""
    return check(yaml.safe_load(presets.composed(SHIPPED, names)))
