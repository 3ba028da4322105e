"""Parquet from strangers: what a footer claims is not believed, what a page may fill is bounded."""

import io
import struct
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_lib.sources import (
    bounds,
    columnar,
    parquetpages,
)
from pipeline_lib.sources.archives import Entry
from pipeline_lib.sources.bounds import MIB
from tests.sources.files.forged import Documents, parquet, refused, sentence_of


def test_a_page_that_would_fill_the_memory_is_refused(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquetpages, "MOST_PAGE", MIB)
    content = parquet(pa.table({"text": ["x" * 4 * MIB]}), compression="zstd")
    assert len(content) < 9000
    assert "a.parquet: expected Parquet pages of at most" in refused(
        documents, "a.parquet", content
    )


def test_one_long_text_seen_by_many_rows_is_not_held_once_for_each(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "GRACE", 64 * MIB)
    table = pa.table({"text": pa.DictionaryArray.from_arrays([0] * 9999, ["x" * 2 * MIB])})
    content = parquet(table, compression="zstd", store_schema=False)
    monkeypatch.setattr(columnar, "BATCH_BYTES", 8 * MIB)
    assert len(content) < 9000
    pool = pa.proxy_memory_pool(pa.default_memory_pool())
    usual = pa.default_memory_pool()
    pa.set_memory_pool(pool)
    try:
        assert "250 times the file's size" in refused(documents, "a.parquet", content)
    finally:
        pa.set_memory_pool(usual)
    assert 2 * MIB < pool.max_memory() < 64 * MIB  # 256 rows would take 512


def footer(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file with its footer changed."""
    size = struct.unpack("<I", content[-8:-4])[0]
    changed = change(content[-8 - size : -8])
    return content[: -8 - size] + changed + struct.pack("<I", len(changed)) + b"PAR1"


def test_a_footer_that_lies_about_the_rows_is_found_out(documents: Documents) -> None:
    content = parquet(pa.table({"text": ["a"] * 77}), store_schema=False)
    # Thrift's zigzag: 77 is 154, which is 9a 01; it stands there for the file, column and group.
    lying = footer(content, lambda meta: meta.replace(b"\x16\x9a\x01", b"\x16\x9c\x01", 1))
    sentence = refused(documents, "a.parquet", lying)
    assert "found 78 rows in its footer and 77 in its row groups; fetch it again" in sentence
    lying = footer(content, lambda meta: meta.replace(b"\x16\x9a\x01", b"\x16\x9c\x01"))
    sentence = refused(documents, "a.parquet", lying)
    assert "expected 78 rows in row group 0 as the footer says, found 77" in sentence


def test_rows_are_skipped_without_reading_their_row_groups() -> None:
    table = pa.table({"text": [str(n) for n in range(50)]})
    content = bytearray(parquet(table, row_group_size=10, compression="none", use_dictionary=False))
    content[4:40] = bytes(36)  # the first row group's page is gone
    for skipped in (10, 25, 49, 50):
        entry = Entry("a.parquet", "parquet", io.BytesIO(bytes(content)))
        found = list(columnar.rows(entry, lambda names, _: [*names], skipped))
        assert [row.values["text"] for row in found] == [str(n) for n in range(skipped, 50)]
        assert all(row.where == f"a.parquet: row {n}" for n, row in enumerate(found, skipped + 1))


def test_bytes_that_are_no_text_are_named_or_read(documents: Documents) -> None:
    wrong = pa.array([b"caf\xe9"], pa.binary())
    (found,) = documents("a.parquet", parquet(pa.table({"text": wrong})))
    assert found.text == "café"
    lying = pa.StringArray.from_buffers(1, *wrong.buffers()[1:])
    sentence = refused(documents, "a.parquet", parquet(pa.table({"text": lying})))
    assert "a.parquet: expected columns of text, found 'utf-8' codec can't decode" in sentence


PARQUET = parquet(pa.table({"text": ["one", "two", None], "title": ["a", "b", "a"]}))


@given(st.integers(0, 10**9), st.integers(0, 255))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_parquet_file_with_any_byte_changed_is_read_or_refused(
    documents: Documents, place: int, value: int
) -> None:
    content = bytearray(PARQUET)
    content[place % len(content)] = value
    assert sentence_of(documents, "a.parquet", bytes(content)).startswith(("a.parquet:", "whole"))
