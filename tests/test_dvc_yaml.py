"""dvc.yaml, params.yaml and the stages tell one story; code dependencies are import closures."""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import grimp
import pytest
import yaml

from pipeline_lib.params import Params
from pipeline_lib.stage import Contract, contract_of

ROOT = Path(__file__).parents[1]
DVC_YAML = yaml.safe_load((ROOT / "dvc.yaml").read_text())
PATHS: dict[str, str] = DVC_YAML["vars"][0]["paths"]
STAGES: dict[str, dict[str, Any]] = DVC_YAML["stages"]
EDGE = {
    f"pipeline_lib.{name}"
    for name in ("errors", "params", "progress", "shapes", "stage", "tracking", "cli", "pinned")
}
"""Cannot change what a stage makes: words, checks, screens, MLflow."""

NEVER_RETRAIN = ("text", "evaluation", "report", "sources", "tales", "answers")


def contract(name: str) -> Contract:
    return contract_of(importlib.import_module(f"stages.{name}").main)


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("stages", "pipeline_lib", cache_dir=None)


def closure(name: str) -> set[str]:
    """Files of all that the stage imports, the edge and bare packages left out."""
    seen: set[str] = set()
    open_ends = {f"stages.{name}"}
    while open_ends:
        module = open_ends.pop()
        seen.add(module)
        open_ends |= graph().find_modules_directly_imported_by(module) - seen - EDGE
    return {file for module in seen if (file := file_of(module))}


def file_of(module: str) -> str:
    path = module.replace(".", "/")
    if (ROOT / f"{path}.py").exists():
        return f"{path}.py"
    return f"{path}/__init__.py" if does_something(ROOT / path / "__init__.py") else ""


def does_something(file: Path) -> bool:
    """Whether a package's __init__ holds more than words and imports."""
    text = re.sub(r'"""(.|\n)*?"""', "", file.read_text())
    return bool(re.search(r"^\s*(def|class|return)\b", text, re.MULTILINE))


def code(deps: list[str]) -> list[str]:
    return [dep for dep in deps if dep.startswith(("stages/", "pipeline_lib/"))]


def files_under(dep: str) -> Iterator[str]:
    path = ROOT / dep
    for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
        if file.name != "__init__.py" or does_something(file):
            yield file.relative_to(ROOT).as_posix()


def outs(name: str) -> list[str]:
    return [resolved(out) for out in STAGES[name]["outs"]]


def resolved(text: str) -> str:
    return re.sub(r"\$\{paths\.(\w+)\}", lambda found: PATHS[found[1]], text)


def test_every_stage_has_a_script_and_every_script_a_stage() -> None:
    scripts = {p.stem for p in (ROOT / "stages").glob("*.py")} - {"__init__"}
    assert scripts == set(STAGES)


def test_params_yaml_stands_in_the_order_of_the_models() -> None:
    text = yaml.safe_load((ROOT / "params.yaml").read_text())
    assert list(text) == list(Params.model_fields)
    for section, field in Params.model_fields.items():
        assert list(text[section]) == list(field.annotation.model_fields)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_declares_exactly_the_sections_it_is_given_but_runtime(name: str) -> None:
    sections = set(contract(name).sections.values())
    assert sorted(sections - {"runtime"}) == sorted(STAGES[name].get("params", []))


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_given_the_paths_its_signature_names_in_order(name: str) -> None:
    given = re.findall(r"\$\{paths\.(\w+)\}", STAGES[name]["cmd"])
    assert given == contract(name).paths
    assert STAGES[name]["cmd"].startswith(f"python -m stages.{name} ")
    assert {f"${{paths.{path}}}" for path in given} == {
        path for path in (*STAGES[name]["deps"], *STAGES[name]["outs"]) if "${paths." in path
    }


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_its_import_closure_and_on_no_other_code(name: str) -> None:
    declared = {file for dep in code(STAGES[name]["deps"]) for file in files_under(dep)}
    wanted = closure(name)
    assert declared == wanted, (
        f"{name}: dvc.yaml misses {sorted(wanted - declared)}, "
        f"and needs not {sorted(declared - wanted)}"
    )


@pytest.mark.parametrize("name", ["tokenizer", "shard", "pretrain", "sft"])
def test_editing_a_filter_or_an_evaluation_never_retrains(name: str) -> None:
    packages = {PurePosixPath(file).parts[1] for file in closure(name)}
    assert not any(part.removesuffix(".py") in NEVER_RETRAIN for part in packages)
    assert name in ("tokenizer", "shard") or "engine" not in packages


def test_what_grpo_learns_never_retrains_the_base_model() -> None:
    assert not any("grpo" in file or "sft" in file for file in closure("pretrain"))


def test_data_paths_are_spelled_only_in_dvc_yaml() -> None:
    roots = {path.split("/")[0] for path in PATHS.values()} - {"metrics"}
    for script in [*(ROOT / "stages").rglob("*.py"), *(ROOT / "pipeline_lib").rglob("*.py")]:
        assert not any(f'"{root}/' in script.read_text() for root in roots), script


def test_data_flows_one_way_down_the_file() -> None:
    written: set[str] = set()
    for name, stage in STAGES.items():
        read = {resolved(dep) for dep in stage["deps"] if "${paths." in dep or "metrics/" in dep}
        assert all(any(PurePosixPath(r).is_relative_to(w) for w in written) for r in read), name
        written |= {*outs(name), f"metrics/{name}.json"}


def test_no_out_lies_inside_another() -> None:
    every = [PurePosixPath(out) for name in STAGES for out in outs(name)]
    assert len(every) == len(set(every))
    assert not any(a != b and a.is_relative_to(b) for a in every for b in every)


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_has_words_and_metrics_in_git(name: str) -> None:
    assert STAGES[name]["desc"].endswith(".")
    assert STAGES[name]["metrics"] == [{f"metrics/{name}.json": {"cache": False}}]


def test_no_stage_is_persistent_or_always_changed() -> None:
    assert not re.search(r"persist|always_changed|frozen", (ROOT / "dvc.yaml").read_text())


def test_every_plot_reads_what_a_stage_makes() -> None:
    made = [PurePosixPath(out) for name in STAGES for out in outs(name)]
    for plot in DVC_YAML["plots"]:
        ((_, settings),) = plot.items()
        for file in settings["y"]:
            assert any(PurePosixPath(file).is_relative_to(out) for out in made), file
