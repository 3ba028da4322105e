"""What the recipes promise: whole, with work for every stage, and with the numbers of their originals."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.cli_parse import to_path_overrides
from dvc.utils.hydra import apply_overrides

from pipeline_lib import presets
from pipeline_lib.params import ROLES, HubSource, check
from pipeline_lib.presets import differences
from tests.recipes import RECIPES, SHIPPED, params_with

PAGES = Path(__file__).parents[1] / "docs" / "recipes"
TRAINED = ("tokenizer", "shard", "model", "pretrain", "sft", "grpo", "evaluate")
"""The sections of which a recipe names every key."""


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_whole_whatever_stood_there_before(recipe: str) -> None:
    alone = params_with(recipe)
    everything = [
        "real",
        "smoke",
        "tales-long",
        *(name for name in RECIPES if name != recipe),
        "tiny",
    ]
    assert params_with(*everything, recipe) == alone
    overlay = presets.find([recipe])[0].overlay
    for section in TRAINED:
        assert set(overlay[section]) == set(type(getattr(alone, section)).model_fields)


@pytest.mark.parametrize("name", [preset.name for preset in presets.known()])
def test_no_preset_but_tiny_keeps_the_few_rows_of_tiny(name: str) -> None:
    if name == "tiny":
        assert params_with(name).download.max_rows == 2000
    else:
        assert params_with("tiny", name).download.max_rows == 0


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_keeps_what_a_person_set_of_the_data(recipe: str) -> None:
    own = yaml.safe_load(SHIPPED)
    own["runtime"]["workers"] = 3
    own["download"]["licences_allowed"] = ["MIT"]
    own["clean"]["mask"] = ["email"]
    own["corpus"]["validation_share"] = 0.01
    found = check(yaml.safe_load(presets.composed(yaml.safe_dump(own), [recipe])))
    assert found.runtime.workers == 3
    assert found.download.licences_allowed == ("MIT",)
    assert found.clean.mask == ["email"]
    assert found.corpus.validation_share == 0.01


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_has_work_for_all_nine_stages(recipe: str) -> None:
    sources = params_with(recipe).download.sources
    assert {source.role for source in sources.values()} == set(ROLES)


ARCHITECTURE = {
    *("norm", "norm_gain", "positions", "rope_theta", "attention", "qk_norm", "feed_forward"),
    *("bias", "tie_embeddings", "value_embeddings", "token_shift", "logit_softcap"),
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_tiny_keeps_sources_and_architecture(recipe: str) -> None:
    whole, small = params_with(recipe), params_with(recipe, "tiny")
    assert small.download.sources == whole.download.sources
    assert (small.clean, small.corpus) == (whole.clean, whole.corpus)
    assert small.tokenizer.kind == whole.tokenizer.kind
    for key in ARCHITECTURE:
        assert getattr(small.model, key) == getattr(whole.model, key), key
    assert small.model.moe.model_copy(update={"hidden": 0}) == whole.model.moe.model_copy(
        update={"hidden": 0}
    )
    mixtures = [model.is_mixture(model.layers - 1) for model in (whole.model, small.model)]
    assert mixtures == [recipe == "nano-llm"] * 2
    grouped = [model.heads // model.kv_heads for model in (whole.model, small.model)]
    assert grouped == [1, 1]


PROMISED: dict[str, dict[str, dict[str, Any]]] = {
    "nue": {
        "tokenizer": {"kind": "unigram", "vocab_size": 32_000},
        "model": {"channels": 896, "layers": 12, "heads": 14, "context": 256},
    },
    "nullm": {
        "runtime": {"recompute": True},
        "tokenizer": {"kind": "bpe", "vocab_size": 50_000},
        "model": {
            "norm": "layernorm",
            "norm_gain": True,
            "positions": "learned",
            "attention": "mha",
            "feed_forward": "gelu",
            "bias": True,
            "tie_embeddings": True,
            "channels": 768,
            "layers": 12,
            "heads": 12,
            "context": 1024,
        },
    },
    "tiny-tale": {
        "runtime": {"recompute": True},
        "tokenizer": {"kind": "bpe", "vocab_size": 8192},
        "model": {"channels": 384, "layers": 6, "heads": 6, "context": 256},
        "pretrain": {"batch": 8, "learning_rate": 3.0e-4, "warmup_steps": 1000},
    },
    "nano-llm": {
        "tokenizer": {"kind": "bpe", "vocab_size": 50_304},
        "shard": {"max_train_tokens": 2_180_000_000, "max_validation_tokens": 100_000},
        "model": {
            "attention": "mla",
            "feed_forward": "swiglu",
            "channels": 768,
            "layers": 20,
            "heads": 12,
            "hidden": 3072,
            "tie_embeddings": False,
            "context": 2048,
            "mla": {"latent": 128, "query_latent": 128, "value_width": 128, "rope_width": 64},
            "moe": {"every": 4, "experts": 2, "shared": 2, "hidden": 2048, "active": 1},
        },
        "pretrain": {
            "learning_rate": 3.0e-4,
            "weight_decay": 0.01,
            "beta1": 0.9,
            "beta2": 0.95,
        },
    },
    "long-lm": {"model": {"context": 1024}},
}
"""Recipe -> section -> key -> value of the original."""


def missing(promised: dict[str, Any], found: dict[str, Any], place: str = "") -> list[str]:
    """The keys whose values are others than those promised."""
    wrong = []
    for name, value in promised.items():
        if isinstance(value, dict):
            wrong += missing(value, found[name], f"{place}{name}.")
        elif found[name] != value:
            wrong.append(f"{place}{name}: expected {value}, found {found[name]}")
    return wrong


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_has_the_numbers_of_its_original(recipe: str) -> None:
    assert missing(PROMISED[recipe], params_with(recipe).model_dump()) == []


def hub_sources(recipe: str) -> dict[str, HubSource]:
    sources = params_with(recipe).download.sources
    return {name: source for name, source in sources.items() if isinstance(source, HubSource)}


SOURCES: dict[str, dict[str, dict[str, Any]]] = {
    "nue": {
        "wikipedia_ja": {"config": "20231101.ja", "split": "train", "licence": "CC-BY-SA-3.0"},
        "wikipedia_en": {
            "config": "20231101.en",
            "split": "train[:30%]",
            "licence": "CC-BY-SA-3.0",
        },
        "livedoor": {"revision": "refs/convert/parquet", "licence": "CC-BY-ND-2.1-JP"},
    },
    "nullm": {"openwebtext": {"repository": "Skylion007/openwebtext", "licence": "CC0-1.0"}},
    "tiny-tale": {
        "wikitext": {"config": "wikitext-103-raw-v1", "licence": "CC-BY-SA-3.0"},
    },
    "nano-llm": {
        "openwebtext": {"repository": "Elriggs/openwebtext-100k", "licence": "CC0-1.0"},
        "natural_instructions": {"weight": 0.02, "licence": "Apache-2.0"},
        "gsm8k_practice": {"repository": "openai/gsm8k", "licence": "MIT"},
    },
    "long-lm": {
        "gutenberg": {"repository": "sedthh/gutenberg_english", "licence": "public-domain"},
        "natural_instructions": {"weight": 0.02, "licence": "Apache-2.0"},
    },
}
"""Recipe -> source -> key -> value; whole where no split is named."""


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_learns_from_the_sources_of_its_original(recipe: str) -> None:
    found = {name: source.model_dump() for name, source in hub_sources(recipe).items()}
    assert missing(SOURCES[recipe], found) == []
    # nothing else is brought to pretrain on, and all of it
    brought = {name for name, source in found.items() if source["role"] == "pretrain"}
    assert brought == {name for name in SOURCES[recipe] if found[name]["role"] == "pretrain"}
    assert not any(found[name]["rows"] for name in brought)
    assert all(source["licence"] for source in found.values())


def test_long_lm_is_taught_from_eleven_sets() -> None:
    sources = params_with("long-lm").download.sources
    taught = [name for name, source in sources.items() if source.role == "sft"]
    assert len(taught) == 11
    assert len([name for name in taught if name in hub_sources("long-lm")]) == 10


COMMAND = re.compile(r"dvc exp run \$\(bonsai preset args ([\w -]+)\)((?: -S \S+)+)")
SAID = [
    (page.name, *found.groups())
    for page in sorted(PAGES.glob("*.md"))
    for found in COMMAND.finditer(page.read_text(encoding="utf-8").replace("`", " "))
]


@pytest.mark.parametrize(("page", "names", "words"), SAID, ids=str)
def test_a_command_of_a_page_changes_what_it_names_and_nothing_else(
    page: str, names: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "params.yaml"
    path.write_text(SHIPPED)
    asked = words.split()[1::2]
    overrides = [*presets.arguments(path, names.split())[1::2], *asked]
    ((_, spelled),) = to_path_overrides(overrides).items()
    apply_overrides(path, spelled)
    before = params_with(*names.split()).model_dump()
    after = check(yaml.safe_load(path.read_text())).model_dump()
    changed = [change.key for change in differences.between(before, after)]
    named = [word.lstrip("+") for word in asked]
    assert all(any(word.startswith(key) for key in changed) for word in named), page
    assert all(any(word.startswith(key) for word in named) for key in changed), page


def test_no_page_shows_an_override_without_the_command_that_takes_it() -> None:
    assert {page for page, *_ in SAID} >= {"README.md", *(f"{name}.md" for name in RECIPES)}
    for page in PAGES.glob("*.md"):
        text = COMMAND.sub("", page.read_text(encoding="utf-8").replace("`", " "))
        assert not re.search(r"-S [+~]?\w+\.", text), page.name
    for preset in presets.known():
        assert " -S " not in preset.text.replace("`", " "), preset.name
