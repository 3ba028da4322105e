"""The floors of the house, and the habits that a linter does not see."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "pipeline_lib").rglob("*.py"), *(ROOT / "stages").glob("*.py")])
BANNED_NAMES = {"utils", "helpers", "manager", "common", "base", "process"}
LONGEST_FILE, LONGEST_FUNCTION = 350, 50
LIGHT_STAGES = ("download", "clean", "corpus", "tokenizer", "shard")
HEAVY = ("torch", "mlflow")


def functions(file: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def length(node: ast.FunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_imports_point_down_the_floors() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_file_or_function_is_long(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert [f.name for f in functions(file) if length(f) > LONGEST_FUNCTION] == []


def test_half_of_all_functions_are_shorter_than_ten_lines() -> None:
    lengths = sorted(length(f) for file in SOURCES for f in functions(file))
    assert lengths[len(lengths) // 2] < 10
    assert lengths[len(lengths) * 9 // 10] < 30


def test_no_module_is_a_drawer() -> None:
    assert [f for f in SOURCES if f.stem in BANNED_NAMES] == []


def test_stages_are_short() -> None:
    for file in (ROOT / "stages").glob("*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 60, file


@pytest.mark.parametrize("stage", LIGHT_STAGES)
def test_data_stages_start_without_torch_and_mlflow(stage: str) -> None:
    code = f"import sys, stages.{stage}; print([m for m in {HEAVY} if m in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.stdout.strip() == "[]", told.stderr


def test_the_command_starts_without_torch_and_mlflow() -> None:
    code = f"import sys, pipeline_lib.cli; print([m for m in {HEAVY} if m in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.stdout.strip() == "[]", told.stderr


def test_the_core_runs_where_little_is_installed() -> None:
    code = """
import importlib.abc, sys

class Bare(importlib.abc.MetaPathFinder):
    missing = {"jaxtyping", "yaml", "pyarrow", "datasets", "mlflow", "dvc", "xxhash", "ftfy", "joblib", "matplotlib"}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.missing:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Bare())
import torch
from pipeline_lib.formats import checkpoints, shards
from pipeline_lib.model import generation, hardware
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams
from pipeline_lib.training import grpo, pretrain, sft
mla = dict(latent=4, query_latent=0, rope_width=2, value_width=4)
moe = dict(every=1, experts=2, active=1, shared=1, hidden=4, balance_rate=0.1, balance_loss=0.1, z_loss=0.1)
budget = dict(parameters=0, flops=0.0, tokens_per_parameter=20.0)
shape = ModelParams(size='given', budget=budget, layers=1, channels=8, norm='rmsnorm', norm_gain=True,
                    positions='rope', rope_theta=1e4,
                    attention='mha', mla=mla, heads=2, kv_heads=1, head_width=4, qk_norm=True, feed_forward='swiglu',
                    hidden=8, moe=moe, bias=True, context=8, tie_embeddings=True, value_embeddings=True,
                    token_shift=True, logit_softcap=30.0)
model = Transformer(shape, 16, 0)
print(len(generation.generate(model, [[1]], max_new_tokens=3, stop=set(), sampling=generation.Sampling())[0].ids))
"""
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.stdout.strip() == "3", told.stderr
