"""A story as an evaluation would tell it, made up but for its shape."""

import math
import random
from collections.abc import Callable

import pytest
import torch

from pipeline_lib.evaluation import floor, freedom
from pipeline_lib.evaluation.examination import Findings
from pipeline_lib.evaluation.freedom import Read
from pipeline_lib.evaluation.problems import Answer, accuracy, passes
from pipeline_lib.evaluation.samples import Fault, Sample
from pipeline_lib.evaluation.statistics import wilson
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.shards import Index
from pipeline_lib.report.curves import Curve
from pipeline_lib.report.palette import MODELS
from pipeline_lib.report.story import Story
from pipeline_lib.tales import Language
from pipeline_lib.tokens.compression import Point
from tests.model.shapes import shaped

SHAPE = shaped(
    layers=4,
    channels=160,
    heads=5,
    kv_heads=5,
    head_width=32,
    feed_forward="swiglu",
    hidden=448,
    context=256,
    rope_theta=10000.0,
    qk_norm=True,
    tie_embeddings=True,
    value_embeddings=False,
)
TALE = (
    "One morning, Maya wanted to fill her shelf. She needed four books for it. In her pockets she "
    "found three coins and a candle. After that, she went to the old mill and met Noah there. "
    "Noah gave her two books. Now Maya had two books.\n"
)
KINDS = ("stories", "facts", "dialogues", "problems")
SHARE = {"base": 3, "sft": 55, "chat": 78}


def problem(i: int) -> Conversation:
    asked = f"There are {i + 4} feathers in Noah's basket. He buys {i} more. How many has he now?"
    return Conversation((Message("user", asked),), str(2 * i + 4), "number", "problems")


def given(model: str, count: int) -> list[Answer]:
    draw = random.Random(model)
    answers = []
    for i in range(count):
        is_right = draw.random() * 100 < SHARE[model]
        said = f"{i + 4} + {i} = {2 * i + 4 + (not is_right)}\n#### {2 * i + 4 + (not is_right)}"
        text = "then it was. <b>She</b> & 日本の山 went" if model == "base" else said
        answers.append(Answer(problem(i), text, is_right=is_right, stopped=model != "base"))
    return answers


def world(model: str) -> dict[str, float | int]:
    """What is known where the corpus is tales."""
    least = [floor.Known(k, lang, 120.0) for k in KINDS for lang in ("en", "ja") for _ in range(30)]
    draw = random.Random(model)
    paid = [one.bits * (1.027 + MODELS.index(model) + draw.gauss(0, 0.1)) for one in least]
    metrics = floor.metrics(paid, [290 + 30 * (i // 60) for i in range(len(least))], least, "")
    for name in ("pairs.accuracy", "pairs.en", "pairs.ja", "pairs.en.reflexive_gender"):
        metrics |= {
            name: 0.957 - 0.1 * MODELS.index(model),
            f"{name}_low": 0.94,
            f"{name}_high": 0.97,
        }
    return metrics | (freedom.metrics(free(model)) if model == "base" else {})


def free(model: str) -> dict[Language, list[Read]]:
    """Free texts with a fault of each kind; the base model's only."""
    if model != "base":
        return {}
    faults = (
        Fault(0, 48, kind="grammar", reason="no sentence <goes> so"),
        Fault(60, 90, kind="discourse", reason="has been said already"),
        Fault(132, 190, kind="world", reason="she holds two"),
    )
    texts: dict[Language, str] = {
        "en": TALE,
        "ja": "ある日、ゆきは森へ行きました。りんごを三本見つけました。" * 3,
    }
    return {
        language: [
            Read(
                Sample(1.0, text, n > 0, faults[: n % 4]),
                language,
                6,
                6 - n % 2,
                5 - n % 2,
                4,
                n == 0,
            )
            for n in range(8)
        ]
        for language, text in texts.items()
    }


def findings(model: str) -> Findings:
    metrics: dict[str, float | int] = {
        "bits_per_byte": 0.3682 + 0.35 * MODELS.index(model),
        "bits_per_byte_low": 0.3651 + 0.35 * MODELS.index(model),
        "bits_per_byte_high": 0.3713 + 0.35 * MODELS.index(model),
        "documents": 240,
        "windowed": 12,
        "test.bits_per_byte": 0.7344,
        "test.bits_per_byte_low": 0.7281,
        "test.bits_per_byte_high": 0.7407,
    }
    metrics |= world(model)
    greedy = given(model, 1000)
    counted = accuracy(greedy) | passes(given(model, 1600), 8)
    metrics |= {f"problems.{name}": value for name, value in counted.items()}
    texts = [Sample(t, TALE * n, n < 3) for t in (1.0, 0.7) for n in (1, 2, 3)]
    for level in range(1, 6):
        rights = wilson(SHARE[model] * (6 - level) * 0.5, 200)
        metrics |= {
            f"problems.accuracy.level_{level}": SHARE[model] * (6 - level) * 0.5 / 200,
            f"problems.accuracy.level_{level}_low": rights.low,
            f"problems.accuracy.level_{level}_high": rights.high,
        }
    return Findings(metrics, {"problems": greedy[:8]}, texts, free(model))


def curve(length: int, every: int, at: Callable[[float], float], noise: float) -> Curve:
    draw = random.Random(length)
    steps = list(range(every, length + 1, every))
    return Curve(steps, [at(s / length) * (1 + draw.gauss(0, noise)) for s in steps])


def checkpoint(model: str, skipped: list[str]) -> Checkpoint:
    training = {"steps": 1200, "batch": 16, "learning_rate": 3e-3, "seed": 1}
    section = {"base": "pretrain", "sft": "sft", "chat": "grpo"}[model]
    provenance = {
        "stage": section,
        "params": {section: training},
        "computed_with": {"device": "cpu", "precision": "bf16", "threads": 2},
        "skipped": skipped,
    }
    weights = {"embedding": torch.zeros(1000, 1353)}
    return Checkpoint(SHAPE, 400, weights, b"tokenizer", provenance)


def index(split: str) -> Index:
    return Index(
        kind="pretrain",
        split=split,
        dtype="uint16",
        vocab_size=400,
        tokenizer="7" * 64,
        documents=58_000,
        tokens=12_149_000,
        bytes=33_200_000,
        sources={"stories": 38_000, "solved": 20_000},
        files=(),
        masks=(),
        ends=(),
        answers="",
    )


def tell(skipped: list[str] | None = None) -> Story:
    falling = lambda share: 0.36 + 2.6 * math.exp(-9 * share)  # noqa: E731
    return Story(
        checkpoints={model: checkpoint(model, skipped or []) for model in MODELS},
        findings={model: findings(model) for model in MODELS},
        compression=[Point(300, "all", 1.6), Point(400, "all", 2.1)],
        curves={
            "pretrain": {
                "bits_per_byte": curve(1200, 10, falling, 0.03),
                "validation.bits_per_byte": curve(1200, 200, falling, 0.0),
            },
            "sft": {
                "loss": curve(500, 10, lambda x: 0.2 + 1.2 * math.exp(-8 * x), 0.08),
                "validation.loss": curve(500, 100, lambda x: 0.22 + math.exp(-8 * x), 0.0),
            },
            "grpo": {"reward": curve(60, 1, lambda x: 0.45 + 0.3 * x, 0.1)},
        },
        funnel={
            "kept": 83_211,
            "dropped.too_short": 112,
            "dropped.too_long": 0,
            "dropped.duplicate_lines": 1204,
            "dropped.exact_duplicate": 9_420,
            "bytes.kept": 24_000_000,
        },
        shards={split: index(split) for split in ("train", "validation", "test")},
        unigram=3.1926,
    )


@pytest.fixture(scope="session")
def story() -> Story:
    return tell()


@pytest.fixture(scope="session")
def skipping() -> Story:
    return tell(skipped=["sft", "grpo"])
