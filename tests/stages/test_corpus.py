import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline_lib.errors import DataError, ParamsError
from pipeline_lib.formats import conversations, documents, manifests, mixtures, tables
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.formats.mixtures import Component
from pipeline_lib.params import CorpusParams, read_params
from stages import corpus

SHIPPED = read_params(Path(__file__).parents[2] / "params.yaml")
PARAMS = SHIPPED.corpus.model_copy(update={"validation_share": 0.1, "test_share": 0.1})
ROLES = ("pretrain", "sft", "rl", "evaluation", "curation")
TEXTS = [f"Document number {i} says what no other says." for i in range(300)]


@dataclass
class House:
    """A folder of cleaned sources, and the corpus made of them."""

    root: Path

    def document_source(
        self, name: str, texts: Sequence[str], weight: float = 1.0, kind: str = "file"
    ) -> None:
        found = [Document(document_id(text), text, name) for text in texts]
        documents.write(self.root / "clean" / name, found)
        self._manifest(name, "pretrain", len(found), weight, kind)

    def prompt_source(self, name: str, role: str, questions: Sequence[str]) -> None:
        answers = [Message("assistant", "7")] if role == "sft" else []
        found = [
            Conversation((Message("user", question), *answers), "7", "number", name)
            for question in questions
        ]
        conversations.write(self.root / "clean" / name, found)
        self._manifest(name, role, len(found), 1.0)

    def run(self, params: CorpusParams = PARAMS, workers: int = 1) -> dict[str, float]:
        folders = [self.root / name for name in ROLES]
        (row,) = corpus.main(
            params,
            SHIPPED.runtime.model_copy(update={"workers": workers}),
            self.root / "clean",
            *folders,
        )
        return dict(row)

    def texts(self, part: str) -> list[str]:
        return [document.text for document in documents.read(self.root / "pretrain" / part)]

    def questions(self, folder: str) -> list[str]:
        found = conversations.read(self.root / folder)
        return [conversation.messages[0].content for conversation in found]

    def _manifest(self, name: str, role: str, rows: int, weight: float, kind: str = "file") -> None:
        manifest = Manifest(name, kind, role, weight, "", "a", "", "", "0" * 64, rows, 0)
        manifests.write(self.root / "clean" / name, manifest)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_train_validation_and_test_documents_are_disjoint_and_complete(house: House) -> None:
    house.document_source("a", TEXTS)
    metrics = house.run()
    parts = {part: set(house.texts(part)) for part in ("train", "validation", "test")}
    assert sum(map(len, parts.values())) == len(TEXTS)
    assert set.union(*parts.values()) == set(TEXTS)
    assert metrics["pretrain.train.documents"] == len(parts["train"])
    assert metrics["pretrain.test.a.bytes"] == sum(len(text) for text in parts["test"])


def test_a_document_stays_where_it_was_when_others_come(tmp_path: Path) -> None:
    few, more = House(tmp_path / "few"), House(tmp_path / "more")
    few.document_source("a", TEXTS[:200])
    more.document_source("a", TEXTS)
    few.run()
    more.run()
    for part in ("train", "validation", "test"):
        assert set(few.texts(part)) <= set(more.texts(part))


def test_a_weight_is_how_often_training_sees_a_document(house: House) -> None:
    house.document_source("half", TEXTS[:100], weight=0.5)
    house.document_source("many", TEXTS[100:], weight=2.5)
    house.run()
    seen = Counter(house.texts("train"))
    assert {seen[text] for text in TEXTS[:100]} == {0, 1}
    held = {*house.texts("validation"), *house.texts("test")}
    many = Counter(seen[text] for text in TEXTS[100:] if text not in held)
    assert set(many) == {2, 3}
    assert 0.35 < many[3] / many.total() < 0.65
    assert set(Counter(house.texts("validation")).values()) == {1}


def test_the_mixture_says_what_training_reads_of_each_source(house: House) -> None:
    house.document_source("half", TEXTS[:100], weight=0.5)
    house.document_source("twice", TEXTS[100:], weight=2.0)
    metrics = house.run()
    found = mixtures.read(house.root / "pretrain" / mixtures.NAME)
    assert found == [
        Component(
            name,
            "file",
            "",
            "",
            int(metrics[f"pretrain.train.{name}.documents"]),
            int(metrics[f"pretrain.train.{name}.bytes"]),
        )
        for name in ("half", "twice")
    ]
    assert sum(one.documents for one in found) == len(house.texts("train"))


def test_copies_stand_a_pass_apart(house: House) -> None:
    house.document_source("a", TEXTS, weight=2.0)
    house.run()
    train = house.texts("train")
    assert train[: len(train) // 2] == train[len(train) // 2 :]


def test_no_evaluation_prompt_is_learnt_from(house: House) -> None:
    asked = [f"How many legs have {i} spiders?" for i in range(40)]
    house.document_source("solved", [*TEXTS, f"{asked[0]}\n0\n#### 0"])
    house.prompt_source("lessons", "sft", asked[:20])
    house.prompt_source("practice", "rl", [asked[1], " ".join(asked[2].split()), *asked[20:]])
    house.prompt_source("problems", "evaluation", asked[:3])
    metrics = house.run()
    learnt = {*house.questions("rl/train"), *house.questions("sft/train")}
    assert learnt.isdisjoint(asked[:3])
    assert metrics["contaminated"] == 6
    assert metrics["contaminated.solved"] == 1
    assert house.questions("evaluation/problems") == asked[:3]
    assert json.loads((house.root / "evaluation" / "index.json").read_text()) == ["problems"]


def test_lessons_are_held_out_too_and_practice_is_not(house: House) -> None:
    asked = [f"How many legs have {i} spiders?" for i in range(80)]
    house.document_source("a", TEXTS)
    house.prompt_source("lessons", "sft", asked)
    house.prompt_source("practice", "rl", asked)
    house.run()
    train, held = house.questions("sft/train"), house.questions("sft/validation")
    assert sorted([*train, *held]) == sorted(asked)
    assert held
    assert house.questions("rl/train") == asked


def test_a_role_without_a_source_is_an_empty_data_set(house: House) -> None:
    house.document_source("a", TEXTS)
    house.run()
    assert [house.questions(part) for part in ("sft/train", "sft/validation", "rl/train")] == [
        []
    ] * 3
    assert json.loads((house.root / "evaluation" / "index.json").read_text()) == []


def test_a_single_book_is_cut_into_sections_and_split(house: House) -> None:
    book = "\n\n".join(f"Paragraph {i}. " + f"words of {i} " * 40 for i in range(120))
    house.document_source("book", [book])
    house.run()
    parts = [house.texts(part) for part in ("train", "validation", "test")]
    assert all(parts)
    assert sum(len(text) for part in parts for text in part) > 0.99 * len(book)


def test_three_documents_are_enough(house: House) -> None:
    house.document_source("a", TEXTS[:3])
    house.run(PARAMS.model_copy(update={"validation_share": 0.02, "test_share": 0.02}))
    assert [len(house.texts(part)) for part in ("train", "validation", "test")] == [1, 1, 1]


def test_two_documents_are_refused_and_nothing_is_left(house: House) -> None:
    house.document_source("a", TEXTS[:2])
    with pytest.raises(DataError, match=r"pretrain: expected at least 3 different texts"):
        house.run()
    assert [path.name for path in house.root.iterdir()] == ["clean"]


def test_an_rl_source_that_is_all_contaminated_is_refused(house: House) -> None:
    house.document_source("a", TEXTS)
    house.prompt_source("practice", "rl", ["How many?"])
    house.prompt_source("problems", "evaluation", ["How many?"])
    with pytest.raises(DataError, match="rl: expected texts for train, found none"):
        house.run()


def test_training_sees_the_tokens_that_a_budget_asks_for(house: House) -> None:
    house.document_source("a", TEXTS[:100])
    house.document_source("b", TEXTS[100:])
    tokens = round(1.5 * sum(len(text) for text in TEXTS[100:]) / PARAMS.bytes_per_token)
    metrics = house.run(PARAMS.model_copy(update={"budgets": {"b": tokens}}))
    assert metrics["mixture.b.tokens_asked"] == tokens
    assert metrics["mixture.b.tokens"] == pytest.approx(tokens, rel=0.05)
    seen = sum(len(text) for text in house.texts("train") if text in TEXTS[100:])
    assert metrics["mixture.b.tokens"] == round(seen / PARAMS.bytes_per_token)
    assert metrics["mixture.b.epochs"] == metrics["mixture.b.epochs_asked"]
    assert metrics["mixture.a.epochs"] == 1
    assert metrics["mixture.b.share"] == pytest.approx(metrics["mixture.b.share_asked"], abs=0.03)


def test_a_budget_repeats_a_source_no_more_than_it_may(house: House) -> None:
    house.document_source("a", TEXTS)
    metrics = house.run(PARAMS.model_copy(update={"budgets": {"a": 10**6}, "max_epochs": 3.0}))
    assert metrics["mixture.a.epochs"] == 3
    assert metrics["mixture.a.epochs_asked"] > 100
    assert set(Counter(house.texts("train")).values()) == {3}


def test_a_budget_of_an_unknown_source_is_refused(house: House) -> None:
    house.document_source("a", TEXTS)
    with pytest.raises(ParamsError, match=r"corpus.budgets.b: expected a pretrain source \(a\)"):
        house.run(PARAMS.model_copy(update={"budgets": {"b": 10}}))


def test_each_source_is_held_out_from(house: House) -> None:
    house.document_source("few", TEXTS[:12])
    house.document_source("many", TEXTS[12:])
    house.run(PARAMS.model_copy(update={"validation_share": 0.02, "test_share": 0.02}))
    for part in ("validation", "test"):
        held = set(house.texts(part))
        assert held & set(TEXTS[:12])
        assert held & set(TEXTS[12:])


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_stand_in_parts_of_bounded_size(
    house: House, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "PART_BYTES", 1000)
    house.document_source("a", [*TEXTS, "long " * 300])
    house.run(workers=workers)
    for part in ("train", "validation", "test"):
        sizes = [
            [len(document.text) for document in documents.read_part(path)]
            for path in tables.parts(house.root / "pretrain" / part)
        ]
        assert all(sum(size) <= 1000 or len(size) == 1 for size in sizes)
        assert all(sum(one) + two[0] > 1000 for one, two in pairwise(sizes))


def test_the_same_sources_make_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(tables, "PART_BYTES", 2000)
    for name, workers in (("one", 1), ("two", 2)):
        house = House(tmp_path / name)
        house.document_source("a", TEXTS, weight=1.5)
        house.document_source("book", ["\n\n".join(f"Words of {i} " * 60 for i in range(50))])
        house.run(workers=workers)
        made.append([p.read_bytes() for p in sorted((house.root / "pretrain").rglob("*.parquet"))])
    assert made[0] == made[1]


def page(number: int, changed: str = "") -> str:
    draw = random.Random(number)
    return " ".join(f"word{draw.randrange(9999)}" for _ in range(200)) + changed


def test_near_duplicates_are_left_out_and_shown(house: House) -> None:
    house.document_source("a", [page(i) for i in range(40)])
    house.document_source("b", [page(3, " and a little more"), *(page(i) for i in range(50, 90))])
    metrics = house.run()
    assert metrics["near_duplicates"] == metrics["near_duplicates.b"] == 1
    learnt = [text for part in ("train", "validation", "test") for text in house.texts(part)]
    assert len(learnt) == 80
    assert page(3) in learnt
    (line,) = (house.root / "curation" / "near_duplicates.jsonl").read_text().splitlines()
    cluster = json.loads(line)
    assert cluster["kept"]["source"] == "a"
    assert cluster["copies"][0]["source"] == "b"
    assert cluster["copies"][0]["jaccard"] > 0.9


def test_tales_are_never_near_duplicates(house: House) -> None:
    house.document_source("a", [*(page(i) for i in range(40)), page(3, " more")], kind="tales")
    assert house.run()["near_duplicates"] == 0
    assert not (house.root / "curation" / "near_duplicates.jsonl").exists()


def test_paragraphs_of_an_earlier_document_go_where_asked(house: House) -> None:
    notice = "This text may be copied by anybody who leaves this notice where it stands, here."
    house.document_source("a", [f"{page(i)}\n{notice}" for i in range(40)])
    asked = {"paragraphs": PARAMS.paragraphs.model_copy(update={"paragraph_chars": 60})}
    metrics = house.run(PARAMS.model_copy(update=asked))
    learnt = [text for part in ("train", "validation", "test") for text in house.texts(part)]
    assert metrics["repeated_paragraphs"] == 39
    assert sum(notice in text for text in learnt) == 1
    assert len(learnt) == 40
    ids = [d.id for part in ROLES[:1] for d in documents.read(house.root / part / "train")]
    assert ids == [document_id(text) for text in house.texts("train")]


def test_what_is_contaminated_is_written_down(house: House) -> None:
    question = (
        "A lighthouse keeper had 17 lamps, lit 5 of them at dusk and 3 more at midnight; "
        "how many lamps stayed dark until the morning?"
    )
    house.document_source("a", [*TEXTS, f"{page(1)} {question.upper()} {page(2)}"])
    house.prompt_source("lessons", "sft", [question, *(f"How many of {i}?" for i in range(30))])
    house.prompt_source("quiz", "evaluation", [question])
    metrics = house.run()
    assert metrics["contaminated"] == 2
    said = json.loads((house.root / "curation" / "decontamination.json").read_text())
    assert said["sets"] == {"quiz": {"items": 1, "found": 1, "texts": 2}}
    assert said["dropped"] == {"a": 1, "lessons": 1}
    assert {(r["set"], r["item"], r["source"]) for r in said["records"]} == {
        ("quiz", 0, "a"),
        ("quiz", 0, "lessons"),
    }
    assert question.upper() not in " ".join(house.texts("train"))


def test_a_question_across_a_cut_is_found_too(house: House) -> None:
    question = (
        "A lighthouse keeper had 17 lamps, lit 5 of them at dusk and 3 more at midnight; "
        "how many lamps stayed dark until the morning?"
    )
    lines = "\n".join(question.split())
    for shift in range(0, 160, 40):
        each = House(house.root / str(shift))
        book = "\n\n".join(page(i) for i in range(3))[: 3900 + shift]
        each.document_source("book", [f"{book}\n{lines}\n{page(9)} {page(10)} {page(11)}" * 2])
        each.document_source("a", TEXTS)
        each.prompt_source("quiz", "evaluation", [question])
        assert each.run()["contaminated"] >= 1
        learnt = " ".join(" ".join(each.texts(part)) for part in ("train", "validation", "test"))
        assert "lighthouse" not in learnt or "midnight" not in learnt


def test_the_neighbour_of_a_section_that_holds_a_question_stays(house: House) -> None:
    question = (
        "A lighthouse keeper had 17 lamps, lit 5 of them at dusk and 3 more at midnight; "
        "how many lamps stayed dark until the morning?"
    )
    pages = [page(i) for i in range(9)]
    pages[2] += f" {question}"  # the end of the first section
    house.document_source("book", ["\n\n".join(pages)])
    house.document_source("a", TEXTS)
    house.prompt_source("quiz", "evaluation", [question])
    assert house.run()["contaminated"] == 1


def test_a_paragraph_of_what_is_left_out_stays_where_else_it_stands(house: House) -> None:
    notice = "This text may be copied by anybody who leaves this notice where it stands, here."
    house.document_source("a", [page(i) for i in range(40)])
    house.document_source("b", [f"{page(3)}\n{notice}", f"{page(77)}\n{notice}"])
    asked = {"paragraphs": PARAMS.paragraphs.model_copy(update={"paragraph_chars": 60})}
    metrics = house.run(PARAMS.model_copy(update=asked))
    assert metrics["near_duplicates"] == 1
    learnt = [text for part in ("train", "validation", "test") for text in house.texts(part)]
    assert sum(notice in text for text in learnt) == 1


def test_another_run_with_other_questions_finds_those(tmp_path: Path) -> None:
    """In one process, as a worker of a standing cluster would be asked."""
    for name, question in (("one", "How many legs has a spider?"), ("two", "How many has a bee?")):
        house = House(tmp_path / name)
        house.document_source("a", [*TEXTS, "How many legs has a spider?", "How many has a bee?"])
        house.prompt_source("quiz", "evaluation", [question])
        house.run()
        said = json.loads((house.root / "curation" / "decontamination.json").read_text())
        assert [record["excerpt"] for record in said["records"]] == [question]


def test_the_corpus_says_where_all_of_it_came_from(house: House) -> None:
    house.document_source("a", TEXTS)
    house.prompt_source("quiz", "evaluation", ["How many?"])
    house.run()
    listed = manifests.read_list(house.root / "curation" / manifests.LIST)
    assert [(one.name, one.role, one.rows) for one in listed] == [
        ("a", "pretrain", 300),
        ("quiz", "evaluation", 1),
    ]
