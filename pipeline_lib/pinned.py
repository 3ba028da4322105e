"""One file that a person brings, from this disk or the hub, and that is the very one they mean.

Its SHA-256 stands in params.yaml, so no other byte reaches a stage, whatever becomes of the file,
of the hub or of this code: that is why no stage depends on this module. Nothing in it is run or
unpickled, and what is too large to be a tokenizer is refused unread.
"""

import hashlib
from pathlib import Path

from pipeline_lib.errors import ParamsError, SourceError
from pipeline_lib.params import ExistingModel, project_root
from pipeline_lib.sources import downloads, hub, transport
from pipeline_lib.sources.downloads import Wanted
from pipeline_lib.sources.hub_asking import GATED

MOST = 64 * 2**20
"""Bytes; a model of 256,000 pieces takes some 5 MB."""
_SMALLER = "name a SentencePiece `.model`"


def read(existing: ExistingModel) -> bytes:
    """The file's bytes; SourceError where it cannot be had, ParamsError where its digest is another or none."""
    path = _fetched(existing) if existing.repository else project_root() / existing.path
    where = f"tokenizer.existing: {existing.address}"
    if not path.is_file():
        raise SourceError(f"{where}: expected a file, found none; check `path`")
    if (size := path.stat().st_size) > MOST:
        raise SourceError(f"{where}: expected at most {MOST:,} bytes, found {size:,}; {_SMALLER}")
    content = path.read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != existing.sha256:
        raise ParamsError(
            f"{where}: expected a file of sha256 {existing.sha256 or '(none is given)'}, found {found}; "
            "write that as tokenizer.existing.sha256 if this is the file you mean"
        )
    return content


def _fetched(existing: ExistingModel) -> Path:
    from huggingface_hub import constants, get_token, hf_hub_url

    token = get_token()
    wanted = Wanted(
        hf_hub_url(existing.repository, existing.path, revision=existing.revision),
        f"tokenizer.existing: {existing.address}",
        {"Authorization": f"Bearer {token}"} if token else {},
        most=MOST,
        longer=_SMALLER,
    )
    folder = hub.folder_of(wanted)
    if existing.sha256 and (kept := downloads.kept_copy(folder, existing.sha256)):
        return kept
    if constants.HF_HUB_OFFLINE:
        raise SourceError(
            f"{wanted.name}: expected to reach the hub, found HF_HUB_OFFLINE set; unset it"
        )
    try:
        fetched = downloads.fetch(wanted, folder)
    except transport.RefusalError as refusal:
        raise SourceError(_refused(wanted.name, refusal)) from None
    return fetched.path if fetched else folder / "none"


def _refused(name: str, refusal: transport.RefusalError) -> str:
    if refusal.code == "GatedRepo":
        return f"{name}: {GATED}"
    if refusal.code in ("RepoNotFound", "EntryNotFound", "RevisionNotFound"):
        return (
            f"{name}: expected a file of the hub, found none there (or a private one); "
            "check `repository`, `revision` and `path`"
        )
    return str(refusal)
