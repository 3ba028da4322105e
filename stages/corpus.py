"""corpus: mix the sources, hold out validation and test documents, keep evaluation prompts out."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from pipeline_lib import stage
from pipeline_lib.formats import files
from pipeline_lib.params import CorpusParams, RuntimeParams
from pipeline_lib.text.mixture import Mixture


def main(
    params: CorpusParams,
    runtime: RuntimeParams,
    clean: Path,
    pretrain_corpus: Path,
    sft_corpus: Path,
    rl_corpus: Path,
    evaluation_corpus: Path,
    curation: Path,
) -> Iterator[stage.Metrics]:
    with ExitStack() as folders:
        notes = folders.enter_context(files.whole_folder(curation))
        mixture = Mixture(clean, notes, params, runtime.workers)
        for role, folder in (("pretrain", pretrain_corpus), ("sft", sft_corpus), ("rl", rl_corpus)):
            mixture.write(role, folders.enter_context(files.whole_folder(folder)))
        mixture.write_evaluation(folders.enter_context(files.whole_folder(evaluation_corpus)))
        mixture.write_notes()
    yield mixture.metrics()


if __name__ == "__main__":
    stage.run(main)
