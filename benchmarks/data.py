"""bench-data: memory, time and disk of the data stages, on little text and on ten times as much.

    python -m benchmarks.data [--small MB] [--large MB] [--text FOLDER] [--stages N]

Text is real where FOLDER has any (every .txt under it, and the records of *.jsonl.xz), else tales; it is multiplied with
edits, so that little of it is a duplicate: paragraphs change places, and one word in six becomes another of the same
text. Each size is a clone of the project in which `dvc repro` makes one stage after the other. The peak of a process
is the kernel's own (VmHWM), read while it lives; Linux only. The last line holds all figures as JSON.
"""

import argparse
import json
import lzma
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import yaml

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("download", "clean", "corpus", "tokenizer", "shard")
CHANGED = 6
"""One word in about so many becomes another."""
LENGTH = 4000
"""Characters of a document, about."""
FILE_BYTES = 50 * 10**6
SECONDS = 0.05
"""Between two looks at a process."""


@dataclass
class Cost:
    """What one stage took."""

    stage: str
    seconds: float
    stage_mib: float
    """Peak of the stage's own process."""
    worker_mib: float
    """Peak of its largest worker; 0: it has none."""


def documents(folder: Path) -> list[str]:
    """Real text cut into documents, or tales."""
    texts = [path.read_text("utf-8", "replace") for path in sorted(folder.rglob("*.txt"))]
    for path in sorted(folder.rglob("*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                texts += [v for v in json.loads(line).values() if isinstance(v, str)]
    if not texts:
        from pipeline_lib.tales import tale

        texts = [
            "\n".join(tale(1, 9 * i + j, "stories").text for j in range(9)) for i in range(900)
        ]
    return [text[i : i + LENGTH] for text in texts for i in range(0, len(text), LENGTH)]


def edited(text: str, draw: random.Random) -> str:
    """The same paragraphs in another order, some of their words (characters, where nothing is spaced) exchanged."""
    lines = text.split("\n")
    draw.shuffle(lines)
    text = "\n".join(lines)
    space = " " if text.count(" ") > len(text) / 20 else ""
    units = text.split(" ") if space else list(text)
    for _ in range(len(units) // CHANGED):
        units[draw.randrange(len(units))] = units[draw.randrange(len(units))].strip("\n")
    return space.join(units)


def multiply(source: list[str], size: int, folder: Path) -> None:
    """`size` bytes of text as JSON lines."""
    folder.mkdir(parents=True)
    draw = random.Random(1)
    written, number = 0, 0
    while written < size:
        with (folder / f"text-{number:03d}.jsonl").open("w", encoding="utf-8") as file:
            held = 0
            while held < FILE_BYTES and written + held < size:
                text = edited(source[draw.randrange(len(source))], draw)
                file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
                held += len(text.encode())
        written += held
        number += 1


def project(work: Path, source: list[str], size: int) -> Path:
    """A clone whose only pretraining source is the text."""
    folder = work / f"{size // 10**6}"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    multiply(source, size, folder / "data" / "own" / "bench")
    params = yaml.safe_load((folder / "params.yaml").read_text())
    sources = params["download"]["sources"]
    kept = {n: s for n, s in sources.items() if s["role"] != "pretrain"}
    text = {"kind": "file", "role": "pretrain", "path": "data/own/bench/*.jsonl"}
    params["download"]["sources"] = {"text": text, **kept}
    enable(params)
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    return folder


def enable(params: dict[str, dict[str, object]]) -> None:
    """All that curation can do, as for text from the web; pieces for two scripts."""
    params["clean"] |= {"prose": ["text"], "mask": ["email", "ip", "phone"]}
    params["tokenizer"] |= {"vocab_size": 8192, "character_coverage": 0.9995}


def run(folder: Path, stage: str) -> Cost:
    """`dvc repro` of one stage, its processes watched."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(
            ["dvc", "repro", "-q", "-s", stage], cwd=folder, stdout=said, stderr=said
        )
        peaks: dict[tuple[int, bool], float] = {}
        while running.poll() is None:
            look(running.pid, stage, peaks)
            time.sleep(SECONDS)
        if running.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode()[-2000:])
    own = [peak for (_, is_stage), peak in peaks.items() if is_stage]
    workers = [peak for (_, is_stage), peak in peaks.items() if not is_stage]
    return Cost(stage, time.perf_counter() - started, max(own), max(workers, default=0.0))


def look(process: int, stage: str, peaks: dict[tuple[int, bool], float]) -> None:
    """Note the peaks of the stage's process and of those below it."""
    try:
        children = psutil.Process(process).children(recursive=True)
    except psutil.NoSuchProcess:
        return
    for child in children:
        try:
            words = child.cmdline()
            is_stage = words[1:3] == ["-m", f"stages.{stage}"]
            is_worker = "loky" in " ".join(words) and "resource_tracker" not in " ".join(words)
            if is_stage or is_worker:
                peaks[child.pid, is_stage] = peak_mib(child.pid)
        except (psutil.NoSuchProcess, OSError, StopIteration):
            continue


def peak_mib(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def disk(folder: Path) -> dict[str, float]:
    """MB of each output, of all of them, and of what the disk holds of outputs and cache, links counted once."""
    outs = {
        name: weigh([folder / "data" / name])
        for name in ("raw", "clean", "dropped", "corpus", "tokenizer", "shards")
    }
    held = weigh([folder / "data" / name for name in outs] + [folder / ".dvc" / "cache"])
    return {**outs, "outs": sum(outs.values()), "held": held}


def weigh(folders: list[Path]) -> float:
    seen: dict[tuple[int, int], int] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                found = path.stat()
                seen[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(seen.values()) / 1e6


def measure(work: Path, source: list[str], size: int, stages: tuple[str, ...]) -> Iterator[Cost]:
    folder = project(work, source, size)
    for stage in stages:
        yield run(folder, stage)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--small", type=int, default=200)
    parser.add_argument("--large", type=int, default=2000)
    parser.add_argument("--text", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--stages", type=int, default=len(STAGES))
    parser.add_argument("--work", type=Path, default=ROOT / ".scratch" / "bench-data")
    asked = parser.parse_args()
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True)
    source, stages = documents(asked.text), STAGES[: asked.stages]
    found: dict[int, list[Cost]] = {}
    for size in (asked.small, asked.large):
        found[size] = []
        for cost in measure(asked.work, source, size * 10**6, stages):
            found[size].append(cost)
            said = f"{cost.seconds:8.1f} s {size / cost.seconds:7.2f} MB/s"
            peak = f"{cost.stage_mib:7.0f} MiB, workers {cost.worker_mib:6.0f} MiB"
            print(f"{size:6,} MB  {cost.stage:10} {said} {peak}", flush=True)
    report(asked.work, found)


def report(work: Path, found: dict[int, list[Cost]]) -> None:
    small, large = found
    pairs = list(zip(found[small], found[large], strict=True))
    growth = {
        a.stage: max(b.stage_mib / a.stage_mib, b.worker_mib / max(a.worker_mib, 1))
        for a, b in pairs
    }
    spaces = {size: disk(work / str(size)) for size in found}
    for stage, ratio in growth.items():
        print(f"{stage:10} peak memory on {large:,} MB is {ratio:.2f} times that on {small:,} MB")
    for size, space in spaces.items():
        shown = ", ".join(f"{name} {mb:,.0f}" for name, mb in space.items())
        print(f"{size:6,} MB on disk (MB): {shown}")
    figures = {
        "cores": len(os.sched_getaffinity(0)),
        "costs": {size: [asdict(cost) for cost in costs] for size, costs in found.items()},
        "memory_growth": growth,
        "largest_worker_mib": max(cost.worker_mib for costs in found.values() for cost in costs),
        "held_per_outs": {size: s["held"] / s["outs"] for size, s in spaces.items()},
        "outs_per_raw": {size: s["outs"] / s["raw"] for size, s in spaces.items()},
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
