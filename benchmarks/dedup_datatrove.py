"""One whole MinHash run of datatrove, in a virtual environment of its own, timed from within.

    python dedup_datatrove.py INPUT_FOLDER OUTPUT_FOLDER BANDS ROWS WIDTH

reads documents from JSON lines, writes those kept beside the stages' files, and says the seconds of
each stage and the ids kept in its last line. It imports nothing of Bonsai's.
"""

import json
import sys
import time
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.logging import logger


def stages(
    source: Path, work: Path, config: MinhashConfig
) -> dict[str, tuple[int, list[PipelineStep]]]:
    """Number of tasks and steps by stage, in order."""
    signatures, buckets, removed = (str(work / n) for n in ("signatures", "buckets", "removed"))
    kept = JsonlWriter(str(work / "kept"), compression=None)
    reader = JsonlReader(str(source))
    return {
        "signatures": (1, [reader, MinhashDedupSignature(signatures, config)]),
        "buckets": (config.num_buckets, [MinhashDedupBuckets(signatures, buckets, config=config)]),
        "clusters": (1, [MinhashDedupCluster(buckets, removed, config=config)]),
        "filter": (1, [reader, MinhashDedupFilter(removed), kept]),
    }


def warm(config: MinhashConfig) -> None:
    """Load what is loaded once in a run of any length: the word splitter."""
    MinhashDedupSignature("/tmp", config).get_shingles("One two three four five six.")


def main(source: Path, work: Path, bands: int, rows: int, width: int) -> None:
    logger.remove()
    config = MinhashConfig(n_grams=width, num_buckets=bands, hashes_per_bucket=rows)
    warm(config)
    seconds = {}
    for name, (tasks, steps) in stages(source, work, config).items():
        started = time.process_time()
        LocalPipelineExecutor(
            steps, tasks=tasks, workers=1, logging_dir=str(work / "logs" / name)
        ).run()
        seconds[name] = time.process_time() - started
    kept = [
        json.loads(line)["id"]
        for path in sorted((work / "kept").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    print(json.dumps({"seconds": seconds, "kept": kept}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:6]))
