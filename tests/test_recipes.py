"""The recipes run: each, made tiny, through all nine stages; and tiny-tale as it is in a laptop's memory."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_lib import presets
from tests.clones import copy_tree
from tests.recipes import RECIPES

ROOT = Path(__file__).parents[1]
HUB = ROOT.parent / "shared" / "tools" / "hub.py"
STAGES = (
    *("download", "clean", "corpus", "tokenizer", "shard"),
    *("pretrain", "sft", "grpo", "evaluate"),
)
MOST_SECONDS = 360
MOST_GIB = 2

STEPS = """
import json
import resource
import sys
from pathlib import Path

import numpy as np
import yaml

from pipeline_lib import presets
from pipeline_lib.formats import shards, shardwriting
from pipeline_lib.formats.shards import Encoded
from pipeline_lib.model.hardware import choose, keep_freed_memory
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import check
from pipeline_lib.tales import tale
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import resume
from pipeline_lib.training.pretrain import Pretraining
from pipeline_lib.training.run import Run

keep_freed_memory()
shipped = (presets.FOLDER / "default.yaml").read_text()
params = check(yaml.safe_load(presets.composed(shipped, ["tiny-tale"])))
vocab = params.tokenizer.vocab_size
few = params.tokenizer.model_copy(update={"vocab_size": 512})
pieces = Tokenizer(trainer.train([tale(1, n, "stories", "en").text for n in range(60)], few).model)
numbers = np.random.default_rng(1)
held = []
for split, count in (("train", 400), ("validation", 100)):
    texts = (Encoded(numbers.integers(3, vocab, 300), 900) for _ in range(count))
    shardwriting.write(Path(split), "pretrain", split, texts, vocab, "t", 2**20)
    held.append(shards.read(Path(split)))
section = params.pretrain.model_copy(
    update={"steps": 3, "warmup_steps": 1, "evaluate_every": 2, "evaluate_batches": 2, "sample_every": 0}
)
runtime = params.runtime.model_copy(update={"threads": 1})  # others may be at work here
hardware = choose(runtime)
with resume.states("pretrain", {"pretrain": section}, {}, runtime, hardware.describe()) as kept:
    learner = Transformer(params.model, vocab, section.seed)
    run = Run("pretrain", learner, section, runtime, hardware, kept)
    rows = list(Pretraining(run, section, tuple(held), pieces).rows())
status = Path("/proc/self/status")
if status.exists():  # ru_maxrss survives exec, so it may be that of the process that began this one
    words = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()
    peak = int(words[1]) / 2**20
else:
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
print(json.dumps({"gib": peak, "parameters": learner.parameter_count, "steps": max(row.get("step", 0) for row in rows)}))
"""


def test_the_whole_of_tiny_tale_trains_in_two_gibibytes(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", STEPS],
        cwd=tmp_path,
        env={**os.environ, "DVC_ROOT": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["steps"] == 3
    assert found["parameters"] > 13e6
    assert found["gib"] < MOST_GIB


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    if not HUB.exists():
        pytest.skip(f"{HUB} is not here: no stand-in for the hub")
    words = [sys.executable, "-B", str(HUB), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as hub:
        assert hub.stdout is not None
        yield hub.stdout.readline().strip().removeprefix("HF_ENDPOINT=")
        hub.kill()


def clone_with(recipe: str, folder: Path) -> None:
    """The working tree as git would commit it, with the recipe and `tiny` applied."""
    copy_tree(folder, without=("metrics/", "dvc.lock", "tests/"))
    presets.apply(folder / "params.yaml", ["default", recipe, "tiny"])
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=folder, check=True)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_made_tiny_runs_all_nine_stages_in_six_minutes(
    recipe: str, endpoint: str, tmp_path: Path
) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not in a git repository")
    clone_with(recipe, tmp_path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DVC_")}
    for name in ("BONSAI_TRACKING", "MLFLOW_TRACKING_URI"):
        kept.pop(name, None)
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    began = time.monotonic()
    told = subprocess.run(
        ["dvc", "repro"],
        cwd=tmp_path,
        env={**kept, "PATH": path, "HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / ".home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    assert told.returncode == 0, told.stdout
    *_, sample = (tmp_path / "plots/pretrain/samples.jsonl").read_text("utf-8").splitlines()
    done = re.findall(r"^(\w+): done in (.+?),", told.stdout, re.MULTILINE)
    sys.stdout.write(
        f"{recipe}: {seconds:.0f} s; {', '.join(map(' '.join, done))}\n{sample}\n"
    )  # -s shows it
    assert [stage for stage, _ in done] == list(STAGES)
    for stage in STAGES:
        assert not json.loads((tmp_path / f"metrics/{stage}.json").read_text()).get("skipped")
    assert (tmp_path / "report/index.html").exists()
    assert seconds < MOST_SECONDS
