"""Archives and packed files from strangers: nothing climbs out, nothing unfolds without end."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.sources import (
    bounds,
)
from pipeline_lib.sources.archives import OPENERS, entries
from pipeline_lib.sources.bounds import MIB
from pipeline_lib.sources.labels import LONGEST, label, labels
from tests.sources.files.forged import (
    PACKERS,
    Documents,
    Pack,
    Peak,
    member,
    packed,
    parquet,
    refused,
    tar,
)


@pytest.mark.parametrize(
    "name", ["../a.txt", "in/../../a.txt", "/etc/a.txt", "..\\a.txt", "~/a.txt"]
)
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_names_that_climb_out_are_left_out_and_nothing_is_written(
    documents: Documents, said: list[str], tmp_path: Path, kind: str, name: str
) -> None:
    content = tar(member(name, b"x"), member("b.txt", b"words"))
    if kind == "zip":
        content = packed((name, b"x"), ("b.txt", b"words"))
    found = documents(f"a.{kind}", content)
    assert [document.text for document in found] == ["words"]
    assert said == [f"a.{kind}: 1 members climb out of the archive and were left out: {name}"]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "fields",
    [
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.LNKTYPE, "linkname": "b.txt"},
        {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5},
        {"type": tarfile.BLKTYPE},
        {"type": tarfile.FIFOTYPE},
        {"type": b"!"},
    ],
)
def test_links_and_devices_are_left_out(
    documents: Documents, said: list[str], fields: dict[str, Any]
) -> None:
    content = tar(member("b.txt", b"words"), member("a.txt", **fields), member("c.txt", b"more"))
    assert [document.text for document in documents("a.tar", content)] == ["words", "more"]
    assert said == [
        "a.tar: 1 members are links, devices or otherwise no plain files and were left out: a.txt"
    ]


def test_links_and_locked_members_of_a_zip_are_left_out(
    documents: Documents, said: list[str]
) -> None:
    locked = bytearray(packed(("b.txt", b"x")))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(mark) + flags] |= 1
    assert documents("a.zip", packed(("a.txt", b"/etc/passwd"), mode=0o120777)) == []
    assert documents("a.zip", bytes(locked)) == []
    assert [sentence.rsplit(" ", 1)[1] for sentence in said] == ["a.txt", "b.txt"]


def test_an_archive_inside_an_archive_stays_shut(documents: Documents, said: list[str]) -> None:
    inner = packed(("a.txt", b"words"))
    content = tar(member("a.zip", inner), member("a.tar.gz", gzip.compress(tar())))
    assert documents("a.tar", content) == []
    assert said == ["a.tar: 2 members hold no text and were left out: a.zip, a.tar.gz"]
    assert "found .gz" in refused(documents, "a.txt.gz.gz", gzip.compress(b"x"))


def test_a_list_of_a_million_members_is_not_held(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_DIRECTORY", MIB)
    empty = packed(("a.txt", b""))
    place, end = empty.find(b"PK\x01\x02"), empty.find(b"PK\x05\x06")
    listed = empty[place:end] * (2**21 // (end - place))
    last = bytearray(empty[end:])
    last[8:16] = struct.pack("<HHI", 0xFFFF, 0xFFFF, len(listed))
    content = empty[:place] + listed + bytes(last)
    with Peak() as peak:
        sentence = refused(documents, "a.zip", content)
    assert "expected a whole file, found a list of members of 20" in sentence
    assert peak.mib < 2


def test_what_a_mac_adds_to_an_archive_is_no_text(documents: Documents) -> None:
    content = packed(("a.txt", b"words"), ("__MACOSX/._a.txt", b"\0\5\x16\7"))
    assert [document.text for document in documents("a.zip", content)] == ["words"]


def test_names_cannot_reach_the_terminal_or_break_a_file(
    documents: Documents, said: list[str]
) -> None:
    wild = "\x1b[2J\u202e\n\udce9.txt"
    found = documents("a.tar", tar(member(wild, b"words"), member("x\x1b]0;.png", b"")))
    assert found[0].meta["file"] == "a.tar/\ufffd[2J\ufffd\ufffd\ufffd.txt"
    assert said[0].endswith("x\ufffd]0;.png")


@given(st.text(), st.lists(st.text(), max_size=30))
def test_labels_are_one_printable_line(name: str, names: list[str]) -> None:
    assert len(label(name)) <= LONGEST
    assert not {"\n", "\x1b"} & set(label(name))
    assert label("本　文.txt") == "本　文.txt"
    labels(names).encode()


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
def test_a_name_of_a_gigabyte_is_refused_before_it_is_read(
    documents: Documents, kind: bytes
) -> None:
    header = member("a.txt", type=kind, size=2**30)[0]
    with Peak() as peak:
        sentence = refused(documents, "a.tar", tar((header, b""), ended=False))
    assert "expected a whole file, found a header of 1073741824 bytes" in sentence
    assert peak.mib < 5


def test_a_header_that_takes_quadratic_time_to_read_is_not_long(documents: Documents) -> None:
    digits = b"1" * bounds.MOST_NAME
    content = tar(member("x", digits, type=tarfile.XHDTYPE), member("a.txt", b"words"))
    started = time.monotonic()
    assert [document.text for document in documents("a.tar", content)] == ["words"]
    assert time.monotonic() - started < 5
    longer = tar(member("x", digits + b"1", type=tarfile.XHDTYPE))
    assert "found a header of 8193 bytes" in refused(documents, "a.tar", longer)


def test_a_size_below_zero_does_not_go_round_in_circles(documents: Documents) -> None:
    header = bytearray(member("a.txt", b"x")[0].tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xfe\x00"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert "found a header of -512 bytes" in refused(
        documents, "a.tar", bytes(header) + bytes(1024)
    )


def test_a_sparse_member_of_exabytes_is_left_out(documents: Documents, said: list[str]) -> None:
    header = bytearray(member("a.txt", type=tarfile.GNUTYPE_SPARSE)[0].tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"7" * 11 + b" "  # the size that it pretends to have
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert documents("a.tar", bytes(header) + bytes(1024)) == []
    assert "no plain files" in said[0]


def test_a_tar_that_ends_or_breaks_between_two_members_is_refused(documents: Documents) -> None:
    whole = tar(member("a.txt", b"x" * 512), member("b.txt", b"y"))
    assert len(documents("a.tar", whole)) == 2
    for torn in (whole[:1024], whole[:1024] + b"?" + whole[1025:]):
        assert "found a header that is cut off or damaged" in refused(documents, "a.tar", torn)


def test_a_million_members_take_no_more_memory_than_one(tmp_path: Path) -> None:
    block = tar(member("a.txt", b"x"), ended=False)
    (tmp_path / "few").write_bytes(block * 20 + bytes(1024))
    (tmp_path / "many").write_bytes(block * 900 + bytes(1024))
    peaks = []
    for name in ("few", "few", "many"):  # the first also loads what is loaded once
        with Peak() as peak:
            found = sum(len(entry.stream.read()) for entry in entries(tmp_path / name, "a.tar"))
        peaks.append(peak.mib)
    assert found == 900
    assert peaks[2] < peaks[1] + 0.2


@pytest.mark.parametrize("suffix", OPENERS)
def test_a_bomb_is_refused_while_it_inflates(
    documents: Documents, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(bounds, "GRACE", MIB)
    bomb = PACKERS[suffix]((b" " * 999 + b"\n") * (32 * MIB // 1000))
    with Peak() as peak:
        sentence = refused(documents, f"a.jsonl{suffix}", bomb)
    assert "expected to inflate to at most 250 times the file's size, found more" in sentence
    assert peak.mib < 16  # xz has a window of 8 MiB


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.zip", lambda content: packed(("a.txt", content))),
        ("a.zip", lambda content: packed(*((f"{n}.txt", content[: MIB // 4]) for n in range(99)))),
        ("a.tar", lambda content: tar(member("a.txt.xz", lzma.compress(content)))),
        ("a.tgz", lambda content: gzip.compress(tar(member("a.txt", content)))),
        ("a.zip", lambda content: packed(("a.txt.bz2", bz2.compress(content)))),
        (
            "a.tar.gz",
            lambda content: gzip.compress(tar(member("a.txt.gz", gzip.compress(content)))),
        ),
    ],
)
def test_a_bomb_inside_an_archive_is_refused_whatever_it_is_divided_into(
    documents: Documents, monkeypatch: pytest.MonkeyPatch, name: str, pack: Pack
) -> None:
    monkeypatch.setattr(bounds, "GRACE", MIB)
    assert "250 times the file's size" in refused(documents, name, pack(b"word " * (2 * MIB)))


def test_members_that_share_the_same_bytes_pay_for_them_each_time(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The zip bomb that needs no nesting: one kernel, many entries. https://www.bamsoftware.com/hacks/zipbomb/"""
    monkeypatch.setattr(bounds, "GRACE", MIB)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"word " * (MIB // 5))
        archive.filelist += archive.filelist * 50
    assert "250 times the file's size" in refused(documents, "a.zip", sink.getvalue())


def test_text_that_repeats_itself_is_no_bomb(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "GRACE", 0)
    rows_alike = b"".join(
        b'{"text": "Row %d is much like any other row"}\n' % n for n in range(9999)
    )
    assert len(documents("a.jsonl.xz", lzma.compress(rows_alike))) == 9999


def test_what_must_be_on_disk_first_has_a_bound_too(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_SPOOLED", 1000)
    content = gzip.compress(parquet(pa.table({"text": [str(n) for n in range(999)]})))
    assert "on disk, found more" in refused(documents, "a.parquet.gz", content)


@pytest.mark.parametrize("suffix", OPENERS)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_a_torn_file_is_refused_wherever_it_is_torn(
    documents: Documents, suffix: str, share: float
) -> None:
    whole = PACKERS[suffix](b"".join(b"line %d\n" % n for n in range(9999)))
    assert "expected a whole file, found" in refused(
        documents, f"a.txt{suffix}", whole[: int((len(whole) - 1) * share)]
    )
