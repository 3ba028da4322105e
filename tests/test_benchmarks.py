"""The benchmarks start: they follow what the library asks for, with no more installed than they say, and read their own."""

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import memory, mfu, pretrain, pretrain_sides, pretrain_text, recipes
from benchmarks.pretrain_shapes import (
    SMALL,
    SMALL_FLOPS,
    SMALL_VOCAB,
    Learner,
    learning,
    running,
    shape,
)
from pipeline_lib.model.counting import count, flops_per_token
from pipeline_lib.model.hardware import Hardware
from pipeline_lib.params import Params, read_params
from pipeline_lib.training.batches import Batch

ROOT = Path(__file__).parents[1]
NOT_OURS = {
    "dedup_datatrove": "datatrove",
    "datatrove_rules": "datatrove",
    "vocabularies_public": "tiktoken",
}
"""Module -> what it needs that `make setup` does not install."""
MODULES = sorted(file.stem for file in (ROOT / "benchmarks").glob("*.py"))


@pytest.fixture(scope="module")
def shipped() -> Params:
    return read_params(ROOT / "pipeline_lib" / "presets" / "default.yaml")


@pytest.mark.parametrize("name", MODULES)
def test_each_benchmark_finds_what_it_imports(name: str) -> None:
    if (needed := NOT_OURS.get(name)) and importlib.util.find_spec(needed) is None:
        pytest.skip(f"needs {needed}")
    assert importlib.import_module(f"benchmarks.{name}").__doc__


def test_the_small_shape_has_the_size_and_the_cost_that_are_told_of_it() -> None:
    small = shape(**SMALL)
    counts = count(small, SMALL_VOCAB)
    assert counts.total == 13_762_560
    assert flops_per_token(small, counts.worked) == pytest.approx(SMALL_FLOPS, rel=1e-3)


def test_what_is_written_out_for_a_bare_machine_is_the_shipped_recipe(shipped: Params) -> None:
    told, meant = learning(3400, 8, 8), shipped.pretrain
    free = {"evaluate_every", "evaluate_batches", "documents", "sample_every", "sample_tokens"}
    assert told.model_dump(exclude=free) == meant.model_dump(exclude=free)
    where = {"threads", "save_seconds", "log_every"}
    assert running().model_dump(exclude=where) == shipped.runtime.model_dump(exclude=where)


def test_the_shape_is_the_shipped_one_without_what_the_plain_one_lacks(shipped: Params) -> None:
    sized = {"layers", "channels", "heads", "kv_heads", "head_width", "hidden", "context"}
    unread = {"budget", "mla", "moe"}  # by size: given, attention: mha, and no mixtures
    ours, theirs = (
        model.model_dump(exclude=sized | unread) for model in (shape(**SMALL), shipped.model)
    )
    lacking = {
        "value_embeddings": False,
        "tie_embeddings": True,
        "logit_softcap": 0.0,
        "token_shift": False,
    }
    assert ours == {**theirs, **lacking}
    assert shape(**SMALL).moe.every == 0


def made_up(rows: int = 4) -> Batch:
    return next(pretrain_text.batches(pretrain_text.made_up(2000), rows, 16, seed=1))


def learner(micro: int) -> Learner:
    runtime = running(device="cpu", precision="fp32", threads=1)
    return Learner(shape(1, 64, 16), SMALL_VOCAB, learning(10, 4, micro), runtime)


def test_a_learner_learns_what_is_handed_to_it_and_validates_without_learning() -> None:
    ours, batch = learner(4), made_up()
    before = ours.loss(batch)
    assert ours.loss(batch) == before == pytest.approx(ours.step(batch))
    for _ in range(3):
        ours.step(batch)
    assert ours.loss(batch) < before
    assert ours.run.step == 4


def test_a_step_does_not_depend_on_its_micro_batches() -> None:
    whole, cut = learner(4), learner(1)
    for _ in range(2):
        assert whole.step(made_up()) == pytest.approx(cut.step(made_up()), rel=1e-5)


def test_bench_mfu_runs_on_the_five_packages_of_the_core() -> None:
    code = """
import importlib.abc, sys

class Bare(importlib.abc.MetaPathFinder):
    missing = {"jaxtyping", "yaml", "ruamel", "pyarrow", "datasets", "mlflow", "dvc", "xxhash", "ftfy", "joblib",
               "matplotlib", "transformers", "tokenizers", "psutil", "lxml", "trafilatura", "tenacity", "beartype"}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.missing:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Bare())
from benchmarks import mfu
from benchmarks.pretrain_shapes import Learner, learning, running
model = mfu.blocks("gpt2", 1).model_copy(update={"channels": 64, "hidden": 64, "heads": 1, "kv_heads": 1, "context": 8})
runtime = running(device="cpu", threads=1)
print(Learner(model, mfu.GPT2_VOCAB, learning(10, 1, 1), runtime).step(mfu.made_up(1, 8)) > 0)
"""
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.stdout.strip() == "True", told.stderr


@pytest.mark.parametrize(
    ("card", "teraflops"),
    [
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA H200", 989),
        ("NVIDIA H200 NVL", 835),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("NVIDIA GeForce RTX 4090", 165.2),
    ],
)
def test_a_card_is_held_to_what_its_maker_prints(card: str, teraflops: float) -> None:
    found = mfu.printed(card)
    assert found is not None
    assert found[0] == teraflops * 1e12


@pytest.mark.parametrize(
    "card",
    [
        "NVIDIA GeForce RTX 4090 D",
        "NVIDIA GeForce RTX 4090 Laptop GPU",
        "NVIDIA GeForce RTX 3090 Ti",
        "NVIDIA A100-SXM4-40GB MIG 1g.5gb",
        "NVIDIA H100 80GB HBM3 MIG 1g.10gb",
        "NVIDIA A10G",
        "Tesla T4",
        "CPU",
    ],
)
def test_a_card_that_no_row_means_is_measured(card: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mfu, "matrix_peak", lambda _: 5e12)
    monkeypatch.setattr(mfu, "choose", lambda _: Hardware(torch.device("cpu"), torch.float32, 1))
    assert mfu.peak(card) == (5e12, "measured here")


class Steady:
    """A side that does nothing, a second a step; its loss falls by its rate."""

    def __init__(self, order: pretrain_sides.Order) -> None:
        self.rate, self.steps, self.seconds = order.rate, 0, 0.0

    def train(self, steps: int, *, validated: bool = False) -> pretrain_sides.Answer:
        assert steps >= 0
        self.steps, self.seconds = self.steps + steps, self.seconds + steps
        loss = 7 - self.rate * self.steps if validated else float("nan")
        return pretrain_sides.Answer([1.0] * steps, loss, 1)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("tokens", [1, 20_000, 1_000_000])
@pytest.mark.parametrize("whole", [False, True])
def test_the_best_of_the_rates_is_held_to_whatever_is_cut(
    *, tokens: int, whole: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pretrain, "Side", Steady)
    found = pretrain.time_to_loss(Path(), tokens, 40, whole=whole)
    steps = max(-(-tokens // 8192), 2)
    assert found["rate"] == 3e-3
    assert found["target"] == pytest.approx(7 - 3e-3 * steps)
    assert found["seconds"][1] == steps
    assert sorted([*found["ends"], *found["given_up"]]) == sorted(pretrain.RATES)
    assert len(found["given_up"]) == (0 if whole else 2)
    assert capsys.readouterr().out.count("given up there") == len(found["given_up"])


def test_bench_pretrain_names_the_texts_that_are_missing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"found no gutenberg.* and no kyotowiki.*; name their"):
        pretrain_text.write(tmp_path, tmp_path / "text.npz")


def test_the_sets_of_recipes_do_not_mix() -> None:
    search: dict[str, dict[str, dict[str, int]]] = {"runs": {"base": {}, "cosine": {}}}
    found = {"tales-base": 1.0, "real-base": 2.0, "real-cosine": 3.0, "base": 4.0}
    assert recipes.of_set(search, found, "real-") == {"base": 2.0, "cosine": 3.0}
    assert recipes.of_set(search, found, "") == {"base": 4.0}


@pytest.mark.skipif(not memory.STATUS.exists(), reason="needs Linux's /proc")
def test_memory_is_counted_from_this_process_alone() -> None:
    """Linux hands ru_maxrss on to the program that a process becomes: here one that has held 600 MiB before."""
    code = "from benchmarks.memory import held; print(held('cpu'))"
    outer = (
        "import os, sys; big = bytes(b'x' * (600 << 20)); "
        f"os.execv(sys.executable, [sys.executable, '-c', {code!r}])"
    )
    told = subprocess.run(
        [sys.executable, "-c", outer], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert int(told.stdout) < 600 << 20, told.stderr
