"""download: bring every source to Parquet, with a manifest of where it came from."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import stage
from pipeline_lib.formats import files
from pipeline_lib.params import DownloadParams, RuntimeParams
from pipeline_lib.sources.fetch import fetch


def main(params: DownloadParams, runtime: RuntimeParams, raw: Path) -> Iterator[stage.Metrics]:
    with files.whole_folder(raw) as fresh:
        for name, source in sorted(params.sources.items()):
            manifest = fetch(name, source, fresh / name, runtime.workers)
            yield {f"{name}.rows": manifest.rows, f"{name}.bytes": manifest.bytes}


if __name__ == "__main__":
    stage.run(main)
