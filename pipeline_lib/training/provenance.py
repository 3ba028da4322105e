"""Where a model came from, in what its folder can carry: nothing that differs between two machines that compute alike."""

import hashlib
import json
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline_lib.params import Section
from pipeline_lib.training.resume import States


def describe(
    stage: str,
    sections: Mapping[str, Section],
    inputs: Mapping[str, str],
    kept: States,
    earlier: Mapping[str, Any],
) -> dict[str, Any]:
    """`inputs`: name -> digest; `earlier`: the provenance of the model this one was made from."""
    stored = {name: section.model_dump() for name, section in sections.items()}
    digest = hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()
    return {
        "stage": stage,
        "inputs": dict(inputs),
        "params": stored,
        "params_digest": digest,
        "computed_with": kept.identity,
        "resumed_elsewhere": kept.resumed_elsewhere,
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "steps": kept.saved_step,
        "skipped": list(earlier.get("skipped", [])),
        "from": dict(earlier),
    }
