"""No question of an evaluation set is among what is learnt: shared n-grams, counted item by item.

An item is found where a text holds at least `min_overlap` of its different n-grams of words
(characters, where words are not spaced), case and punctuation off. One shared n-gram, the rule of
GPT-3 (appendix C, https://arxiv.org/abs/2005.14165), would accuse every problem that quotes the
same sentence. An n-gram of very many items is the wording of its set and says nothing of an item.
An item shorter than an n-gram is sought as a whole. Items are known in two spellings, since some
remove punctuation and others put a space: "half-hour" is "half hour" or "halfhour".

Hashes only suggest: before a text is accused its words are compared, and for short items the signs
of arithmetic too, which words leave out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline_lib.formats.conversations import Conversation
from pipeline_lib.params import ContaminationParams
from pipeline_lib.text.near import shingles
from pipeline_lib.text.near.shingles import Tokens
from pipeline_lib.text.postings import Postings
from pipeline_lib.text.wording import Wording

INSIDE = re.compile(r"(?<=\w)[^\w\s]+(?=\w)")
"""Signs between the letters or digits of what white space makes one word: Ann's, 1,080, half-hour."""
FRAME = re.compile(
    r"\A\s*(question|problem|q|問題|質問)\s*[:：]|(answer|a|答え|解答)\s*[:：]\s*\Z", re.IGNORECASE
)
"""What a data set puts around its questions, and a page that quotes them does not."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question of an evaluation set."""

    set: str
    """The source's name in params.yaml."""
    number: int
    """Its row there, from 0."""
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """An item found in a text."""

    set: str
    item: int
    overlap: int
    """How many of the item's n-grams the text holds; 1 for a short item, found whole."""
    share: float
    """Of those n-grams of the item that count."""
    excerpt: str


def items_of(name: str, evaluation: Iterable[Conversation]) -> Iterator[Item]:
    """What an evaluation set asks, turn by turn."""
    for number, conversation in enumerate(evaluation):
        for question in _questions(conversation):
            yield Item(name, number, question)


class Index:
    """The n-grams of all items, ready to be looked up; pickled, it goes to other processes."""

    def __init__(self, items: Iterable[Item], params: ContaminationParams) -> None:
        self._items = [spelling for item in items for spelling in _spellings(item)]
        self._params = params
        texts = [item.text for item in self._items]
        groups = [(g, shingles.tokens(texts[g])) for g in shingles.groups(texts)]
        nothing = np.zeros(0, np.int64)
        lengths = np.concatenate([nothing, *(found.lengths for _, found in groups)])
        unspaced = [nothing == 0, *(found.mostly_unspaced() for _, found in groups)]
        self._unspaced = np.concatenate(unspaced)
        self._widths = np.where(self._unspaced, params.characters, params.words)
        self._is_short = lengths < self._widths
        self._sizes = np.minimum(lengths, self._widths)
        self._postings = self._posted(groups)

    def matches(self, text: str) -> list[Match]:
        """The items that `text` holds, most of them first."""
        return next(self.scan([text]))

    def scan(self, texts: Sequence[str]) -> Iterator[list[Match]]:
        """`matches` of every text, many looked at together."""
        for group in shingles.groups(texts):
            suspects = self._suspects(shingles.tokens(texts[group]))
            for number, text in enumerate(texts[group]):
                yield self._confirmed(text, suspects.get(number, []))

    def _posted(self, groups: Sequence[tuple[slice, Tokens]]) -> dict[int, Postings]:
        """The items' n-grams by n."""
        posted = {}
        for n in set(self._sizes[self._sizes > 0].tolist()):
            hashes, items = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
            for group, found in groups:
                for _, runs, owners in shingles.runs(found, {n}):
                    mine = self._sizes[owners + group.start] == n
                    hashes.append(runs[mine])
                    items.append(owners[mine] + group.start)
            posted[n] = Postings.of(np.concatenate(hashes), np.concatenate(items))
        return posted

    def _suspects(self, found: Tokens) -> dict[int, list[int]]:
        """Items by text, where hashes say that enough is shared."""
        suspects: dict[int, list[int]] = {}
        for n, runs, owners in shingles.runs(found, set(self._postings)):
            texts, items = self._postings[n].shared(runs, owners, self._params.min_overlap)
            for text, item in zip(texts.tolist(), items.tolist(), strict=True):
                suspects.setdefault(text, []).append(item)
        return suspects

    def _confirmed(self, text: str, suspects: Sequence[int]) -> list[Match]:
        if not suspects:
            return []
        said = Wording(text)
        best: dict[tuple[str, int], Match] = {}
        for match in filter(None, (self._confirm(said, number) for number in suspects)):
            held = best.setdefault((match.set, match.item), match)
            if match.share > held.share:
                best[match.set, match.item] = match
        return sorted(best.values(), key=lambda match: (-match.share, match.set, match.item))

    def _confirm(self, said: Wording, number: int) -> Match | None:
        """The words themselves compared; None: they are not the same, or not enough."""
        item, n = self._items[number], int(self._sizes[number])
        asked = Wording(item.text)
        telling = self._postings[n].telling(number, asked.runs(n))
        places = said.shared(asked, n, telling)
        if self._is_short[number]:
            meant = [self._is_question(said, p, asked, number) for p in places.tolist()]
            places = places[np.array(meant, bool)]
        counted = len({said.gram(place, n) for place in places.tolist()})
        total = len({asked.gram(place, n) for place in telling.tolist()})
        if not counted or counted < self._params.min_overlap * total:
            return None
        share = round(counted / total, 4)
        return Match(item.set, item.number, counted, share, said.excerpt(int(places[0])))

    def _is_question(self, said: Wording, place: int, asked: Wording, number: int) -> bool:
        """Whether a short item that stands here is the question, and not the same words by chance."""
        n = int(self._sizes[number])
        if said.signs(place, n) != asked.signs(0, n):
            return False
        unspaced = bool(self._unspaced[number])
        least = self._params.min_characters if unspaced else self._params.min_words
        return n >= least or said.stands_alone(place, n)


def _spellings(item: Item) -> Iterator[Item]:
    """The item without its frame, and where that differs, without the signs inside its words."""
    asked = FRAME.sub("", item.text)
    yield replace(item, text=asked)
    without = INSIDE.sub("", asked)
    if without != asked:
        yield replace(item, text=without)


def _questions(conversation: Conversation) -> list[str]:
    return [turn.content for turn in conversation.messages if turn.role == "user"]
