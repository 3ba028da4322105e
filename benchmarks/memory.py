"""`python -m benchmarks.memory [--keep]`: predicted beside measured memory of training, shape by shape, each in a process of
its own.

Measured is the most that the process ever held (VmHWM, or torch's own account on a GPU) over two steps of two
micro-batches, less what it held before there was a model; shapes are the shipped parameters with changes, one thread.
With `--keep` glibc keeps freed memory, as `pretrain` and `sft` have it; else its own thresholds stand, as in `grpo`.
"""

import argparse
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from pipeline_lib.model.hardware import choose, keep_freed_memory
from pipeline_lib.model.routing import Routing
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, OptimizerParams, Params, read_params
from pipeline_lib.training.losses import summed_objective
from pipeline_lib.training.memory import Batches, footprint
from pipeline_lib.training.optimizer import apply_step, optimizers

ROOT = Path(__file__).parents[1]
DEFAULTS = ROOT / "pipeline_lib" / "presets" / "default.yaml"
STATUS = Path("/proc/self/status")
STEPS = 2
VOCAB = 8192
WIDE = {"layers": 6, "channels": 384, "heads": 6, "kv_heads": 6, "head_width": 64, "hidden": 1536}
LLAMA = {
    **WIDE,
    "feed_forward": "swiglu",
    "norm_gain": True,
    "value_embeddings": False,
    "token_shift": False,
}
LATENT = {
    "attention": "mla",
    "value_embeddings": False,
    "token_shift": False,
    "mla": {"latent": 128, "query_latent": 128, "rope_width": 32, "value_width": 64},
}
EXPERTS = {"every": 2, "experts": 8, "active": 2, "hidden": 512}
GPT2 = {
    "layers": 12,
    "channels": 768,
    "heads": 12,
    "kv_heads": 12,
    "head_width": 64,
    "hidden": 3072,
    "norm": "layernorm",
    "norm_gain": True,
    "bias": True,
    "positions": "learned",
    "feed_forward": "gelu",
    "qk_norm": False,
    "value_embeddings": False,
    "token_shift": False,
}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "default": ({}, {"rows": 32}),
    "mha 17 M": (WIDE, {}),
    "mha 17 M, recomputed": (WIDE, {"recompute": True}),
    "mha 17 M, fp32": (WIDE, {"precision": "fp32"}),
    "mha 17 M, adamw": (WIDE, {"optimizer": "adamw"}),
    "mha 17 M, 64 rows": (WIDE, {"rows": 64}),
    "grouped swiglu, T=1024": ({**LLAMA, "kv_heads": 2, "context": 1024}, {"rows": 4}),
    "mla": ({**WIDE, **LATENT}, {}),
    "mla, recomputed": ({**WIDE, **LATENT}, {"recompute": True}),
    "moe": ({**WIDE, "moe": EXPERTS}, {}),
    "moe, fp32": ({**WIDE, "moe": EXPERTS}, {"precision": "fp32"}),
    "GPT-2 small, adamw": (GPT2, {"optimizer": "adamw", "rows": 4}),
    "GPT-2 small, recomputed": (GPT2, {"recompute": True, "rows": 8}),
    "GPT-2 small, fp32": (GPT2, {"precision": "fp32", "optimizer": "adamw", "rows": 4}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--keep", action="store_true", help="freed memory, as pretrain and sft do")
    parser.add_argument("--shape", choices=list(CASES), help="that one alone, in this process")
    asked = parser.parse_args()
    if asked.shape:
        print(*measure(asked.shape, keep=asked.keep))
        return
    print("| shape | micro-batch | M parameters | predicted MiB | measured MiB | ratio |")
    print("|" + " --- |" * 6)
    for name in CASES:
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.memory", *sys.argv[1:], "--shape", name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            print(f"| {name} | {told.stderr.splitlines()[-1]} |", flush=True)
            continue
        predicted, measured, parameters, rows, width = map(int, told.stdout.split())
        print(
            f"| {name} | {rows} x {width} | {parameters / 1e6:.1f} | {predicted / 2**20:,.0f} "
            f"| {measured / 2**20:,.0f} | {predicted / measured:.2f} |",
            flush=True,
        )


def shape_of(params: Params, changes: dict[str, Any]) -> ModelParams:
    stored = params.model.model_dump()
    moe = {**stored["moe"], **changes.get("moe", {})}
    return ModelParams.model_validate({**stored, **changes, "moe": moe})


def measure(name: str, *, keep: bool) -> tuple[int, int, int, int, int]:
    """Predicted and measured bytes, the number of parameters, and the micro-batch's rows and width."""
    changes, how = CASES[name]
    params = read_params(DEFAULTS)
    precision = how.get("precision", "bf16")
    hardware = choose(params.runtime.model_copy(update={"precision": precision, "threads": 1}))
    if keep:
        keep_freed_memory()
    shape = shape_of(params, changes)
    section = params.pretrain.model_copy(update={"optimizer": how.get("optimizer", "muon")})
    recompute = how.get("recompute", False)
    at = Batches(
        how.get("rows", 16), shape.context, hardware.device.type, hardware.dtype, recompute
    )
    predicted = footprint(shape, VOCAB, section, at).peak
    before = held(at.device)
    model = Transformer(shape, VOCAB, 0).to(hardware.device)
    model.dtype, model.recomputes = hardware.dtype, recompute
    train(model, section, at)
    return predicted, held(at.device) - before, model.parameter_count, at.rows, at.width


def train(model: Transformer, section: OptimizerParams, at: Batches) -> None:
    """STEPS steps of two micro-batches of made-up ids."""
    optimizer = optimizers(model, section)
    ids = torch.randint(VOCAB, (at.rows, at.width), device=at.device)
    everywhere = torch.ones_like(ids, dtype=torch.bool)
    for _ in range(STEPS):
        for _ in range(2):
            routing = Routing(model.shape.moe)
            hidden = model.hidden(ids, torch.ones_like(ids), routing=routing)
            loss, _ = summed_objective(hidden, model.head_weight, ids, everywhere, 0.0)
            (loss / ids.numel() + routing.cost(None) / ids.numel()).backward()
        apply_step(optimizer, 1.0, 1.0)


def held(device: str) -> int:
    """The most bytes so far. Of a process that another has started, Linux's ru_maxrss is no less than the other's."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    if STATUS.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())):
        return int(found[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main()
