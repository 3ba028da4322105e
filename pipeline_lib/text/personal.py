"""Mail and internet addresses and telephone numbers of people, replaced by ones that are nobody's.

What stands in is reserved for examples (RFC 2606, 5737 and 3849; 555-0100 for fiction), so that a
sentence stays a sentence and a model learns no tag that no person writes. Values already reserved,
or private (192.168.0.1), point to nobody and stay. For text that is normalised: ASCII digits.

A number is only taken where its shape is a telephone's alone. What could as well be a version, a
sum, a date or a range is left: 1.2.3.4, 555-1234, 500-200-1000 = -700.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Collection
from typing import Literal

Kind = Literal["email", "ip", "phone"]

EMAIL = re.compile(
    r"(?<![\w.%+-])[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}@"
    r"((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,24})(?![A-Za-z0-9_@])",
    re.ASCII,
)
RESERVED = re.compile(
    r"(?:.+\.)?(?:example\.(?:com|net|org|edu|jp|co\.jp)|[a-z0-9-]+\.(?:example|invalid|test|localhost))",
    re.IGNORECASE,
)
FILES = re.compile(r".*\.(?:png|jpe?g|gif|svg|webp|css|js)", re.IGNORECASE)
"""`icon@2x.png` is a picture."""

OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IPV4 = re.compile(rf"(?=[0-9])(?<![\w.])(?:{OCTET}\.){{3}}{OCTET}(?!\w|\.[0-9])", re.ASCII)
IPV6 = re.compile(
    r"(?=[23])(?<![\w:.])[23][0-9A-Fa-f]{3}(?::[0-9A-Fa-f]{1,4}){0,6}:(?::?[0-9A-Fa-f]{1,4}){0,7}(?![\w:])",
    re.ASCII,
)
VERSION = re.compile(
    r"(?:\bv|\b(?:version|ver|release|firmware|build|section|chapter|clause|rule)\b|§|バージョン|第)[\s.:]{0,2}\Z",
    re.IGNORECASE,
)
FEWEST_DIGITS = 7
"""Of an address: 1.2.3.4 and 2.6.32.27 are versions or sections; one address in 700 is so short."""

HYPHEN = "[-‐‑–−]"
GAP = f"(?:{HYPHEN}|[ .])"
JAPANESE = (
    rf"0[789]0[- ]?[0-9]{{4}}[- ]?[0-9]{{4}}|"
    rf"0[0-9]{{1,4}}{HYPHEN}[0-9]{{1,4}}{HYPHEN}[0-9]{{3,4}}|"
    rf"\(0[0-9]{{1,4}}\) ?[0-9]{{1,4}}{HYPHEN}[0-9]{{4}}|"
    rf"0[0-9]{{1,4}}\([0-9]{{1,4}}\)[0-9]{{4}}"
)
AMERICAN = r"(?:\+?1[-. ])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])[2-9][0-9]{2}[-.][0-9]{4}"
INTERNATIONAL = rf"\+[1-9][0-9]{{0,2}}{GAP}?(?:\([0-9]{{1,4}}\){GAP}?)?[0-9]{{1,10}}(?:{GAP}[0-9]{{2,8}}){{0,5}}"
PHONE = re.compile(
    r"(?=[0-9(+])"  # the cheapest question first: it is asked of every character
    rf"(?:(?<![\w,$€£¥])|(?<=TEL)|(?<=[Tt]el)|(?<=FAX)|(?<=[Ff]ax))(?<![0-9]\.)(?<![\d)] )(?<![-+*/=×÷−])"
    rf"(?:({JAPANESE})|({AMERICAN})|({INTERNATIONAL}))"
    r"(?![\w])(?![-.,][0-9])(?!\s?[=*/×÷+])",
    re.ASCII,
)
SUM = re.compile(r"[0-9=*/×÷+−-]\s?\Z")

STAND_INS = {
    "email": "name@example.com",
    "ip": "192.0.2.1",
    "ip6": "2001:db8::1",
    "phone": "555-0100",
}
Replace = Callable[[re.Match[str]], str]


def mask(text: str, kinds: Collection[Kind]) -> tuple[str, Counter[str]]:
    """`text` with the kinds replaced, and how many of each there were."""
    counts: Counter[str] = Counter()
    if "email" in kinds and "@" in text:
        text = _replaced(EMAIL, text, "email", _mail, counts)
    if "ip" in kinds:
        text = _replaced(IPV4, text, "ip", _ipv4, counts) if text.count(".") >= 3 else text
        text = _replaced(IPV6, text, "ip", _ipv6, counts) if ":" in text else text
    if "phone" in kinds:
        text = _replaced(PHONE, text, "phone", _phone, counts)
    return text, counts


def _replaced(
    pattern: re.Pattern[str], text: str, kind: Kind, stand_in: Replace, counts: Counter[str]
) -> str:
    def replace(found: re.Match[str]) -> str:
        said = stand_in(found)
        counts[kind] += said != found[0]
        return said

    masked = pattern.sub(replace, text)
    counts += Counter()  # a kind of which there was none is not named
    return masked


def _mail(found: re.Match[str]) -> str:
    domain = found[1]
    return found[0] if RESERVED.fullmatch(domain) or FILES.fullmatch(domain) else STAND_INS["email"]


def _ipv4(found: re.Match[str]) -> str:
    address = ipaddress.IPv4Address(found[0])
    digits = len(found[0]) - 3
    before = found.string[max(0, found.start() - 12) : found.start()]
    named = digits >= FEWEST_DIGITS and address.is_global and not VERSION.search(before)
    return STAND_INS["ip"] if named else found[0]


def _ipv6(found: re.Match[str]) -> str:
    try:
        address = ipaddress.IPv6Address(found[0])
    except ipaddress.AddressValueError:
        return found[0]
    return STAND_INS["ip6"] if address.is_global else found[0]


def _phone(found: re.Match[str]) -> str:
    japanese, american, _ = found.groups()
    digits = [sign for sign in found[0] if sign.isdigit()]
    if japanese:
        mobile = digits[1] in "5789" and digits[2] == "0"
        right = len(digits) == (11 if mobile else 10)
    elif american:
        right = not SUM.search(found.string[max(0, found.start() - 3) : found.start()])
    else:
        plain = len(digits) == len(found[0]) - 1
        right = (10 if plain else 8) <= len(digits) <= 15
    return STAND_INS["phone"] if right else found[0]
