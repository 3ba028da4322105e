import pytest

from pipeline_lib.sources.encodings import decode

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
