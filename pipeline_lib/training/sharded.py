"""States whose tensors lie in shares on many ranks: each rank writes its own, and any number of ranks reads them again.

The tensors go into a folder of torch.distributed.checkpoint, the rest of the state keeps their names in their place. A
state that one rank wrote whole is cut into shares when it is read, and one that many wrote is put together where one rank
reads it.
"""

import shutil
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline_lib.training.shares import is_share, share_of, stays_whole

PLACE = "is in the shares as"
"""The one key of what stands where a tensor was taken out."""
FOLDERS = ("shares-0", "shares-1")
"""Two in turn, so that one is whole at any moment."""


def split(state: Any) -> tuple[Any, dict[str, Tensor]]:
    """The state with names in place of what this rank holds a share of, and those by their names."""
    shares: dict[str, Tensor] = {}

    def take(name: str, value: Any) -> Any:
        if not is_share(value):
            return value
        shares[name] = value
        return {PLACE: name}

    return _each(state, take), shares


def write(folder: Path, shares: Mapping[str, Tensor], *, leads: bool) -> None:
    """Leave the shares of all ranks in `folder`, in place of what was there; on all of them OSError where one's could not
    be written."""
    from torch.distributed.checkpoint import state_dict_saver
    from torch.distributed.checkpoint.api import CheckpointException

    if leads:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        state_dict_saver.save(dict(shares), checkpoint_id=folder)
    except CheckpointException as error:
        faults = (fault for fault, _ in error.failures.values() if isinstance(fault, OSError))
        raise next(faults, error) from None


def filled(state: Any, folder: Path | None, like: Tensor) -> Any:
    """The state with its tensors: shares where `like` is one, whole where it is not; `folder`: None where it has none."""
    found = {} if folder is None else _read(folder, like)

    def put(name: str, value: Any) -> Any:
        if isinstance(value, dict) and PLACE in value:
            return found[value[PLACE]]
        is_cut = is_share(like) and isinstance(value, Tensor) and value.dim() > 0
        return share_of(value, like) if is_cut and not stays_whole(name) else value

    return _each(state, put)


def _read(folder: Path, like: Tensor) -> dict[str, Tensor]:
    from torch.distributed.checkpoint import filesystem, state_dict_loader

    known = filesystem.FileSystemReader(folder).read_metadata().state_dict_metadata
    found = {name: _blank(entry, like) for name, entry in known.items()}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.distributed is disabled")  # as it was asked for
        state_dict_loader.load(found, checkpoint_id=folder, no_dist=not is_share(like))
    return found


def _blank(entry: Any, like: Tensor) -> Tensor:
    """Room for what is to be read."""
    if not is_share(like):
        return torch.empty(entry.size, dtype=entry.properties.dtype)
    from torch.distributed.tensor import empty

    mesh, cuts = like.device_mesh, like.placements  # type: ignore[attr-defined]
    return empty(*entry.size, dtype=entry.properties.dtype, device_mesh=mesh, placements=cuts)


def _each(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """The same nest of mappings and lists, with each leaf changed by its name and itself."""
    if isinstance(value, Mapping) and PLACE not in value:
        return {k: _each(v, change, f"{name}/{k}") for k, v in value.items()}
    if isinstance(value, list):
        return [_each(v, change, f"{name}/{n}") for n, v in enumerate(value)]
    return change(name, value)
