"""Overlays of params.yaml: what `apply` writes, what `args` spells, and that both mean the same."""

import subprocess
from pathlib import Path

import pytest
import yaml
from dvc.utils.cli_parse import to_path_overrides
from dvc.utils.hydra import apply_overrides

from pipeline_lib import presets
from pipeline_lib.errors import ParamsError
from pipeline_lib.params import read_params
from pipeline_lib.presets import differences
from tests.recipes import RECIPES, SHIPPED

ROOT = Path(__file__).parents[1]
NAMES = [preset.name for preset in presets.known()]
CHOICES = [*((name,) for name in NAMES), *((recipe, "tiny") for recipe in RECIPES)]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped params.yaml, in a folder of its own beside nothing."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "params.yaml"
    path.write_text(SHIPPED)
    return path


def add_preset(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, text: str) -> None:
    """Ship one more, for the length of a test."""
    for preset in presets.known():
        (folder / f"{preset.name}.yaml").write_text(preset.text)
    (folder / f"{name}.yaml").write_text(text)
    monkeypatch.setattr(presets, "FOLDER", folder)


def test_the_default_preset_is_params_yaml_as_committed() -> None:
    told = subprocess.run(
        ["git", "show", "HEAD:params.yaml"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if told.returncode:
        pytest.skip("not in a git repository")
    assert told.stdout == (presets.FOLDER / "default.yaml").read_text(), (
        "params.yaml has changed: cp params.yaml pipeline_lib/presets/default.yaml"
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_valid_and_says_what_it_is(name: str, file: Path) -> None:
    presets.apply(file, [name])
    read_params(file)
    (preset,) = presets.find([name])
    assert preset.about.endswith(".")


@pytest.mark.parametrize("names", CHOICES, ids=" ".join)
def test_an_experiment_with_the_args_has_the_params_that_apply_gives(
    names: tuple[str, ...], file: Path
) -> None:
    words = presets.arguments(file, names)
    assert set(words[::2]) == {"-S"}
    assert not any(" " in word for word in words)
    shipped = file.read_text()
    presets.apply(file, names)
    wanted = read_params(file)

    file.write_text(shipped)
    ((path, overrides),) = to_path_overrides(words[1::2]).items()
    apply_overrides(file.parent / path, overrides)
    assert read_params(file) == wanted


def test_default_undoes_every_other_preset(file: Path) -> None:
    shipped = file.read_text()
    presets.apply(file, ["smoke"])
    assert file.read_text() != shipped
    presets.apply(file, ["default"])
    assert file.read_text() == shipped


def test_args_of_default_lead_back_to_it(file: Path) -> None:
    wanted = read_params(file)
    presets.apply(file, ["smoke"])
    overrides = presets.arguments(file, ["default"])[1::2]
    apply_overrides(file, overrides)
    assert read_params(file) == wanted


def test_comments_and_order_stay(file: Path) -> None:
    before = file.read_text().splitlines()
    presets.apply(file, ["smoke"])
    after = file.read_text().splitlines()
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        assert old.partition("#")[2] == new.partition("#")[2]
        assert old.partition(":")[0].strip() == new.partition(":")[0].strip()


def test_a_second_time_changes_nothing(file: Path) -> None:
    presets.apply(file, ["smoke"])
    once = file.read_text()
    presets.apply(file, ["smoke"])
    assert file.read_text() == once


def test_overlays_compose_from_left_to_right(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shipped").mkdir()
    add_preset(monkeypatch, tmp_path / "shipped", "slow", "sft:\n  steps: 7\n  seed: 3\n")
    both = presets.composed(file.read_text(), ["smoke", "slow"])
    assert yaml.safe_load(both)["sft"]["steps"] == 7
    turned = presets.composed(file.read_text(), ["slow", "smoke"])
    assert yaml.safe_load(turned)["sft"]["steps"] == 20
    assert yaml.safe_load(turned)["sft"]["seed"] == 3
    one_by_one = presets.composed(presets.composed(file.read_text(), ["smoke"]), ["slow"])
    assert one_by_one == both


def test_naming_sources_replaces_the_whole_mixture(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shipped").mkdir()
    source = "{kind: tales, role: pretrain, texts: stories, seed: 9, rows: 5}"
    text = f"download:\n  sources:\n    mine: {source}\n"
    add_preset(monkeypatch, tmp_path / "shipped", "mine", text)
    presets.apply(file, ["mine"])
    assert list(read_params(file).download.sources) == ["mine"]


def test_an_unknown_key_is_named_with_its_neighbour_and_nothing_is_written(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shipped").mkdir()
    add_preset(monkeypatch, tmp_path / "shipped", "wrong", "clean:\n  min_char: 7\n")
    before = file.read_text()
    with pytest.raises(
        ParamsError, match=r"preset wrong: clean\.min_char: unknown key, did you mean"
    ):
        presets.apply(file, ["wrong"])
    with pytest.raises(ParamsError, match=r"clean\.min_char"):
        presets.arguments(file, ["wrong"])
    assert file.read_text() == before


def test_an_overlay_of_ones_own_is_named_by_its_path(file: Path) -> None:
    (file.parent / "mine.yaml").write_text("# Mine.\npretrain: {steps: 7}\n")
    presets.apply(file, ["smoke", "mine.yaml"])
    assert read_params(file).pretrain.steps == 7
    with pytest.raises(
        ParamsError, match=r"preset none\.yaml: expected a YAML file, found .*No such file"
    ):
        presets.apply(file, ["none.yaml"])


def test_an_unknown_preset_is_told_the_names(file: Path) -> None:
    with pytest.raises(ParamsError, match=r"preset small: expected one of default, .*smoke"):
        presets.apply(file, ["small"])


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("a/b", "a/b"),
        ("../x/*.txt", "../x/*.txt"),
        ("", "''"),
        ("20231101.en", "'20231101.en'"),
        ("null", "'null'"),
        ("TRUE", "'TRUE'"),
        (0.003, "0.003"),
        (3, "3"),
        (True, "true"),
        (None, "null"),
        ([1, 2], "[1,2]"),
    ],
)
def test_values_are_spelled_for_the_override_grammar(
    value: object, word: str, tmp_path: Path
) -> None:
    assert presets._value(("key",), value) == word
    (tmp_path / "params.yaml").write_text("key: 1\n")
    apply_overrides(tmp_path / "params.yaml", [f"key={word}"])
    assert yaml.safe_load((tmp_path / "params.yaml").read_text()) == {"key": value}


def test_a_value_that_no_word_can_carry_is_refused_in_words() -> None:
    with pytest.raises(ParamsError, match=r"download\.x: expected a value without spaces"):
        presets._value(("download", "x"), "public domain")


def test_what_would_change_is_said_key_by_key(file: Path) -> None:
    said = [str(change) for change in presets.changes(file, ["smoke"])]
    assert "model.layers: 4 -> 2" in said
    assert not any(line.startswith(("model.norm:", "clean.")) for line in said)
    moved = [str(change) for change in presets.changes(file, ["tiny-tale"])]
    gone, *_ = (line for line in moved if line.startswith("- "))
    assert gone.startswith("- download.sources.stories: {kind: tales, role: pretrain, texts: st")
    (new,) = (line for line in moved if line.startswith("+ "))
    assert new.startswith("+ download.sources.wikitext: {kind: hub, role: pretrain")


def test_what_would_change_leads_from_the_one_to_the_other(file: Path) -> None:
    stored = yaml.safe_load(file.read_text())
    for change in presets.changes(file, ["nano-llm"]):
        *sections, name = change.key.split(".")
        place = stored
        for section in sections:
            place = place[section]
        if change.after is differences.ABSENT:
            del place[name]
        else:
            place[name] = change.after
    assert stored == yaml.safe_load(presets.result(file, ["nano-llm"]))


def test_two_presets_are_set_apart_whatever_params_yaml_says(file: Path) -> None:
    said = [str(change) for change in presets.changes(file, ["nullm"], against=["long-lm"])]
    assert "model.tie_embeddings: false -> true" in said
    presets.apply(file, ["nue"])
    assert [str(c) for c in presets.changes(file, ["nullm"], against=["long-lm"])] == said
    assert presets.changes(file, ["nue"]) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("auto", "auto"),
        (None, "null"),
        ([1, 2], "[1, 2]"),
        (True, "true"),
        ({"a": "ä b"}, "{a: ä b}"),
    ],
)
def test_a_value_is_said_on_one_line_as_yaml(value: object, said: str) -> None:
    assert differences.spelled(value) == said
    assert yaml.safe_load(said) == value
