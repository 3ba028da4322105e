"""Conversations: turns between a user and an assistant, one row each, in Parquet.

For sft the messages include the assistant's turns, and `answer` and `verifier` are empty. For rl
and evaluation the messages are the prompt alone, ending with the user's turn; `answer` is what a
right completion must arrive at, and `verifier` says how that is checked.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from pipeline_lib.formats import tables

MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
SCHEMA = pa.schema(
    [
        ("messages", pa.list_(MESSAGE)),
        ("answer", pa.string()),
        ("verifier", pa.string()),
        ("source", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    """system, user or assistant."""
    content: str


@dataclass(frozen=True, slots=True)
class Conversation:
    messages: tuple[Message, ...]
    answer: str
    verifier: str
    source: str
    """Name of the source in params.yaml."""


def conversation_id(conversation: Conversation) -> str:
    """Hexadecimal xxh3-128 of what is said and what is asked for, wherever it came from."""
    said = [[message.role, message.content] for message in conversation.messages]
    return xxhash.xxh3_128_hexdigest(json.dumps([said, conversation.answer]).encode())


def write(folder: Path, conversations: Iterable[Conversation]) -> int:
    """Write all, streaming; the folder is whole or absent. Return how many there were."""
    return tables.fill(folder, conversations, writer)


def writer(folder: Path, compression: str = tables.KEPT) -> tables.Writer[Conversation]:
    """Fills the parts of a folder one at a time, for those who fill several at once."""
    return tables.Writer(folder, size, _row, SCHEMA, compression)


def packer(folder: Path) -> tables.Packer:
    """As `writer`, of tables that `read_table` gives."""
    return tables.Packer(folder, _sizes, SCHEMA)


def write_part(path: Path, conversations: Iterable[Conversation]) -> None:
    """One part, for those who divide the work themselves."""
    tables.write_part(path, map(_row, conversations), SCHEMA)


def read(folder: Path) -> Iterator[Conversation]:
    """All in order, streaming; FormatError where parts are missing, damaged or something else."""
    for part in tables.parts(folder):
        yield from read_part(part)


def read_part(path: Path) -> Iterator[Conversation]:
    for row in tables.read_part(path, SCHEMA):
        messages = tuple(Message(**message) for message in row.pop("messages"))
        yield Conversation(messages=messages, **row)


def read_table(path: Path) -> pa.Table:
    """One part as it lies there, for those who only pass its rows on."""
    return tables.read_columns(path, SCHEMA, SCHEMA.names)


def size(conversation: Conversation) -> int:
    """UTF-8 bytes of everything that is said, the expected answer included."""
    said = sum(len(message.content.encode()) for message in conversation.messages)
    return said + len(conversation.answer.encode())


def _sizes(table: pa.Table) -> list[int]:
    """`size` of each row: a running sum over all messages, at the last of each row less before its first."""
    messages = table.column("messages").combine_chunks()
    said = pc.binary_length(pc.struct_field(pc.list_flatten(messages), "content"))
    until = np.concatenate([[0], np.cumsum(said.to_numpy(zero_copy_only=False))])
    count = pc.list_value_length(messages).to_numpy(zero_copy_only=False)
    last = np.cumsum(count)
    answer = pc.binary_length(table.column("answer")).to_numpy()
    sizes: list[int] = (until[last] - until[last - count] + answer).tolist()
    return sizes


def _row(conversation: Conversation) -> dict[str, Any]:
    return {
        "messages": [{"role": m.role, "content": m.content} for m in conversation.messages],
        "answer": conversation.answer,
        "verifier": conversation.verifier,
        "source": conversation.source,
    }
