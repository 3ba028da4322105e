"""Words and signs of a text in a language with spaces, split once for all rules.

Splitting costs more than all the rules together. A text is therefore cut at its spaces, and each
distinct piece is split into a word and the signs around it only when it is first met: most pieces
of any text have been met before. The rules for pieces follow what spaCy's tokenizer does with
English, since the thresholds in print were set on its words, and leave its exceptions out.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import xxhash

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

LETTERS, WORD, KIND_BITS = 1, 2, 2
"""Kinds of words: one with a letter; one with a letter or digit, no mere sign."""
LONGEST_WORD = (1 << 20) - 1
HASHED = 22
"""Bits of a code below its hash."""
REMEMBERED = 1 << 17
"""Runs held at a time, and once more those before them: about 60 MB in all."""
SIGNS_REMEMBERED = 1 << 12
LONGEST_RUN = 100
"""Characters of a run that is remembered; longer ones never come back."""
QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉"
SIGNS = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।۔؛٪" + QUOTES
ICONS = "¦©®°\u2190-\u2bff\ufffc\ufffd\U0001f000-\U0001faff"
"""Arrows, boxes, dingbats, emoji: as a range of a regular expression."""
LEADING = re.compile(rf"(?:\.\.+|[{re.escape(SIGNS)}§%=—–$£€¥{ICONS}]|\+(?![0-9]))*")
TRAILING = SIGNS + "—–.%°©®"
APART = re.compile(r"''|\.\.+|.", re.DOTALL)
INSIDE = re.compile(
    rf"""(\.\.+|…|[{ICONS}]
    |(?<=[0-9])[-+*^](?=[-0-9])
    |(?<=[a-z{QUOTES}])\.(?=[A-Z{QUOTES}])
    |(?<=[^\W\d_]),(?=[^\W\d_])
    |(?<=[^\W_])(?:--+|[-–—~])(?=[^\W\d_])
    |(?<=[^\W_])[:<>=/](?=[^\W\d_]))""",
    re.VERBOSE,
)
ADDRESS = re.compile(r"https?://|www\.")
JOINED = {"cannot": ("can", "not"), "Cannot": ("Can", "not")}
SHORTENED = re.compile(r"(?i)n['’]t$|['’](?:s|m|d|ll|ve|re)$")
"""What is joined to the word before it: isn't, she's, they'll."""
ABBREVIATIONS = (
    "Mr Mrs Ms Dr St Mt Prof Rev Gen Gov Sen Rep Adm Jr Ltd Inc Co co Corp Bros Messrs vs a.m p.m e.g i.e Ph.D "
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Calif Conn Ill Mass Miss Pa Tenn Va Id"
)
WITH_DOT = frozenset(ABBREVIATIONS.split())


class Words:
    """The words of a text in order, each as one number: its hash, its length and its kind."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def lengths(self) -> Ints:
        """Characters of each."""
        return (self.codes >> np.uint64(KIND_BITS) & np.uint64(LONGEST_WORD)).astype(np.int64)

    @cached_property
    def starts(self) -> Ints:
        """Characters before each word and, last, of all words; spaces not counted."""
        return np.concatenate([[0], np.cumsum(self.lengths)])

    @cached_property
    def are_words(self) -> Flags:
        """Which hold a letter or digit."""
        return (self.codes & np.uint64(WORD)) > 0

    @cached_property
    def have_letters(self) -> Flags:
        """Which hold a letter."""
        return (self.codes & np.uint64(LETTERS)) > 0

    def hold(self, code: np.uint64) -> bool:
        """Whether a word with this code is among them."""
        return bool((self.codes == code).any())


class Pieces(dict[str, bytes]):
    """Runs of characters without spaces -> codes of the word in each and the signs around it.

    When it is full, what was met stays for one more round: frequent runs are met again in it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._met_before: dict[str, bytes] = {}

    def __missing__(self, run: str) -> bytes:
        if len(run) > LONGEST_RUN:
            return b"".join(map(code, pieces(run)))
        if len(self) >= REMEMBERED:
            self._met_before = dict(self)
            self.clear()
        found = self._met_before.get(run) or b"".join(map(_code_of_piece, pieces(run)))
        self[run] = found
        return found

    def forget(self) -> None:
        """Be as new."""
        self._met_before.clear()
        self.clear()


MET = Pieces()
"""Saves time and changes no result: each worker has its own."""


def words_of(runs: Iterable[str]) -> Words:
    """The words of a text that was cut at its spaces; time and memory grow with its length alone."""
    codes = b"".join(map(MET.__getitem__, runs))
    return Words(np.frombuffer(codes, "<u8"))


def code(word: str) -> bytes:
    """A word as 8 bytes: 42 bits of its hash, 20 of its length (a million at most), 2 of its kind."""
    kind = WORD | LETTERS if word.isalpha() else _kind(word)
    length = min(len(word), LONGEST_WORD) << KIND_BITS
    said = xxhash.xxh3_64_intdigest(word.encode("utf-8", "surrogatepass"))
    return (said >> HASHED << HASHED | length | kind).to_bytes(8, "little")


_code_of_piece = lru_cache(SIGNS_REMEMBERED)(code)


def pieces(run: str) -> Sequence[str]:
    """The word in a run of characters without spaces, and the signs around and within it."""
    if run in JOINED:
        return JOINED[run]
    if run.isalpha():
        return (run,)
    start = 0 if run[0].isalpha() else _signs_before(run)
    core, tail = _without_tail(run[start:])
    inner = [core] if core.isalpha() else _inner(core)
    return [piece for piece in (*_apart(run[:start]), *inner, *_apart(tail)) if piece]


def _signs_before(run: str) -> int:
    leading = LEADING.match(run)
    return leading.end() if leading else 0


def _apart(signs: str) -> Sequence[str]:
    return signs if len(signs) < 2 else APART.findall(signs)


def _without_tail(run: str) -> tuple[str, str]:
    """The word and the signs after it; a dot stays where it shortens a word."""
    core = run.rstrip(TRAILING)
    tail = run[len(core) :]
    if tail.startswith(".") and not tail.startswith("..") and keeps_dot(core):
        return run[: len(core) + 1], tail[1:]
    return core, tail


def keeps_dot(core: str) -> bool:
    """Whether a dot after this word shortens it and ends no sentence: Mr. U.S. J."""
    initial = core[-1:].isupper() and not core[-2:-1].isupper()
    return initial or core in WITH_DOT or (len(core) == 1 and core.isalpha())


def _inner(core: str) -> list[str]:
    if ADDRESS.match(core):
        return [core]
    if found := SHORTENED.search(core, max(len(core) - 3, 0)):
        return [*INSIDE.split(core[: found.start()]), found[0]]
    return INSIDE.split(core)


def _kind(word: str) -> int:
    if any(map(str.isalpha, word)):
        return WORD | LETTERS
    return WORD if any(map(str.isalnum, word)) else 0
