"""The chat model in MLflow's registry: once, by hardlink where the store is on this disk,
`champion` where it beats the last.

Better is more problems answered right or, where none were asked, fewer bits per byte.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from pipeline_lib.tracking.contents import content_of
from pipeline_lib.tracking.runs import Child

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

NAME = "bonsai-chat"
ALIAS = "champion"
MODEL = "chat"
FOLDER = "model"


def register(child: Child, inputs: Iterable[Path], metrics: Mapping[str, float]) -> None:
    """A version of the registered model, unless these weights are one already."""
    model = next((path for path in inputs if path.name == MODEL), None)
    if model is None:
        return
    client = child.store.client
    weights = content_of(model, {}).digest
    if not client.search_registered_models(f"name = '{NAME}'"):
        client.create_registered_model(NAME)
    known = client.search_model_versions(f"name = '{NAME}'")
    if any(version.tags.get("bonsai.weights") == weights for version in known):
        return
    source = _lay_down(child, model)
    tags = {"bonsai.weights": weights, **_scores(metrics)}
    made = client.create_model_version(NAME, source, run_id=child.run_id, tags=tags)
    if _beats(made, _champion(client)):
        client.set_registered_model_alias(NAME, ALIAS, made.version)


def _scores(metrics: Mapping[str, float]) -> dict[str, str]:
    wanted = ("problems.accuracy", "bits_per_byte")
    return {n: repr(metrics[f"{MODEL}.{n}"]) for n in wanted if f"{MODEL}.{n}" in metrics}


def _lay_down(child: Child, model: Path) -> str:
    """The model among the run's artifacts; its address."""
    place = str(child.store.client.get_run(child.run_id).info.artifact_uri)
    parsed = urlparse(place)
    if parsed.scheme == "file":
        _hardlink(model, Path(unquote(parsed.path)) / FOLDER)
    else:
        child.store.client.log_artifacts(child.run_id, str(model), FOLDER)
    return f"{place}/{FOLDER}"


def _hardlink(model: Path, place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for file in sorted(model.iterdir()):
        target = place / file.name
        target.unlink(missing_ok=True)
        try:
            os.link(file.resolve(), target)
        except OSError:  # another disk
            target.write_bytes(file.read_bytes())


def _champion(client: Any) -> "ModelVersion | None":
    aliases = client.get_registered_model(NAME).aliases
    return client.get_model_version(NAME, aliases[ALIAS]) if ALIAS in aliases else None


def _beats(new: "ModelVersion", old: "ModelVersion | None") -> bool:
    if old is None:
        return True
    for score, sign in (("problems.accuracy", 1), ("bits_per_byte", -1)):
        if score in new.tags and score in old.tags:
            return sign * float(new.tags[score]) > sign * float(old.tags[score])
    return False
