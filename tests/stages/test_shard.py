from pathlib import Path

import numpy as np
import pytest

from pipeline_lib.formats import conversations, documents, shards
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params import ShardParams, read_params
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer
from stages import shard
from tests.sections import cutting

RUNTIME = read_params().runtime
TEXTS = [f"Ann has {i} apples.\nAnd 魚 {i + 3}." for i in range(60)]


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stage keeps what it has done."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return tmp_path / ".scratch" / "shard"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with a corpus, a tokenizer, and the shards made of both."""
    for split, part in {"train": TEXTS[:50], "validation": TEXTS[50:], "test": []}.items():
        rows = [Document(document_id(t), t, "tales") for t in part]
        documents.write(tmp_path / "pretrain" / split, rows)
    turns = (Message("user", "2 + 2?"), Message("assistant", "It is 4."))
    talks = [Conversation(turns, "", "", "lessons"), Conversation(turns * 2, "", "", "lessons")]
    conversations.write(tmp_path / "sft" / "train", talks)
    conversations.write(tmp_path / "sft" / "validation", [])
    asked = [Conversation(turns[:1], "4", "number", "practice")]
    conversations.write(tmp_path / "rl" / "train", asked)
    params = cutting()
    trainer.write(tmp_path / "tokenizer", trainer.train(TEXTS, params), params)
    return tmp_path


def run(made: Path, file_tokens: int = 1000, workers: int = 1, **most: int) -> dict[str, float]:
    params = ShardParams(
        file_tokens=file_tokens,
        max_train_tokens=most.get("train", 0),
        max_validation_tokens=most.get("validation", 0),
    )
    runtime = RUNTIME.model_copy(update={"workers": workers})
    ins = (made / "pretrain", made / "sft", made / "rl", made / "tokenizer")
    outs = (made / "shards" / "pretrain", made / "shards" / "sft", made / "shards" / "rl")
    rows = list(shard.main(params, runtime, *ins, *outs))
    return {name: value for row in rows for name, value in row.items()}


def test_every_document_is_begin_its_text_end(made: Path) -> None:
    metrics = run(made, file_tokens=100)
    tokenizer = Tokenizer.load(made / "tokenizer")
    read = shards.read(made / "shards" / "pretrain" / "train", expect="pretrain")
    rows = np.split(read.tokens[:], read.doc_ends.astype(int))[:-1]
    assert [tokenizer.decode(row) for row in rows] == TEXTS[:50]
    assert all((row[0], row[-1]) == (tokenizer.begin, tokenizer.end) for row in rows)
    assert read.index.bytes == sum(len(text.encode()) for text in TEXTS[:50])
    assert read.index.tokenizer == tokenizer.digest
    assert metrics["pretrain.train.tokens"] == len(read.tokens)
    assert metrics["pretrain.validation.documents"] == 10
    assert metrics["pretrain.test.documents"] == 0


def test_only_what_the_assistant_says_is_learnt(made: Path) -> None:
    run(made)
    tokenizer = Tokenizer.load(made / "tokenizer")
    read = shards.read(made / "shards" / "sft" / "train", expect="sft")
    assert read.mask is not None
    learnt = read.tokens[:][read.mask[:].astype(bool)]
    assert tokenizer.decode(learnt, specials=True) == "It is 4.<|end|>" * 3


def test_prompts_end_where_the_assistant_speaks(made: Path) -> None:
    run(made)
    tokenizer = Tokenizer.load(made / "tokenizer")
    (prompt,) = shards.read_prompts(made / "shards" / "rl" / "train")
    assert (prompt.answer, prompt.verifier) == ("4", "number")
    shown = tokenizer.decode(prompt.ids, specials=True)
    assert shown == "<|begin|><|user|>2 + 2?<|end|><|assistant|>"


def test_a_second_run_makes_the_same_shards(made: Path) -> None:
    run(made)
    first = shards.read_index(made / "shards" / "pretrain" / "train").digest
    run(made)
    assert shards.read_index(made / "shards" / "pretrain" / "train").digest == first
