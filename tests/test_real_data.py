"""Download, clean and corpus on real text, to which what they must find was planted. Skips where that text is absent."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline_lib.formats import documents
from pipeline_lib.formats.documents import Document
from pipeline_lib.params import Params
from pipeline_lib.text import markup
from stages import clean, corpus, download

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="needs the real data of ../shared/data")

BOOKS = ("pg1342.txt", "pg972.txt", "pg11.txt", "pg161.txt")
"""The first two stand among the other editions."""
PLANTED = 60
HOSTS = 200
"""The first page that a question is planted in: those before are a source of their own."""
DAKUTEN = re.compile(
    "[がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポ]"
)


def sources() -> dict[str, Any]:
    of = {"kind": "file", "role": "pretrain"}
    return {
        "gutenberg": {**of, "path": "own/books", "licence": "public-domain"},
        "other_editions": {**of, "path": "shared/gutenberg_neardup"},
        "aozora": {**of, "path": "shared/aozora_sjis_182.tar.xz", "rows": 40},
        "wiki": {**of, "path": "shared/web/enwiki_shortened.xml.bz2", "rows": 30},
        "garbage": {**of, "path": "shared/web/ungoliant_garbage.txt"},
        "pages": {**of, "path": "own/pages.jsonl"},
        "planted": {**of, "path": "own/planted.jsonl"},
        "quiz": {"kind": "file", "role": "evaluation", "path": "shared/gsm8k/test.jsonl"},
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project in which the three stages have run."""
    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_ROOT", str(root))
        patch.chdir(root)
        plant(root)
        params = asked()
        list(download.main(params.download, params.runtime, root / "raw"))
        cleaned = [root / name for name in ("raw", "clean", "dropped")]
        (row,) = clean.main(params.clean, params.runtime, *cleaned)
        (root / "clean.json").write_text(json.dumps(dict(row)))
        roles = ("pretrain", "sft", "rl", "evaluation", "curation")
        folders = [root / "corpus" / name for name in roles]
        (row,) = corpus.main(params.corpus, params.runtime, root / "clean", *folders)
        (root / "corpus.json").write_text(json.dumps(dict(row)))
        yield root


def plant(root: Path) -> None:
    (root / "shared").symlink_to(DATA)
    (root / "own" / "books").mkdir(parents=True)
    for name in BOOKS:
        (root / "own" / "books" / name).symlink_to(DATA / "gutenberg" / name)
    pages = json.loads((DATA / "web" / "c4_ref_520.json").read_text())
    texts = [f"{page['input']} {page['output']}" for page in pages]
    lines = [json.dumps({"text": text}) for text in texts[:HOSTS]]
    (root / "own" / "pages.jsonl").write_text("\n".join(lines))
    hidden = [
        text[: len(text) // 2] + f"\n{spoilt(number)}\n" + text[len(text) // 2 :]
        for number, text in enumerate(texts[HOSTS : HOSTS + PLANTED])
    ]
    (root / "own" / "planted.jsonl").write_text("\n".join(json.dumps({"text": t}) for t in hidden))


def spoilt(number: int) -> str:
    """A test question, every third in capitals, every third on many lines."""
    question: str = QUESTIONS[number]
    return (question, question.upper(), question.replace(" ", "\n"))[number % 3]


QUESTIONS = (
    [
        json.loads(line)["question"]
        for line in (DATA / "gsm8k" / "test.jsonl").read_text("utf-8").splitlines()
    ]
    if DATA.exists()
    else []
)


def asked() -> Params:
    shipped = yaml.safe_load((ROOT / "params.yaml").read_text())
    shipped["download"] |= {"files": ".", "sources": sources()}
    shipped["clean"]["prose"] = ["garbage", "pages"]
    shipped["runtime"]["workers"] = 1
    return Params.model_validate(shipped)


def cleaned(made: Path, source: str) -> list[Document]:
    return list(documents.read(made / "clean" / source))


def learnt(made: Path) -> list[Document]:
    parts = ("train", "validation", "test")
    return [d for part in parts for d in documents.read(made / "corpus" / "pretrain" / part)]


def test_the_planted_editions_are_found(made: Path) -> None:
    lines = (made / "corpus" / "curation" / "near_duplicates.jsonl").read_text().splitlines()
    copies = [copy["source"] for line in lines for copy in json.loads(line)["copies"]]
    assert copies.count("other_editions") == 2
    assert not [one for one in learnt(made) if one.source == "other_editions"]


def test_the_garbage_is_dropped(made: Path) -> None:
    assert not [one for one in learnt(made) if one.source == "garbage"]
    assert json.loads((made / "clean.json").read_text())["garbage.dropped.language"] == 1


def test_no_gutenberg_boilerplate_remains(made: Path) -> None:
    for book in cleaned(made, "gutenberg") + cleaned(made, "other_editions"):
        assert not re.search("project gutenberg|gutenberg-tm|small print", book.text, re.I)


def test_no_ruby_remains_and_no_dakuten_is_lost(made: Path) -> None:
    works = list(documents.read(made / "raw" / "aozora"))
    left = cleaned(made, "aozora")
    assert len(left) == len(works) == 40
    for before, after in zip(works, left, strict=True):
        assert not re.search("《|》|［＃|\\[#|底本", after.text)
        assert after.language == "ja"
        assert not re.search("[\u3099\u309a]", after.text)
        # that taking off the notation loses none is test_markup_aozora's; here none is lost after it
        bare = markup.strip(before.text, before.meta).text
        assert len(DAKUTEN.findall(after.text)) >= len(DAKUTEN.findall(bare)) > 0


def test_wiki_markup_is_gone(made: Path) -> None:
    for page in cleaned(made, "wiki"):
        assert not re.search(r"\{\{|\[\[|<ref|'''", page.text)


def test_every_planted_question_is_found(made: Path) -> None:
    kept = len(cleaned(made, "planted"))
    assert kept >= PLANTED - 3
    assert json.loads((made / "corpus.json").read_text())["contaminated.planted"] == kept
    said = json.loads((made / "corpus" / "curation" / "decontamination.json").read_text())
    assert said["sets"]["quiz"]["found"] == kept
    assert not [one for one in learnt(made) if one.source == "planted"]
    assert not [one for one in said["records"] if one["source"] != "planted"]
