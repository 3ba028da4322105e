"""Folders are whole or absent, and what a kill left goes when the same folder is made again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_lib.formats import files

KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline_lib.formats import files
with files.whole_folder(Path(sys.argv[1])) as fresh:
    (fresh / "part").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
WAITING = """
import sys
from pathlib import Path
from pipeline_lib.formats import files
with files.whole_folder(Path(sys.argv[1])) as fresh:
    print(flush=True)
    sys.stdin.read()
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(folder: Path, text: str) -> None:
    with files.whole_folder(folder) as fresh:
        (fresh / "part").write_text(text)
        if text == "fails":
            raise KeyError


def test_a_folder_takes_its_place_whole_or_not_at_all(tmp_path: Path) -> None:
    fill(tmp_path / "raw", "a")
    with pytest.raises(KeyError):
        fill(tmp_path / "raw", "fails")
    assert (tmp_path / "raw" / "part").read_text() == "a"
    assert names(tmp_path) == ["raw"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_what_a_killed_process_left_goes_before_the_next_is_made(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path / "raw"], check=False)
    assert killed.returncode < 0
    (left,) = tmp_path.iterdir()
    assert (left / "part").read_text() == "half"
    with files.whole_folder(tmp_path / "raw"):
        assert names(tmp_path) == [f".raw.{os.getpid()}.tmp"]
    assert names(tmp_path) == ["raw"]


def test_what_a_running_process_fills_stays_and_so_does_another_folders(tmp_path: Path) -> None:
    others = [".raw.old.tmp", ".raw.2.tmp.tmp", f".clean.{2**40}.tmp", "raw.1.tmp"]
    for name in others:
        (tmp_path / name).mkdir()
    words = [sys.executable, "-c", WAITING, str(tmp_path / "raw")]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as running:
        assert running.stdout is not None
        running.stdout.readline()
        with files.whole_folder(tmp_path / "raw"):
            assert (tmp_path / f".raw.{running.pid}.tmp").is_dir()
        running.communicate("")
        assert running.returncode == 0
    assert names(tmp_path) == sorted(["raw", *others])
