"""bench-shard: text to finished shards, beside `datasets.map` with Hugging Face `tokenizers` into a memmap.

    python -m benchmarks.shard [--size MB] [--large MB] [--text FOLDER] [--rounds N] [--vocab N]

Text is real where FOLDER has any, multiplied with edits (benchmarks/data.py), in Parquet parts as `corpus` leaves
them; reading them is part of every time. Both sides get the same vocabulary and must come to the same number of
tokens. They run by
turns, each in processes of its own on all cores; the best of N rounds counts. The peak of a process is the kernel's
own (VmHWM); Linux only. The last line holds all figures as JSON.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import data
from benchmarks.shard_text import write_corpus
from pipeline_lib import engine
from pipeline_lib.formats import tables
from pipeline_lib.formats.shardwriting import About
from pipeline_lib.params import TokenizerParams
from pipeline_lib.tokenizing import sample, sharding
from pipeline_lib.tokens import trainer
from pipeline_lib.tokens.tokenizer import Tokenizer

KINDS = ("unigram", "bpe")
SIDES = ("bonsai", "datasets")
WANTED = {"unigram": 12.0, "bpe": 5.0}
"""MB/s per core."""


@dataclass
class Cost:
    """What one run took."""

    seconds: float
    tokens: int
    main_mib: float
    """Peak of the process that writes."""
    worker_mib: float
    """Peak of its largest worker."""


def learn(corpus: Path, kind: str, vocab: int, folder: Path) -> None:
    """A vocabulary of that kind, for both sides."""
    params = TokenizerParams.model_validate(
        {
            "kind": kind,
            "seed": 1,
            "vocab_size": vocab,
            "character_coverage": 0.9995,
            "sample_bytes": 10_000_000,
            "split_digits": True,
            "across_words": False,
            "katakana_apart": False,
            "user_defined": [],
            "existing": None,
        }
    )
    drawn = sample.draw(tables.parts(corpus), params.sample_bytes, params.seed, 0)
    trainer.write(folder, trainer.fit(drawn, params), params)


def bonsai(corpus: Path, model: Path, out: Path, workers: int) -> int:
    """Tokens of the shards in `out`."""
    cut = Tokenizer.load(model)
    about = About("pretrain", "train", cut.vocab_size, cut.digest)
    [index] = sharding.shard([sharding.Split(corpus, out, about)], model, workers)
    return index.tokens


def datasets(corpus: Path, model: Path, out: Path, workers: int) -> int:
    """The usual way: load, map in processes, write one memmap; its tokens."""
    import numpy as np
    from datasets import disable_progress_bars, load_dataset
    from tokenizers import Tokenizer as Fast

    disable_progress_bars()
    fast = Fast.from_file(str(model / "tokenizer.json"))
    begin, end = 1, 2

    def encode(rows: dict[str, list[str]]) -> dict[str, list[object]]:
        ids = [[begin, *one.ids, end] for one in fast.encode_batch(rows["text"])]
        return {"ids": list(ids), "length": [len(one) for one in ids]}

    loaded = load_dataset(
        "parquet",
        data_files=str(corpus / "*.parquet"),
        columns=["text"],
        split="train",
        cache_dir=str(out / "cache"),
    )
    mapped = loaded.map(encode, batched=True, num_proc=workers, remove_columns=["text"])
    total = int(np.sum(mapped["length"], dtype=np.uint64))
    out.mkdir(exist_ok=True)
    laid = np.memmap(out / "train.bin", dtype=np.uint16, mode="w+", shape=(total,))
    pieces, at = 64, 0
    for number in range(pieces):
        rows = mapped.shard(pieces, number, contiguous=True).with_format("numpy")
        if len(rows):
            ids = np.concatenate(rows["ids"])
            laid[at : at + len(ids)] = ids
            at += len(ids)
    laid.flush()
    return total


def timed(side: str, corpus: Path, model: Path, work: Path) -> Cost:
    """One run in processes of its own, watched."""
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    told = [sys.executable, "-m", "benchmarks.shard", "--run", side, str(corpus), str(model)]
    environment = {**os.environ, "DVC_ROOT": str(work), "TOKENIZERS_PARALLELISM": "false"}
    with subprocess.Popen(
        [*told, str(out)], stdout=subprocess.PIPE, text=True, env=environment
    ) as running:
        peaks: dict[int, float] = {}
        while running.poll() is None:
            look(running.pid, peaks)
            time.sleep(data.SECONDS)
        if running.returncode or running.stdout is None:
            raise SystemExit(f"{side} failed")
        seconds, tokens = json.loads(running.stdout.read().splitlines()[-1])
    main = peaks.pop(running.pid, 0.0)
    shutil.rmtree(out, ignore_errors=True)
    return Cost(seconds, tokens, main, max(peaks.values(), default=0.0))


def look(process: int, peaks: dict[int, float]) -> None:
    """Note the peaks of a process and of those below it."""
    try:
        found = [psutil.Process(process), *psutil.Process(process).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for one in found:
        try:
            peaks[one.pid] = data.peak_mib(one.pid)
        except (psutil.NoSuchProcess, OSError, StopIteration):
            continue


def rounds(
    sides: Sequence[str], corpus: Path, model: Path, work: Path, count: int
) -> Iterator[tuple[str, Cost]]:
    for _ in range(count):
        for side in sides:
            yield side, timed(side, corpus, model, work)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--large", type=int, default=2000, help="of memory alone; 0: not looked at")
    parser.add_argument("--text", type=Path, default=data.ROOT.parent / "shared" / "data")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--vocab", type=int, default=32_000)
    parser.add_argument("--work", type=Path, default=data.ROOT / ".scratch" / "bench-shard")
    parser.add_argument("--run", nargs=4, metavar=("SIDE", "CORPUS", "MODEL", "OUT"))
    asked = parser.parse_args()
    if asked.run:
        run(*asked.run)
        return
    shutil.rmtree(asked.work, ignore_errors=True)
    compare(asked)


def run(side: str, corpus: str, model: str, out: str) -> None:
    """One side, in this process and its workers."""
    work = {"bonsai": bonsai, "datasets": datasets}[side]
    started = time.perf_counter()
    tokens = work(Path(corpus), Path(model), Path(out), engine.cores())
    print(json.dumps([time.perf_counter() - started, tokens]))


def compare(asked: argparse.Namespace) -> None:
    cores = engine.cores()
    corpus = asked.work / "corpus"
    size = write_corpus(corpus, asked.text, asked.size * 10**6)
    figures: dict[str, object] = {"cores": cores, "bytes": size, "vocab_size": asked.vocab}
    print(f"{size / 1e6:,.0f} MB of text, {cores} cores, {asked.vocab:,} pieces")
    for kind in KINDS:
        model = asked.work / kind
        learn(corpus, kind, asked.vocab, model)
        best: dict[str, Cost] = {}
        for side, cost in rounds(SIDES, corpus, model, asked.work, asked.rounds):
            say(kind, side, size, cores, cost)
            if side not in best or cost.seconds < best[side].seconds:
                best[side] = cost
        ours, theirs = (best[side] for side in SIDES)
        figures[kind] = {
            "mb_per_second_per_core": size / 1e6 / ours.seconds / cores,
            "wanted": WANTED[kind],
            "times_datasets": theirs.seconds / ours.seconds,
            "worker_mib": ours.worker_mib,
            "main_mib": ours.main_mib,
            "tokens": [ours.tokens, theirs.tokens],
        }
        print(f"{kind}: {theirs.seconds / ours.seconds:.1f} times as fast as datasets.map")
    if asked.large:
        figures["large"] = large(asked, cores)
    print(json.dumps(figures))


def large(asked: argparse.Namespace, cores: int) -> dict[str, dict[str, float]]:
    """The peaks of memory on much more text."""
    corpus = asked.work / "large"
    size = write_corpus(corpus, asked.text, asked.large * 10**6)
    found = {}
    for kind in KINDS:
        cost = timed("bonsai", corpus, asked.work / kind, asked.work)
        say(kind, "bonsai", size, cores, cost)
        found[kind] = {"bytes": size, "worker_mib": cost.worker_mib, "main_mib": cost.main_mib}
    return found


def say(kind: str, side: str, size: int, cores: int, cost: Cost) -> None:
    speed = size / 1e6 / cost.seconds / cores
    print(
        f"{size / 1e6:6,.0f} MB  {kind:8} {side:9} {cost.seconds:7.1f} s {speed:6.2f} MB/s per core  "
        f"{cost.tokens / 1e6:6.1f} M tokens  {cost.main_mib:5.0f} MiB, workers {cost.worker_mib:5.0f} MiB",
        flush=True,
    )


if __name__ == "__main__":
    main()
