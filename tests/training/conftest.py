"""A tiny model, tiny shards of made-up tokens, states in a folder that vanishes, and runs on them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from pipeline_lib import progress
from pipeline_lib.formats import shards, shardwriting
from pipeline_lib.formats.shards import Encoded, Kind, Prompt, Prompts, Shards
from pipeline_lib.model.hardware import Hardware, choose
from pipeline_lib.model.transformer import Transformer
from pipeline_lib.params import ModelParams, OptimizerParams, Params, RuntimeParams
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer
from pipeline_lib.training import resume
from pipeline_lib.training.run import Row, Run
from tests.model.shapes import shaped

VOCAB = 40
Begin = Callable[..., AbstractContextManager[Run]]
SMALL = {"steps": 12, "warmup_steps": 2, "learning_rate": 3e-3, "batch": 4, "micro_batch": 2}


@pytest.fixture
def runtime(params: Params) -> RuntimeParams:
    return params.runtime.model_copy(
        update={
            "device": "cpu",
            "precision": "fp32",
            "threads": 1,
            "log_every": 1,
            "save_seconds": 0,
        }
    )


@pytest.fixture
def hardware(runtime: RuntimeParams) -> Hardware:
    return choose(runtime)


@pytest.fixture
def shape() -> ModelParams:
    return shaped(
        layers=1,
        channels=16,
        heads=2,
        kv_heads=1,
        head_width=8,
        feed_forward="swiglu",
        hidden=24,
        context=16,
        rope_theta=10_000.0,
        qk_norm=True,
        tie_embeddings=True,
        value_embeddings=False,
    )


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return tmp_path / ".scratch"


def documents(count: int, seed: int, masked: bool = False) -> Iterator[Encoded]:
    """Documents that count upwards from a random start: there is something to learn."""
    numbers = np.random.default_rng(seed)
    for _ in range(count):
        length, start = int(numbers.integers(4, 12)), int(numbers.integers(VOCAB))
        ids = np.array([1, *((start + np.arange(length)) % (VOCAB - 5) + 5), 2])
        mask = np.arange(len(ids)) > len(ids) // 2 if masked else None
        yield Encoded(ids, 3 * length, mask)


def numbered(
    folder: Path, lengths: Sequence[int], masks: Sequence[str] = (), file_tokens: int = 50
) -> Shards:
    """Documents of these lengths whose tokens are 0, 1, 2, ..., so that a token says where it stands. `masks` spell those
    of sft: x is learnt."""
    total = sum(lengths)
    ids = np.split(np.arange(total), np.cumsum(lengths)[:-1])
    learnt = [np.frombuffer(mask.encode(), dtype=np.uint8) == ord("x") for mask in masks]
    made = (Encoded(i, 1, mask) for i, mask in zip_longest(ids, learnt))
    kind: Kind = "sft" if masks else "pretrain"
    shardwriting.write(folder, kind, "train", made, max(total, 2), "t", file_tokens)
    return shards.read(folder)


@pytest.fixture
def train(tmp_path: Path) -> Shards:
    shardwriting.write(tmp_path / "train", "pretrain", "train", documents(200, 0), VOCAB, "t", 500)
    return shards.read(tmp_path / "train")


@pytest.fixture
def validation(tmp_path: Path) -> Shards:
    shardwriting.write(
        tmp_path / "held", "pretrain", "validation", documents(30, 1), VOCAB, "t", 500
    )
    return shards.read(tmp_path / "held")


@pytest.fixture
def talks(tmp_path: Path) -> tuple[Shards, Shards]:
    found = []
    for split, count in (("train", 60), ("validation", 12)):
        talk = documents(count, count, masked=True)
        shardwriting.write(tmp_path / "sft" / split, "sft", split, talk, VOCAB, "t", 500)
        found.append(shards.read(tmp_path / "sft" / split))
    return found[0], found[1]


@pytest.fixture(scope="session")
def tokenizer(params: Params) -> Tokenizer:
    section = params.tokenizer.model_copy(update={"vocab_size": 279})
    return Tokenizer(
        trainer.train(
            iter([f"{n} and {n + 1} is {2 * n + 1}\n" for n in range(400)]), section
        ).model
    )


@pytest.fixture
def begin(runtime: RuntimeParams, hardware: Hardware, shape: ModelParams) -> Begin:
    @contextmanager
    def start(
        stage: str,
        params: OptimizerParams,
        vocab: int = VOCAB,
        hardware: Hardware = hardware,
    ) -> Iterator[Run]:
        with resume.states(stage, {stage: params}, {}, runtime, hardware.describe()) as kept:
            yield Run(stage, Transformer(shape, vocab, seed=1), params, runtime, hardware, kept)

    return start


def weights(run: Run) -> bytes:
    return b"".join(w.detach().numpy().tobytes() for w in run.model.state_dict().values())


def without_speeds(rows: list[Row]) -> list[Row]:
    return [{k: v for k, v in row.items() if not k.startswith("machine.")} for row in rows]


class Ear:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def show(self, done: int, total: int | None, unit: str, note: str) -> None: ...

    def say(self, sentence: str) -> None:
        self.heard.append(sentence)


@pytest.fixture
def ear() -> Iterator[Ear]:
    listener = Ear()
    progress.listen(listener)
    yield listener
    progress.listen(None)


def made_prompts(folder: Path, tokenizer: Tokenizer) -> Prompts:
    made = [
        Prompt(np.array([1, *tokenizer.encode(f"{n}")]), str(n % 3), "number") for n in range(9)
    ]
    shardwriting.write_prompts(folder / "rl", made, tokenizer.vocab_size, tokenizer.digest)
    return shards.read_prompts(folder / "rl")
