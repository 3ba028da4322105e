"""How much memory a model may still take here: the GPU's, or the machine's and that of the container around this process.

What other programs hold can be swapped out, so free swap counts too: a refusal built on this must not be a false one.
"""

import os
from pathlib import Path

import torch

PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
KIB = 1024


def free_memory(device: str, ranks: int = 0) -> int | None:
    """Bytes that can still be had on a kind of device, on a CPU by each of the ranks that share it (0: as torchrun told);
    None where nobody knows."""
    if device == "cuda":
        free, _ = torch.cuda.mem_get_info()
        return int(free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated())
    if device == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    left = _of_machine()
    return left and left // (ranks or int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def _of_machine() -> int | None:
    machine = _machine(PROC / "meminfo")
    if machine is None:
        return _asked()
    free, swap = machine
    return min([free, *_cgroups(PROC / "self/cgroup", CGROUPS)]) + swap


def _machine(meminfo: Path) -> tuple[int, int] | None:
    """What Linux says is available, and free swap."""
    try:
        pairs = (line.split(":") for line in meminfo.read_text().splitlines())
        known = {name: int(rest.split()[0]) * KIB for name, rest in pairs}
        return known["MemAvailable"], known.get("SwapFree", 0)
    except (OSError, ValueError, KeyError, IndexError):
        return None


def _asked() -> int | None:
    """Where there is no /proc: macOS, Windows."""
    try:
        import psutil
    except ImportError:  # a bare machine
        return None
    return int(psutil.virtual_memory().available + psutil.swap_memory().free)


def _cgroups(own: Path, root: Path) -> list[int]:
    """What each control group around this process leaves: its limit, less what it holds and cannot drop."""
    try:
        lines = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return []
    found = []
    for _, controllers, path in (line for line in lines if len(line) == 3):
        if controllers and "memory" not in controllers.split(","):
            continue
        top = root / "memory" if controllers else root
        own_folder = top / path.lstrip("/")
        above = [folder for folder in own_folder.parents if folder.is_relative_to(top)]
        for folder in (own_folder, *above):
            left = _left(folder, *(_V1 if controllers else _V2))
            found.extend([] if left is None else [left])
    return found


_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_V2 = ("memory.max", "memory.current", "inactive_file")


def _left(folder: Path, limit: str, used: str, droppable: str) -> int | None:
    """None: no limit."""
    try:
        most, held = (int((folder / name).read_text()) for name in (limit, used))
        stat = [line.split() for line in (folder / "memory.stat").read_text().splitlines()]
    except (OSError, ValueError):  # not there, or "max"
        return None
    cached = {name: int(value) for name, value in (pair for pair in stat if len(pair) == 2)}
    return max(most - held + cached.get(droppable, 0), 0)
