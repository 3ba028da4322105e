import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.sources.encodings import Narrowed, decode

JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_japanese_is_read_in_whatever_it_is_written(encoding: str) -> None:
    assert decode(JAPANESE.encode(encoding)) == JAPANESE


@pytest.mark.parametrize("text", ["Café, señor? Él está más allá.", "naïve — “quoted” œuvre"])
def test_western_text_is_not_taken_for_japanese(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


def test_a_byte_that_windows_never_assigned_is_latin_1() -> None:
    assert decode(b"caf\xe9 \x81") == "café \x81"


def test_old_japanese_files_are_forgiven_a_vendors_sign() -> None:
    text = JAPANESE * 5
    assert decode(text.encode("cp932") + b"\xfc\xfc").rstrip("\ufffd") == text


def test_ascii_and_nothing_stay_what_they_are() -> None:
    assert decode(b"plain\r\n") == "plain\r\n"
    assert decode(b"") == ""


@pytest.mark.parametrize("encoding", ["euc_jp", "utf-16-le", "utf-16-be", "utf-32", "utf-16"])
def test_other_ways_of_writing_japanese_are_found_out(encoding: str) -> None:
    text = JAPANESE + "".join(f"\nline {n}, in ASCII" for n in range(30))
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["Café, señor? Él está más allá. " * 9, "plain words " * 9])
def test_western_wide_text_without_a_mark_shows_by_its_nuls(text: str) -> None:
    assert decode(text.encode("utf-16-le")) == decode(text.encode("utf-16-be")) == text


def test_one_torn_byte_does_not_turn_a_book_into_mojibake() -> None:
    text = "“Curly quotes,” she said — twice. " * 50
    assert decode(text.encode() + b"\xe2\x80") == text + "\ufffd"


def test_halves_of_a_character_spelled_as_two_become_one() -> None:
    assert decode(b"\xed\xa0\xbd\xed\xb8\x80 and \xed\xa0\xbd") == "\U0001f600 and \ufffd"


@given(st.text(max_size=200), st.sampled_from(["utf-16", "utf-32", "utf-16-le"]), st.integers(1, 9))
def test_wide_text_read_in_blocks_is_the_same_text(text: str, codec: str, block: int) -> None:
    stream = Narrowed(io.BytesIO(text.encode(codec)), codec)
    found = b""
    while piece := stream.read(block):
        found += piece
    assert found.decode() == text


@given(st.binary(max_size=300), st.sampled_from(["", "shift_jis", "gbk", "no-such", "utf-8"]))
def test_any_bytes_are_some_text(content: bytes, charset: str) -> None:
    decode(content, charset).encode()
