"""Shares on a disk."""

from pathlib import Path

import pytest
import torch

from pipeline_lib.training import sharded

FULL = Path("/dev/full")
"""A file of Linux on a disk that has no room left."""


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.filterwarnings("ignore:torch.distributed")
def test_a_full_disk_is_found_under_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "__0_0.distcp").symlink_to(FULL)
    with pytest.raises(OSError, match="No space left on device"):
        sharded.write(tmp_path, {"weight": torch.zeros(100_000)}, leads=False)
