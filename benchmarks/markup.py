"""bench-markup: what is kept and dropped against labels, what language is named, and how fast.

    python -m benchmarks.markup DATA

where DATA holds the Gutenberg books, the Aozora works, the Kyoto articles and the English Wikipedia
pages that tests/text/markup_labels.json labels. Times are of one core, CPU time, reading left out.
"""

import bz2
import json
import lzma
import random
import re
import sys
import tarfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from xml.etree import ElementTree

import mwparserfromhell

from pipeline_lib.sources.encodings import decode
from pipeline_lib.text import language, personal
from pipeline_lib.text.markup import strip, wiki

LABELS = Path(__file__).parents[1] / "tests" / "text" / "markup_labels.json"
LENGTHS = (50, 200, 1000)
PIECES = 500
Result = TypeVar("Result")


def timed(what: str, run: Callable[[str], Result], texts: Sequence[str]) -> list[Result]:
    started = time.process_time()
    found = [run(text) for text in texts]
    rate = sum(len(text.encode()) for text in texts) / 1e6 / (time.process_time() - started)
    print(f"{what:48s} {rate:8.1f} MB/s")
    return found


def filled(text: str) -> Counter[str]:
    return Counter(line for line in text.split("\n") if line.strip())


def gutenberg(data: Path, labels: dict[str, Any]) -> list[str]:
    """Lines kept and dropped of every book, against the first and last line of its text."""
    raw = {
        p.name: decode(p.read_bytes()).replace("\r\n", "\n") for p in data.glob("gutenberg*/*.txt")
    }
    found = timed("Gutenberg: strip", lambda text: strip(text, {}).text, list(raw.values()))
    meant, kept, both = Counter[str](), Counter[str](), Counter[str]()
    every = 0
    for (name, text), book in zip(raw.items(), found, strict=True):
        label = labels[name]
        own = filled("\n".join(text.split("\n")[label["from"] - 1 : label["to"]])) - Counter(
            label["not"]
        )
        every += filled(text).total()
        meant, kept, both = meant + own, kept + filled(book), both + (own & filled(book))
    dropped, right = every - kept.total(), every - (meant | kept).total()
    print(
        f"  lines kept: precision {both.total() / kept.total():.4f} recall {both.total() / meant.total():.4f}"
    )
    print(f"  lines dropped: {dropped}, of them rightly at least {right}; naming the Project: "
          f"{sum('gutenberg' in book.lower() for book in found)} books")  # fmt: skip
    return found


def aozora(data: Path, labels: dict[str, Any]) -> list[str]:
    with tarfile.open(data / "aozora_sjis_182.tar.xz") as archive:
        files = [(m.name, archive.extractfile(m)) for m in archive if m.isfile()]
        works = {Path(name).name: decode(file.read()) for name, file in files if file}
    found = timed("Aozora: strip", lambda text: strip(text, {}).text, list(works.values()))
    right = 0
    for name, text in zip(works, found, strict=True):
        if label := labels.get(name):
            lines = [line for line in text.split("\n") if line.strip()]
            right += lines[:2] == [label["title"], label["author"]]
            right += lines[2].startswith(label["first"]) + lines[-1].endswith(label["last"])
    left = Counter(sign for text in found for sign in re.findall("[《》]|［＃|底本：|／＼", text))
    same = sum(
        voiced(outside(works[name])) == voiced(text)
        for name, text in zip(works, found, strict=True)
    )
    print(f"  dakuten and handakuten as many as outside of notation: {same} of {len(works)} works")
    notes, missing = (
        sum(t.count("※［＃") for t in works.values()),
        sum(t.count("〓") for t in found),
    )
    print(f"  ends as labelled {right} of {3 * len(labels)}; notation left {dict(left)}; "
          f"notes on signs {notes}, set as 〓 {missing}")  # fmt: skip
    return found


def outside(work: str) -> str:
    """A work without notation and packaging, by plain substitutions that know its files."""
    work = work.split("底本：")[0]
    for packaging in (
        "-{20,}\r?\n【テキスト中.*?-{20,}",
        "［表記について］.*?-{20,}",
        "-{20,}\\s*●入力者注.*",
    ):
        work = re.sub(packaging, "", work, count=1, flags=re.DOTALL)
    return re.sub("《[^《》]*》", "", re.sub("※?［＃(?:[^［］]|［[^［］]*］)*］", "", work))


def voiced(text: str) -> Counter[str]:
    marked = (sign for sign in text if len(unicodedata.normalize("NFD", sign)) == 2)
    return Counter(sign for sign in marked if "ぁ" <= sign <= "ヴ")


def pages(data: Path, labels: dict[str, Any]) -> None:
    dump = bz2.decompress((data / "web" / "enwiki_shortened.xml.bz2").read_bytes())
    trees = [
        ElementTree.fromstring(page) for page in re.findall(rb"<page>.*?</page>", dump, re.DOTALL)
    ]
    raw = {tree.findtext("title") or "": tree.findtext(".//text") or "" for tree in trees}
    found = dict(zip(raw, timed("wiki: strip", wiki.strip, list(raw.values())), strict=True))
    timed(
        "wiki: mwparserfromhell, strip_code",
        lambda t: str(mwparserfromhell.parse(t).strip_code()),
        list(raw.values())[::3],
    )
    lines = {title: set(found[title].split("\n")) for title in labels}
    kept = sum(heading in lines[title] for title in labels for heading in labels[title]["kept"])
    wrong = sum(heading in lines[title] for title in labels for heading in labels[title]["gone"])
    meant = sum(len(label["kept"]) for label in labels.values())
    ends = sum(
        found[t].startswith(x["first"]) + found[t].endswith(x["last"]) for t, x in labels.items()
    )
    print(
        f"  sections kept: precision {kept / (kept + wrong):.4f} recall {kept / meant:.4f}; ends {ends} of {2 * len(labels)}"
    )


def languages(texts: dict[tuple[str, str], list[str]]) -> None:
    rng = random.Random(3)
    for (code, name), all_texts in texts.items():
        for length in LENGTHS:
            long_enough = [text for text in all_texts if len(text) > length]
            found = []
            for _ in range(PIECES):
                text = rng.choice(long_enough)
                start = rng.randrange(len(text) - length)
                found.append(language.identify(text[start : start + length]))
            right = sum(one.code == code for one in found) / PIECES
            sure = [one for one in found if one.confidence >= 0.5]
            of_sure = sum(one.code == code for one in sure) / len(sure)
            print(f"  {name:12s} {code} {length:5d} characters: right {right:.3f}; "
                  f"confident {len(sure) / PIECES:.3f}, of these right {of_sure:.3f}")  # fmt: skip


def main(data: Path) -> None:
    labels = json.loads(LABELS.read_text())
    books = gutenberg(data, labels["gutenberg"])
    works = aozora(data, labels["aozora"])
    pages(data, labels["wiki"])
    with lzma.open(data / "kyotowiki_4704.jsonl.xz", "rt") as file:
        articles = [json.loads(line) for line in file]
    japanese, english = ([one[f"text_{code}"] for one in articles] for code in ("ja", "en"))
    timed("nothing to strip: English articles", lambda text: strip(text, {}), english)
    language.identify("The model is loaded before the clock runs.")
    timed("language: books", language.identify, books)
    timed("language: articles of 3 kB", language.identify, english + japanese)
    timed("language: pieces of 200 characters", language.identify, [text[:200] for text in english])
    languages(
        {
            ("en", "Gutenberg"): books,
            ("ja", "Aozora"): works,
            ("en", "Kyoto"): english,
            ("ja", "Kyoto"): japanese,
        }
    )
    counts = timed(
        "personal: all kinds",
        lambda text: personal.mask(text, ("email", "ip", "phone"))[1],
        english,
    )
    print(f"  {dict(sum(counts, Counter[str]()))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
