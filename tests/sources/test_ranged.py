import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_lib.errors import SourceError
from pipeline_lib.sources import parts
from pipeline_lib.sources.downloads import Wanted
from pipeline_lib.sources.parts import Kept, Part, Streamed, between
from pipeline_lib.sources.ranged import MOST, Ranged

from .conftest import Site

BYTES = bytes(number * 7 % 251 for number in range(300_000))
SIZES = (5, 0, 7, 3)
"""Rows of the files of a split."""


def wanted(site: Site, path: str) -> Wanted:
    return Wanted(site.address + path, path.strip("/"), size=len(site.files[path]))


def parquet(texts: list[str], group: int = 1_000) -> bytes:
    sink = io.BytesIO()
    table = pa.table(
        {
            "text": pa.array(texts, pa.string()),
            "other": pa.array([t * 9 for t in texts], pa.string()),
        }
    )
    pq.write_table(table, sink, row_group_size=group, compression="none", use_dictionary=False)
    return sink.getvalue()


def text_alone(found: Any, where: str) -> list[str]:
    return ["text"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reads=st.lists(st.tuples(st.integers(0, 310_000), st.integers(0, 90_000)), max_size=5),
    cuts=st.lists(st.integers(0, 90_000), max_size=3),
)
def test_it_reads_like_the_file_it_stands_for(
    site: Site, waits: list[float], reads: list[tuple[int, int]], cuts: list[int]
) -> None:
    site.files["/a"], site.cuts = BYTES, list(cuts)
    far, near = io.BufferedReader(Ranged(wanted(site, "/a"))), io.BytesIO(BYTES)
    for at, size in reads:
        assert far.seek(at) == near.seek(at)
        assert far.read(size) == near.read(size)
    assert far.seek(-9, io.SEEK_END) == near.seek(-9, io.SEEK_END)
    assert far.read() == near.read()


def test_reading_on_takes_ever_larger_ranges_and_each_byte_once(site: Site) -> None:
    site.files["/a"] = BYTES * 10
    far = Ranged(wanted(site, "/a"))
    assert io.BufferedReader(far).read() == BYTES * 10
    assert (site.served, far.served) == (3_000_000, 3_000_000)
    assert len(site.asked) < 10 < 3_000_000 / MOST * 100


def test_columns_read_side_by_side_do_not_chase_one_another_out(site: Site) -> None:
    site.files["/a"] = BYTES * 10
    far = io.BufferedReader(Ranged(wanted(site, "/a")))
    for step in range(30):
        for start in (0, 1_000_000, 2_000_000):
            far.seek(start + step * 30_000)
            assert len(far.read(30_000)) == 30_000
    assert site.served < 1.5 * 3_000_000
    assert len(site.asked) < 20


def test_a_range_that_breaks_off_goes_on_where_it_did(site: Site, waits: list[float]) -> None:
    site.files["/a"], site.cuts = BYTES, [1_000, 0, 2_000]
    assert Ranged(wanted(site, "/a")).read(5_000) == BYTES[:5_000]
    assert site.ranges == [
        "bytes=0-65535", "bytes=1000-65535", "bytes=1000-65535", "bytes=3000-65535",
    ]  # fmt: skip


def test_a_server_without_ranges_cannot_be_streamed_from(site: Site) -> None:
    site.files["/a"], site.takes_ranges = BYTES, False
    with pytest.raises(SourceError, match="a: expected bytes 0 to 65,536, found the whole file"):
        Ranged(wanted(site, "/a")).read(9)


def test_of_parquet_only_the_rows_and_columns_that_are_wanted_come(site: Site) -> None:
    texts = [f"{number:05d} " * 50 for number in range(5_000)]
    site.files["/a.parquet"] = parquet(texts, group=500)
    size = len(site.files["/a.parquet"])
    part = Streamed(wanted(site, "/a.parquet"), text_alone)
    found = list(itertools.islice(between([part], 1_200, None), 100))
    assert [row.values for row in found] == [{"text": text} for text in texts[1_200:1_300]]
    assert found[0].where == "a.parquet: row 1201"
    assert site.served < size / 20
    site.served = 0
    assert part.count() == 5_000
    assert site.served < size / 50


def test_of_lines_only_the_first_come_where_only_they_are_wanted(site: Site) -> None:
    lines = [json.dumps({"text": f"text {number} " * 20}) for number in range(20_000)]
    site.files["/a.jsonl"] = "\n".join(lines).encode()
    rows = Streamed(wanted(site, "/a.jsonl"), text_alone).rows(0)
    assert [next(rows).values["text"][:7] for _ in range(3)] == ["text 0 ", "text 1 ", "text 2 "]
    assert site.served <= 1 << 17 < len(site.files["/a.jsonl"]) / 20


def test_an_archive_is_not_streamed(site: Site) -> None:
    site.files["/a.tar"] = b"x"
    with pytest.raises(
        SourceError, match=r"a.tar: expected one of .*, found tar; set `streamed: fa"
    ):
        next(Streamed(wanted(site, "/a.tar"), text_alone).rows(0))


def test_a_damaged_file_is_named(site: Site) -> None:
    site.files["/a.parquet"] = b"PAR1" * 9
    with pytest.raises(SourceError, match=r"a\.parquet: expected .*, found .*; fetch it again"):
        Streamed(wanted(site, "/a.parquet"), text_alone).count()


@pytest.fixture
def split_of(site: Site, tmp_path: Path) -> Callable[..., list[Part]]:
    """Files of SIZES rows, numbered through, as parts of a kind, streamed or fetched."""
    numbers = iter(range(sum(SIZES)))
    for index, size in enumerate(SIZES):
        texts = [str(next(numbers)) for _ in range(size)]
        site.files[f"/{index}.parquet"] = parquet(texts, group=2)
        site.files[f"/{index}.jsonl"] = "".join(
            json.dumps({"text": t}) + "\n" for t in texts
        ).encode()

    def fetch(one: Wanted) -> Path:
        path = tmp_path / one.name
        path.write_bytes(site.files[f"/{one.name}"])
        site.asked.append((f"fetched {one.name}", {}))
        return path

    def split(kind: str, *, streamed: bool) -> list[Part]:
        files = [wanted(site, f"/{index}.{kind}") for index in range(len(SIZES))]
        if streamed:
            return [Streamed(one, text_alone) for one in files]
        return [Kept(one, text_alone, fetch, lambda _: None) for one in files]

    return split


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, 17), stop=st.none() | st.integers(0, 17))
def test_rows_between_two_are_a_slice_of_all(
    split_of: Callable[..., list[Part]],
    kind: str,
    streamed: bool,
    start: int,
    stop: int | None,
) -> None:
    split = split_of(kind, streamed=streamed)
    found = [int(row.values["text"]) for row in between(split, start, stop)]
    assert found == list(range(sum(SIZES)))[start:stop]
    assert sum(part.count() for part in split) == sum(SIZES)


def test_files_outside_the_slice_are_not_fetched(
    split_of: Callable[..., list[Part]], site: Site
) -> None:
    assert len(list(between(split_of("parquet", streamed=False), 6, 12))) == 6
    fetched = [path for path, _ in site.asked if path.startswith("fetched")]
    assert fetched == ["fetched 2.parquet"]


def test_a_footer_is_told_by_the_name() -> None:
    assert parts.is_footed("a/b.PARQUET")
    assert not parts.is_footed("a/b.parquet.gz")
