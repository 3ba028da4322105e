"""The whole of params.yaml, read and checked: every fault is named at once."""

import difflib
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from pipeline_lib.errors import ParamsError
from pipeline_lib.params.data import CleanParams, CorpusParams, ShardParams, TokenizerParams
from pipeline_lib.params.evaluation import EvaluateParams
from pipeline_lib.params.model import ModelParams
from pipeline_lib.params.runtime import RuntimeParams
from pipeline_lib.params.section import Section
from pipeline_lib.params.sources import (
    DownloadParams,
    FileSource,
    HubSource,
    SourceParams,
    TalesSource,
    WebSource,
)
from pipeline_lib.params.training import GrpoParams, PretrainParams, SftParams


class Params(Section):
    """The whole file. Fields stand in pipeline order."""

    runtime: RuntimeParams
    download: DownloadParams
    clean: CleanParams
    corpus: CorpusParams
    tokenizer: TokenizerParams
    shard: ShardParams
    model: ModelParams
    pretrain: PretrainParams
    sft: SftParams
    grpo: GrpoParams
    evaluate: EvaluateParams


def read_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check params.yaml; raise ParamsError naming every fault at once."""
    import yaml  # not there on a bare GPU machine, where params come from elsewhere

    try:
        stored = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run this in the project's folder") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    return check(stored, str(path))


def check(stored: object, where: str = "params.yaml") -> Params:
    """Type the mapping that params.yaml holds; raise ParamsError naming every fault at once."""
    try:
        return Params.model_validate(stored)
    except ValidationError as error:
        faults = [f"{where}: {_fault(dict(e))}" for e in error.errors()]
        raise ParamsError("\n".join(faults)) from None


def _fault(error: dict[str, Any]) -> str:
    """`clean.min_char: unknown key, did you mean clean.min_chars?`"""
    kinds = ("tales", "file", "hub", "web")
    place = [str(part) for part in error["loc"]]
    if len(place) > 3 and place[:2] == ["download", "sources"] and place[3] in kinds:
        del place[3]  # pydantic names the member of the union; the file does not
    key = ".".join(place)
    match error["type"]:
        case "extra_forbidden":
            known = _known_keys(tuple(map(str, error["loc"][:-1])))
            near = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.5)
            meant = ".".join([*place[:-1], near[0]]) if near else ""
            hint = f"did you mean {meant}?" if near else f"known here: {', '.join(sorted(known))}"
            return f"{key}: unknown key, {hint}"
        case "missing":
            return f"{key}: expected a value, found none; see the shipped params.yaml"
        case "value_error":
            return f"{key}: {error['ctx']['error']}"
        case _:
            found = str(error["input"])
            return f"{key}: {error['msg'][0].lower()}{error['msg'][1:]}, found {found[:80]}"


def _known_keys(place: tuple[str, ...]) -> list[str]:
    """Names that `place` in params.yaml may hold."""
    members: dict[str, type[SourceParams]] = {
        "tales": TalesSource,
        "file": FileSource,
        "hub": HubSource,
        "web": WebSource,
    }
    if place[:2] == ("download", "sources") and len(place) > 3:
        return list(members[place[3]].model_fields)
    section: type[BaseModel] = Params
    for part in place:
        annotation = section.model_fields[part].annotation
        members_of_union = get_args(annotation) or (annotation,)  # a section that may be null
        found = [m for m in members_of_union if isinstance(m, type) and issubclass(m, BaseModel)]
        if not found:
            return []
        section = found[0]
    return list(section.model_fields)
