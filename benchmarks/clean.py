"""bench-clean: the quality rules beside datatrove's on the same real text: how fast, how alike, and what is dropped.

    python -m benchmarks.clean [--texts FOLDER] [--rounds 3] [--characters 2200000]

FOLDER holds the real text (README there; default: data beside the checkout's shared folder). datatrove
stands in an environment of its own (`datatrove_home`). Both sides judge the same documents on one core, turn about,
in CPU seconds; the words met in a round are forgotten before the next. The last line is JSON: `ratio`
(our speed over datatrove's, all families), `agreement` (share of documents both keep or both drop).

Documents on which the two differ are explained by judging them again: with thresholds 2 % looser and
tighter (their words are split a little differently), or without typographic quotation marks.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import IO, Any, cast

import yaml

from benchmarks import clean_texts, datatrove_home
from benchmarks.datatrove_home import ROOT
from pipeline_lib.params.quality import QualityParams
from pipeline_lib.text import quality
from pipeline_lib.text.quality import words

PRINTED = yaml.safe_load((Path(__file__).parent / "quality_printed.yaml").read_text("utf-8"))
FAMILIES = ("gopher_repetition", "gopher_quality", "c4", "fineweb")
ALL = "all"
CHANGED = {
    "gopher_quality": {"min_alphabetic_words": 0.7},
    "c4": {"end_punctuation": False},
    "fineweb": {"quotes_end_lines": True, "max_duplicate_line_chars": 0.1},
}
OURS = {family: section | CHANGED.get(family, {}) for family, section in PRINTED.items()}
"""What docs/data.md recommends."""
GOOD = (clean_texts.gutenberg, clean_texts.kyoto_en, clean_texts.c4)
BAD = (clean_texts.wiki_markup, clean_texts.garbage)
MOST = 1000
"""Documents of a set whose verdicts are counted."""
NEAR = 0.02
SHOWN = 5
CURLY = str.maketrans(dict.fromkeys("“”‘’»", "~"))


@dataclass
class Side:
    """What one program said and how long it took, round by round."""

    seconds: list[float] = field(default_factory=list)
    reasons: list[str | None] = field(default_factory=list)

    def note(self, seconds: float, reasons: list[str | None]) -> None:
        self.seconds.append(seconds)
        self.reasons = reasons


@dataclass(frozen=True)
class Text:
    source: str
    text: str


def rules_of(family: str, values: dict[str, Any] = PRINTED) -> QualityParams:
    """The rules with one family on, or all for languages with spaces."""
    on = FAMILIES if family == ALL else (family,)
    return QualityParams.model_validate(
        {name: values[name] if name in on else None for name in values}
    )


def moved(values: dict[str, Any], share: float) -> dict[str, Any]:
    """All thresholds looser by a share of themselves, whole numbers by one at least."""
    return {family: _moved(section, share) for family, section in values.items()}


def _moved(section: dict[str, Any], share: float) -> dict[str, Any]:
    result = dict(section)
    for name, value in section.items():
        looser = share if name.startswith("max") else -share
        if isinstance(value, list):
            result[name] = [part * (1 + looser) for part in value]
        elif isinstance(value, float):
            result[name] = min(value * (1 + looser), 1.0) if value <= 1 else value * (1 + looser)
        elif not isinstance(value, bool) and name.startswith(("min", "max")):
            result[name] = value + (1 if looser > 0 else -1) * max(1, round(abs(looser) * value))
    return result


def ours(texts: Sequence[Text], family: str) -> tuple[float, list[str | None]]:
    """CPU seconds, and a reason for each text; nothing is remembered from before."""
    rules = rules_of(family)
    words.MET.forget()
    started = time.process_time()
    reasons = [quality.judge(one.text, "en", rules).reason for one in texts]
    return time.process_time() - started, reasons


@contextmanager
def datatrove(python: Path, texts: Sequence[Text]) -> Iterator["subprocess.Popen[str]"]:
    """datatrove, waiting for the name of a family."""
    stored = datatrove_home.HOME.parent / "clean_texts.json"
    stored.write_text(json.dumps([one.text for one in texts]), encoding="utf-8")
    command = [python, ROOT / "benchmarks/datatrove_rules.py", stored]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, encoding="utf-8") as running:
        yield running
        cast(IO[str], running.stdin).close()


def theirs(running: "subprocess.Popen[str]", family: str) -> tuple[float, list[str | None]]:
    """CPU seconds, and a reason for each text."""
    asked, answered = cast(IO[str], running.stdin), cast(IO[str], running.stdout)
    asked.write(family + "\n")
    asked.flush()
    answer = json.loads(answered.readline())
    return answer["seconds"], answer["reasons"]


def compare(python: Path, texts: Sequence[Text], rounds: int) -> dict[str, tuple[Side, Side]]:
    """Both sides on all families, turn about."""
    sides = {family: (Side(), Side()) for family in (*FAMILIES, ALL)}
    with datatrove(python, texts) as running:
        for _ in range(rounds):
            for family, (we, they) in sides.items():
                we.note(*ours(texts, family))
                they.note(*theirs(running, family))
    return sides


def explanation(text: str, family: str, dropped: bool) -> str:
    """Why datatrove decides otherwise on a text, as far as judging it again can tell."""
    near = rules_of(family, moved(PRINTED, -NEAR if dropped else NEAR))
    if (quality.judge(text, "en", near).reason is not None) == dropped:
        return "within 2 % of a threshold"
    without = quality.judge(text.translate(CURLY), "en", rules_of(family)).reason
    return "typographic quotation marks" if (without is not None) == dropped else "other"


def differences(
    texts: Sequence[Text], family: str, we: Side, they: Side
) -> Iterator[tuple[str, Text, str]]:
    """Explanation, text and both reasons of each text on which the two differ."""
    for one, our, their in zip(texts, we.reasons, they.reasons, strict=True):
        if (our is None) != (their is None):
            why = explanation(one.text, family, their is not None)
            yield why, one, f"{their or 'kept'} there, {our or 'kept'} here"


def table(texts: Sequence[Text], sides: dict[str, tuple[Side, Side]]) -> dict[str, Any]:
    """Print the comparison; all figures by family."""
    size = sum(len(one.text.encode("utf-8", "replace")) for one in texts) / 1e6
    print(
        "| family | here MB/s | datatrove MB/s | ratio | agreement | dropped here | there | both |"
    )
    print("|" + " --- |" * 8)
    figures = {}
    for family, (we, they) in sides.items():
        dropped = [
            (a is not None, b is not None) for a, b in zip(we.reasons, they.reasons, strict=True)
        ]
        agreement = sum(a == b for a, b in dropped) / len(dropped)
        ratio = median(b / a for a, b in zip(we.seconds, they.seconds, strict=True))
        speeds = size / median(we.seconds), size / median(they.seconds)
        counts = Counter(dropped)
        both = counts[True, True]
        here, there = both + counts[True, False], both + counts[False, True]
        print(
            f"| {family} | {speeds[0]:.1f} | {speeds[1]:.2f} | {ratio:.1f} | {agreement:.4f} "
            f"| {here} | {there} | {both} |"
        )
        figures[family] = {
            "mb_per_second": round(speeds[0], 2),
            "datatrove_mb_per_second": round(speeds[1], 3),
            "ratio": round(ratio, 1),
            "agreement": round(agreement, 4),
            "dropped": here,
            "datatrove_dropped": there,
            "dropped_by_both": both,
        }
    return figures


def explain(texts: Sequence[Text], sides: dict[str, tuple[Side, Side]]) -> dict[str, int]:
    """Print where the two differ, and why; how often each explanation holds."""
    classes: Counter[str] = Counter()
    for family, (we, they) in sides.items():
        for why, one, reasons in differences(texts, family, we, they):
            classes[why] += 1
            if classes[why] <= SHOWN:
                print(f"differ in {family}: {one.source}, {reasons}: {why}")
    return dict(classes)


def dropped(folder: Path, name: str, values: dict[str, Any]) -> dict[str, float]:
    """Print what share of each set the rules drop and by which; precision and recall besides."""
    rules = QualityParams.model_validate(values)
    counts: dict[clean_texts.Texts, tuple[int, int]] = {}
    for of_set in clean_texts.ALL:
        texts = clean_texts.evenly(clean_texts.read(of_set, folder), MOST)
        language = clean_texts.language(of_set)
        reasons = Counter(quality.judge(text, language, rules).reason for text in texts)
        counts[of_set] = len(texts) - reasons.pop(None, 0), len(texts)
        said = ", ".join(f"{reason} {times}" for reason, times in reasons.most_common(6))
        print(f"{name}: {counts[of_set][0]} of {len(texts)} {of_set.__name__} dropped: {said}")
    shares = {of_set.__name__: some / many for of_set, (some, many) in counts.items() if many}
    wrong, right = (sum(counts[of_set][0] for of_set in sets) for sets in (GOOD, BAD))
    shares["precision"] = right / max(right + wrong, 1)
    shares["recall"] = right / max(sum(counts[of_set][1] for of_set in BAD), 1)
    return {key: round(share, 4) for key, share in shares.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--texts", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--characters", type=int, default=2_200_000)
    chosen = parser.parse_args()
    texts = [Text(name, text) for name, text in clean_texts.sample(chosen.texts, chosen.characters)]
    if not texts:
        sys.exit(f"{chosen.texts}: expected real text, found none; name its folder with --texts")
    sides = compare(datatrove_home.interpreter(), texts, chosen.rounds)
    figures = table(texts, sides)
    classes = explain(texts, sides)
    named = {"printed": PRINTED, "ours": OURS}
    shares = {name: dropped(chosen.texts, name, values) for name, values in named.items()}
    whole = figures[ALL]
    print(
        json.dumps(
            {
                "ratio": whole["ratio"],
                "agreement": whole["agreement"],
                "documents": len(texts),
                "megabytes": round(
                    sum(len(one.text.encode("utf-8", "replace")) for one in texts) / 1e6, 2
                ),
                "rounds": chosen.rounds,
                "differences": classes,
                "families": figures,
                "dropped": shares,
            }
        )
    )


if __name__ == "__main__":
    main()
