"""How far long work has come. The library reports here; `stage.run` decides what a person sees.

With no listener (in tests, in a notebook) nothing is printed. Progress never influences a result, so no stage depends
on this module.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar, runtime_checkable

Item = TypeVar("Item")


@runtime_checkable
class Listener(Protocol):
    """Who is told: the edge sets one, see `pipeline_lib.stage`."""

    def show(self, done: int, total: int | None, unit: str, note: str) -> None:
        """`done` of `total` units (None: unknown) are finished."""

    def say(self, sentence: str) -> None:
        """One line that stays on the screen."""


_listener: Listener | None = None


class _Here(threading.local):
    said: list[str] | None = None


_here = _Here()


def listen(listener: Listener | None) -> None:
    """Send what is reported to `listener`; None: to nobody."""
    global _listener
    _listener = listener


@contextmanager
def overheard() -> Iterator[list[str]]:
    """What this thread says inside the block, and no listener hears: for a worker, whose screen nobody sees."""
    before, _here.said = _here.said, []
    try:
        yield _here.said
    finally:
        _here.said = before


def is_heard() -> bool:
    """Whether anybody listens: what is worth saying may cost something to find out."""
    return _listener is not None


def show(done: int, total: int | None, unit: str, note: str = "") -> None:
    """Report that `done` of `total` units are finished; `note` is shown beside them."""
    if _listener:
        _listener.show(done, total, unit, note)


def say(sentence: str) -> None:
    """Report one line worth keeping: what will be trained, where a run goes on."""
    if _here.said is not None:
        _here.said.append(sentence)
    elif _listener:
        _listener.say(sentence)


def watch(items: Iterable[Item], total: int | None, unit: str) -> Iterator[Item]:
    """Pass `items` through, reporting each."""
    for done, item in enumerate(items, start=1):
        yield item
        show(done, total, unit)
