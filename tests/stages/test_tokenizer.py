import json
from pathlib import Path

from pipeline_lib.formats import documents
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.params import read_params
from pipeline_lib.tokens.tokenizer import Tokenizer
from stages import tokenizer
from tests.sections import cutting

PARAMS = cutting()

RUNTIME = read_params().runtime


def corpus(folder: Path) -> Path:
    texts = [f"Ann has {i} apples.\nBob has {i + 3} pears." for i in range(60)]
    rows = [Document(document_id(t), t, "tales", "en") for t in texts]
    documents.write(folder / "train", rows)
    documents.write(folder / "validation", rows[:5])
    return folder


def test_the_stage_trains_on_train_and_measures_on_validation(tmp_path: Path) -> None:
    rows = list(
        tokenizer.main(
            PARAMS, RUNTIME, corpus(tmp_path / "corpus"), tmp_path / "made", tmp_path / "plots"
        )
    )
    metrics = {name: value for row in rows for name, value in row.items()}
    assert metrics["vocab_size"] == 300
    assert metrics["bytes_per_token"] == metrics["bytes_per_token.language.en"] > 1.5
    assert metrics["byte_fallback"] == metrics["dropped_lines"] == 0
    made = Tokenizer.load(tmp_path / "made")
    assert json.loads((tmp_path / "made" / "about.json").read_text())["sha256"] == made.digest
