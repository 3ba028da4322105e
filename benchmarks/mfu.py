"""bench-mfu: what share of a card's peak a training step of the 124 M GPT-2 shape comes to.

    python -m benchmarks.mfu [--rows 480] [--steps 10] [--blocks gpt2|bonsai] [--largest 128] [--no-compile]

12 layers, 768 wide, 12 heads, context 1,024, 50,304 pieces; bf16 and compiled blocks where there is a GPU. First the
micro-batch is chosen: it doubles as long as that gains 2 % and the memory holds. Then whole steps of `--rows` windows
are timed (480 are half a million tokens, as GPT-2's reproductions take them), optimizer included. Ids are made up. Without
a GPU it is a trial of the program: 1 row, 2 steps and 2 layers, unless asked otherwise.

Model FLOPs are 6 N + 12 layers x width x context a token. The peak is the dense bf16 one that the maker prints for the
card, at boost clocks. Of a card that is not in the table (T4, V100), of a part of one (MIG), of the Ti, D and laptop kin
of one, and of a CPU, it is the fastest large product measured here, in the precision that is trained in. It needs the
core alone: torch, numpy, sentencepiece, safetensors, pydantic. The last line is JSON.
"""

import argparse
import gc
import json
import re
import time
from collections.abc import Iterator
from statistics import median

import numpy as np
import torch

from benchmarks.pretrain_shapes import GPT2, GPT2_VOCAB, Learner, learning, running, shape
from pipeline_lib.model.counting import count, flops_per_token
from pipeline_lib.model.hardware import PRECISIONS, choose, keep_freed_memory
from pipeline_lib.params import ModelParams
from pipeline_lib.training.batches import Batch
from pipeline_lib.training.speed import matrix_peak

AMPERE = "nvidia.com/content/PDF/nvidia-ampere-ga-102-gpu-architecture-whitepaper-v2.1.pdf"
ADA = "images.nvidia.com/aem-dam/Solutions/geforce/ada/nvidia-ada-gpu-architecture.pdf"
HOPPER = "resources.nvidia.com/en-us-tensor-core/gtc22-whitepaper-hopper"
PEAKS = {
    "B200": (2250e12, "nvidia.com/en-us/data-center/dgx-b200"),
    "H200 NVL": (835e12, "nvidia.com/en-us/data-center/h200"),
    "H200": (989e12, "nvidia.com/en-us/data-center/h200"),
    "H100 NVL": (835e12, "nvidia.com/en-us/data-center/h100"),
    "H100 PCIe": (756e12, HOPPER),
    "H100": (989e12, HOPPER),
    "A100": (312e12, "nvidia.com/en-us/data-center/a100"),
    "L40S": (362e12, "nvidia.com/en-us/data-center/l40s"),
    "L4": (121e12, "nvidia.com/en-us/data-center/l4"),
    "A10": (125e12, "nvidia.com/en-us/data-center/products/a10-gpu"),
    "RTX 4090": (165.2e12, ADA),
    "RTX 3090": (71e12, AMPERE),
}
"""Dense bf16 with float32 sums, FLOP/s, and where it is printed: makers' pages often show twice that, which is with half
of all weights zero. A longer name comes before one that it contains."""
KIN = re.compile(r"\b(Ti|D|Laptop|Max-Q|MIG)\b")
"""What makes another card of a name, or a part of it."""
GAIN = 1.02
"""Of twice the micro-batch, or it is not worth its memory."""
ON_GPU = {"rows": 480, "steps": 10, "layers": GPT2["layers"]}
ON_CPU = {"rows": 1, "steps": 2, "layers": 2}
WARM = 2
"""Steps before those that count; the first compiles."""


def blocks(kind: str, layers: int) -> ModelParams:
    """GPT-2's own, or our best ones in its size."""
    ours = shape(layers, GPT2["channels"], GPT2["context"])
    if kind == "bonsai":
        return ours
    return ours.model_copy(
        update={
            **{"norm": "layernorm", "norm_gain": True, "positions": "learned", "qk_norm": False},
            **{"feed_forward": "gelu", "bias": True},
        }
    )


def speed(model: ModelParams, rows: int, micro: int, steps: int, *, compiled: bool) -> float:
    """Tokens per second."""
    forget()
    told = learning(1000, rows, micro)
    learner = Learner(model, GPT2_VOCAB, told, running(compile=compiled))
    batch = made_up(rows, model.context)
    seconds = []
    for _ in range(WARM + steps):
        started = time.perf_counter()
        learner.step(batch)
        settle(learner.run.hardware.device)
        seconds.append(time.perf_counter() - started)
    return rows * model.context / median(seconds[WARM:])


def forget() -> None:
    """Give back what an earlier learner held, and what was compiled for it, or another size would be compiled for any."""
    torch._dynamo.reset()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def settle(device: torch.device) -> None:
    """Wait for a GPU's work to be done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def made_up(rows: int, context: int) -> Batch:
    ids = np.random.default_rng(0).integers(GPT2_VOCAB, size=(rows, context + 1))
    laid = torch.from_numpy(ids)
    return Batch(laid[:, :-1], laid[:, 1:])


def tried(model: ModelParams, largest: int, *, compiled: bool) -> Iterator[tuple[int, float]]:
    """Micro-batches and their tokens per second, as long as twice as much is better."""
    micro, best = 1, 0.0
    while micro <= largest:
        try:
            found = speed(model, micro, micro, 3, compiled=compiled)
        except torch.cuda.OutOfMemoryError:
            print(f"micro-batch {micro:4}: the memory does not hold it", flush=True)
            return
        print(f"micro-batch {micro:4}: {found:10,.0f} tokens/s", flush=True)
        yield micro, found
        if found < GAIN * best:
            return
        micro, best = 2 * micro, found


def card() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def peak(name: str) -> tuple[float, str]:
    """FLOP/s to measure against, and where that comes from."""
    return printed(name) or (matrix_peak(choose(running())), "measured here")


def printed(name: str) -> tuple[float, str] | None:
    """What the table has of a card, if it has it."""
    if KIN.search(name):
        return None
    spaced = f" {name.replace('-', ' ')} "
    return next((found for known, found in PEAKS.items() if f" {known} " in spaced), None)


def parsed(*, on_cpu: bool) -> argparse.Namespace:
    usual = ON_CPU if on_cpu else ON_GPU
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=usual["rows"], help="windows a step")
    parser.add_argument("--steps", type=int, default=usual["steps"])
    parser.add_argument("--blocks", choices=("gpt2", "bonsai"), default="gpt2")
    parser.add_argument("--layers", type=int, default=usual["layers"], help="fewer for a trial")
    parser.add_argument("--largest", type=int, default=128, help="micro-batch")
    parser.add_argument("--no-compile", action="store_true")
    return parser.parse_args()


def main() -> None:
    hardware = choose(running())
    on_cpu = hardware.device.type == "cpu"
    asked = parsed(on_cpu=on_cpu)
    if on_cpu:
        keep_freed_memory()
        print(
            f"no GPU: a trial with --rows {asked.rows} --steps {asked.steps} --layers {asked.layers}"
        )
    compiled = not asked.no_compile and not on_cpu
    model = blocks(asked.blocks, asked.layers)
    name = card()
    fitting = list(tried(model, min(asked.largest, asked.rows), compiled=compiled))
    if not fitting:
        raise SystemExit(
            f"bench-mfu: expected memory for one row, found too little on {name}; take fewer --layers"
        )
    micro = max(fitting, key=lambda found: found[1])[0]
    rows = -(-asked.rows // micro) * micro
    found = speed(model, rows, micro, asked.steps, compiled=compiled)
    flops, source = peak(name)
    counts = count(model, GPT2_VOCAB)
    mfu = found * flops_per_token(model, counts.worked) / flops
    figures = {
        **{"card": name, "blocks": asked.blocks, "precision": PRECISIONS[hardware.dtype]},
        **{"compiled": compiled, "layers": asked.layers, "parameters": counts.total},
        **{"micro_batch": micro, "rows": rows, "tokens_per_second": round(found, 1)},
        **{"mfu": mfu, "peak_tflops": flops / 1e12, "peak_from": source},
    }
    print(
        f"{name}: {counts.total / 1e6:.1f} M parameters, {found:,.0f} tokens/s, "
        f"MFU {mfu:.1%} of {flops / 1e12:,.2f} TFLOP/s ({source})"
    )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
