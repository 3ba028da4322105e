"""What the report is told: three models, what was found of them, and how they came to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline_lib.evaluation.examination import Findings
from pipeline_lib.formats.checkpoints import Checkpoint
from pipeline_lib.formats.manifests import Manifest
from pipeline_lib.formats.shards import Index
from pipeline_lib.report.curves import Curve
from pipeline_lib.tokens.compression import Point

Number = float | int


@dataclass(frozen=True, slots=True)
class Story:
    checkpoints: Mapping[str, Checkpoint]
    """base, sft, chat."""
    findings: Mapping[str, Findings]
    curves: Mapping[str, Mapping[str, Curve]]
    """By stage: pretrain, sft, grpo."""
    funnel: Mapping[str, Number | None]
    """metrics/clean.json."""
    shards: Mapping[str, Index]
    """By split."""
    unigram: float | None
    """Bits per byte of a unigram model on the same validation documents."""
    compression: Sequence[Point] = ()
    """Of the tokenizer: bytes per token against the size of the vocabulary."""
    origins: Sequence[Manifest] = ()
    """Where all of the data came from."""
    no_floor: str = ""
    """Why nobody knows the entropy of the corpus, in words; empty where it is known."""

    @property
    def sources(self) -> list[str]:
        """Names of the evaluation sets."""
        return list(self.findings["base"].answers)

    @property
    def parameters(self) -> int:
        return sum(weight.numel() for weight in self.checkpoints["base"].weights.values())

    def metrics(self, model: str) -> Mapping[str, Number]:
        return self.findings[model].metrics

    def skipped(self, stage: str) -> bool:
        """Whether a stage had nothing to learn from and handed its model on."""
        return stage in self.checkpoints["chat"].provenance.get("skipped", [])

    def training(self) -> dict[str, Mapping[str, Number | str]]:
        """The parameters each stage was trained with, as provenance kept them."""
        made: dict[str, Mapping[str, Number | str]] = {}
        for checkpoint in self.checkpoints.values():
            for section, values in checkpoint.provenance.get("params", {}).items():
                if section != "model":
                    made[section] = values
        return made

    @property
    def tokens_seen(self) -> int | None:
        """Tokens that pretraining read, repeats counted."""
        asked = self.training().get("pretrain")
        if not asked:
            return None
        base = self.checkpoints["base"]
        steps = int(base.provenance.get("steps", asked["steps"]))  # fewer where it ended early
        return steps * int(asked["batch"]) * base.shape.context
