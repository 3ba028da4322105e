"""`python -m benchmarks.memory`: predicted beside measured memory of training, shape by shape, each in a process of its own.

Measured is the most that the process ever held (ru_maxrss, or torch's own account on a GPU) over three steps of two
micro-batches, less what it held before there was a model.
"""

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from pipeline_lib.model.hardware import choose, keep_freed_memory
from pipeline_lib.model.routing import Routing
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, Params, read_params
from pipeline_lib.training.losses import summed_objective
from pipeline_lib.training.memory import Batches, footprint
from pipeline_lib.training.optimizer import apply_step, optimizers

ROOT = Path(__file__).parents[1]
VOCAB = 8192
WIDE = {"layers": 6, "channels": 384, "heads": 6, "kv_heads": 6, "head_width": 64, "hidden": 1536}
LLAMA = {**WIDE, "feed_forward": "swiglu", "norm_gain": True, "value_embeddings": False}
LATENT = {
    "attention": "mla",
    "value_embeddings": False,
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
    "mla, recomputed": ({**WIDE, **LATENT}, {"recompute": True, "rows": 32}),
    "moe": ({**WIDE, "moe": EXPERTS}, {}),
    "moe, fp32": ({**WIDE, "moe": EXPERTS}, {"precision": "fp32"}),
    "GPT-2 small, adamw": (GPT2, {"optimizer": "adamw", "rows": 4}),
    "GPT-2 small, recomputed": (GPT2, {"recompute": True, "rows": 8}),
    "GPT-2 small, fp32": (GPT2, {"precision": "fp32", "optimizer": "adamw", "rows": 4}),
}


def main() -> None:
    print(f"{'':28} {'M':>7} {'predicted':>10} {'measured':>9} {'ratio':>6}  (MiB)")
    for name in CASES:
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.memory", name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            print(f"{name:28} {told.stderr.splitlines()[-1]}")
            continue
        predicted, measured, parameters = map(float, told.stdout.split())
        print(
            f"{name:28} {parameters / 1e6:7.1f} {predicted / 2**20:10,.0f} {measured / 2**20:9,.0f} "
            f"{predicted / measured:6.2f}",
            flush=True,
        )


def shape_of(params: Params, changes: dict[str, Any]) -> ModelParams:
    stored = params.model.model_dump()
    moe = {**stored["moe"], **changes.get("moe", {})}
    return ModelParams.model_validate({**stored, **changes, "moe": moe})


def measure(name: str) -> None:
    """Print predicted and measured bytes, and the number of parameters."""
    changes, how = CASES[name]
    params = read_params(ROOT / "params.yaml")
    precision = how.get("precision", "bf16")
    hardware = choose(params.runtime.model_copy(update={"precision": precision, "threads": 1}))
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
    optimizer = optimizers(model, section)
    ids = torch.randint(VOCAB, (at.rows, at.width), device=hardware.device)
    for _ in range(3):
        for _ in range(2):
            routing = Routing(shape.moe)
            hidden = model.hidden(ids, torch.ones_like(ids), routing=routing)
            everywhere = torch.ones_like(ids, dtype=torch.bool)
            loss, _ = summed_objective(hidden, model.head_weight, ids, everywhere, 0.0)
            (loss / ids.numel() + routing.cost(None) / ids.numel()).backward()
        apply_step(optimizer, 1.0, 1.0)
    print(predicted, held(at.device) - before, model.parameter_count)


def held(device: str) -> int:
    """The most bytes so far."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    measure(sys.argv[1]) if len(sys.argv) > 1 else main()
