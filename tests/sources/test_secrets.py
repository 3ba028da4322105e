import pytest
from pydantic import ValidationError

from pipeline_lib.params import DownloadParams, WebSource, without_secrets

TOKEN = "hf_" + "aB3" * 9
SECRETS = [
    ({"kind": "web", "url": f"https://ann:{TOKEN}@x.example/a.txt"}, "a token of the hub"),
    (
        {"kind": "web", "url": "https://ann:hush@x.example/a.txt"},
        "a name or password in an address",
    ),
    ({"kind": "web", "url": "https://hush@x.example/a.txt"}, "a name or password in an address"),
    ({"kind": "web", "url": "https://x.example/a.txt?v=1&token=hush"}, "the parameter token in"),
    ({"kind": "web", "url": ["https://x.example/a.txt#access_token=hush"]}, "access_token"),
    ({"kind": "web", "url": "https://x.example/a.txt?X-Amz-Signature=hush"}, "X-Amz-Signature"),
    ({"kind": "web", "url": "https://x.example/a.txt?api_key=hush"}, "the parameter api_key"),
    ({"kind": "hub", "repository": "a/b", "revision": TOKEN}, "a token of the hub"),
    ({"kind": "hub", "repository": "a/b", "columns": {"text": TOKEN}}, "a token of the hub"),
    ({"kind": "file", "path": "own/a.txt", "licence": f"see https://hush:hush@x {TOKEN}"}, "token"),
]


def checked(source: dict[str, object]) -> DownloadParams:
    return DownloadParams.model_validate(
        {
            "files": "own",
            "licences_allowed": [],
            "max_rows": 0,
            "sources": {"mine": {"role": "pretrain", **source}},
        }
    )


@pytest.mark.parametrize(("source", "words"), SECRETS)
def test_a_secret_in_params_yaml_is_refused_and_not_repeated(
    source: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        checked(source)
    (fault,) = raised.value.errors(include_input=False)
    said = str(fault["ctx"]["error"])
    assert words in said
    assert "give the hub's token in the environment (HF_TOKEN)" in said
    assert "hush" not in said
    assert TOKEN not in said


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/a@b/c.txt",
        "https://x.example/get?id=3&page=2",
        "http://x.example/token/a",
    ],
)
def test_an_address_without_a_secret_is_taken(url: str) -> None:
    taken = checked({"kind": "web", "url": url}).sources["mine"]
    assert isinstance(taken, WebSource)
    assert taken.url == (url,)


@pytest.mark.parametrize(
    "url", ["ftp://x.example/a.txt", "file:///etc/passwd", "a.txt", "https://"]
)
def test_an_address_that_is_not_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="expected an address that begins with https://"):
        checked({"kind": "web", "url": url})


@pytest.mark.parametrize(
    ("sha256", "words"),
    [(["", ""], "sha256: expected one for each of 1 addresses, found 2"), ("ab", "should match")],
)
def test_a_digest_is_whole_and_of_one_address(sha256: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        checked({"kind": "web", "url": "https://x.example/a.txt", "sha256": sha256})


def test_a_port_is_a_number() -> None:
    with pytest.raises(ValidationError, match="Port could not be cast"):
        checked({"kind": "web", "url": "https://x.example:many/a.txt"})


def test_what_is_said_of_secrets_is_that_they_were_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "unlike-any-other")
    said = without_secrets(
        f"found 401 for unlike-any-other, {TOKEN}, https://ann:hush@x.example/a?b=1&X-Amz-Signature=hush&c=2 twice"
    )
    assert said == (
        "found 401 for ***, ***, https://***@x.example/a?b=1&X-Amz-Signature=***&c=2 twice"
    )
