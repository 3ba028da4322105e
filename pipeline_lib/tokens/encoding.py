"""Conversations and prompts as rows for the shards."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from pipeline_lib.formats.shards import Encoded, Prompt
from pipeline_lib.tokens import chat
from pipeline_lib.tokens.tokenizer import Tokenizer


@runtime_checkable
class Conversation(Protocol):
    """Turns, and for prompts the answer they ask for."""

    @property
    def messages(self) -> Sequence[chat.Turn]: ...
    @property
    def source(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def verifier(self) -> str: ...


def conversations(talks: Iterable[Conversation], tokenizer: Tokenizer) -> Iterator[Encoded]:
    """Ids in the chat template, with the mask of what the assistant says."""
    for talk in talks:
        ids, mask = chat.encode(talk.messages, tokenizer)
        size = sum(len(message.content.encode()) for message in talk.messages)
        yield Encoded(np.array(ids), size, np.array(mask), talk.source)


def prompts(talks: Iterable[Conversation], tokenizer: Tokenizer) -> Iterator[Prompt]:
    """Ids up to where the assistant speaks, with the answer to look for."""
    for talk in talks:
        ids = np.array(chat.prompt(talk.messages, tokenizer))
        yield Prompt(ids, talk.answer, talk.verifier)
