"""A model of a person's own, by path and from the hub; params that would not pin it."""

import hashlib
from pathlib import Path

import huggingface_hub
import pytest
import yaml
from pydantic import ValidationError

from pipeline_lib import pinned
from pipeline_lib.errors import ParamsError, SourceError
from pipeline_lib.params import ExistingModel, check

from .conftest import Site

MODEL = b"a model, as far as this module knows" * 99
DIGEST = hashlib.sha256(MODEL).hexdigest()
COMMIT = "c0ffee" * 6 + "beef"
AT = f"/some/thing/resolve/{COMMIT}/spm/x.model"
HUB = {"repository": "some/thing", "revision": COMMIT, "path": "spm/x.model"}
TOKEN = "hf_" + "aB3" * 9


@pytest.fixture
def of_hub(site: Site, monkeypatch: pytest.MonkeyPatch, project: Path, waits: list[float]) -> Site:
    """A hub that holds the model; the project is empty."""
    spelled = huggingface_hub.hf_hub_url

    def here(repository: str, path: str, revision: str) -> str:
        url = spelled(repository, path, revision=revision)
        return url.replace(huggingface_hub.constants.ENDPOINT, site.address)

    monkeypatch.setattr(huggingface_hub, "hf_hub_url", here)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    site.files[AT] = MODEL
    return site


@pytest.fixture
def own(project: Path) -> ExistingModel:
    (project / "own").mkdir()
    (project / "own" / "x.model").write_bytes(MODEL)
    return ExistingModel(path="own/x.model", sha256=DIGEST)


def test_a_file_of_the_project_is_read(own: ExistingModel) -> None:
    assert pinned.read(own) == MODEL
    assert pinned.read(ExistingModel(path=own.path, sha256=DIGEST.upper())) == MODEL


@pytest.mark.parametrize(("given", "told"), [("", r"\(none is given\)"), ("ab" * 32, "ab" * 32)])
def test_a_digest_that_is_missing_or_another_is_told_the_right_one(
    own: ExistingModel, given: str, told: str
) -> None:
    with pytest.raises(
        ParamsError, match=f"own/x.model: expected .* {told}, found {DIGEST}; write"
    ):
        pinned.read(ExistingModel(path=own.path, sha256=given))


def test_a_file_that_is_not_there_is_named(own: ExistingModel) -> None:
    with pytest.raises(
        SourceError, match=r"own/y.model: expected a file, found none; check `path`"
    ):
        pinned.read(ExistingModel(path="own/y.model", sha256=DIGEST))


def test_what_is_too_large_is_refused_unread(
    own: ExistingModel, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (project / own.path).open("wb") as file:
        file.truncate(pinned.MOST + 1)  # sparse
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} was read"))
    with pytest.raises(SourceError, match="expected at most 67,108,864 bytes, found 67,108,865; n"):
        pinned.read(own)


def test_a_file_of_the_hub_is_fetched_once_with_the_token_of_the_environment(of_hub: Site) -> None:
    for _ in range(2):
        assert pinned.read(ExistingModel(**HUB, sha256=DIGEST)) == MODEL
    ((path, headers),) = of_hub.asked
    assert path == AT
    assert headers["authorization"] == f"Bearer {TOKEN}"


def test_a_download_that_breaks_off_goes_on(of_hub: Site) -> None:
    of_hub.cuts = [1000]
    assert pinned.read(ExistingModel(**HUB, sha256=DIGEST)) == MODEL
    assert of_hub.ranges == ["", "bytes=1000-"]


def test_another_file_on_the_hub_is_told_by_its_digest_and_not_fetched_again(of_hub: Site) -> None:
    with pytest.raises(ParamsError, match=f"hub:some/thing/spm/x.model: .* found {DIGEST}; write"):
        pinned.read(ExistingModel(**HUB))
    assert pinned.read(ExistingModel(**HUB, sha256=DIGEST)) == MODEL
    assert len(of_hub.asked) == 1


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "GatedRepo", "expected access, found a gated repository; accept its terms and set"),
        (404, "EntryNotFound", "found none there .*; check `repository`, `revision` and `path`"),
        (404, "RepoNotFound", "found none there .*; check `repository`, `revision` and `path`"),
        (418, "", "expected a file, found 418"),
    ],
)
def test_what_the_hub_refuses_is_said_in_a_sentence_without_the_token(
    of_hub: Site, status: int, code: str, words: str
) -> None:
    of_hub.refusals = [(status, {"X-Error-Code": code})]
    with pytest.raises(SourceError, match=words) as raised:
        pinned.read(ExistingModel(**HUB, sha256=DIGEST))
    assert str(raised.value).startswith("tokenizer.existing: hub:some/thing/spm/x.model: ")
    assert TOKEN not in str(raised.value)


def test_a_hub_that_must_not_be_asked_is_not_but_what_it_gave_is_there(
    of_hub: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ExistingModel(**HUB, sha256=DIGEST)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(SourceError, match="found HF_HUB_OFFLINE set; unset it"):
        pinned.read(wanted)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    pinned.read(wanted)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert pinned.read(wanted) == MODEL
    assert len(of_hub.asked) == 1


def test_a_file_of_the_hub_is_bounded_before_it_comes(
    of_hub: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinned, "MOST", 2000)
    with pytest.raises(SourceError, match=r"at most 2,000 bytes, found 3,564 .*; name a S"):
        pinned.read(ExistingModel(**HUB, sha256=DIGEST))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"revision": "main"},
            r"expected a full commit \(40 .* may move, found main; the hub shows",
        ),
        ({"revision": COMMIT[:12]}, r"expected a full commit \(40 hexadecimal digits\)"),
        ({"revision": ""}, "expected repository and revision .* together, found repository alone"),
        ({"repository": ""}, "together, found revision alone"),
        ({"repository": "some/thing/else"}, "should match pattern"),
        ({"sha256": "ab"}, "should match pattern"),
        ({"revision": TOKEN}, "expected no secret, found a token of the hub"),
        ({"path": f"https://ann:{TOKEN}@x.example/x.model"}, "expected no secret"),
        ({"path": ""}, "at least 1 character"),
    ],
)
def test_params_that_do_not_pin_the_bytes_are_refused(changed: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as raised:
        ExistingModel(**{**HUB, "sha256": DIGEST, **changed})
    (fault,) = raised.value.errors(include_input=False)
    assert TOKEN not in str(fault)


def test_a_misspelt_key_is_told_by_its_place_in_params_yaml() -> None:
    stored = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())
    stored["tokenizer"]["existing"] = {**HUB, "sha": DIGEST, "revision": "main"}
    with pytest.raises(ParamsError) as raised:
        check(stored)
    of_key, of_revision = sorted(str(raised.value).splitlines(), reverse=True)
    said = "tokenizer.existing.sha: unknown key, did you mean tokenizer.existing.sha256?"
    assert of_key == f"params.yaml: {said}"
    assert of_revision.startswith(
        "params.yaml: tokenizer.existing.revision: expected a full commit"
    )
