"""clean: keep the documents worth learning from, and say why the others were dropped."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import stage
from pipeline_lib.formats import files
from pipeline_lib.params import CleanParams, RuntimeParams
from pipeline_lib.text import cleaning


def main(
    params: CleanParams, runtime: RuntimeParams, raw: Path, clean: Path, dropped: Path
) -> Iterator[stage.Metrics]:
    with files.whole_folder(clean) as kept, files.whole_folder(dropped) as samples:
        funnel = cleaning.clean_sources(raw, kept, samples, params, runtime.workers)
    yield funnel.metrics(cleaning.RULES)


if __name__ == "__main__":
    stage.run(main)
