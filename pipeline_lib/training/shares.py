"""A weight of which this rank holds a share (a DTensor, under FSDP), beside those that it holds whole.

Nothing here is imported where there are none: what makes shares takes over a second to start.
"""

from torch import Tensor


def is_share(tensor: object) -> bool:
    """Whether this rank holds but a share of it."""
    return isinstance(tensor, Tensor) and hasattr(tensor, "full_tensor")


def gathered(tensor: Tensor) -> Tensor:
    """The whole of it, for which every rank has to ask; one that is whole is not touched."""
    whole: Tensor = tensor.full_tensor() if is_share(tensor) else tensor  # type: ignore[attr-defined]
    return whole


def local(tensor: Tensor) -> Tensor:
    """What lies here, in the same memory."""
    mine: Tensor = tensor.detach().to_local() if is_share(tensor) else tensor  # type: ignore[attr-defined]
    return mine


def share_of(whole: Tensor, like: Tensor) -> Tensor:
    """This rank's share of a tensor that all ranks have, cut as `like` is."""
    from torch.distributed.tensor import distribute_tensor

    mesh, cuts = like.device_mesh, like.placements  # type: ignore[attr-defined]
    return distribute_tensor(whole.to(like.device), mesh, cuts, src_data_rank=None)


def stays_whole(name: str) -> bool:
    """Whether a weight of this name is whole on each rank under FSDP too: a balancing bias, which is read outside of its
    block, by the routers' cost."""
    return name.endswith("balance")
