"""`bonsai plan`: what training would need, nothing trained."""

from pathlib import Path

import pytest

from pipeline_lib import cli, planning
from pipeline_lib.errors import TrainingError
from pipeline_lib.params import ModelParams, Params, RuntimeParams
from pipeline_lib.training import speed

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped parameters in a folder without data, on a machine whose speed is known."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(speed, "peak_flops", lambda *_: 1e12)
    monkeypatch.setattr(planning, "matrix_peak", lambda _: 1e12)
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    (tmp_path / "dvc.yaml").touch()
    return tmp_path


def test_each_stage_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["plan"])
    lines = capsys.readouterr().out.splitlines()
    assert "no shards in data: a vocabulary of 2,048 pieces" in lines[0]
    assert [line.split(":")[0] for line in lines[1:]] == [
        *["pretrain"] * 3,
        *["sft"] * 3,
        *["grpo"] * 2,
    ]
    assert "3,400 steps of 2,048 tokens (6.963 M), 5.48e+13 FLOPs" in lines[1]
    assert "about 3.0 minutes, were it done at 30% of the 1.00 TFLOP/s" in lines[3]


def test_nothing_is_left_behind(here: Path) -> None:
    cli.main(["plan"])
    assert sorted(path.name for path in here.iterdir()) == ["dvc.yaml", "params.yaml"]


def sized(params: Params, parameters: int) -> Params:
    stored = params.model.model_dump()
    budget = {**stored["budget"], "parameters": parameters}
    model = ModelParams.model_validate({**stored, "size": "auto", "budget": budget})
    on_cpu: RuntimeParams = params.runtime.model_copy(update={"device": "cpu"})
    return params.model_copy(update={"model": model, "runtime": on_cpu})


def test_what_auto_chose_comes_first(params: Params, here: Path) -> None:
    _, told, *_ = planning.plan(sized(params, 10_000_000), here)
    assert told.startswith("pretrain: model.size: auto makes of 10,000,000 parameters: ")


def test_what_cannot_fit_is_told_before_and_refused_after(
    params: Params, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "free_memory", lambda *_: 2**29)
    lines: list[str] = []
    with pytest.raises(TrainingError, match=r"fits: model\.budget\.parameters: [\d,]+ with"):
        lines.extend(planning.plan(sized(params, 200_000_000), here))
    assert any("of 0.50 GiB free on cpu" in line for line in lines)


def test_ranks_share_what_there_is(
    params: Params, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def plenty(_: str, ranks: int) -> int:
        asked.append(ranks)
        return 2**40

    monkeypatch.setattr(planning, "free_memory", plenty)
    told = {}
    for kind, processes in (("none", 0), ("fsdp", 4)):
        how = {"device": "cpu", "parallel": kind, "processes": processes}
        of = params.model_copy(update={"runtime": params.runtime.model_copy(update=how)})
        told[kind] = next(line for line in [*planning.plan(of, here)] if "optimizer 0." in line)
    assert asked == [1, 4]
    assert "optimizer 0.02 GiB" in told["none"]
    assert "optimizer 0.01 GiB" in told["fsdp"]
