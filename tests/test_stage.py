"""A stage's `main` becomes a program: what it writes, what it says, how it ends."""

import io
import json
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline_lib import screen, stage
from pipeline_lib.params import CleanParams, RuntimeParams
from pipeline_lib.rows import Record
from pipeline_lib.stage import contract_of

ROOT = Path(__file__).parents[1]
HEADER = """
from collections.abc import Iterator
from pathlib import Path
from pipeline_lib import progress, stage
from pipeline_lib.errors import DataError
from pipeline_lib.params import CleanParams, RuntimeParams

"""
FOOTER = """

if __name__ == "__main__":
    stage.run(main)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with params.yaml and room for stages."""
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_stage(project: Path, body: str, name: str = "demo") -> None:
    text = HEADER + textwrap.dedent(body) + FOOTER
    (project / "stages" / f"{name}.py").write_text(text)


def run(*words: str, name: str = "demo") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", f"stages.{name}", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_signature_says_which_sections_and_which_paths() -> None:
    def main(
        runtime: RuntimeParams, params: CleanParams, raw: Path, clean: Path
    ) -> Iterator[stage.Metrics]:
        yield {}

    found = contract_of(main)
    assert found.sections == {"runtime": "runtime", "params": "clean"}
    assert found.paths == ["raw", "clean"]


def test_a_stage_gets_its_section_and_paths_and_leaves_metrics_and_curves(project: Path) -> None:
    write_stage(
        project,
        """
        def main(params: CleanParams, raw: Path, demo_plots: Path) -> Iterator[stage.Metrics]:
            for step in range(3):
                yield {"step": step, "loss": 1 / (step + 1), "machine.tokens_per_second": 9.0}
            yield {"min_chars": params.min_chars, "of": len(raw.name)}
        """,
    )
    told = run("data/raw", "plots/demo")
    assert told.returncode == 0, told.stderr
    metrics = json.loads((project / "metrics/demo.json").read_text())
    assert list(metrics) == ["loss", "min_chars", "of"]
    assert metrics["loss"] == 1 / 3
    assert metrics["of"] == 3
    curves = {path.name: path.read_text() for path in (project / "plots/demo").iterdir()}
    assert curves == {"loss.csv": "step,loss\n0,1.0\n1,0.5\n2,0.3333333333333333\n"}


def test_two_runs_write_the_same_bytes(project: Path) -> None:
    write_stage(
        project,
        """
        import time

        def main(params: CleanParams, demo_plots: Path) -> Iterator[stage.Metrics]:
            yield {"step": 1, "loss": 0.1, "machine.seconds": time.time()}
        """,
    )
    written = []
    for _ in range(2):
        assert run("plots/demo").returncode == 0
        written.append(
            [(project / f).read_bytes() for f in ("metrics/demo.json", "plots/demo/loss.csv")]
        )
    assert written[0] == written[1]


def test_evaluate_nests_its_metrics_by_model(tmp_path: Path) -> None:
    record = Record()
    record.add({"base.bits_per_byte": 1.5, "chat.problems.pass_at_8": 0.25, "problems": 3})
    record.write_metrics(tmp_path / "evaluate.json", by_model=True)
    assert json.loads((tmp_path / "evaluate.json").read_text()) == {
        "base": {"bits_per_byte": 1.5},
        "chat": {"problems.pass_at_8": 0.25},
        "problems": 3,
    }


def test_a_number_that_is_not_finite_is_null_and_no_point_on_the_curve(tmp_path: Path) -> None:
    record = Record()
    record.add({"step": 1, "kl": 0.5})
    record.add({"step": 2, "kl": float("nan")})
    record.write_metrics(tmp_path / "m.json")
    record.write_curves(tmp_path)
    assert json.loads((tmp_path / "m.json").read_text()) == {"kl": None}
    assert (tmp_path / "kl.csv").read_text() == "step,kl\n1,0.5\n"


def test_numbers_of_numpy_are_numbers_and_words_are_not(tmp_path: Path) -> None:
    record = Record()
    record.add({"rows": np.int64(3), "share": np.float32(0.5)})
    record.write_metrics(tmp_path / "m.json")
    assert json.loads((tmp_path / "m.json").read_text()) == {"rows": 3, "share": 0.5}
    with pytest.raises(TypeError, match="note: expected a number, found 'good'"):
        record.add({"note": "good"})


def test_a_mistake_is_one_sentence_status_1_and_nothing_is_written(project: Path) -> None:
    write_stage(
        project,
        """
        def main(params: CleanParams, demo_plots: Path) -> Iterator[stage.Metrics]:
            yield {"step": 1, "loss": 1.0}
            raise DataError("corpus: expected documents, found none; add a source")
        """,
    )
    told = run("plots/demo")
    assert told.returncode == 1
    assert told.stderr.strip() == "corpus: expected documents, found none; add a source"
    assert not (project / "metrics").exists()
    assert not (project / "plots").exists()


def test_a_bug_keeps_its_traceback(project: Path) -> None:
    write_stage(
        project,
        """
        def main(params: CleanParams) -> Iterator[stage.Metrics]:
            yield {"loss": [][0]}
        """,
    )
    told = run()
    assert told.returncode == 1
    assert "Traceback" in told.stderr
    assert "IndexError" in told.stderr


@pytest.mark.parametrize(
    ("number", "words"), [("ENOSPC", "found it full"), ("EACCES", "found Permission denied")]
)
def test_a_full_or_forbidden_disk_is_one_sentence(project: Path, number: str, words: str) -> None:
    write_stage(
        project,
        f"""
        import errno, os

        def main(params: CleanParams) -> Iterator[stage.Metrics]:
            yield {{}}
            raise OSError(errno.{number}, os.strerror(errno.{number}), "data/out")
        """,
    )
    told = run()
    assert told.returncode == 1
    assert told.stderr.startswith("data/out: expected ")
    assert words in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 128 + 15), (signal.SIGINT, 128 + 2)]
)
def test_being_stopped_passes_through_the_generator(
    project: Path, number: signal.Signals, status: int
) -> None:
    write_stage(
        project,
        """
        import time

        def main(params: CleanParams, state: Path) -> Iterator[stage.Metrics]:
            try:
                yield {"loss": 1.0}
                Path("ready").touch()
                time.sleep(30)
            finally:
                state.write_text("saved")
        """,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "stages.demo", "state"], stderr=subprocess.PIPE
    )
    while not (project / "ready").exists():
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == status
    assert b"Traceback" not in said
    assert (project / "state").read_text() == "saved"
    assert not (project / "metrics").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells of a parent's death")
def test_a_stage_whose_dvc_is_killed_stops_too(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stage(
        project,
        """
        import time

        def main(params: CleanParams, state: Path) -> Iterator[stage.Metrics]:
            try:
                yield {"loss": 1.0}
                Path("ready").touch()
                time.sleep(30)
            finally:
                state.write_text("saved")
        """,
    )
    monkeypatch.setenv("DVC_STAGE", "demo")
    code = f"import subprocess; subprocess.run({[sys.executable, '-m', 'stages.demo', 'state']})"
    parent = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    while not (project / "ready").exists():
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    end = time.monotonic() + 10
    saved = project / "state"
    while not (saved.exists() and saved.read_text()) and time.monotonic() < end:
        time.sleep(0.02)
    assert saved.read_text() == "saved"


def test_a_generator_that_is_left_half_way_is_closed(project: Path) -> None:
    """A row that is no number ends the run outside of main; main must hear of it."""
    write_stage(
        project,
        """
        def main(params: CleanParams, state: Path) -> Iterator[stage.Metrics]:
            try:
                yield {"loss": "none"}
            except GeneratorExit:
                state.write_text("saved")
                raise
        """,
    )
    assert run("state").returncode == 1
    assert (project / "state").read_text() == "saved"


@pytest.mark.parametrize("name", ["tokenizer", "pretrain"])
def test_every_fault_of_params_yaml_is_named_at_once(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text = (project / "params.yaml").read_text()
    for right, wrong in (("min_chars:", "min_char:"), ("threads: 0", "threads: -2")):
        assert right in text
        text = text.replace(right, wrong)
    (project / "params.yaml").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (project / "stages" / "__init__.py").unlink()
    (project / "stages").rmdir()
    paths = contract_of(__import__(f"stages.{name}", fromlist=["main"]).main).paths
    told = run(*paths, name=name)
    assert told.returncode == 1
    assert "clean.min_char: unknown key, did you mean clean.min_chars?" in told.stderr
    assert "runtime.threads: input should be greater than or equal to 0, found -2" in told.stderr
    assert "Traceback" not in told.stderr
    assert [path.name for path in project.iterdir()] == ["params.yaml"]


def test_a_wrong_number_of_paths_is_told_by_name(project: Path) -> None:
    write_stage(
        project,
        """
        def main(params: CleanParams, raw: Path) -> Iterator[stage.Metrics]:
            yield {}
        """,
    )
    told = run()
    assert told.returncode == 2
    assert "the following arguments are required: raw" in told.stderr


class Terminal(io.StringIO):
    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def shown(monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool, seconds: float) -> str:
    """What 101 reports, each `seconds` after the last, look like."""
    clock = iter(range(10_000))
    monkeypatch.setattr("pipeline_lib.screen.time.monotonic", lambda: next(clock) * seconds)
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal(is_terminal=is_terminal)
    seen = screen.Screen("pretrain", terminal)
    for step in range(101):
        seen.show(step, 100, "steps", "loss 2.1")
    seen.say("pretrain: finished")
    seen.close()
    return terminal.getvalue()


def test_a_terminal_has_one_line_that_overwrites_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    written = shown(monkeypatch, is_terminal=True, seconds=0.5)
    assert "\r\x1b[Kpretrain: 50 of 100 steps, 50%, 2 steps/s, 25 s left, loss 2.1" in written
    assert written.count("\n") == 1
    assert written.endswith("\r\x1b[Kpretrain: finished\n")


def test_elsewhere_there_is_a_line_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    written = shown(monkeypatch, is_terminal=False, seconds=0.5)
    assert written.count("\n") == 6
    assert "pretrain: 39 of 100 steps, 39%, 2 steps/s, 30 s left, loss 2.1\n" in written
    assert "\r" not in written


def test_the_last_line_says_what_the_stage_cost(project: Path) -> None:
    write_stage(
        project,
        """
        def main(params: CleanParams) -> Iterator[stage.Metrics]:
            block = bytearray(200 * 2**20)
            block[::4096] = b"x" * len(block[::4096])
            del block
            progress.say("a sentence")
            yield {"rows": 1}
        """,
    )
    told = run()
    first, last = told.stderr.strip().splitlines()
    assert first == "demo: a sentence"
    assert last.startswith("demo: done in ")
    assert float(last.split("peak memory ")[1].split()[0]) > 0.2
