"""Where and how to run: no stage depends on it."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline_lib.params.section import Section


class RuntimeParams(Section):
    """Where and how to run. No stage depends on it: moving to a GPU rebuilds nothing."""

    device: Literal["auto", "cpu", "cuda", "mps"]
    """auto: a GPU where there is one."""
    precision: Literal["auto", "bf16", "fp16", "fp32"]
    """auto: bf16 where the hardware multiplies it fast (AMX, AVX512-BF16, recent GPUs), fp16 on GPUs that have only that."""
    threads: int = Field(ge=0)
    """Threads of torch, divided among the ranks of a machine; 0: one per core. Training is bit-identical for the same
    number only."""
    compile: Literal["auto"] | bool
    """torch.compile of the blocks in pretrain and sft: faster after a minute. auto: on Nvidia's GPUs."""
    parallel: Literal["none", "ddp", "fsdp"]
    """How several processes train one model: ddp: each has a copy and learns from a share of the batch; fsdp: each also
    keeps only a share of the weights, for models that do not fit one GPU. Only the training stages read it."""
    processes: int = Field(ge=0)
    """Processes of a training stage on this machine with ddp or fsdp; 0: one per GPU, or one. torchrun has its own."""
    recompute: bool
    """Keep only each block's input for the backward pass and compute the rest again (gradient checkpointing): less
    memory, a third more work, the same bits."""
    workers: int = Field(ge=0)
    """Processes of the data stages; 0: one per core. Their bytes do not depend on it."""
    engine: Literal["loky", "ray", "dask"]
    """Where these run: processes of this machine, or a cluster that sees the same folders."""
    cluster: str
    """Address of the Ray or Dask cluster; empty: one is started on this machine."""
    log_every: int = Field(gt=0)
    """Steps between two logged rows."""
    save_seconds: float = Field(ge=0)
    """Seconds between two saved states of a training stage: the most work a kill costs. 0: every step."""
    resume: Literal["same", "any"]
    """any: go on from a state that other code, another device or other threads made."""

    def compiles_on(self, device: str) -> bool:
        """What `compile` comes to on a kind of device."""
        return device == "cuda" if self.compile == "auto" else self.compile


def project_root() -> Path:
    """The main project's folder, also inside DVC's temporary workspaces: DVC_ROOT, else the nearest dvc.yaml upwards."""
    if told := os.environ.get("DVC_ROOT"):
        return Path(told)
    here = Path.cwd()
    return next((f for f in (here, *here.parents) if (f / "dvc.yaml").exists()), here)
