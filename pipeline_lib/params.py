"""params.yaml, typed: one section per stage, no defaults, nothing unread, every fault named at once.

A value has one home, params.yaml. The one exception is a source in `download.sources`: its optional fields may be
absent, since a mapping of many kinds would otherwise drown in nulls.
"""

import difflib
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline_lib.errors import ParamsError

Role = Literal["pretrain", "sft", "rl", "evaluation"]
ROLES: tuple[Role, ...] = ("pretrain", "sft", "rl", "evaluation")
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """One block of params.yaml: every key required, no key unknown, no value changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class RuntimeParams(Section):
    """Where and how to run. No stage depends on it: moving to a GPU rebuilds nothing."""

    device: Literal["auto", "cpu", "cuda", "mps"]
    """auto: a GPU where there is one."""
    precision: Literal["auto", "bf16", "fp32"]
    """auto: bf16 where the hardware multiplies it fast (AMX, AVX512-BF16, recent GPUs)."""
    threads: int = Field(ge=0)
    """Threads of torch; 0: one per core. Training is bit-identical for the same number only."""
    workers: int = Field(ge=0)
    """Processes of the data stages; 0: one per core. Their bytes do not depend on it."""
    log_every: int = Field(gt=0)
    """Steps between two logged rows."""
    save_seconds: float = Field(ge=0)
    """Seconds between two saved states of a training stage: the most work a kill costs. 0: every step."""
    resume: Literal["same", "any"]
    """any: go on from a state that other code, another device or other threads made."""


class SourceParams(Section):
    """One source of text. `weight`: times each document is seen (0.5: every second one, once)."""

    role: Role
    weight: float = Field(default=1.0, gt=0)
    language: str = ""
    """ISO 639-1 code, where the whole source has one."""
    licence: str = ""
    rows: int | None = Field(default=None, gt=0)
    """Take the first rows only."""


class TalesSource(SourceParams):
    """The embedded corpus: a pure function of (seed, index)."""

    kind: Literal["tales"]
    texts: Literal["stories", "facts", "dialogues", "problems", "answers", "instructions"]
    """Problems come with their working; answers are problems without it."""
    language: Literal["en", "ja", ""] = ""
    """Absent: both, half and half."""
    seed: int = Field(ge=0)
    rows: int = Field(gt=0)


class FileSource(SourceParams):
    """Files on this disk: txt, jsonl, json, parquet, each also .gz .xz .bz2 .zst, and tar archives of them."""

    kind: Literal["file"]
    path: str
    """A path or glob, relative to the project; it must lie under `download.files`."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Our name -> the column's: text (pretrain); messages, or user and assistant (sft); prompt and
    answer (rl, evaluation)."""


class HubSource(SourceParams):
    """A data set repository of the Hugging Face Hub."""

    kind: Literal["hub"]
    repository: str
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    """A commit, tag or branch; the manifest pins the commit it stood at."""
    columns: dict[str, str] = Field(default_factory=dict)


Source = Annotated[TalesSource | FileSource | HubSource, Field(discriminator="kind")]


class DownloadParams(Section):
    files: str
    """The folder that `file` sources read; DVC watches it."""
    sources: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Source]
    """Name -> source. An overlay that names `sources` replaces the whole mapping."""

    @model_validator(mode="after")
    def needs_text_to_learn_from(self) -> "DownloadParams":
        if not any(source.role == "pretrain" for source in self.sources.values()):
            raise ValueError("expected at least one source with role: pretrain")
        for name, source in self.sources.items():
            if isinstance(source, FileSource) and not _lies_under(source.path, self.files):
                raise ValueError(
                    f"{name}.path: expected a path under download.files ({self.files}), found {source.path}; "
                    "set download.files to the folder that holds it, so that DVC sees when it changes"
                )
        return self


class CleanParams(Section):
    normal_form: Literal["NFKC", "NFC"]
    """Unicode normalisation, done here and nowhere else."""
    min_chars: int = Field(ge=0)
    """Shorter documents hold too little context to predict from."""
    max_chars: int = Field(gt=0)
    max_duplicate_lines: Share
    """Share of lines that repeat an earlier one (Gopher, appendix A: 0.30)."""
    max_duplicate_line_chars: Share
    """Share of characters in such lines (Gopher: 0.20)."""
    max_top_ngram: Share
    """Share of characters in repeats of the most frequent 4-gram of words (Gopher: 0.16) or, where there are no
    spaces, 12-gram of characters."""


class CorpusParams(Section):
    seed: int
    """Changes which documents are held out, and which a fractional weight takes."""
    validation_share: float = Field(gt=0, lt=0.5)
    test_share: float = Field(gt=0, lt=0.5)


class TokenizerParams(Section):
    kind: Literal["unigram", "bpe"]
    vocab_size: int = Field(ge=264, le=262_144)
    """Pieces in all: 256 bytes, the special ones, and what is learnt."""
    character_coverage: float = Field(gt=0.9, le=1)
    """Share of the characters that get a piece of their own; the rest are spelled in bytes."""
    sample_bytes: int = Field(gt=0)
    """Text to train on; drawn evenly from all of it."""
    split_digits: bool
    """Each digit is a piece: arithmetic is easier to learn."""


class ShardParams(Section):
    file_tokens: int = Field(gt=0)
    """Tokens in one .npy file."""


class ModelParams(Section):
    layers: int = Field(gt=0)
    channels: int = Field(gt=0)
    """Width of the residual stream (C)."""
    heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    """Key and value heads, each shared by heads / kv_heads query heads (grouped-query attention)."""
    head_width: int = Field(gt=0, multiple_of=2)
    """Channels of one head (D)."""
    hidden: int = Field(gt=0)
    """Width inside the SwiGLU feed-forward."""
    context: int = Field(gt=1)
    """Tokens the model sees at once (T)."""
    rope_theta: float = Field(gt=0)
    qk_norm: bool
    """RMSNorm on queries and keys: larger learning rates stay stable."""
    tie_embeddings: bool
    """The output matrix is the embedding."""

    @model_validator(mode="after")
    def heads_share_evenly(self) -> "ModelParams":
        if self.heads % self.kv_heads:
            raise ValueError(
                f"kv_heads: expected a divisor of heads ({self.heads}), found {self.kv_heads}"
            )
        return self


class OptimizerParams(Section):
    """What every training stage has: AdamW with warm-up, cosine decay and clipping."""

    seed: int
    steps: int = Field(gt=0)
    learning_rate: float = Field(gt=0)
    final_learning_rate: Share  # of learning_rate, at the last step
    warmup_steps: int = Field(ge=0)
    weight_decay: float = Field(ge=0)  # on matrices only
    beta1: float = Field(ge=0, lt=1)
    beta2: float = Field(ge=0, lt=1)
    clip_norm: float = Field(ge=0)
    """Largest norm of the whole gradient; 0: no clipping."""


class BatchedParams(OptimizerParams):
    batch: int = Field(gt=0)
    """Sequences of `model.context` tokens per step (B)."""
    micro_batch: int = Field(gt=0)
    """Sequences at once; gradients are accumulated to a batch."""
    evaluate_every: int = Field(gt=0)
    """Steps between two validations."""
    evaluate_batches: int = Field(gt=0)
    """Batches of `micro_batch` sequences each validation reads."""

    @model_validator(mode="after")
    def batch_divides(self) -> "BatchedParams":
        if self.batch % self.micro_batch:
            raise ValueError(
                f"micro_batch: expected a divisor of batch ({self.batch}), found {self.micro_batch}"
            )
        return self


class PretrainParams(BatchedParams):
    sample_every: int = Field(ge=0)
    """Steps between two samples of text; 0: none."""
    sample_tokens: int = Field(gt=0)


class SftParams(BatchedParams):
    """Batches are packed rows; the weights of the best validation are kept."""


class GrpoParams(OptimizerParams):
    prompts: int = Field(gt=0)  # per step
    group: int = Field(gt=1)  # completions per prompt (G)
    micro_batch: int = Field(gt=0)
    """Completions at once in the backward pass."""
    updates: int = Field(gt=0)
    """Optimizer steps on each batch of rollouts; 1: on policy."""
    max_new_tokens: int = Field(gt=0)
    temperature: float = Field(gt=0)  # of sampling and of scoring alike
    clip_low: float = Field(gt=0, lt=1)
    clip_high: float = Field(gt=0)
    """The ratio is clipped to [1 - clip_low, 1 + clip_high]."""
    beta: float = Field(ge=0)
    """Weight of the KL penalty towards the SFT model; 0: none, and no second model in memory."""
    advantage: Literal["standardised", "centred"]
    """(R - mean) / std per group as in GRPO, or R - mean as in Dr. GRPO."""
    aggregation: Literal["grpo", "dr_grpo", "dapo"]
    """Mean over sequences of token means; sum / (B x max length); sum / tokens of the step."""


class EvaluateParams(Section):
    seed: int
    max_tokens: int = Field(gt=0)
    """Tokens of validation and of test that bits per byte are measured on."""
    problems: int = Field(gt=0)
    """Problems of each evaluation source, answered greedily."""
    samples: int = Field(gt=1)
    """k of pass@k: completions of each problem at temperature 1."""
    sampled_problems: int = Field(ge=0)
    """Problems that pass@k is measured on."""
    max_new_tokens: int = Field(gt=0)
    free_samples: int = Field(ge=0)
    """Texts from nothing in each language, read back where the corpus is tales; 0: none."""
    pairs: int = Field(ge=0)
    """Minimal pairs of each phenomenon, where the corpus is tales; 0: none."""


class Params(Section):
    """The whole file. Fields stand in pipeline order."""

    runtime: RuntimeParams
    download: DownloadParams
    clean: CleanParams
    corpus: CorpusParams
    tokenizer: TokenizerParams
    shard: ShardParams
    model: ModelParams
    pretrain: PretrainParams
    sft: SftParams
    grpo: GrpoParams
    evaluate: EvaluateParams


def project_root() -> Path:
    """The main project's folder, also inside DVC's temporary workspaces: DVC_ROOT, else the nearest dvc.yaml upwards."""
    if told := os.environ.get("DVC_ROOT"):
        return Path(told)
    here = Path.cwd()
    return next((f for f in (here, *here.parents) if (f / "dvc.yaml").exists()), here)


def read_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check params.yaml; raise ParamsError naming every fault at once."""
    import yaml  # not there on a bare GPU machine, where params come from elsewhere

    try:
        stored = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run this in the project's folder") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    return check(stored, str(path))


def check(stored: object, where: str = "params.yaml") -> Params:
    """Type the mapping that params.yaml holds; raise ParamsError naming every fault at once."""
    try:
        return Params.model_validate(stored)
    except ValidationError as error:
        faults = [f"{where}: {_fault(dict(e))}" for e in error.errors()]
        raise ParamsError("\n".join(faults)) from None


def _fault(error: dict[str, Any]) -> str:
    """`clean.min_char: unknown key, did you mean clean.min_chars?`"""
    kinds = ("tales", "file", "hub")
    place = [str(part) for part in error["loc"]]
    if len(place) > 3 and place[:2] == ["download", "sources"] and place[3] in kinds:
        del place[3]  # pydantic names the member of the union; the file does not
    key = ".".join(place)
    match error["type"]:
        case "extra_forbidden":
            known = _known_keys(tuple(map(str, error["loc"][:-1])))
            near = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.5)
            meant = ".".join([*place[:-1], near[0]]) if near else ""
            hint = f"did you mean {meant}?" if near else f"known here: {', '.join(sorted(known))}"
            return f"{key}: unknown key, {hint}"
        case "missing":
            return f"{key}: expected a value, found none; see the shipped params.yaml"
        case "value_error":
            return f"{key}: {error['ctx']['error']}"
        case _:
            found = str(error["input"])
            return f"{key}: {error['msg'][0].lower()}{error['msg'][1:]}, found {found[:80]}"


def _known_keys(place: tuple[str, ...]) -> list[str]:
    """Names that `place` in params.yaml may hold."""
    members: dict[str, type[SourceParams]] = {
        "tales": TalesSource,
        "file": FileSource,
        "hub": HubSource,
    }
    if place[:2] == ("download", "sources") and len(place) > 3:
        return list(members[place[3]].model_fields)
    section: type[BaseModel] = Params
    for part in place:
        annotation = section.model_fields[part].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        section = annotation
    return list(section.model_fields)


def _lies_under(path: str, folder: str) -> bool:
    root = project_root()
    inner, outer = (os.path.normpath(root / p) for p in (path, folder))  # links stay as written
    return Path(inner).is_relative_to(outer)
