"""The benchmarks' datatrove: made once, made anew where it is not whole, one sentence where it cannot be."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from benchmarks import datatrove_home


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands run, none of which does anything but fail."""
    commands: list[list[str]] = []

    def fail(words: list[str], **_: object) -> "subprocess.CompletedProcess[bytes]":
        commands.append(words)
        return subprocess.CompletedProcess(words, 7)

    monkeypatch.setattr(datatrove_home, "HOME", tmp_path / "home")
    monkeypatch.setattr(venv, "create", lambda *_, **__: None)
    monkeypatch.setattr(subprocess, "run", fail)
    return commands


def test_an_install_that_fails_is_one_sentence_and_status_1(ran: list[list[str]]) -> None:
    with pytest.raises(SystemExit, match="expected datatrove to install, found that pip ended"):
        datatrove_home.interpreter()
    assert [words[1:4] for words in ran] == [["-m", "pip", "install"]]


def test_an_environment_that_is_not_whole_is_made_anew(ran: list[list[str]]) -> None:
    python = datatrove_home.HOME / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    with pytest.raises(SystemExit):
        datatrove_home.interpreter()
    assert [words[1] for words in ran] == ["-c", "-m"]


def test_a_package_that_is_missing_or_of_another_version_is_seen() -> None:
    def status(*pins: str) -> int:
        words = [sys.executable, "-c", datatrove_home.CHECK, *pins]
        return subprocess.run(words, capture_output=True, check=False).returncode

    pytest_pin = f"pytest=={pytest.__version__}"
    assert status(pytest_pin) == 0
    assert status(pytest_pin, "pytest==0.1") == 1
    assert status("no-such-package==1") == 1
