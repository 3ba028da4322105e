"""Asking the hub through its own libraries, and saying in our words what they answer."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pipeline_lib.errors import SourceError
from pipeline_lib.formats.tables import one_line
from pipeline_lib.sources import retrying, room, transport
from pipeline_lib.sources.retrying import StumbleError

Result = TypeVar("Result")

GATED = "expected access, found a gated repository; accept its terms and set HF_TOKEN"


class MissingError(SourceError):
    """The hub has nothing of that name, or keeps it to itself."""


def persist(where: str, ask: Callable[[], Result]) -> Result:
    """Ask, and again if the hub stumbles; SourceError for what asking again cannot mend."""
    from huggingface_hub import constants
    from huggingface_hub.errors import HfHubHTTPError

    # OSError and the root error of the transport library, whichever that is.
    faults: tuple[type[Exception], ...] = HfHubHTTPError.__bases__

    def attempt() -> Result:
        try:
            with room.watched(Path(constants.HF_HOME)):
                return ask()
        except faults as error:
            raise _judged(where, error) from None

    return retrying.persist(where, f"the hub at {constants.ENDPOINT}", attempt)


def _judged(where: str, error: Exception) -> Exception:
    from huggingface_hub import errors

    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    match error:
        case errors.GatedRepoError():
            return SourceError(f"{where}: {GATED}")
        case errors.OfflineModeIsEnabled():
            return SourceError(
                f"{where}: expected to reach the hub, found HF_HUB_OFFLINE set; unset it"
            )
        case errors.RevisionNotFoundError():
            return MissingError(
                f"{where}: expected the revision, found none of that name; check `revision`"
            )
        case errors.RepositoryNotFoundError() | errors.EntryNotFoundError() | FileNotFoundError():
            return MissingError(
                f"{where}: expected a data set, found none of that name (or a private one); check the name"
            )
    if status is None or status >= 500 or status in transport.LATER:
        wait = transport.wait_of(getattr(response, "headers", {}).get("Retry-After", ""))
        return StumbleError(one_line(error), answered=status is not None, wait=wait)
    return SourceError(f"{where}: expected an answer, found {one_line(error)}; check the name")


def quiet() -> None:
    """No bars and no log lines: progress is reported by the stage."""
    import datasets
    from huggingface_hub.utils.tqdm import disable_progress_bars

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    disable_progress_bars()
    for name in ("huggingface_hub", "httpx", "httpx2"):
        logging.getLogger(name).setLevel(logging.ERROR)
