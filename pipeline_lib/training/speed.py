"""How fast training is, as a share of how fast this machine multiplies matrices (MFU)."""

from collections.abc import Iterable, Iterator
from functools import cache

from pipeline_lib.model.counting import flops_per_token
from pipeline_lib.model.hardware import Hardware, peak_flops
from pipeline_lib.training.run import Row, Run

ASSUMED = 0.3
"""MFU that a forecast takes where no step was tried; Chowdhery et al. 2022 (PaLM), table 3, arxiv.org/abs/2204.02311:
large models reached 0.21 to 0.46."""


def with_mfu(rows: Iterable[Row], run: Run) -> Iterator[Row]:
    """Rows as they come, and the share of the measured peak beside each speed."""
    peak = matrix_peak(run.hardware) * run.ranks.count
    per_token = flops_per_token(run.model.shape, run.model.worked_parameters)
    for row in rows:
        if speed := row.get("machine.tokens_per_second"):
            row = {**row, "machine.mfu": speed * per_token / peak}
        yield row


@cache
def matrix_peak(hardware: Hardware) -> float:
    """FLOP/s of the largest product worth its time: on a GPU a small one measures how fast kernels start."""
    return peak_flops(hardware, 8192 if hardware.device.type == "cuda" else 1024)
