"""The chat template, built from ids and never from text, so that no text can speak as someone else.

A conversation is begin, then for each turn its role's token, its pieces, end. The mask is made in
the same walk: it is true on what the assistant says and on the end token that closes it, which is
how a model learns to stop.
"""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from pipeline_lib.errors import FormatError
from pipeline_lib.tokens.tokenizer import Tokenizer


@runtime_checkable
class Turn(Protocol):
    """Something said by someone."""

    @property
    def role(self) -> str: ...
    @property
    def content(self) -> str: ...


def encode(messages: Iterable[Turn], tokenizer: Tokenizer) -> tuple[list[int], list[bool]]:
    """Ids of a whole conversation, and a mask of the same length that says which are learnt."""
    ids, mask = [tokenizer.begin], [False]
    for message in messages:
        pieces = tokenizer.encode(message.content)
        learnt = message.role == "assistant"
        ids += [_role(message, tokenizer), *pieces, tokenizer.end]
        mask += [False, *([learnt] * (len(pieces) + 1))]
    return ids, mask


def prompt(messages: Iterable[Turn], tokenizer: Tokenizer) -> list[int]:
    """Ids after which the assistant speaks."""
    return [*encode(messages, tokenizer)[0], tokenizer.assistant]


def _role(message: Turn, tokenizer: Tokenizer) -> int:
    roles = {
        "system": tokenizer.system,
        "user": tokenizer.user,
        "assistant": tokenizer.assistant,
    }
    if message.role not in roles:
        raise FormatError(
            f"conversation: expected a turn of {', '.join(roles)}, found {message.role!r}; "
            "map the source's roles to these"
        )
    return roles[message.role]
