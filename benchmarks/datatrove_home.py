"""Where datatrove lives for the benchmarks: a virtual environment of its own under .scratch, made once.

Its needs are pinned, and none of them is ours: a figure beside datatrove says beside which one.
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".scratch/datatrove"
PINS = (
    *("datatrove==0.10.1", "spacy==3.8.18"),
    *("orjson==3.13.0", "regex==2026.11.15", "tokenizers==0.23.3", "xxhash==3.8.2"),
)
"""What bench-clean (spacy, regex) and bench-dedup (spacy, orjson, tokenizers, xxhash) need of it together."""
CHECK = """
import sys
from importlib.metadata import version
sys.exit(any(version(name) != pin for name, pin in (word.split("==") for word in sys.argv[1:])))
"""


def interpreter() -> Path:
    """The Python that has datatrove; where it cannot be installed, one sentence and status 1."""
    python = HOME / "bin/python"
    if not _is_whole(python):
        print(f"installing {', '.join(PINS)} into {HOME}", flush=True)
        venv.create(HOME, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", *PINS]
        if status := subprocess.run(pip).returncode:
            sys.exit(
                f"{HOME}: expected datatrove to install, found that pip ended with status {status}; "
                "reach a package index and run it again"
            )
    return python


def _is_whole(python: Path) -> bool:
    """Whether it has every package as pinned: an install may have been cut short."""
    check = [str(python), "-c", CHECK, *PINS]
    return python.exists() and subprocess.run(check, capture_output=True).returncode == 0
