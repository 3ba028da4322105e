"""What this machine computes with: device, precision, threads, and how fast it can at best."""

import ctypes
import os
import sys
import time
from dataclasses import dataclass

import torch

from pipeline_lib.errors import ParamsError
from pipeline_lib.params import RuntimeParams

PRECISIONS = {torch.bfloat16: "bf16", torch.float16: "fp16", torch.float32: "fp32"}


@dataclass(frozen=True)
class Hardware:
    device: torch.device
    dtype: torch.dtype
    """What activations are computed in."""
    threads: int

    def describe(self) -> dict[str, str | int]:
        """For provenance: what the bits of a trained model depend on."""
        return {
            "device": self.device.type,
            "precision": PRECISIONS.get(self.dtype, "fp64"),
            "threads": self.threads,
        }


def choose(runtime: RuntimeParams) -> Hardware:
    """Resolve `auto`, set torch's threads; ParamsError where the device asked for is not there.

    Several ranks on this machine share its threads, and have a GPU each.
    """
    ranks = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    threads = max((runtime.threads or _cores()) // ranks, 1)
    torch.set_num_threads(threads)
    device = torch.device(_device(runtime.device))
    if device.type == "cuda" and ranks > 1:
        device = _own_gpu(ranks)
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = False
    return Hardware(device, _dtype(runtime.precision, device), threads)


def _dtype(wanted: str, device: torch.device) -> torch.dtype:
    if wanted != "auto":
        return next(dtype for dtype, name in PRECISIONS.items() if name == wanted)
    if _bf16_is_fast(device):
        return torch.bfloat16
    return torch.float16 if _fp16_is_fast(device) else torch.float32


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _device(wanted: str) -> str:
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return next(name for name, is_there in there.items() if is_there)
    if not there[wanted]:
        raise ParamsError(
            f"runtime.device: expected a device of this machine, found {wanted}, which torch does not see; "
            "set it to auto or cpu"
        )
    return wanted


def _own_gpu(ranks: int) -> torch.device:
    there = torch.cuda.device_count()
    if ranks > there:
        raise ParamsError(
            f"runtime.processes: expected at most one per GPU, of which there are {there}, found {ranks}; set it to 0"
        )
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    torch.cuda.set_device(device)
    return device


def _bf16_is_fast(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        names = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
        return any(getattr(torch.cpu, name, lambda: False)() for name in names)
    return False


def _fp16_is_fast(device: torch.device) -> bool:
    """From Volta on; training then scales its loss (training/scaling.py)."""
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (7, 0)


def peak_flops(hardware: Hardware, size: int = 1024, seconds: float = 0.3) -> float:
    """Measured FLOP/s of a large matrix product in the training precision: what MFU is a share of."""
    a = torch.randn(size, size, device=hardware.device, dtype=hardware.dtype)
    best = float("inf")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        (a @ a)[0, 0].item()
        best = min(best, time.perf_counter() - start)
    return float(2 * size**3 / best)


def keep_freed_memory() -> None:
    """Let glibc keep large freed blocks: a training step then reuses its pages (1.2 times as fast, docs/log.md).

    For fixed shapes only; where lengths grow the kept blocks pile up.
    """
    if sys.platform != "linux":
        return
    trim_threshold, top_pad, mmap_threshold, gigabyte = -1, -2, -3, 1 << 30
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(mmap_threshold, gigabyte)
        libc.mallopt(trim_threshold, 2 * gigabyte - 1)
        libc.mallopt(top_pad, gigabyte // 16)
