"""Rows that come as tables fill the parts that the same rows fill one by one."""

import tempfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib.formats import conversations, documents, tables
from pipeline_lib.formats.conversations import Conversation, Message
from pipeline_lib.formats.documents import Document, document_id

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TALKS = st.lists(st.tuples(st.lists(st.tuples(TEXTS, TEXTS), max_size=4), TEXTS), max_size=20)
CUTS = st.lists(st.integers(0, 20), max_size=4)


def document(text: str) -> Document:
    return Document(document_id(text), text, "mine", "en", {"title": text[:3]})


def conversation(turns: list[tuple[str, str]], answer: str) -> Conversation:
    return Conversation(tuple(Message(*turn) for turn in turns), answer, "number", "mine")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def packed_as_written(
    items: list[Any], cuts: list[int], form: Any, size: Callable[[Any], int]
) -> None:
    """`cuts`: after so many rows each a table ends, which is a part of its own on its way."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(tables, "PART_BYTES", 100):
        form.write(Path(folder, "written"), items)

        def passed() -> Iterator[pa.Table]:
            bounds = [0, *sorted(min(cut, len(items)) for cut in cuts), len(items)]
            for number, (start, stop) in enumerate(pairwise(bounds)):
                filled = form.writer(Path(folder, str(number)), tables.PASSING)
                for item in items[start:stop]:
                    filled.add(item)
                filled.close()
                yield from map(form.read_table, tables.parts(Path(folder, str(number))))

        packed = tables.pack(Path(folder, "packed"), passed(), form.packer)
        assert content(Path(folder, "packed")) == content(Path(folder, "written"))
        assert (packed.rows, packed.bytes) == (len(items), sum(map(size, items)))


@settings(max_examples=25)
@given(st.lists(TEXTS, max_size=20), CUTS)
def test_documents_that_are_packed_are_the_bytes_of_those_that_are_written(
    texts: list[str], cuts: list[int]
) -> None:
    packed_as_written([document(text) for text in texts], cuts, documents, documents.size)


@settings(max_examples=25)
@given(TALKS, CUTS)
def test_conversations_that_are_packed_are_the_bytes_of_those_that_are_written(
    talks: list[tuple[list[tuple[str, str]], str]], cuts: list[int]
) -> None:
    items = [conversation(*talk) for talk in talks]
    packed_as_written(items, cuts, conversations, conversations.size)
