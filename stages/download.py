"""download: bring every source to Parquet, with a manifest of where it came from."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import stage
from pipeline_lib.formats import files
from pipeline_lib.params import DownloadParams, RuntimeParams
from pipeline_lib.sources.fetch import fetch_all


def main(params: DownloadParams, runtime: RuntimeParams, raw: Path) -> Iterator[stage.Metrics]:
    with files.whole_folder(raw) as fresh:
        for made in fetch_all(params, fresh, runtime.workers):
            yield {f"{made.name}.rows": made.rows, f"{made.name}.bytes": made.bytes}


if __name__ == "__main__":
    stage.run(main)
