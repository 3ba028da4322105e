from pathlib import Path

import pytest

from pipeline_lib.errors import SourceError
from pipeline_lib.params import DownloadParams
from pipeline_lib.sources.fetch import fetch, fetch_all
from pipeline_lib.sources.licences import is_allowed

from .conftest import Site

OPEN = ("MIT", "Apache-2.0", "CC-BY-SA-3.0")


@pytest.mark.parametrize("found", ["mit", "APACHE-2.0", "cc-by-sa-3.0", "MIT OR GPL-3.0-only"])
def test_a_licence_is_known_however_it_is_written(found: str) -> None:
    assert is_allowed(found, OPEN)


@pytest.mark.parametrize(
    "found", ["", "other", "unknown", "MIT-0", "MIT AND GPL-3.0-only", "cc-by-sa-3.0, gfdl"]
)
def test_a_licence_that_asks_for_more_is_refused(found: str) -> None:
    assert not is_allowed(found, OPEN)


def params(site: Site, licences: list[str], **source: str) -> DownloadParams:
    web = {"kind": "web", "role": "pretrain", "url": f"{site.address}/a.txt", **source}
    tales = {"kind": "tales", "role": "pretrain", "texts": "stories", "seed": 1, "rows": 3}
    return DownloadParams.model_validate(
        {
            "files": "own",
            "licences_allowed": licences,
            "max_rows": 0,
            "sources": {"a_tale": tales, "web": web},
        }
    )


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            {},
            "found none named; look it up and set the source's `licence`, or leave the source out",
        ),
        ({"licence": "GPL-3.0-only"}, "found GPL-3.0-only; add it there if its terms suit you"),
    ],
)
def test_nothing_is_fetched_where_one_licence_is_refused(
    project: Path, site: Site, source: dict[str, str], words: str
) -> None:
    site.files["/a.txt"] = b"words"
    asked = params(site, ["mit", "Apache-2.0"], **source)
    with pytest.raises(SourceError) as raised:
        list(fetch_all(asked, project / "raw"))
    said = str(raised.value)
    assert said.startswith(
        f"download.sources.web: {site.address}/a.txt: expected a licence among mit, "
    )
    assert words in said
    assert (site.asked, list(project.iterdir())) == ([], [])


def test_an_empty_list_allows_any(project: Path, site: Site) -> None:
    site.files["/a.txt"] = b"words"
    made = list(fetch_all(params(site, []), project / "raw"))
    assert [manifest.name for manifest in made] == ["a_tale", "web"]


def test_one_source_alone_is_held_against_the_list_too(project: Path, site: Site) -> None:
    source = params(site, []).sources["web"]
    with pytest.raises(SourceError, match=r"\(download.licences_allowed\), found none named"):
        fetch("web", source, project / "raw", allowed=["MIT"])
