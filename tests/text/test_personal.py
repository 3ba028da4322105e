import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.tales import tale
from pipeline_lib.text.personal import STAND_INS, Kind, mask

ALL: tuple[Kind, ...] = ("email", "ip", "phone")
STANDING = set(STAND_INS.values())

POINTING: dict[Kind, list[str]] = {
    "email": """
mail me at ann.b+x@mail.co.uk, please
a_b@x.io
write to info@aozora.gr.jp.
＜連絡先＞tanaka@mail.ne.jpまで
<john.smith@uni-koeln.de>
"o'hara@post.ie" he wrote
mailto:first.last@sub.domain.museum?subject=x
email:ccx074@pglaf.org
""".strip().split("\n"),
    "ip": """
from 203.120.45.167 at noon
74.125.224.72
192.30.255.113:443
(85.214.132.117)
接続元は133.242.18.55です
2a00:1450:4009:80f::200e
[2607:f8b0:4005:805::200e]
2400:4050:1234:5600:21b:63ff:fe9c:1a2b
""".strip().split("\n"),
    "phone": """
Contact: (202) 456-1111 today
call 212-736-5000.
1-800-273-8255
+1 212-736-5000
+44 20 7123 4567
+81-3-3581-0101
+819012345678
+49 (0)30 1234567
+33 1 42 68 53 00
tel:+12127365000
212.736.5000 is the number
03-3581-0101
電話は06-6941-0351です
TEL：0120-444-113
090-1234-5678
080 1234 5678
09012345678
(03)3581-0101
03(3581)0101
0463-23-1111
☎045-671-2121
Fax 03–3581–0101
TEL0773-75-8836
電話.075-781-9171
""".strip().split("\n"),
}
POINTLESS = """
on 2004-01-30 and 01-02-2003
1999-12-31 23:59:59
12/25/2004 or 25.12.2004
ISBN 978-0-306-40615-7
ISBN 0-306-40615-2, ISBN 4-10-101001-3, ISBN 88-206-2412-5
$1,234,567.89 and ¥12,345,678
version 1.2.3.4 and v10.15.122.7
Linux 2.6.32.27
Chrome/91.0.4472.124
section 10.11.12.13
192.168.0.1 and 127.0.0.1 and 10.20.30.40
255.255.255.0
4.2.2.2 beats 8.8.4.4
999.888.777.666
x=100.200.100.200.5
2001:db8::1 and fe80::1
12:30:45 and 9:00-17:00
std::vector::iterator and a::b
name@example.com and x@mail.example
@user said; icon@2x.png; user@localhost
a @ b . c
score 21-19-21, 0-0-0 and 1-2-3
500-200-1000 = -700
x = 300-200-1000
555-1234 and 555-0100
pages 200-300 and 1987–1988
3.14159265358979
1234567890 and 20041231235959
+20000000 people and +5
a + 10 + 20 and 5 +1 = 6
10 000 000 km
1941-1945-1950
123-45-6789-0
〒100-0001 東京都千代田区1-1-1
昭和03-04-05
第3-12-4号
48/2=24 clips
070-080-090
""".strip().split("\n")


def masked(text: str) -> tuple[str, Counter[str]]:
    return mask(text, ALL)


@pytest.mark.parametrize(
    ("kind", "text"), [(k, text) for k, texts in POINTING.items() for text in texts]
)
def test_what_points_to_a_person_is_replaced(kind: Kind, text: str) -> None:
    found, counts = masked(text)
    assert counts == Counter({kind: 1})
    assert any(stand_in in found for stand_in in STANDING)


@pytest.mark.parametrize("text", POINTLESS)
def test_dates_prices_versions_and_sums_are_left_alone(text: str) -> None:
    assert masked(text) == (text, Counter())


def test_precision_and_recall_on_the_list_are_what_the_documentation_says() -> None:
    found = sum(sum(masked(text)[1].values()) for texts in POINTING.values() for text in texts)
    false = sum(sum(masked(text)[1].values()) for text in POINTLESS)
    assert found / sum(map(len, POINTING.values())) == 1.0
    assert found / (found + false) == 1.0


def test_a_range_written_like_a_number_of_america_is_the_price() -> None:
    assert masked("lots 212-300-4000")[1] == Counter({"phone": 1})


def test_the_sentence_around_it_stays() -> None:
    assert masked("Ask Ann (ann@mail.org, 03-3581-0101) or 74.125.224.72, please.") == (
        "Ask Ann (name@example.com, 555-0100) or 192.0.2.1, please.",
        Counter(email=1, phone=1, ip=1),
    )


def test_only_the_kinds_asked_for_are_replaced() -> None:
    text = "ann@mail.org 03-3581-0101 74.125.224.72"
    assert mask(text, []) == (text, Counter())
    assert mask(text, ["email"])[0] == "name@example.com 03-3581-0101 74.125.224.72"


@given(st.text(alphabet="0123456789.-+()@:abc 、a-f\n", max_size=80))
def test_what_is_masked_once_is_masked(text: str) -> None:
    once, _ = masked(text)
    assert masked(once) == (once, Counter())


@given(st.text(max_size=100))
def test_text_without_digits_and_at_signs_is_unchanged(text: str) -> None:
    plain = "".join(sign for sign in text if not sign.isdigit() and sign != "@")
    assert masked(plain) == (plain, Counter())


@pytest.mark.parametrize("texts", ["stories", "facts", "dialogues", "problems"])
def test_the_tales_point_to_nobody(texts: str) -> None:
    for index in range(200):
        told = tale(3, index, texts).text  # type: ignore[arg-type]
        assert masked(told) == (told, Counter())


@pytest.mark.parametrize(
    "piece",
    ["a", "a.", "a@", "1", "1.", "1-", "+1 ", "0-", "2000:", "(", "a@a.", "9.9.9.9.", "03-"],
)
def test_hostile_text_takes_its_length_in_time(piece: str) -> None:
    started = time.perf_counter()
    masked(piece * (300_000 // len(piece)) + "@")
    assert time.perf_counter() - started < 3
