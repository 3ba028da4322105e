"""params.yaml, typed: every fault at once, with the nearest name, and nothing unread."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline_lib.errors import ParamsError
from pipeline_lib.params import Params, check, project_root, read_params
from pipeline_lib.params.sources import COUNTED_IN

ROOT = Path(__file__).parents[1]


@pytest.fixture
def stored() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())
    return content


def faults(stored: dict[str, Any]) -> list[str]:
    with pytest.raises(ParamsError) as caught:
        check(stored)
    return str(caught.value).splitlines()


def test_the_shipped_file_is_valid(params: Params) -> None:
    assert params.pretrain.learning_rate > 0


def test_no_value_can_be_changed_later(params: Params) -> None:
    with pytest.raises(ValueError, match="frozen"):
        params.pretrain.steps = 3  # type: ignore[misc]


def test_every_fault_is_named_at_once(stored: dict[str, Any]) -> None:
    stored["clean"]["min_char"] = stored["clean"].pop("min_chars")
    stored["pretrain"]["steps"] = 0
    stored["grpo"]["advantage"] = "best"
    del stored["shard"]["file_tokens"]
    told = faults(stored)
    assert len(told) == 5
    assert all(line.startswith("params.yaml: ") for line in told)
    text = "\n".join(told)
    for words in (
        "clean.min_char: unknown key, did you mean clean.min_chars?",
        "clean.min_chars: expected a value, found none",
        "pretrain.steps: input should be greater than 0, found 0",
        "grpo.advantage: input should be 'standardised' or 'centred', found best",
        "shard.file_tokens: expected a value, found none",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.update(pretrian=1), "pretrian: unknown key, did you mean pretrain?"),
        (lambda s: s["sft"].update(zzz=1), "sft.zzz: unknown key, known here: "),
        (
            lambda s: s["clean"]["quality"]["c4"].update(min_sentence=1),
            "clean.quality.c4.min_sentence: unknown key, did you mean clean.quality.c4.min_sentences?",
        ),
        (
            lambda s: s["download"]["sources"]["stories"].update(row=3),
            "stories.row: unknown key, did you mean download.sources.stories.rows?",
        ),
        (
            lambda s: s["download"]["sources"]["stories"].update(kind="tale"),
            "download.sources.stories: ",
        ),
        (
            lambda s: s["model"].update(kv_heads=3),
            "expected a divisor of heads (4), found 3",
        ),
        (
            lambda s: s["model"].update(attention="mla"),
            "value_embeddings: expected false with attention: mla",
        ),
        (
            lambda s: s["model"]["moe"].update(active=5),
            "active: expected at most as many as there are experts (4), found 5",
        ),
        (
            lambda s: s["model"]["moe"].update(every=5),
            "moe.every: expected at most the number of layers (4), or 0 for no mixture, found 5",
        ),
        (lambda s: s["pretrain"].update(micro_batch=7), "micro_batch: expected a divisor of batch"),
        (lambda s: s["pretrain"].update(learning_rate="3e-4x"), "pretrain.learning_rate: "),
        (
            lambda s: s["download"]["sources"].update(pairs=s["download"]["sources"]["stories"]),
            "pairs: expected another name, found one under which metrics/evaluate.json counts something else",
        ),
        (
            lambda s: s["corpus"].update(budgets={"stories": 0}),
            "corpus.budgets.stories: input should be greater than 0, found 0",
        ),
        (
            lambda s: s["download"]["sources"]["stories"].update(weight=float("inf")),
            "stories.weight: input should be a finite number, found inf",
        ),
        (
            lambda s: s["download"].update(sources={}),
            "expected at least one source with role: pretrain",
        ),
    ],
)
def test_a_fault_is_told_in_words(
    stored: dict[str, Any], change: Callable[[dict[str, Any]], None], words: str
) -> None:
    change(stored)
    (told,) = faults(stored)
    assert words in told


@pytest.mark.parametrize(
    "name", ["bytes", "kept", "language", "contaminated", "near_duplicates", "clusters", "sft"]
)
def test_a_source_may_not_be_called_what_the_metrics_count(
    stored: dict[str, Any], name: str
) -> None:
    sources = stored["download"]["sources"]
    sources[name] = sources["stories"]
    (told,) = faults(stored)
    assert f"{name}: expected another name, found one under which metrics/c" in told


def test_every_name_that_the_metrics_use_is_kept_from_sources() -> None:
    """As the shipped files show: a metric that has a name of its own beside each source's."""
    sources = {"stories", "instructions", "lessons", "answers", "practice", "problems"}
    taken = {name for names in COUNTED_IN.values() for name in names}
    for file in ("clean", "corpus"):
        counts = yaml.safe_load((ROOT / "metrics" / f"{file}.json").read_text())
        assert {name.split(".")[0] for name in counts} - sources <= taken


def test_a_learning_rate_without_a_point_is_a_number(stored: dict[str, Any]) -> None:
    """PyYAML reads 3e-4 as a string; DVC reads a float. The typed file takes both."""
    stored["sft"]["learning_rate"] = "3e-4"
    assert check(stored).sft.learning_rate == 3e-4


def test_files_must_lie_where_dvc_watches(stored: dict[str, Any]) -> None:
    stored["download"]["sources"]["books"] = {
        "kind": "file",
        "role": "pretrain",
        "path": "../elsewhere/*.txt",
    }
    (told,) = faults(stored)
    assert "books.path: expected a path under download.files (data/own)" in told


def test_a_missing_or_unreadable_file_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="no such file; run this in the project's folder"):
        read_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [1\n")
    with pytest.raises(ParamsError, match="not readable as YAML"):
        read_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("")
    with pytest.raises(ParamsError):
        read_params(tmp_path / "params.yaml")


def test_the_project_is_the_main_one_also_in_a_temporary_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep/er")
    assert project_root() == tmp_path
    monkeypatch.setenv("DVC_ROOT", "/somewhere")
    assert project_root() == Path("/somewhere")
