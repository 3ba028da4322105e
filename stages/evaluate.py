"""evaluate: measure base, sft and chat side by side, and write the report."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib import stage
from pipeline_lib.evaluation import examination, subject
from pipeline_lib.formats import files, manifests
from pipeline_lib.model.hardware import choose
from pipeline_lib.params import EvaluateParams, RuntimeParams
from pipeline_lib.report import curves, writing
from pipeline_lib.report.story import Story
from pipeline_lib.tokens import diagnostics


def main(
    params: EvaluateParams,
    runtime: RuntimeParams,
    base: Path,
    sft: Path,
    chat: Path,
    pretrain_shards: Path,
    evaluation_corpus: Path,
    origins: Path,
    mixture: Path,
    tokenizer_plots: Path,
    pretrain_plots: Path,
    sft_plots: Path,
    grpo_plots: Path,
    funnel: Path,
    evaluate_plots: Path,
    report: Path,
) -> Iterator[stage.Metrics]:
    folders = {"base": base, "sft": sft, "chat": chat}
    models = subject.load_all(folders, pretrain_shards, choose(runtime))
    cut = models["base"].tokenizer
    questions = examination.read(pretrain_shards, evaluation_corpus, mixture, cut, params)
    findings = {}
    for name, found in examination.of_each(models, questions, params):
        findings[name] = found
        yield {f"{name}.{key}": value for key, value in found.metrics.items()}
    plots = {"pretrain": pretrain_plots, "sft": sft_plots, "grpo": grpo_plots}
    story = Story(
        checkpoints={name: model.checkpoint for name, model in models.items()},
        findings=findings,
        curves={name: curves.read(folder) for name, folder in plots.items()},
        funnel=files.read_json(funnel, made_by="clean"),
        shards=questions.shards,
        unigram=questions.unigram,
        compression=diagnostics.points(tokenizer_plots),
        origins=manifests.read_list(origins),
        no_floor=questions.no_floor,
    )
    writing.write(story, evaluate_plots, report)


if __name__ == "__main__":
    stage.run(main)
