"""Asking a server again: how often, after how long, and what is said when it is enough.

A server nobody has reached yet is given up after seconds, one that answers "later" or has already
served a part after a minute or two. Whoever makes headway starts with fresh patience, so a line
that is cut a thousand times costs a thousand short waits, not the download.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import sleep
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential, wait_random

from pipeline_lib import progress
from pipeline_lib.errors import SourceError
from pipeline_lib.params import without_secrets

Result = TypeVar("Result")


@dataclass(frozen=True)
class Patience:
    attempts: int
    seconds: float
    """After which no new attempt is begun."""


STRANGER = Patience(4, 15.0)
"""The waits are 3.5 s and what chance adds; a server that says nothing at all is asked twice."""
KNOWN = Patience(8, 120.0)
"""For a server that has answered: the waits between eight attempts are 31 s and what chance adds."""
FIRST_WAIT, LONGEST_WAIT, CHANCE = 0.5, 8.0, 0.5
"""Seconds; twice as long each time, and up to CHANCE more, so that many clients do not return at once."""
WORTH_SAYING = 5.0
"""Seconds of silence that a person is told of."""
LONGEST_REQUEST = 60.0
"""Seconds that a server may ask us to wait (Retry-After) before a person is told instead."""


class StumbleError(Exception):
    """A failure worth asking again. `answered`: the server is there. `wait`: seconds it asked for."""

    def __init__(self, reason: str, *, answered: bool = False, wait: float | None = None) -> None:
        super().__init__(reason)
        self.answered = answered
        self.wait = wait


class AwayError(SourceError):
    """A server that was asked often enough."""


def persist(
    where: str,
    server: str,
    ask: Callable[[], Result],
    reached: Callable[[], int] = lambda: 0,
) -> Result:
    """What `ask` returns, asked again after each StumbleError; AwayError once that is enough.

    `reached`: how far the work is; where it has grown, patience begins anew.
    """
    patience = STRANGER
    while True:
        before = reached()
        try:
            return _asking(where, patience, partial(_is_beyond, reached, before))(ask)
        except StumbleError as stumble:
            if reached() <= before:
                raise AwayError(_enough(where, server, stumble)) from None
        patience = KNOWN


def _is_beyond(reached: Callable[[], int], before: int) -> bool:
    return reached() > before


def _asking(where: str, patience: Patience, has_headway: Callable[[], bool]) -> Retrying:
    backoff = wait_exponential(FIRST_WAIT, LONGEST_WAIT) + wait_random(0, CHANCE)

    def wait(state: RetryCallState) -> float:
        return max(backoff(state), _stumble(state).wait or 0.0)

    def is_enough(state: RetryCallState) -> bool:
        most = KNOWN if _stumble(state).answered else patience
        spent = (state.seconds_since_start or 0.0) + state.upcoming_sleep
        return state.attempt_number >= most.attempts or spent > most.seconds

    def is_worth_it(error: BaseException) -> bool:
        if not isinstance(error, StumbleError) or has_headway():
            return False
        return (error.wait or 0.0) <= LONGEST_REQUEST

    def tell(state: RetryCallState) -> None:
        if state.upcoming_sleep >= WORTH_SAYING:
            told = f"{where}: {_stumble(state)}; asked again in {state.upcoming_sleep:.0f} s"
            progress.say(without_secrets(told))

    return Retrying(
        sleep=lambda seconds: sleep(seconds),
        before_sleep=tell,
        stop=is_enough,
        wait=wait,
        retry=retry_if_exception(is_worth_it),
        reraise=True,
    )


def _stumble(state: RetryCallState) -> StumbleError:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, StumbleError) else StumbleError("")


def _enough(where: str, server: str, stumble: StumbleError) -> str:
    if stumble.wait and stumble.wait > LONGEST_REQUEST:
        return (
            f"{where}: expected {server} to serve now, found {stumble} and the wish to be asked again in "
            f"{stumble.wait:,.0f} s; run again then: files fetched so far are kept"
        )
    return (
        f"{where}: expected {server} to answer, found {stumble}; check the network and the address, then run again: "
        "files fetched so far are kept"
    )
